"""What a prediction needs besides CT, ROI, record, bundle and compute: all that would differ between two runs."""

from __future__ import annotations

from datetime import datetime

from apnet_desktop.bundle.manifest import Manifest
from apnet_desktop.bundle.prediction import BaseRate
from apnet_desktop.errors import PredictionError
from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["FEWEST_SITE_PATIENTS", "PredictionRequest", "SiteBaseRate", "base_rate_of"]

FEWEST_SITE_PATIENTS = 100


class SiteBaseRate(FrozenModel):
    """A site's own base rate of the outcome within the horizon.

    Attributes:
        rate: Share of followed patients with the outcome.
        source: Where it comes from.
        date: When it was counted, ISO date.
        patients: Followed patients behind it, at least 100.
    """

    rate: float
    source: str
    date: str
    patients: int


class PredictionRequest(FrozenModel):
    """Ids and times are inputs, so that the same inputs give the same prediction, byte for byte.

    Attributes:
        prediction_id: Id of the prediction.
        time: When it was asked for, with time zone.
        application_version: Version of this application.
        site_base_rate: The site's own base rate; None uses the development cohort's.
        overrides: Reason by id of a refused check that a person overrode; heeded where the bundle allows it.
        clinical_only: True to ask for the clinical route alone, without CT or ROI; the bundle must allow it.
    """

    prediction_id: str
    time: datetime
    application_version: str = ""
    site_base_rate: SiteBaseRate | None = None
    overrides: dict[str, str] = {}
    clinical_only: bool = False


def base_rate_of(request: PredictionRequest, manifest: Manifest) -> BaseRate:
    """The base rate on which the page rests.

    Raises:
        PredictionError: The site's own rate is not between 0 and 1, or rests on fewer than 100 patients.
    """
    site = request.site_base_rate
    if site is None:
        return BaseRate(development=manifest.cohort.prevalence)
    if not 0.0 < site.rate < 1.0:
        raise PredictionError(Message.of("bundle.base_rate_range", rate=site.rate))
    if site.patients < FEWEST_SITE_PATIENTS:
        raise PredictionError(
            Message.of("bundle.base_rate_patients", patients=site.patients, fewest=FEWEST_SITE_PATIENTS)
        )
    return BaseRate(
        development=manifest.cohort.prevalence,
        site=site.rate,
        site_source=site.source,
        site_date=site.date,
        site_patients=site.patients,
    )
