"""The report: made in a second after the prediction, and no heavier than a mail takes."""

from __future__ import annotations

import time

from apnet_desktop.language import Language
from apnet_desktop.report.fonts import warm_up
from apnet_desktop.report.html_twin import render_html
from apnet_desktop.report.json_twin import json_twin
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.thumbnails import influential_pictures, roi_thumbnails
from tests.benchmarks.ratio import Ratio, median_seconds
from tests.report.factory import content, phantom

_LONGEST = 1.0
_LARGEST = 1.5


def measure() -> list[Ratio]:
    """Time of the first and of later reports in a process, with its parts, and size of the file.

    Fonts and libraries are read ahead, as a warm worker does; what that takes is a row of its own.
    """
    start = time.perf_counter()
    warm_up()
    warming = time.perf_counter() - start
    volume, roi = phantom()
    pictures = median_seconds(
        lambda: roi_thumbnails(volume, roi) + influential_pictures(volume, roi, ((22, 0.3), (17, -0.1), (12, 0.1)))
    )
    rows = [Ratio("report: fonts and libraries, read while the worker warms up", warming, _LONGEST, None)]
    for language, name in ((Language.ENGLISH, "English"), (Language.CHINESE, "Chinese")):
        said = content(languages=(language,))
        start, spent = time.perf_counter(), time.process_time()
        pdf = render_pdf(said)
        first, spent = time.perf_counter() - start, time.process_time() - spent
        later = median_seconds(lambda said=said: render_pdf(said))  # type: ignore[misc]
        twins = median_seconds(lambda said=said: (json_twin(said), render_html(said)))  # type: ignore[misc]
        note = f"pictures {pictures:.3f} s, pages {later:.3f} s ({first:.3f} s the first time, "
        note += f"{spent:.3f} s of it this process's own), twins {twins:.3f} s"
        rows.append(
            Ratio(f"report in {name}: pictures and pages, over the limit", pictures + first, _LONGEST, 1.0, note=note)
        )
        rows.append(Ratio(f"report in {name}: size over the limit", len(pdf) / 1e6, _LARGEST, 1.0, unit="MB"))
    return rows
