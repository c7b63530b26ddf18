"""`make bench`: runs every benchmark of this folder and prints the table of ratios."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.benchmarks as folder
from tests.benchmarks.ratio import Ratio


def main(names: list[str]) -> int:
    """Prints the table of all benchmarks, or of those named; 1 if a goal is missed."""
    rows: list[Ratio] = []
    for module in pkgutil.iter_modules(folder.__path__):
        if module.name in ("__main__", "ratio") or (names and module.name not in names):
            continue
        rows += importlib.import_module(f"tests.benchmarks.{module.name}").measure()
    out = sys.stdout
    out.write(f"{'what':<64} {'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>6}  \n")
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:.2f}"
        mark = "" if row.met else "MISSED"
        out.write(
            f"{row.what:<64} {row.ours:>8.3f} {row.unit:<2} {row.peer:>7.3f} {row.ratio:>9.2f} {goal:>6}  {mark}\n"
        )
        if row.note:
            out.write(f"    {row.note}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
