"""Reads `study/protocol.toml`: the seeds that were fixed before the first run."""

from __future__ import annotations

import tomllib
from pathlib import Path

from apnet_desktop.frozen import FrozenModel

__all__ = ["ClaimsPlan", "DemonstrationPlan", "Protocol", "read_protocol"]


class DemonstrationPlan(FrozenModel):
    """Seeds and counts of the demonstration bundle."""

    pretraining_seed: int
    pretraining_patients: int
    pretraining_slices: int
    reader_seed: int
    reader_patients: int
    development_seed: int
    development_patients: int
    evaluation_seed: int
    evaluation_patients: int
    folds: int
    fold_seed: int
    refits: int

    def sentences(self) -> tuple[str, ...]:
        """The plan, step by step, with rough hours on two free cores."""
        patients = (
            self.pretraining_patients + self.reader_patients + self.development_patients + self.evaluation_patients
        )
        cohort = patients - self.pretraining_patients
        minutes = self.pretraining_slices * 0.13 / 60
        hours = (patients * 1.3 / 2 + cohort * 1.6 + minutes * 60 + 600) / 3600
        return (
            f"1. render {patients} simulated patients (about {patients * 1.3 / 120:.0f} minutes)",
            f"2. pre-train both backbones on findings and masks, side by side (about {minutes:.0f} minutes)",
            f"3. extract features of {cohort} patients (about {cohort * 1.6 / 60:.0f} minutes)",
            f"4. heads in {self.folds} folds, calibration, {self.refits} refits, evaluation, bundle (about 10 minutes)",
            f"in all about {hours:.1f} hours on two free cores; everything is kept and can be cut off",
        )


class ClaimsPlan(FrozenModel):
    """Seeds and counts of the study behind the claims."""

    generator_version: int
    cohort_seeds: tuple[int, ...]
    development_patients: int
    validation_patients: int
    test_seed: int
    test_patients: int
    large_seed: int
    large_patients: int
    external_seed: int
    external_patients: int
    permutation_runs: int
    localisation_seed: int
    localisation_patients: int
    reader_seed: int
    reader_patients: int
    pretraining_patients: int
    pretraining_slices: int
    other_pretraining_seed: int
    other_reader_seed: int
    learning: tuple[int, ...]


class Protocol(FrozenModel):
    """The whole file."""

    demonstration: DemonstrationPlan
    claims: ClaimsPlan


def read_protocol(path: Path | None = None) -> Protocol:
    """A protocol.

    Args:
        path: A reader's own seeds and counts; None is the protocol that ships with the program.
    """
    chosen = path or Path(__file__).with_name("protocol.toml")
    return Protocol.model_validate(tomllib.loads(chosen.read_text(encoding="utf-8")))
