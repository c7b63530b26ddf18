"""Makes a case store with the code of an older commit, for the proof's update: `older_store.py COMMIT FOLDER`.

Does nothing where the folder holds one already. In a clone without that commit (a shallow one, an archive) it says so
and ends well: the proof then updates over a store of its own version.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_MAKE = """
import sys
from pathlib import Path
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
with CaseStore(Path(sys.argv[1]), person="Dr Older") as store:
    for age in (40.0, 55.0, 70.0):
        store.save_record(store.create(), ClinicalRecord(values={"age": age}))
"""


def main(commit: str, folder: Path) -> int:
    """Makes it."""
    if (folder / "cases.db").is_file():
        return 0
    archive = subprocess.run(
        ["git", "archive", commit, "apnet_desktop", "resources"], cwd=_ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        sys.stderr.write(f"No commit {commit} in this clone: the proof's update is over a store of this version.\n")
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as stream:
            stream.extractall(place, filter="data")
        environment = {**os.environ, "PYTHONPATH": place}
        return subprocess.run(
            [sys.executable, "-c", _MAKE, str(folder)], cwd=place, env=environment, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]).resolve()))
