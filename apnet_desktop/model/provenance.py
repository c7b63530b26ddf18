"""Where a prediction comes from: every input by its digest, so that a change of any of them makes it stale."""

from __future__ import annotations

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.bundle.prediction import BaseRate, Compute, InputDigests, Provenance, digest_of
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.eligibility import used_factors
from apnet_desktop.clinical.record import ClinicalRecord

__all__ = ["provenance_of"]


def provenance_of(
    bundle: Bundle,
    compute: Compute,
    request: PredictionRequest,
    images: tuple[str, str],
    record: ClinicalRecord,
    base_rate: BaseRate,
) -> Provenance:
    """The provenance of a prediction.

    Args:
        bundle: The bundle.
        compute: What it ran on.
        request: Id, time and application version.
        images: Digests of CT and ROI; empty where the clinical route stands alone.
        record: Clinical record.
        base_rate: Base rate used.
    """
    factors = used_factors(record, bundle.manifest.factors)
    return Provenance(
        prediction_id=request.prediction_id,
        time=request.time,
        application_version=request.application_version,
        bundle_name=bundle.manifest.name,
        bundle_version=bundle.manifest.version,
        bundle_sha256=bundle.sha256,
        compute=compute,
        factors=factors,
        inputs=InputDigests(
            volume=images[0],
            roi=images[1],
            record=(record.restricted(factors) if factors else record).digest(),
            bundle=bundle.sha256,
            compute=digest_of(compute),
            base_rate=digest_of(base_rate),
        ),
    )
