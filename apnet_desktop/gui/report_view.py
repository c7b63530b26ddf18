"""The report in the window: its pages as they will be printed, saved and printed from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeySequence, QPixmap
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.cases.files import write_file
from apnet_desktop.errors import KnownError
from apnet_desktop.gui.report_options import OptionsButton
from apnet_desktop.gui.report_page_area import ZOOM_STEP, PageArea
from apnet_desktop.gui.report_pages import POINTS_PER_INCH, PageRenderer
from apnet_desktop.gui.report_printing import ReportPrinting
from apnet_desktop.gui.report_review import ReviewDialog
from apnet_desktop.language import Language, Message, text
from apnet_desktop.report.content import Review

__all__ = ["ReportView"]

_SCREEN = "screen"
_ZOOM_RANGE = (0.25, 5.0)
_MARGIN = 12


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
        version_chosen: The person wants to see another version; carries its index.
    """

    saved = Signal(str)
    reviewed = Signal(Review)
    dicom_requested = Signal()
    version_chosen = Signal(int)
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
        self._printing = ReportPrinting(self)
        self._printing.started.connect(self._update_buttons)
        self._printing.printed.connect(self._has_printed)
        self._printing.failed.connect(self.failed)
        self._build()
        self._update_buttons()

    # What others call

    def show_pdf(
        self,
        pdf: bytes,
        suggested_name: str = "apnet-report.pdf",
        twins: Mapping[str, bytes] | None = None,
        note: str = "",
    ) -> None:
        """Shows a report from its first page.

        Args:
            pdf: The file.
            suggested_name: File name that Save offers; it should carry no identity.
            twins: What Save offers beside the PDF, by extension: "json", "html".
            note: What to know of it, above its pages.
        """
        self._renderer.open(pdf)
        self._pdf = pdf
        self._suggested_name = suggested_name
        self._twins = dict(twins or {})
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._page = 0
        self._refresh()
        self._update_buttons()
        self.page_changed.emit(1)

    def suggest(self, name: str) -> None:
        """Another file name for Save to offer."""
        self._suggested_name = name

    def clear(self) -> None:
        """Shows nothing."""
        self._renderer.close()
        self._pdf = b""
        self._note.hide()
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

        A failure leaves nothing half.
        """
        try:
            write_file(path, self._twins.get(path.suffix.lstrip(".").lower(), self._pdf))
        except KnownError as error:
            self.failed.emit(error.message)
            return
        self.saved.emit(str(path))

    def print_to(self, printer: QPrinter) -> None:
        """Prints the pages that `printer` asks for, rendered at its resolution, at most 300 dots per inch."""
        if self._pdf:
            self._printing.print_to(printer, self._pdf)

    def show_versions(self, words: Sequence[str], chosen: int) -> None:
        """Offers the kept versions of the report.

        Args:
            words: What to call each, oldest first.
            chosen: Index of the one that is shown; -1 for none.
        """
        self._versions.blockSignals(True)
        self._versions.clear()
        self._versions.addItems(list(words))
        self._versions.setCurrentIndex(chosen)
        self._versions.blockSignals(False)
        self._versions.setVisible(bool(words))

    # The pieces

    def _say(self, name: str, **values: str | int | float) -> str:
        return text(f"report_view.{name}", self._language, **values)

    def _build(self) -> None:
        self._sheet = QLabel(self._say("empty"))
        self._sheet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note = QLabel()
        self._note.setObjectName("report_note")
        self._note.setWordWrap(True)
        self._note.hide()
        self._area = PageArea(self)
        self._area.setWidget(self._sheet)
        self._area.setAccessibleName(self._say("pages"))
        self._area.turned.connect(self._turn)
        self._area.zoomed.connect(lambda factor: self.set_zoom(self.zoom * factor))
        self._area.resized.connect(self._refit)

        self._previous = self._button("previous", lambda: self._turn(-1), "PgUp")
        self._next = self._button("next", lambda: self._turn(1), "PgDown")
        self._counter = QLabel()
        self._smaller = self._button("smaller", lambda: self.set_zoom(self.zoom / ZOOM_STEP), "Ctrl+-")
        self._larger = self._button("larger", lambda: self.set_zoom(self.zoom * ZOOM_STEP), "Ctrl++")
        self._fit = self._button("fit", lambda: self.set_zoom(None), "Ctrl+0")
        self._review = self._button("review", self._ask_review, "Ctrl+R")
        self._dicom = self._button("dicom", self.dicom_requested.emit, "Ctrl+D")
        self._save = self._button("save", self._ask_where, "Ctrl+S")
        self._print = self._button("print", self._ask_printer, "Ctrl+P")
        self.options = OptionsButton(self._language, self)
        self._versions = QComboBox(self)
        self._versions.setObjectName("report_versions")
        self._versions.setAccessibleName(self._say("versions"))
        self._versions.setToolTip(self._say("versions"))
        # Its words may be long; beside the risk there is little room.
        self._versions.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._versions.setMinimumContentsLength(12)
        self._versions.activated.connect(self.version_chosen)
        self._versions.hide()
        self._shortcut("Home", lambda: self.go_to(1))
        self._shortcut("End", lambda: self.go_to(self.pages))
        self._shortcut("Ctrl+=", lambda: self.set_zoom(self.zoom * ZOOM_STEP))

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
        kept = QHBoxLayout()
        kept.addWidget(self._versions, 1)
        kept.addStretch(0)
        kept.addWidget(self.options)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(actions)
        layout.addLayout(kept)
        layout.addLayout(bar)
        layout.addWidget(self._note)
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
        if purpose == _SCREEN and number == self._page and self._pdf:
            image.setDevicePixelRatio(self.devicePixelRatioF())
            self._sheet.setPixmap(QPixmap.fromImage(image))
            self._sheet.setMinimumSize(image.deviceIndependentSize().toSize())
            self._sheet.setAccessibleName(self._say("page", page=self.page, pages=self.pages))
            self._sheet.setAccessibleDescription(words)

    def _update_buttons(self) -> None:
        shown = self.pages > 0
        self._previous.setEnabled(shown and self._page > 0)
        self._next.setEnabled(shown and self.page < self.pages)
        for button in (self._smaller, self._larger, self._fit, self._save):
            button.setEnabled(shown)
        self._print.setEnabled(shown and not self._printing.busy)
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

    def _has_printed(self, pages: int) -> None:
        self._update_buttons()
        self.printed.emit(pages)
