"""The report in the window: its pages as they will be printed, saved and printed from here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence, QPainter, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.report_pages import POINTS_PER_INCH, PageRenderer
from apnet_desktop.gui.report_review import ReviewDialog
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.content import Review

__all__ = ["ReportView"]

_SCREEN = "screen"
_PRINT = "print"
_ZOOM_STEP = 1.25
_ZOOM_RANGE = (0.25, 5.0)
_PRINT_DOTS_PER_INCH = 300
_MARGIN = 12


class _PageArea(QScrollArea):
    """Scrolls a page; at its end the wheel turns the page, with Ctrl it zooms."""

    turned = Signal(int)
    zoomed = Signal(float)
    resized = Signal()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        steps = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(_ZOOM_STEP if steps > 0 else 1 / _ZOOM_STEP)
            event.accept()
            return
        bar = self.verticalScrollBar()
        at_end = bar.value() == (bar.maximum() if steps < 0 else bar.minimum())
        if steps and at_end:
            self.turned.emit(1 if steps < 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.resized.emit()


class ReportView(QWidget):
    """Shows a PDF page by page, saves and prints it.

    Keys: Page Up and Page Down turn the page, Home and End go to the first and the last, Ctrl + and Ctrl - zoom,
    Ctrl 0 fits the width, Ctrl S saves, Ctrl P prints.

    Args:
        language: Of the buttons.
        parent: Owner.

    Signals:
        saved: Path of the file that was written.
        printed: Number of pages that went to the printer.
        failed: A sentence for the person: the file could not be written or the printer not opened.
        page_changed: Page number from 1.
        reviewed: A named person's review; whoever keeps the report makes the reviewed one of it.
        dicom_requested: The person wants the report's DICOM objects.
    """

    saved = Signal(str)
    reviewed = Signal(Review)
    dicom_requested = Signal()
    printed = Signal(int)
    failed = Signal(Message)
    page_changed = Signal(int)

    def __init__(self, language: Language = Language.ENGLISH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._pdf = b""
        self._twins: dict[str, bytes] = {}
        self._review_allowed = self._dicom_allowed = False
        self._suggested_name = "apnet-report.pdf"
        self._page = 0
        self._zoom: float | None = None
        self._renderer = PageRenderer(self)
        self._renderer.rendered.connect(self._take)
        self._painter: QPainter | None = None
        self._printer: QPrinter | None = None
        self._print_last = 0
        self._build()
        self._update_buttons()

    # What others call

    def show_pdf(
        self, pdf: bytes, suggested_name: str = "apnet-report.pdf", twins: Mapping[str, bytes] | None = None
    ) -> None:
        """Shows a report from its first page.

        Args:
            pdf: The file.
            suggested_name: File name that Save offers; it should carry no identity.
            twins: What Save offers beside the PDF, by extension: "json", "html".
        """
        self._renderer.open(pdf)
        self._pdf = pdf
        self._suggested_name = suggested_name
        self._twins = dict(twins or {})
        self._page = 0
        self._refresh()
        self._update_buttons()
        self.page_changed.emit(1)

    def clear(self) -> None:
        """Shows nothing."""
        self._renderer.close()
        self._pdf = b""
        self._sheet.clear()
        self._sheet.setText(self._say("empty"))
        self._sheet.adjustSize()
        self._update_buttons()

    def allow(self, *, review: bool, dicom: bool) -> None:
        """Offers review and DICOM export, or not: a number that is no finding gets neither, a stale one neither.

        Args:
            review: The report may be reviewed.
            dicom: Its DICOM objects may be written.
        """
        self._review_allowed, self._dicom_allowed = review, dicom
        self._update_buttons()

    @property
    def page(self) -> int:
        """Page shown, from 1."""
        return self._page + 1

    @property
    def pages(self) -> int:
        """Pages of the report; 0 if there is none."""
        return len(self._renderer.sizes) if self._pdf else 0

    @property
    def zoom(self) -> float:
        """Size on screen over size on paper."""
        return self._zoom if self._zoom is not None else self._fitting_zoom()

    def go_to(self, page: int) -> None:
        """Shows page `page`, from 1; the nearest if there is no such page."""
        page = max(1, min(page, self.pages))
        if self._pdf and page != self.page:
            self._page = page - 1
            self._area.verticalScrollBar().setValue(0)
            self._refresh()
            self._update_buttons()
            self.page_changed.emit(page)

    def set_zoom(self, zoom: float | None) -> None:
        """Sets the zoom; None fits the width of the window."""
        self._zoom = None if zoom is None else max(_ZOOM_RANGE[0], min(zoom, _ZOOM_RANGE[1]))
        self._refresh()

    def save_as(self, path: Path) -> None:
        """Writes the PDF, or the twin that the name's extension asks for.

        A temporary file beside it, then a rename, so that a failure leaves nothing half.
        """
        try:
            _write_atomically(path, self._twins.get(path.suffix.lstrip(".").lower(), self._pdf))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.failed.emit(Message.of("report_view.not_saved", file=str(path), reason=reason))
            return
        self.saved.emit(str(path))

    def print_to(self, printer: QPrinter) -> None:
        """Prints the pages that `printer` asks for, rendered at its resolution, at most 300 dots per inch."""
        first = printer.fromPage() or 1
        last = min(printer.toPage() or self.pages, self.pages)
        painter = QPainter()
        printer.setFullPage(True)
        if not self.pages or not painter.begin(printer):
            name = printer.printerName() or printer.outputFileName()
            self.failed.emit(Message.of("report_view.not_printed", printer=name))
            return
        self._painter, self._printer, self._print_last = painter, printer, last - 1
        self._print_count = 0
        self._update_buttons()
        self._request_print(first - 1)

    # The pieces

    def _say(self, name: str, **values: str | int | float) -> str:
        return text(f"report_view.{name}", self._language, **values)

    def _build(self) -> None:
        self._sheet = QLabel(self._say("empty"))
        self._sheet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area = _PageArea()
        self._area.setWidget(self._sheet)
        self._area.setWidgetResizable(True)
        # Always there: a bar that comes and goes would change the width that the page is fitted to.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName(self._say("pages"))
        self._area.turned.connect(self._turn)
        self._area.zoomed.connect(lambda factor: self.set_zoom(self.zoom * factor))
        self._area.resized.connect(self._refit)

        self._previous = self._button("previous", lambda: self._turn(-1), "PgUp")
        self._next = self._button("next", lambda: self._turn(1), "PgDown")
        self._counter = QLabel()
        self._smaller = self._button("smaller", lambda: self.set_zoom(self.zoom / _ZOOM_STEP), "Ctrl+-")
        self._larger = self._button("larger", lambda: self.set_zoom(self.zoom * _ZOOM_STEP), "Ctrl++")
        self._fit = self._button("fit", lambda: self.set_zoom(None), "Ctrl+0")
        self._review = self._button("review", self._ask_review, "Ctrl+R")
        self._dicom = self._button("dicom", self.dicom_requested.emit, "Ctrl+D")
        self._save = self._button("save", self._ask_where, "Ctrl+S")
        self._print = self._button("print", self._ask_printer, "Ctrl+P")
        self._shortcut("Home", lambda: self.go_to(1))
        self._shortcut("End", lambda: self.go_to(self.pages))
        self._shortcut("Ctrl+=", lambda: self.set_zoom(self.zoom * _ZOOM_STEP))

        bar = QHBoxLayout()
        for widget in (self._previous, self._counter, self._next):
            bar.addWidget(widget)
        bar.addSpacing(16)
        for widget in (self._smaller, self._larger, self._fit):
            bar.addWidget(widget)
        bar.addStretch(1)
        # A row of their own: one row of all is wider than a laptop's window beside the risk.
        actions = QHBoxLayout()
        for widget in (self._review, self._dicom, self._save, self._print):
            actions.addWidget(widget)
        actions.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(actions)
        layout.addLayout(bar)
        layout.addWidget(self._area, 1)

    def _button(self, name: str, call: object, keys: str) -> QPushButton:
        button = QPushButton(self._say(name))
        button.setObjectName(f"report_{name}")
        button.setToolTip(f"{self._say(name)} ({QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)})")
        button.clicked.connect(call)
        self._shortcut(keys, button.click)
        return button

    def _shortcut(self, keys: str, call: object) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(call)
        self.addAction(action)

    def _turn(self, by: int) -> None:
        self.go_to(self.page + by)

    def _fitting_zoom(self) -> float:
        if not self.pages:
            return 1.0
        width = self._renderer.sizes[self._page][0] / POINTS_PER_INCH * self.logicalDpiX()
        room = self._area.viewport().width() - 2 * _MARGIN
        return max(_ZOOM_RANGE[0], min(room / width, _ZOOM_RANGE[1]))

    def _refit(self) -> None:
        if self._pdf and self._zoom is None:
            self._refresh()

    def _refresh(self) -> None:
        if self._pdf:
            scale = self.zoom * self.logicalDpiX() * self.devicePixelRatioF()
            self._renderer.request(self._page, scale, _SCREEN)

    def _take(self, generation: int, number: int, purpose: str, image: QImage, words: str) -> None:
        if self._renderer.is_stale(generation):
            return
        if purpose == _PRINT:
            self._paint_sheet(number, image)
        elif number == self._page and self._pdf:
            image.setDevicePixelRatio(self.devicePixelRatioF())
            self._sheet.setPixmap(QPixmap.fromImage(image))
            self._sheet.setMinimumSize(image.deviceIndependentSize().toSize())
            self._sheet.setAccessibleName(self._say("page", page=self.page, pages=self.pages))
            self._sheet.setAccessibleDescription(words)

    def _update_buttons(self) -> None:
        shown, printing = self.pages > 0, self._painter is not None
        self._previous.setEnabled(shown and self._page > 0)
        self._next.setEnabled(shown and self.page < self.pages)
        for button in (self._smaller, self._larger, self._fit, self._save):
            button.setEnabled(shown)
        self._print.setEnabled(shown and not printing)
        self._review.setVisible(shown and self._review_allowed)
        self._dicom.setVisible(shown and self._dicom_allowed)
        self._counter.setText(self._say("page", page=self.page, pages=self.pages) if shown else "")

    def _ask_where(self) -> None:
        kinds = {self._say(f"kind_{extension}"): extension for extension in ("pdf", *self._twins)}
        chosen, kind = QFileDialog.getSaveFileName(self, self._say("save"), self._suggested_name, ";;".join(kinds))
        if chosen:
            path, extension = Path(chosen), kinds.get(kind, "pdf")
            known = path.suffix.lstrip(".").lower() in kinds.values()
            if not known:
                path = path.with_name(f"{path.name}.{extension}")
            elif path.name == self._suggested_name:
                path = path.with_suffix(f".{extension}")
            self.save_as(path)

    def _ask_review(self) -> None:
        dialog = ReviewDialog(self._language, self)
        if dialog.exec() and (review := dialog.review()) is not None:
            self.reviewed.emit(review)

    def _ask_printer(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange, True)
        dialog.setMinMax(1, self.pages)
        if dialog.exec():
            self.print_to(printer)

    def _request_print(self, number: int) -> None:
        if self._printer is not None:
            self._renderer.request(number, min(self._printer.resolution(), _PRINT_DOTS_PER_INCH), _PRINT)

    def _paint_sheet(self, number: int, image: QImage) -> None:
        if self._painter is None or self._printer is None:
            return
        if self._print_count:
            self._printer.newPage()
        self._painter.drawImage(_centred(image, self._painter.viewport().toRectF()), image)
        self._print_count += 1
        if number < self._print_last:
            self._request_print(number + 1)
            return
        self._painter.end()
        self._painter, self._printer = None, None
        self._update_buttons()
        self.printed.emit(self._print_count)


def _centred(image: QImage, sheet: QRectF) -> QRectF:
    """The largest place for the image on the sheet, at its true proportions."""
    scale = min(sheet.width() / image.width(), sheet.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(sheet.x() + (sheet.width() - width) / 2, sheet.y() + (sheet.height() - height) / 2, width, height)


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
