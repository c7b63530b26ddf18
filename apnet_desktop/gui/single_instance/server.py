"""The open window's side: takes the paths of later starts."""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from apnet_desktop.gui.single_instance.meeting_point import MeetingPoint
from apnet_desktop.gui.single_instance.messages import LONGEST_LINE, TAKEN, HandedOver

__all__ = ["InstanceServer"]

_log = logging.getLogger(__name__)
_MOST_WAITING = 8


class InstanceServer(QObject):
    """Listens for later starts of the same person on the same case store.

    Whoever listens holds the store's lock, so a socket that is found lies there from a crash and is replaced.

    Signals:
        received: A later start; carries the path to open, or None.
    """

    received = Signal(object)

    def __init__(self, point: MeetingPoint, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._point = point
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_MOST_WAITING)
        self._server.newConnection.connect(self._connected)

    def listen(self) -> bool:
        """Begins to listen; False if there is no socket to be had: later starts are then told of the open window."""
        try:
            self._point.prepare()
        except OSError:
            _log.warning("no folder for the socket of later starts")
            return False
        QLocalServer.removeServer(self._point.name)
        if not self._server.listen(self._point.name):
            _log.warning("no socket for later starts: error %d", int(self._server.serverError().value))
            return False
        return True

    def close(self) -> None:
        """Ends; the socket is removed."""
        self._server.close()

    def _connected(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.setReadBufferSize(LONGEST_LINE)
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda one=socket: self._read(one))
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() >= LONGEST_LINE:
                socket.abort()
            return
        try:
            message = HandedOver.model_validate_json(bytes(socket.readLine().data()))
            path: Path | None = message.opened
        except (ValidationError, ValueError):
            _log.warning("a later start said what is not understood")
            socket.abort()
            return
        socket.write(TAKEN)
        socket.flush()
        socket.disconnectFromServer()
        self.received.emit(path)
