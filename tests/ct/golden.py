"""Grid and voxels of every readable real series, as they were when two independent readers agreed with them.

`python -m tests.ct.golden` writes them anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from apnet_desktop.ct.read import read_series
from apnet_desktop.ct.scan import scan
from tests.shared_data import shared_data

FILE = Path(__file__).with_name("golden.json")
FOLDERS = (
    "abdomen-portal-venous",
    "abdomen-j2k-with-mask",
    "abdomen-no-pancreas",
    "ct-rtstruct",
    "ct-with-seg",
    "gantry-tilt-ge",
    "rtstruct-bad-references",
    "series-that-fail/gantrytilting",
    "series-that-fail/sliceincrement",
    "nifti-with-masks/example_ct_sm.nii.gz",
    "nifti-with-masks/example_ct.nii.gz",
)


def expectations(path: Path) -> list[dict[str, object]]:
    """One entry for each readable series below `path`; no identity, no UID."""
    found: list[dict[str, object]] = []
    for summary in scan(path).series:
        if not summary.readable or summary.geometry is None:
            continue
        volume = read_series(summary, lambda shape: np.empty(shape, np.int16))
        grid = volume.geometry
        found.append(
            {
                "size": list(grid.size),
                "spacing": [round(value, 4) for value in grid.spacing],
                "origin": [round(value, 3) for value in grid.origin],
                "direction": [[round(value, 5) for value in axis] for axis in grid.direction],
                "phase": volume.series.phase,
                "state": summary.state.value,
                "voxels": hashlib.sha256(np.ascontiguousarray(volume.hounsfield).data).hexdigest(),
            }
        )
    return sorted(found, key=lambda entry: str(entry["voxels"]))


def main() -> None:
    """Writes the file."""
    golden = {name: expectations(shared_data(name)) for name in FOLDERS}
    FILE.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
