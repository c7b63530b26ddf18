"""The second start: hands its path over and ends."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtNetwork import QLocalSocket

from apnet_desktop.gui.single_instance.meeting_point import MeetingPoint
from apnet_desktop.gui.single_instance.messages import TAKEN, HandedOver

__all__ = ["hand_over", "hand_over_patiently"]

_CONNECT = 1_000  # ms
_ANSWER = 5_000  # ms


def hand_over(point: MeetingPoint, path: Path | None) -> bool:
    """Gives the open window a path to open; it comes to the front.

    Args:
        point: Where to meet.
        path: What to open; None only brings the window to the front.

    Returns:
        True if a window has taken it; False if there is none, or none that answers.
    """
    if not point.may_be_open():
        return False
    socket = QLocalSocket()
    socket.connectToServer(point.name)
    try:
        if not socket.waitForConnected(_CONNECT):
            return False
        socket.write(HandedOver.of(path).model_dump_json().encode() + b"\n")
        socket.flush()
        deadline = time.monotonic() + _ANSWER / 1000
        while not socket.canReadLine() and time.monotonic() < deadline:
            if not socket.waitForReadyRead(200) and socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
                break
        return bool(socket.readLine().data() == TAKEN)
    finally:
        socket.abort()


def hand_over_patiently(point: MeetingPoint, path: Path | None, seconds: float = 5.0) -> bool:
    """Tries until a window that holds the store, and is only just starting, has taken the path."""
    deadline = time.monotonic() + seconds
    while not hand_over(point, path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
