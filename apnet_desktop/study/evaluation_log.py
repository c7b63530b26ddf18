"""The log of every evaluation on a seed that was fixed beforehand: when, by which commit, which bundle, what came."""

from __future__ import annotations

import csv
import subprocess
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["LOG", "current_commit", "log_evaluation"]

_HEADER = ("date", "commit", "seeds", "bundle", "what", "figures")
# In a checkout of the source; an installed program has no log of this project's evaluations.
LOG = Path(__file__).parents[2] / "docs" / "evaluations.csv"


def current_commit() -> str:
    """The checkout's commit, with a plus sign where files of the program differ from it; "unknown" elsewhere."""
    root = Path(__file__).parents[2]

    def git(*words: str) -> str | None:
        try:
            found = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
        except OSError:
            return None
        return found.stdout.strip() if found.returncode == 0 else None

    commit = git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+" if git("status", "--porcelain", "--", "apnet_desktop") else "")


def log_evaluation(seeds: str, bundle: str, what: str, figures: str, path: Path = LOG) -> None:
    """Appends one line; nothing where the folder of the log is not there.

    Args:
        seeds: Seeds of the patients.
        bundle: Hash of the bundle.
        what: What was evaluated.
        figures: The main figures.
        path: The log.
    """
    if not path.parent.is_dir():
        return
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        if new:
            writer.writerow(_HEADER)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
        writer.writerow((now, current_commit(), seeds, bundle[:12], what, figures))
