"""Renders model inputs of simulated patients to files, in a process of its own so that both cores are used.

`python -m apnet_desktop.study.rendering_worker --seed 1 --count 100 --folder DIR [--first 0 --step 2] [--labels]`
"""

from __future__ import annotations

import argparse
from pathlib import Path

from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.study.inputs_file import patient_file, save_inputs
from apnet_desktop.study.pretraining_data import SlicePool
from apnet_desktop.study.recipe import GENERATORS, RECIPE
from apnet_desktop.study.simulated_cohort import make_row
from apnet_desktop.study.simulated_inputs import inputs_and_labels, simulated_inputs

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Renders the patients asked for; those whose file is there are skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True, help="patients with numbers below this")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--generator", choices=sorted(GENERATORS), default="default")
    parser.add_argument("--labels", action="store_true", help="also the label maps, for pre-training")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for number in range(options.first, options.count, options.step):
        path = patient_file(options.folder, number)
        if path.exists():
            continue
        patient = simulate_patient(options.seed, number, GENERATORS[options.generator])
        if options.labels:
            inputs, labels = inputs_and_labels(patient, RECIPE)
            SlicePool.write(options.folder, number, inputs, labels)
        else:
            make_row(options.folder, options.seed, options.generator, number)
            save_inputs(path, simulated_inputs(patient, RECIPE))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
