"""The clinical route: LightGBM from its own text files, one booster a fold, on one thread.

Import this module before torch: on macOS the two OpenMP runtimes can otherwise bring the process down.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.bundle.files import Bundle
from apnet_desktop.clinical.factor import FactorSchema
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.errors import BundleError
from apnet_desktop.language import Message
from apnet_desktop.model.clinical_columns import columns_of, table_of

if TYPE_CHECKING:
    import lightgbm

__all__ = ["ClinicalModel", "clinical_file_name", "read_clinical_model"]


def clinical_file_name(fold: int) -> str:
    """Name of one fold's booster in the bundle."""
    return f"clinical.{fold}.txt"


@dataclass(frozen=True)
class ClinicalModel:
    """The boosters of all folds.

    Attributes:
        schema: The factors, in the order of the columns.
        boosters: One for each fold.
    """

    schema: FactorSchema
    boosters: tuple[lightgbm.Booster, ...]

    def scores(self, records: list[ClinicalRecord]) -> NDArray[np.float64]:
        """Raw logits, (folds, records)."""
        table = table_of(self.schema, records)
        return np.stack(
            [np.asarray(booster.predict(table, raw_score=True, num_threads=1)) for booster in self.boosters]
        )

    def contributions(self, record: ClinicalRecord) -> tuple[float, dict[str, float]]:
        """Exact SHAP values in the raw logit, averaged over the folds.

        Returns:
            The expected logit, and for each factor the sum over its columns; all together make the mean raw logit.
        """
        table = table_of(self.schema, [record])
        values = np.mean(
            [np.asarray(booster.predict(table, pred_contrib=True, num_threads=1))[0] for booster in self.boosters],
            axis=0,
        )
        by_factor: defaultdict[str, float] = defaultdict(float)
        for column, value in zip(columns_of(self.schema), values[:-1], strict=True):
            by_factor[column.factor_id] += float(value)
        return float(values[-1]), dict(by_factor)


def read_clinical_model(bundle: Bundle) -> ClinicalModel:
    """The clinical model of a bundle.

    Raises:
        BundleError: A file is damaged or was trained on other columns.
    """
    import lightgbm

    names = [column.name for column in columns_of(bundle.manifest.factors)]
    boosters = []
    for fold in range(bundle.manifest.fusion.folds):
        file = clinical_file_name(fold)
        try:
            booster = lightgbm.Booster(model_str=bundle.read(file).decode("utf-8"))
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise BundleError(Message.of("bundle.damaged_content", file=file)) from error
        if booster.num_feature() != len(names):
            raise BundleError(Message.of("bundle.damaged_content", file=file))
        boosters.append(booster)
    return ClinicalModel(bundle.manifest.factors, tuple(boosters))
