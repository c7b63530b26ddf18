"""Has the reader process read a clinical record: hostile files and FHIR's large libraries are none of the window's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.importing import ImportedRecord
from apnet_desktop.gui.jobs import Jobs
from apnet_desktop.language import Message
from apnet_desktop.worker.reader import Reader

__all__ = ["RecordReading"]


@dataclass(frozen=True)
class RecordReading:
    """Reads for the form (`clinical_form.record_import.ReadFile`).

    Attributes:
        reader: The reader process.
        jobs: Bring its answers to the window's thread.
    """

    reader: Reader
    jobs: Jobs

    def read(
        self,
        path: Path,
        schema: FactorSchema,
        patient_id: str | None,
        on_read: Callable[[ImportedRecord], None],
        on_refused: Callable[[Message], None],
    ) -> None:
        """Starts reading; one of the two callbacks comes on the window's thread."""
        task = self.reader.import_record(path, schema, patient_id or "")
        self.jobs.start(task, on_read, on_refused=on_refused)
