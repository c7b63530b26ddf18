"""The window that shows the manual: pages to the left, text with pictures to the right, search above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QImage, QKeySequence, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from apnet_desktop.gui.manual.pages import MANUAL_PAGES, Place, missing_page, page_file
from apnet_desktop.language import Language, text
from apnet_desktop.locations import manual_folder

__all__ = ["ManualWindow"]

_SIZE = (980, 760)
_LIST_WIDTH = 190
_MARGIN = 64
_INTO_LINE = 18  # pixels
_EDGE = 14


class _Page(QTextBrowser):
    """Shows local Markdown only: links lead from page to page, and nothing is loaded from elsewhere."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        """Pictures of the manual, never wider than the page; nothing else."""
        url = self.source().resolved(QUrl(name) if isinstance(name, str) else name)
        path = Path(url.toLocalFile())
        if not url.isLocalFile() or manual_folder().resolve() not in path.resolve().parents:
            return None
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        picture = QImage(str(path))
        room = max(200, self.viewport().width() - _MARGIN)
        if picture.width() > room:
            picture = picture.scaledToWidth(
                round(room * self.devicePixelRatioF()), Qt.TransformationMode.SmoothTransformation
            )
            picture.setDevicePixelRatio(self.devicePixelRatioF())
        return picture


class ManualWindow(QWidget):
    """The manual in one language.

    Args:
        language: Of the pages.
        parent: Owner; the manual is a window of its own beside it, so that one can read and work.
    """

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._language = language
        self.setWindowTitle(text("manual.title", language))
        self.resize(*_SIZE)
        self._list = QListWidget()
        self._list.setFixedWidth(_LIST_WIDTH)
        self._list.addItems([text(f"manual.page_{page}", language) for page in MANUAL_PAGES])
        self._list.setAccessibleName(text("manual.pages", language))
        self._list.currentRowChanged.connect(self._choose)
        self._page = _Page()
        self._page.setOpenLinks(False)
        self._page.anchorClicked.connect(self._follow)
        self._words = QLineEdit()
        self._words.setPlaceholderText(text("manual.search", language))
        self._words.setClearButtonEnabled(True)
        self._words.returnPressed.connect(self.find_next)
        self._found = QLabel()
        following = QPushButton(text("manual.search_next", language))
        following.clicked.connect(self.find_next)
        self._shown = ""

        search = QHBoxLayout()
        search.addWidget(self._words, 1)
        search.addWidget(following)
        search.addWidget(self._found)
        right = QVBoxLayout()
        right.addLayout(search)
        right.addWidget(self._page, 1)
        layout = QHBoxLayout(self)
        layout.addWidget(self._list)
        layout.addLayout(right, 1)
        for keys, call in (
            (QKeySequence(QKeySequence.StandardKey.Find), self._words.setFocus),
            (QKeySequence("F3"), self.find_next),
            (QKeySequence("Esc"), self.close),
        ):
            action = QAction(self)
            action.setShortcut(keys)
            action.triggered.connect(call)
            self.addAction(action)

    @property
    def page(self) -> str:
        """The page that is shown; empty for none."""
        return self._shown

    @property
    def heading(self) -> str:
        """The heading that stands at the top of the view, or the last above it."""
        at_top = self._page.cursorForPosition(QPoint(0, _INTO_LINE)).block()
        while at_top.isValid() and not at_top.blockFormat().headingLevel():
            at_top = at_top.previous()
        return at_top.text()

    def show_place(self, place: Place) -> None:
        """Opens a page at one of its headings, and brings the window to the front."""
        self.show()
        self._open(place.page)
        # Once the window has its size: before that no heading has its place.
        QTimer.singleShot(0, self, lambda: self._scroll_to(place))
        self.raise_()
        self.activateWindow()

    def _scroll_to(self, place: Place) -> None:
        blocks = self._headings()
        if place.page != self._shown or place.heading >= len(blocks):
            return
        layout = self._page.document().documentLayout()
        layout.documentSize()  # lays out the whole page, so that the bar reaches its end
        self._page.verticalScrollBar().setValue(round(layout.blockBoundingRect(blocks[place.heading]).top()))

    def find_next(self) -> None:
        """Goes to the next place with the words that were typed, on this page and then on the others."""
        words = self._words.text().strip()
        if not words:
            return
        self._found.clear()
        if self._page.find(words):
            return
        first = MANUAL_PAGES.index(self._shown) if self._shown in MANUAL_PAGES else 0
        for step in range(1, len(MANUAL_PAGES) + 1):
            self._open(MANUAL_PAGES[(first + step) % len(MANUAL_PAGES)])
            self._page.moveCursor(QTextCursor.MoveOperation.Start)
            if self._page.find(words):
                return
        self._found.setText(text("manual.not_found", self._language))

    def _open(self, page: str) -> None:
        if page != self._shown:
            lacking = missing_page(page, self._language)
            if lacking is not None:
                self._page.setPlainText(lacking.text(self._language))
            else:
                url = QUrl.fromLocalFile(str(page_file(page, self._language)))
                self._page.setSource(url, QTextDocument.ResourceType.MarkdownResource)
                self._page.document().setDocumentMargin(_EDGE)
                # Room below, so that the last heading can stand at the top as well.
                frame = self._page.document().rootFrame()
                form = frame.frameFormat()
                form.setBottomMargin(self._page.height())
                frame.setFrameFormat(form)
            self._shown = page
        self._list.blockSignals(True)
        self._list.setCurrentRow(MANUAL_PAGES.index(page))
        self._list.blockSignals(False)

    def _choose(self, row: int) -> None:
        if row >= 0:
            self._open(MANUAL_PAGES[row])

    def _follow(self, url: QUrl) -> None:
        page = Path(url.path()).stem
        if page in MANUAL_PAGES:
            self._open(page)

    def _headings(self) -> list[QTextBlock]:
        found, block = [], self._page.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel():
                found.append(block)
            block = block.next()
        return found
