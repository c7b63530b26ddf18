"""Prints the pages of a report: rendered one by one away from the window's thread, painted as they come."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrinter

from apnet_desktop.gui.report_pages import PageRenderer
from apnet_desktop.language import Message

__all__ = ["ReportPrinting"]

_PRINT = "print"
_DOTS_PER_INCH = 300


class ReportPrinting(QObject):
    """Puts a report's pages on a printer. It has a renderer of its own: another report in the window changes nothing.

    Signals:
        started: Printing began.
        printed: Number of pages that went to the printer.
        failed: A sentence for the person: the printer could not be opened.
    """

    started = Signal()
    printed = Signal(int)
    failed = Signal(Message)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._renderer = PageRenderer(self)
        self._renderer.rendered.connect(self._take)
        self._painter: QPainter | None = None
        self._printer: QPrinter | None = None
        self._last = 0
        self._count = 0

    @property
    def busy(self) -> bool:
        """True while pages are on their way to the printer."""
        return self._painter is not None

    def print_to(self, printer: QPrinter, pdf: bytes) -> None:
        """Prints the pages that `printer` asks for, rendered at its resolution, at most 300 dots per inch."""
        self._renderer.open(pdf)
        pages = len(self._renderer.sizes)
        first = printer.fromPage() or 1
        painter = QPainter()
        printer.setFullPage(True)
        if not painter.begin(printer):
            name = printer.printerName() or printer.outputFileName()
            self.failed.emit(Message.of("report_view.not_printed", printer=name))
            return
        self._painter, self._printer = painter, printer
        self._last, self._count = min(printer.toPage() or pages, pages) - 1, 0
        self.started.emit()
        self._request(first - 1)

    def _request(self, number: int) -> None:
        if self._printer is not None:
            self._renderer.request(number, min(self._printer.resolution(), _DOTS_PER_INCH), _PRINT)

    def _take(self, _generation: int, number: int, _purpose: str, image: QImage, _words: str) -> None:
        if self._painter is None or self._printer is None:
            return
        if self._count:
            self._printer.newPage()
        self._painter.drawImage(_centred(image, self._painter.viewport().toRectF()), image)
        self._count += 1
        if number < self._last:
            self._request(number + 1)
            return
        self._painter.end()
        self._painter, self._printer = None, None
        self.printed.emit(self._count)


def _centred(image: QImage, sheet: QRectF) -> QRectF:
    """The largest place for the image on the sheet, at its true proportions."""
    scale = min(sheet.width() / image.width(), sheet.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(sheet.x() + (sheet.width() - width) / 2, sheet.y() + (sheet.height() - height) / 2, width, height)
