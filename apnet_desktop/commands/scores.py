"""`apnet scores --record FILE`: severity scores with each input's points."""

from __future__ import annotations

from pathlib import Path

from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.clinical.schema import default_schema
from apnet_desktop.clinical.scores import all_scores
from apnet_desktop.commands.output import Output
from apnet_desktop.language import text

__all__ = ["scores"]


def scores(record_file: Path, output: Output) -> None:
    """Prints every score of one record.

    Raises:
        ClinicalError: The record cannot be read.
    """
    schema = default_schema()
    record = read_record(record_file, schema)
    found = all_scores(record)
    output.value({"scores": [score.model_dump(mode="json") for score in found]})
    for score in found:
        points = str(score.lower) if score.lower == score.upper else f"{score.lower}–{score.upper}"
        grade = f"  {score.grade.text(output.language)}" if score.grade is not None else ""
        output.raw(f"{text(f'clinical.score.{score.id}', output.language)}: {points} / {score.maximum}{grade}")
        for item in score.items:
            shown = str(item.points) if item.points is not None else f"{item.lower}–{item.upper}"
            missing = f"  ? {', '.join(item.missing)}" if item.missing else ""
            output.raw(f"    {shown:>5}  {text(f'clinical.item.{item.id}', output.language)}{missing}")
            if item.note is not None:
                output.raw(f"           {item.note.text(output.language)}")
        for notice in score.notices:
            output.raw(f"    {notice.text(output.language)}")
