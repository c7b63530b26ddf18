"""Where a prediction comes from: every input by its digest, so that a change of any of them makes it stale."""

from __future__ import annotations

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import BaseRate, Compute, InputDigests, Provenance, digest_of
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.ct.roi import Roi
from apnet_desktop.ct.volume import CtVolume

__all__ = ["provenance_of"]


def provenance_of(
    bundle: Bundle,
    compute: Compute,
    request: PredictionRequest,
    images: tuple[CtVolume, Roi] | None,
    record: ClinicalRecord,
    base_rate: BaseRate,
) -> Provenance:
    """The provenance of a prediction.

    Args:
        bundle: The bundle.
        compute: What it ran on.
        request: Id, time and application version.
        images: CT and ROI; None where the clinical route stands alone, which leaves their digests empty.
        record: Clinical record.
        base_rate: Base rate used.
    """
    return Provenance(
        prediction_id=request.prediction_id,
        time=request.time,
        application_version=request.application_version,
        bundle_name=bundle.manifest.name,
        bundle_version=bundle.manifest.version,
        bundle_sha256=bundle.sha256,
        compute=compute,
        inputs=InputDigests(
            volume=images[0].digest() if images is not None else "",
            roi=images[1].digest() if images is not None else "",
            record=record.digest(),
            bundle=bundle.sha256,
            compute=digest_of(compute),
            base_rate=digest_of(base_rate),
        ),
    )
