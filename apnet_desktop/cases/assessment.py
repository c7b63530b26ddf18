"""The open case in memory: what is known, what each step still needs, and whether the prediction is still true."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from apnet_desktop.bundle.prediction import InputDigests, Prediction
from apnet_desktop.checks import Check
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.file_names import path_text
from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume, SeriesDescription
from apnet_desktop.errors import CaseError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = [
    "Assessment",
    "InputName",
    "Override",
    "ReportVersion",
    "SeriesReference",
    "Step",
    "StepState",
    "StepStatus",
]


class Step(StrEnum):
    """The four steps of an assessment, in order."""

    CT = "ct"
    ROI = "roi"
    CLINICAL = "clinical"
    RISK = "risk"


class StepState(StrEnum):
    """Where a step stands."""

    TO_DO = "to_do"
    DONE = "done"
    LOOK_HERE = "look_here"


class StepStatus(FrozenModel):
    """One step, where it stands, and one sentence."""

    step: Step
    state: StepState
    message: Message


class InputName(StrEnum):
    """What a prediction rests on."""

    VOLUME = "volume"
    ROI = "roi"
    RECORD = "record"
    BUNDLE = "bundle"
    COMPUTE = "compute"
    BASE_RATE = "base_rate"


class SeriesReference(FrozenModel):
    """The CT series of a case: where it lies and what it is. The pixels stay where they are.

    Attributes:
        path: Folder or file that was opened, as `ct.file_names.path_text` writes it.
        series: What a person and a report need to know of it.
        identity: Whose CT it is.
        geometry: Its grid.
        volume_digest: `CtVolume.digest`: tells whether the files still hold what was assessed.
        checks: What was checked when it was read.
        copied: True if `path` lies inside the case store.
    """

    path: str
    series: SeriesDescription
    identity: PatientIdentity
    geometry: Geometry
    volume_digest: str
    checks: tuple[Check, ...] = ()
    copied: bool = False

    @classmethod
    def of(cls, volume: CtVolume, path: Path, *, copied: bool = False) -> SeriesReference:
        """The reference to a volume that was read from `path`."""
        return cls(
            path=path_text(path),
            series=volume.series,
            identity=volume.identity,
            geometry=volume.geometry,
            volume_digest=volume.digest(),
            checks=volume.checks,
            copied=copied,
        )


class Override(FrozenModel):
    """A person's decision to go on in spite of a refused check."""

    check_id: str
    reason: str
    person: str
    time: datetime


class ReportVersion(FrozenModel):
    """One report of a case.

    Attributes:
        version: 1, 2, 3, ...
        report_id: Id that it prints; empty in stores of earlier versions.
        file: File name in the case's folder.
        sha256: Of the PDF.
        twin_sha256: Of the machine-readable twin, or empty.
        time: When it was written, UTC.
        person: Who wrote it.
        language: Its language.
        prediction_id: The prediction that it prints.
        reviewed_by: Who reviewed it; empty while it is a draft.
        reviewed_at: When, UTC.
    """

    version: int
    report_id: str = ""
    file: str
    sha256: str
    twin_sha256: str = ""
    time: datetime
    person: str
    language: str
    prediction_id: str
    reviewed_by: str = ""
    reviewed_at: datetime | None = None


@dataclass(frozen=True)
class Assessment:
    """One patient's assessment as it is open in window or command.

    Attributes:
        case_id: Random name of the case; says nothing of the patient.
        series: The CT, None until one is opened.
        roi: The pancreas ROI, None until one is drawn or imported.
        record: Clinical factors.
        prediction: The last prediction, stale or not; see `changed_inputs`.
        reports: Every report, oldest first.
        overrides: Refused checks that a person went past, with the reason.
        note: A person's own words for the worklist.
        ct_path: Where a CT lies that was named in a list and waits to be read, as `ct.file_names.path_text` writes it;
            empty if there is none.
    """

    case_id: str
    series: SeriesReference | None = None
    roi: Roi | None = None
    record: ClinicalRecord = field(default_factory=ClinicalRecord)
    prediction: Prediction | None = None
    reports: tuple[ReportVersion, ...] = ()
    overrides: tuple[Override, ...] = ()
    note: str = ""
    ct_path: str = ""

    @property
    def identity(self) -> PatientIdentity:
        """The patient: as the CT says; if it names nobody, as the record says; else empty."""
        own = self.series.identity if self.series is not None else PatientIdentity()
        if own.name or own.patient_id or self.record.identity is None:
            return own
        return self.record.identity

    @property
    def inputs_used(self) -> InputDigests | None:
        """What the prediction was made from."""
        return self.prediction.provenance.inputs if self.prediction else None

    def current_inputs(self, bundle: str, compute: str, base_rate: str, roi_digest: str | None = None) -> InputDigests:
        """Digests of what a prediction would use now; empty text where there is no CT or no ROI.

        Of the record those values count that the last prediction rests on: what only a severity score reads may change.

        Args:
            bundle: SHA-256 of the bundle in use.
            compute: Digest of the device, precision and batching in use.
            base_rate: Digest of the base rate in use.
            roi_digest: `Roi.digest` of the ROI, if it is known already; it takes a while on a large grid.
        """
        if roi_digest is None:
            roi_digest = self.roi.digest() if self.roi else ""
        factors = self.prediction.provenance.factors if self.prediction else ()
        return InputDigests(
            volume=self.series.volume_digest if self.series else "",
            roi=roi_digest,
            record=(self.record.restricted(factors) if factors else self.record).digest(),
            bundle=bundle,
            compute=compute,
            base_rate=base_rate,
        )

    def changed_inputs(self, current: InputDigests) -> tuple[InputName, ...]:
        """The inputs that changed since the prediction was made; none if it still holds or there is none."""
        used = self.inputs_used
        if used is None:
            return ()
        return tuple(name for name in InputName if getattr(used, name.value) != getattr(current, name.value))

    def is_stale(self, current: InputDigests) -> bool:
        """True if there is a prediction that no longer holds: it must not be reviewed or exported."""
        return bool(self.changed_inputs(current))

    def require_current(self, current: InputDigests) -> Prediction:
        """The prediction, if it still holds.

        Raises:
            CaseError: There is none, or an input changed since; the sentence names the first.
        """
        if self.prediction is None:
            raise CaseError(Message.of("cases.no_prediction"))
        changed = self.changed_inputs(current)
        if changed:
            raise CaseError(Message.of(f"cases.stale_{changed[0].value}"))
        return self.prediction

    def with_overrides(self, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        """The checks, each with the reason for which a person went past it."""
        reasons = {override.check_id: override.reason for override in self.overrides}
        return tuple(
            check.model_copy(update={"override_reason": reasons[check.id]}) if check.id in reasons else check
            for check in checks
        )

    def changed(self, **values: object) -> Assessment:
        """This assessment with some fields replaced."""
        return replace(self, **values)  # type: ignore[arg-type]
