"""Which series lie in a folder: only their UIDs, found quickly, for the search of a CT that moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apnet_desktop.ct.grid_files import is_grid_file
from apnet_desktop.ct.header_layouts import Layouts
from apnet_desktop.ct.header_reading import read_header
from apnet_desktop.ct.heads import read_heads
from apnet_desktop.ct.quiet import quiet_pydicom
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.sources import Entry, FileBytes, find_entries
from apnet_desktop.ct.volume_summary import summarize_volume_file
from apnet_desktop.errors import CtError

__all__ = ["series_uids"]

# The folder itself: the search looks into every folder below anyway.
_LIMITS = ScanLimits(depth=0, files=20_000)


def series_uids(path: Path) -> Iterator[str]:
    """UIDs of the series whose files lie in the folder `path` itself or in the file `path`, each as soon as it is seen.

    Whoever has found the one they look for need not wait for the rest. Files that are no DICOM, or damaged, are passed
    over. Bounded as `ct.scan`, and like it to be run in the reader's process only.

    Raises:
        CtError: `path` cannot be opened.
    """
    if path.is_file() and is_grid_file(path):
        yield summarize_volume_file(path, CtRequirements()).description.series_uid
        return
    seen: set[str] = set()
    layouts = Layouts()
    with quiet_pydicom(), FileBytes() as files:
        entries = [one for one in find_entries(path, _LIMITS) if isinstance(one, Entry)]
        for entry, head in read_heads(files, entries):
            if isinstance(head, CtError):
                continue
            try:
                uid = read_header(files, entry, _LIMITS, layouts, head).ascii("SeriesInstanceUID")
            except CtError:
                continue
            if uid and uid not in seen:
                seen.add(uid)
                yield uid
