"""The promises of durability and privacy, by number, and the tests that try them.

A test says which it tries with `@tries("C-40")`; `test_promises.py` counts them and fails on one that nobody tries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

_Test = TypeVar("_Test", bound=Callable[..., object])

TRIED: dict[str, list[str]] = defaultdict(list)

PROMISES = {
    "C-40": "A saved case survives a kill",
    "C-41": "... at every step of a save",
    "C-42": "A full disk costs nothing",
    "C-43": "A read-only folder gets a sentence",
    "C-44": "A newer store is not harmed, an older one migrates",
    "C-45": "Damage is detected, a back-up is at hand",
    "C-46": "Two programs cannot write one store",
    "C-47": "Clock changes are harmless",
    "C-48": "The audit trail cannot be edited unseen",
    "C-50": "No patient data outside store and exports",
    "C-51": "File names are safe",
    "C-52": "CSV opens as text",
    "C-53": "Text of a person stays text in the PDF",
    "C-54": "De-identified means PS3.15",
    "C-55": "No network",
    "C-56": "Temporary files are private and gone",
    "CVE path from a tag": "No path is built from a DICOM value (CVE-2026-32711, -56445, -50003, CVE-2022-2119)",
    "CVE URL scheme": "No URL handler is registered (CVE-2024-33606)",
    "CVE updater": "The program does not update itself (CVE-2025-1002)",
    "CVE open port": "No listening socket (CVE-2025-0896)",
    "CVE preamble": "An exported file's preamble is zero (CVE-2019-11687)",
    "CVE pickle": "No pickle, torch.load, joblib (CVE-2025-58756, CVE-2025-32434, CVE-2026-24747)",
    "CVE zip slip": "One extractor, no path leaves the folder (CVE-2026-21851)",
    "CVE zip bomb": "Extraction has a limit (CVE-2026-5437...5445)",
    "CVE eval": "No eval, exec, yaml.load (CVE-2023-33733)",
    "CVE log": "No data set in the log (pynetdicom #911)",
    "CVE length": "A declared length allocates nothing that is not there (CVE-2026-3650)",
    "CVE dimensions": "Rows, columns and frames are checked by kind and value (CVE-2026-5437...5445)",
    "CVE isolation": "A file that crashes a reader ends a process, not the window (CVE-2024-22100, -25578, -28877, "
    "CVE-2024-1453, CVE-2025-2480, CVE-2025-5307, CVE-2022-2121)",
    "CVE nesting": "Nested sequences are bounded (fo-dicom #2114, pydicom #2330)",
    "CVE dicomdir": "A DICOMDIR names nothing outside its folder (CVE-2026-32711, -52868)",
    "CVE markup": "A person's text is never read as markup (CVE-2023-33733)",
    "CVE font cache": "No cache of fonts is unpickled, no format string evaluated (ReportLab, open reports)",
}


def tries(*ids: str) -> Callable[[_Test], _Test]:
    """Marks a test as trying promises."""

    def mark(test: _Test) -> _Test:
        for id in ids:
            assert id in PROMISES, id
            TRIED[id].append(f"{test.__module__}.{test.__qualname__}")
        return test

    return mark
