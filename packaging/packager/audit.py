"""`make audit`: asks pip-audit for known holes in the libraries inside, and never calls clean what it could not ask of.

pip-audit answers "No known vulnerabilities found" with exit code 0 where its service knows none of the packages; so its
JSON is read, and every package that it skipped counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packager.distributions import inside
from packager.variant import Variant

__all__ = ["Audit", "main", "read_audit"]

_TOOL = "pip-audit==2.10.1"
CLEAN, HOLES, NOT_AUDITED = 0, 1, 3


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        holes: Package, version and ids of each known hole.
        skipped: Packages that nothing is known of, with the tool's reason.
        audited: How many packages were looked up.
    """

    holes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    audited: int = 0

    @property
    def code(self) -> int:
        """Exit code: 0 clean, 1 a known hole, 3 not audited."""
        if self.holes:
            return HOLES
        return CLEAN if self.audited and not self.skipped else NOT_AUDITED

    def sentence(self) -> str:
        """What a person reads."""
        if self.holes:
            return "known holes:\n  " + "\n  ".join(self.holes)
        if self.code == CLEAN:
            return f"{self.audited} packages audited, no known holes"
        return f"not audited: {self.audited} packages looked up, {len(self.skipped)} not ({_first(self.skipped)})"


def _first(reasons: tuple[str, ...]) -> str:
    return reasons[0] if reasons else "the service is out of reach"


def read_audit(text: str) -> Audit:
    """The audit in the JSON that pip-audit prints; an empty one if it printed none."""
    try:
        content: dict[str, Any] = json.loads(text)
    except ValueError:
        return Audit()
    holes, skipped, audited = [], [], 0
    for one in content.get("dependencies", []):
        if "skip_reason" in one:
            skipped.append(f"{one['name']}: {one['skip_reason']}")
            continue
        audited += 1
        if one.get("vulns"):
            holes.append(f"{one['name']} {one['version']}: {', '.join(str(hole['id']) for hole in one['vulns'])}")
    return Audit(tuple(holes), tuple(skipped), audited)


def main() -> int:
    """Runs pip-audit in an environment of its own, so that it is no part of ours."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        made = subprocess.run([str(python), "-m", "pip", "install", "--quiet", _TOOL], check=False)
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{one.name}=={one.version}\n" for one in inside(Variant.CUDA)), encoding="utf-8")
        command = [str(python), "-m", "pip_audit", "--no-deps", "--disable-pip", "-r", str(listed), "--format", "json"]
        text = "" if made.returncode else subprocess.run(command, capture_output=True, text=True, check=False).stdout
    audit = read_audit(text)
    print(audit.sentence())
    return audit.code


if __name__ == "__main__":
    sys.exit(main())
