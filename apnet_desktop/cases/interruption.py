"""The case that is open and what is seen of it, so that the next start can tell a crash from a good end."""

from __future__ import annotations

from pydantic import ValidationError

from apnet_desktop.cases.assessment import Step
from apnet_desktop.cases.storage_parts import Storage
from apnet_desktop.frozen import FrozenModel

__all__ = ["Interruption", "ShownView"]

_CASE, _READER, _VIEW = "open_case", "open_reader", "open_view"


class ShownView(FrozenModel):
    """What the window shows of the open case.

    Attributes:
        step: The open step.
        layout: How the planes share the viewer.
        position: Voxel (k, j, i) of the crosshair: the slice of each plane.
        zoom: 1 fits a plane into its view.
        center: Voxel (k, j, i) in the middle of the views.
        window: Window center and width in HU.
    """

    step: Step
    layout: str
    position: tuple[int, int, int]
    zoom: float
    center: tuple[float, float, float]
    window: tuple[float, float]


class Interruption(Storage):
    """What a store remembers of the open case; nothing once it was closed in good order."""

    def mark(self, case_id: str, reader: str = "") -> None:
        """Remembers which case is open, and who draws in it for a cohort; another's view is forgotten.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction():
            if (case_id, reader) != (self._rows.fact(_CASE), self._rows.fact(_READER)):
                self._rows.set_fact(_VIEW, "")
            self._rows.set_fact(_CASE, case_id)
            self._rows.set_fact(_READER, reader)

    def clear(self) -> None:
        """Says that the case was closed in good order.

        Raises:
            CaseError: The store cannot be written.
        """
        with self._database.transaction():
            for fact in (_CASE, _READER, _VIEW):
                self._rows.set_fact(fact, "")

    def keep_view(self, view: ShownView) -> None:
        """Remembers what is seen of the open case.

        Raises:
            CaseError: The store cannot be written.
        """
        self._rows.set_fact(_VIEW, view.model_dump_json())

    def case(self) -> str | None:
        """The case that was open when the program last ended without closing it; ask before a case is opened."""
        case_id = self._rows.fact(_CASE)
        return case_id if case_id and self._rows.exists(case_id) else None

    def reader(self) -> str:
        """Who was drawing on the interrupted case for a cohort; empty if the case itself was open."""
        return self._rows.fact(_READER)

    def view(self) -> ShownView | None:
        """What was seen of the interrupted case; None if nothing was, or another version of the program wrote it."""
        try:
            return ShownView.model_validate_json(self._rows.fact(_VIEW))
        except ValidationError:
            return None
