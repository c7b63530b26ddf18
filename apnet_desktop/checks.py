"""A named check of an input or of the model, with the sentence that the person reads."""

from __future__ import annotations

from enum import StrEnum

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["Check", "CheckState", "passed", "refused", "warned", "worst"]


class CheckState(StrEnum):
    """Outcome of a check, from best to worst."""

    PASSED = "passed"
    WARNED = "warned"
    REFUSED = "refused"


class Check(FrozenModel):
    """One named check.

    Attributes:
        id: Stable name, `<room>.<what>` (`ct.spacing`); the same in window, JSON and report.
        state: Outcome.
        message: One sentence, naming file or field and remedy unless passed.
        override_reason: Why a person went on in spite of a refusal; it goes to record and report. None: not overridden.
    """

    id: str
    state: CheckState
    message: Message
    override_reason: str | None = None

    @property
    def blocks(self) -> bool:
        """True if this check stops the prediction: refused and not overridden."""
        return self.state is CheckState.REFUSED and self.override_reason is None


def passed(id: str, message: str, **values: str | int | float) -> Check:
    """A check that passed; `message` is the id of its sentence, `values` fill its places."""
    return Check(id=id, state=CheckState.PASSED, message=Message.of(message, **values))


def warned(id: str, message: str, **values: str | int | float) -> Check:
    """A check that warns."""
    return Check(id=id, state=CheckState.WARNED, message=Message.of(message, **values))


def refused(id: str, message: str, **values: str | int | float) -> Check:
    """A check that refuses."""
    return Check(id=id, state=CheckState.REFUSED, message=Message.of(message, **values))


def worst(checks: tuple[Check, ...]) -> CheckState:
    """The worst state among `checks`; passed if there are none."""
    order = list(CheckState)
    return max((check.state for check in checks), key=order.index, default=CheckState.PASSED)
