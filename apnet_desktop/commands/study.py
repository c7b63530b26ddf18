"""`apnet simulate`, `apnet train`, `apnet evaluate`: the whole study as commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from apnet_desktop.commands.output import Output
from apnet_desktop.commands.study_progress import StudyProgress
from apnet_desktop.errors import StudyError
from apnet_desktop.language import Message, text

__all__ = ["evaluate", "simulate", "train"]

_MOST_CELLS = 200


def simulate(count: int, out: Path, seed: int, inputs_only: bool, output: Output) -> None:
    """Writes a simulated cohort.

    Raises:
        StudyError: It cannot be written.
    """
    from apnet_desktop.simulation.cohort import simulate_cohort

    told = StudyProgress(output)
    table = simulate_cohort(
        count, out, seed, inputs_only=inputs_only, progress=lambda done: told("commands.stage_simulate", done)
    )
    output.value({"table": str(table), "patients": count, "seed": seed})
    output.line("commands.simulated", count=count, file=str(table))


def train(
    cohort: Path,
    out: Path,
    name: str,
    device: str,
    pretrained: Path | None,
    finetune: bool,
    all_rows: bool,
    output: Output,
) -> None:
    """Develops a bundle on a cohort by the paper's protocol.

    Raises:
        StudyError: The cohort cannot be used, or this application has no torch.
    """
    _need_study()
    from apnet_desktop.study.training import TrainingSettings, train

    settings = TrainingSettings(name=name, device=device, pretrained=pretrained, finetune=finetune, all_rows=all_rows)
    with _every_refused_cell(output):
        bundle = train(cohort, out, settings, StudyProgress(output))
    manifest = bundle.manifest
    output.value({"folder": str(bundle.folder), "sha256": bundle.sha256, "manifest": manifest.model_dump(mode="json")})
    output.line(
        "commands.trained", folder=str(bundle.folder), patients=manifest.cohort.patients, events=manifest.cohort.events
    )


def evaluate(bundle: Path, cohort: Path, out: Path, device: str, output: Output) -> None:
    """Validates a bundle on a cohort.

    Raises:
        BundleError: The bundle is damaged.
        StudyError: The cohort cannot be used, or this application has no torch.
    """
    _need_study()
    from apnet_desktop.study.evaluating import EvaluationSettings, evaluate

    settings = EvaluationSettings(device=device, language=output.language)
    with _every_refused_cell(output):
        evaluation = evaluate(bundle, cohort, out, StudyProgress(output), settings)
    output.value(evaluation.model_dump(mode="json"))
    for route in evaluation.routes:
        auroc = route.auroc or route.auroc_bootstrap
        interval = "" if auroc.lower is None else f" ({auroc.lower:.3f}–{auroc.upper:.3f})"
        output.raw(f"{route.route.value:<10} AUROC {auroc.value:.3f}{interval}")
    if evaluation.few_events:
        output.line("commands.few_events", events=evaluation.flow.events)
    output.line("commands.evaluated", folder=str(out))


def _need_study() -> None:
    """The packaged application for the clinic is without torch and statistics.

    Raises:
        StudyError: They are not there.
    """
    if find_spec("torch") is None or find_spec("statsmodels") is None:
        raise StudyError(Message.of("commands.no_training"))


@contextmanager
def _every_refused_cell(output: Output) -> Iterator[None]:
    """Lists every cell that cannot be used, on stderr: a table is mended in one go, not cell by cell."""
    from apnet_desktop.study.cohort import CohortRefusedError

    try:
        yield
    except CohortRefusedError as error:
        for refusal in error.refusals[:_MOST_CELLS]:
            reason, row, column = refusal.message.text(output.language), refusal.row, refusal.column
            words = text("commands.cell_refused", output.language, row=row, column=column, reason=reason)
            sys.stderr.write(words + "\n")
        # The sentence that ends the command holds the first reason, in the language that was asked for.
        values = {**error.message.values, "reason": error.refusals[0].message.text(output.language)}
        raise StudyError(Message.of(error.message.id, **values)) from error
