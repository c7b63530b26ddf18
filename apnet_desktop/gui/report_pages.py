"""Renders the pages of a PDF away from the window's thread, one at a time.

QtPdf is not part of PySide6-Essentials, so PDFium (pypdfium2) renders. PDFium must not be entered by two threads at
once, and there may be more than one preview: one thread serves them all, and a lock goes around every use of it.
"""

from __future__ import annotations

import atexit
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

__all__ = ["POINTS_PER_INCH", "PageRenderer", "page_image"]

POINTS_PER_INCH = 72.0
_PDFIUM = threading.Lock()
_LONGEST_EXIT = 5.0


def page_image(document: Any, number: int, dots_per_inch: float) -> QImage:
    """Page `number` (from 0) of an open pypdfium2 document as an RGB image on white."""
    page = document[number]
    bitmap = page.render(scale=dots_per_inch / POINTS_PER_INCH, rev_byteorder=True)
    pixels = bitmap.to_numpy()
    height, width, channels = pixels.shape
    layout = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBX8888
    # The copy owns its pixels: those of the bitmap go with it.
    image = QImage(pixels.tobytes(), width, height, width * channels, layout).copy()
    bitmap.close()
    page.close()
    return image


class _Request(NamedTuple):
    pdf: bytes
    number: int
    dots_per_inch: float
    wanted: Callable[[], bool]
    answer: Callable[[QImage, str], None]


class _RenderingThread:
    """One thread for the whole process; it ends with it."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="report pages", daemon=True)
        self._thread.start()
        atexit.register(self._end)

    def ask(self, request: _Request) -> None:
        self._requests.put(request)

    def _serve(self) -> None:
        while (request := self._requests.get()) is not None:
            if request.wanted():
                image, text = _rendered(request)
                # The window may have been closed while the page was in hand; then nobody is left to tell.
                with contextlib.suppress(RuntimeError):
                    request.answer(image, text)

    def _end(self) -> None:
        self._requests.put(None)
        self._thread.join(_LONGEST_EXIT)


@cache
def _thread() -> _RenderingThread:
    return _RenderingThread()


def _rendered(request: _Request) -> tuple[QImage, str]:
    import pypdfium2

    with _PDFIUM:
        document = pypdfium2.PdfDocument(request.pdf)
        try:
            image = page_image(document, request.number, request.dots_per_inch)
            page = document[request.number]
            text_page = page.get_textpage()
            text = text_page.get_text_bounded()
            text_page.close()
            page.close()
        finally:
            document.close()
    return image, text


class PageRenderer(QObject):
    """Asks for pages of one document; answers for an older document are dropped by their generation.

    Signals:
        rendered: (generation, page number from 0, purpose, image, the page's text).
    """

    rendered = Signal(int, int, str, QImage, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pdf = b""
        self._generation = 0
        self._requests = 0
        self._sizes: list[tuple[float, float]] = []

    @property
    def sizes(self) -> list[tuple[float, float]]:
        """Width and height of each page in points."""
        return self._sizes

    def is_stale(self, generation: int) -> bool:
        """True if another document has been opened since."""
        return generation != self._generation

    def open(self, pdf: bytes) -> None:
        """Takes a PDF; nothing is rendered yet."""
        import pypdfium2

        self._generation += 1
        self._pdf = pdf
        with _PDFIUM:
            document = pypdfium2.PdfDocument(pdf)
            self._sizes = [document.get_page_size(number) for number in range(len(document))]
            document.close()

    def close(self) -> None:
        """Forgets the document; what was asked for is not answered any more."""
        self._generation += 1
        self._pdf = b""
        self._sizes = []

    def request(self, number: int, dots_per_inch: float, purpose: str, *, latest_only: bool = False) -> None:
        """Asks for page `number` (from 0); `rendered` answers.

        Args:
            number: The page.
            dots_per_inch: Resolution.
            purpose: Comes back with the answer.
            latest_only: True if a later request of this kind makes this one pointless.
        """
        generation = self._generation
        if latest_only:
            self._requests += 1
        mine = self._requests

        def wanted() -> bool:
            return generation == self._generation and (not latest_only or mine == self._requests)

        def answer(image: QImage, text: str) -> None:
            self.rendered.emit(generation, number, purpose, image, text)

        _thread().ask(_Request(self._pdf, number, dots_per_inch, wanted, answer))
