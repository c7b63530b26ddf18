"""The report of the open case: made, reviewed, exported to DICOM, and any kept version shown again."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.cases.assessment import Assessment, ReportVersion
from apnet_desktop.cases.files import write_file
from apnet_desktop.gui.flow.case_flow import CaseFlow
from apnet_desktop.gui.flow.case_keeper import CaseKeeper
from apnet_desktop.gui.flow.job_runner import JobRunner
from apnet_desktop.gui.flow.open_volume import OpenVolume
from apnet_desktop.gui.services import Services
from apnet_desktop.language import Language
from apnet_desktop.report.content import Review
from apnet_desktop.report.file_names import file_name
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.inference_jobs import DicomObjects, MadeReport, MakeReport

__all__ = ["KeptReport", "ReportFlow", "ReportOptions"]


@dataclass(frozen=True)
class ReportOptions:
    """What a person chooses of a report's looks.

    Attributes:
        languages: One or two; the first is the document's.
        paper: `a4` or `letter`.
        named_files: True if file names may carry the patient's name and ID.
    """

    languages: tuple[Language, ...] = (Language.ENGLISH,)
    paper: str = "a4"
    named_files: bool = False


@dataclass(frozen=True)
class KeptReport:
    """One version of a report as the store keeps it.

    Attributes:
        case_id: Its case.
        version: What the store knows of it.
        pdf: The file.
        twins: Its twins by extension.
        said: The JSON twin as a value; empty for a report without one.
    """

    case_id: str
    version: ReportVersion
    pdf: bytes
    twins: dict[str, bytes]
    said: dict[str, Any]

    @property
    def is_finding(self) -> bool:
        """False if the number must not be signed or archived."""
        return self.said.get("is_finding") is True

    @property
    def languages(self) -> tuple[Language, ...]:
        """Of its pages."""
        return tuple(Language(one) for one in self.said.get("languages", (self.version.language,)))


class ReportFlow(CaseFlow):
    """Makes and keeps the reports of the open case.

    Signals:
        shown: A version is there to be shown; carries the `KeptReport`.
        exported: DICOM objects were written; carries the folder.
    """

    shown = Signal(object)
    exported = Signal(str)

    def __init__(
        self,
        services: Services,
        runner: JobRunner,
        keeper: CaseKeeper,
        volume: OpenVolume,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(services, runner, keeper, volume, parent)
        self.options = ReportOptions(languages=(services.language,))

    def make(self, review: Review | None = None) -> None:
        """Makes the report of the prediction that holds, keeps it with the case, and shows it.

        Args:
            review: A named person's review of the version that is there; None makes a draft.
        """
        case, prediction = self._keeper.case, self._current_prediction()
        if case is None or prediction is None or self._runner.busy:
            return
        assessment, options = case.assessment, self.options
        languages = options.languages
        earlier = assessment.reports[-1] if assessment.reports else None
        if review is not None and earlier is not None and (kept := self._kept(earlier)) is not None:
            languages = kept.languages  # what was read is what is signed
        job, cleanup = self._job(
            assessment,
            prediction=prediction.model_dump(mode="json"),
            record=assessment.record.model_dump(mode="json"),
            languages=languages,
            paper=options.paper,
            report_id=uuid.uuid4().hex,
            version=len(assessment.reports) + 1,
            supersedes=(earlier.report_id or str(earlier.version)) if earlier else "",
            time=datetime.now(UTC).replace(microsecond=0),
            application_version=APPLICATION_VERSION,
            review=review.model_dump(mode="json") if review is not None else None,
        )

        def made(report: MadeReport) -> None:
            if self._keeper.case is not case:
                return
            person = review.person if review is not None else self._keeper.settings.reviewer
            kept = self._keeper.guarded(
                lambda: case.add_report(
                    base64.b64decode(report.pdf),
                    person=person,
                    language=job.languages[0],
                    twin=report.twin.encode(),
                    html=report.html.encode(),
                    reviewed=review is not None,
                    report_id=job.report_id,
                    time=job.time,
                )
            )
            if kept:
                self.show(case.assessment.reports[-1])

        self._runner.run(self._inference.make_report(job), made, cleanup=cleanup)
        self._runner.say_progress("gui.stage_report", None)

    def show(self, version: ReportVersion) -> None:
        """Shows a kept version of the open case's report."""
        kept = self._kept(version)
        if kept is not None:
            self.shown.emit(kept)

    def file_name(self, kept: KeptReport) -> str:
        """What to call a copy of it: nothing of the patient, unless the options say so."""
        identity = kept.said.get("identity", {})
        return file_name(
            kept.version.report_id or kept.case_id,
            kept.version.version,
            "pdf",
            (str(identity.get("name", "")), str(identity.get("patient_id", ""))) if self.options.named_files else (),
        )

    @property
    def checks_done(self) -> bool:
        """True once the checks that follow the risk are there: before that a report is not reviewed."""
        assessment = self._keeper.assessment
        return assessment is not None and assessment.prediction is not None and not assessment.prediction.unfinished

    def is_current(self, version: ReportVersion) -> bool:
        """True if it is the last version, and says what the inputs say now."""
        case, assessment = self._keeper.case, self._keeper.assessment
        if case is None or assessment is None or assessment.prediction is None or not assessment.reports:
            return False
        current = case.current_inputs()
        return (
            assessment.reports[-1].version == version.version
            and assessment.prediction.provenance.prediction_id == version.prediction_id
            and not (current and assessment.changed_inputs(current))
        )

    def export_dicom(self, kept: KeptReport, folder: Path) -> None:
        """Writes a kept report as Encapsulated PDF, with segmentation and measurement report, into `folder`."""
        case = self._keeper.case
        if case is None or self._current_prediction() is None or self._runner.busy:
            return
        names = ("prediction", "record", "languages", "report_id", "version", "supersedes", "time", "review")
        said = {name: kept.said[name] for name in (*names, "application_version")}
        job, cleanup = self._job(
            case.assessment,
            **said,
            pdf=base64.b64encode(kept.pdf).decode(),
            named_files=self.options.named_files,
        )

        def made(objects: DicomObjects) -> None:
            def write() -> None:
                for file in objects.files:
                    content = base64.b64decode(file.content)
                    write_file(folder / file.name, content)
                    case.exported("dicom", folder / file.name, hashlib.sha256(content).hexdigest())

            if self._keeper.guarded(write):
                self.exported.emit(str(folder))

        self._runner.run(self._inference.make_dicom(job), made, cleanup=cleanup)
        self._runner.say_progress("gui.stage_report", None)

    def _job(self, assessment: Assessment, **values: object) -> tuple[MakeReport, Callable[[bool], None]]:
        """The job of a report, and what frees its shared memory."""
        bundle = self._keeper.bundle
        assert bundle is not None  # noqa: S101 - a current prediction needs one
        roi = self._inference.share_roi(assessment.roi) if assessment.roi else None
        job = MakeReport.model_validate(
            {
                "bundle": str(bundle.folder),
                "volume": self._volume.shared,
                "roi": roi,
                "case_id": assessment.case_id,
                "identity": assessment.identity,
                **values,
            }
        )

        def cleanup(_: bool) -> None:
            if roi is not None:
                self._services.blocks.release(roi.array.name)

        return job, cleanup

    def _kept(self, version: ReportVersion) -> KeptReport | None:
        """A version as the store keeps it; None, and a sentence, if its files are gone or were changed."""
        case, store = self._keeper.case, self._services.store
        found: list[KeptReport] = []

        def read() -> None:
            if case is None:
                return
            pdf = store.reports.read(case.case_id, version)
            twins = store.reports.twins(case.case_id, version)
            found.append(KeptReport(case.case_id, version, pdf, twins, json.loads(twins.get("json", b"{}"))))

        self._keeper.guarded(read)
        return found[0] if found else None

    def _current_prediction(self) -> Prediction | None:
        case = self._keeper.case
        found: list[Prediction] = []
        if case is not None and self._keeper.bundle is not None:
            self._keeper.guarded(lambda: found.append(case.require_current()))
        return found[0] if found else None
