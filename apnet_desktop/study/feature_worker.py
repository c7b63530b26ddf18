"""Extracts features of rendered patients by a bundle's network, in a process of its own so that every core is used.

`python -m apnet_desktop.study.feature_worker --bundle DIR --folder DIR --seed 1 --count 100 [--first 0 --step 2]`
"""

from __future__ import annotations

import argparse
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.model.compute import choose_compute
from apnet_desktop.study.apply import LoadedBundle
from apnet_desktop.study.recipe import GENERATORS
from apnet_desktop.study.simulated_cohort import SimulatedCohort, cached_features, make_row

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Extracts what is asked for; patients whose features are there are skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--generator", choices=sorted(GENERATORS), default="default")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True, help="patients with numbers below this")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    bundle = open_bundle(options.bundle)
    loaded = LoadedBundle(bundle, choose_compute(options.device, bundle.manifest, options.threads))
    numbers = range(options.first, options.count, options.step)
    rows = tuple(make_row(options.folder, options.seed, options.generator, number) for number in numbers)
    cached_features(options.folder, SimulatedCohort(options.seed, rows), lambda: loaded.engine, loaded.digest)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
