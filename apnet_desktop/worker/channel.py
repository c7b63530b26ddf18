"""What crosses the pipe between the window and its processes: one JSON object a message, never pickle.

A process that a hostile file has taken over can then send wrong values, but no code; the window checks each value
against its model before use.
"""

from __future__ import annotations

from enum import StrEnum
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from apnet_desktop.frozen import FrozenModel
from apnet_desktop.language import Message

__all__ = ["Channel", "Envelope", "Kind"]


class Kind(StrEnum):
    """What an envelope says."""

    READY = "ready"
    JOB = "job"
    BEAT = "beat"
    PROGRESS = "progress"
    RESULT = "result"
    REFUSED = "refused"
    FAULT = "fault"


class Envelope(FrozenModel):
    """One message.

    Attributes:
        kind: What it says.
        job: Number of the job that it belongs to; 0 for none.
        name: For a job: which one. For a fault: the exception's class.
        body: Parameters, progress or result, as JSON values of the job's models.
        error: For a refusal: the class of the error tree.
        message: For a refusal: the sentence.
    """

    kind: Kind
    job: int = 0
    name: str = ""
    body: dict[str, Any] = {}
    error: str = ""
    message: Message | None = None


class Channel:
    """A pipe end that sends and receives envelopes; sending is safe from several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = Lock()

    def send(self, envelope: Envelope) -> None:
        """Sends one envelope.

        Raises:
            OSError: The other end is gone.
        """
        with self._sending:
            self._connection.send_bytes(envelope.model_dump_json().encode())

    def receive(self, timeout: float | None = None) -> Envelope | None:
        """The next envelope; None after `timeout` seconds without one.

        Raises:
            EOFError, OSError: The other end is gone.
            pydantic.ValidationError: The other end sent something else.
        """
        if not self._connection.poll(timeout):
            return None
        return Envelope.model_validate_json(self._connection.recv_bytes())

    def close(self) -> None:
        """Closes this end."""
        self._connection.close()
