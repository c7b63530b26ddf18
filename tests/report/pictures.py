"""Renders the report of the phantom to PNG, in both languages, in colour and in grey, to be judged by eye.

    python -m tests.report.pictures FOLDER [dots per inch]

The pages are those that a ward's printer makes: colour, and the same in grey.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from apnet_desktop.language import Language
from apnet_desktop.report.content import Review, ReviewDecision, reviewed
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.sheet import Paper
from tests.report.factory import TIME, content
from tests.report.page_reader import tool

_REVIEW = Review(
    person="Amara Okafor",
    role="Gastroenterologist",
    time=TIME,
    decision=ReviewDecision.ACCEPTED,
    comment="Follow-up in May.",
)


def main(arguments: list[str]) -> int:
    """Writes `<report>-<page>.png` and `<report>-grey-<page>.png` into the folder."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    resolution = arguments[1] if len(arguments) > 1 else "110"
    reports = {
        "english": render_pdf(content()),
        "chinese": render_pdf(content(languages=(Language.CHINESE,))),
        "both": render_pdf(content(languages=(Language.ENGLISH, Language.CHINESE))),
        "letter": render_pdf(content(), Paper.LETTER),
        "reviewed": render_pdf(reviewed(content(), _REVIEW)),
        "demonstration": render_pdf(content(simulated_ct=False)),
    }
    for name, pdf in reports.items():
        file = folder / f"{name}.pdf"
        file.write_bytes(pdf)
        for suffix, options in (("", []), ("-grey", ["-gray"])):
            command = [tool("pdftoppm"), "-r", resolution, "-png", *options, str(file), str(folder / f"{name}{suffix}")]
            subprocess.run(command, check=True)  # noqa: S603 - a tool that was found by name
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
