"""Renders the pages of a PDF away from the window's thread, one at a time.

QtPdf is not part of PySide6-Essentials, so PDFium (pypdfium2) renders. PDFium must not be entered by two threads at
once: every call to it goes through one thread of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QImage

__all__ = ["PageRenderer", "page_image"]

POINTS_PER_INCH = 72.0


def page_image(document: Any, number: int, dots_per_inch: float) -> QImage:
    """Page `number` (from 0) of an open pypdfium2 document as an RGB image on white."""
    page = document[number]
    bitmap = page.render(scale=dots_per_inch / POINTS_PER_INCH, rev_byteorder=True)
    pixels = bitmap.to_numpy()
    height, width, channels = pixels.shape
    layout = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBX8888
    image = QImage(pixels.tobytes(), width, height, bitmap.stride, layout).copy()
    bitmap.close()
    page.close()
    return image


class _Task(QRunnable):
    def __init__(
        self,
        renderer: PageRenderer,
        pdf: bytes,
        key: tuple[int, int, float],
        purpose: str,
        newest: Callable[[], bool] | None,
    ) -> None:
        super().__init__()
        self._newest = newest
        self._renderer = renderer
        self._pdf = pdf
        self._key = key
        self._purpose = purpose

    def run(self) -> None:
        import pypdfium2

        generation, number, dots_per_inch = self._key
        if self._renderer.is_stale(generation) or (self._newest is not None and not self._newest()):
            return
        document = pypdfium2.PdfDocument(self._pdf)
        try:
            image = page_image(document, number, dots_per_inch)
            text_page = document[number].get_textpage()
            text = text_page.get_text_bounded()
            text_page.close()
        finally:
            document.close()
        # The window may have been closed while the page was in hand; then nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            self._renderer.rendered.emit(generation, number, self._purpose, image, text)


class PageRenderer(QObject):
    """Renders pages in one background thread; answers for an older document are dropped by their generation.

    Signals:
        rendered: (generation, page number from 0, purpose, image, the page's text).
    """

    rendered = Signal(int, int, str, QImage, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pdf = b""
        self._generation = 0
        self._requests = 0
        self._sizes: list[tuple[float, float]] = []

    @property
    def generation(self) -> int:
        """Counts the documents."""
        return self._generation

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

        self._pool.waitForDone()
        self._generation += 1
        self._pdf = pdf
        document = pypdfium2.PdfDocument(pdf)
        self._sizes = [document.get_page_size(number) for number in range(len(document))]
        document.close()

    def request(self, number: int, dots_per_inch: float, purpose: str, *, latest_only: bool = False) -> None:
        """Asks for page `number` (from 0); `rendered` answers.

        Args:
            number: The page.
            dots_per_inch: Resolution.
            purpose: Comes back with the answer.
            latest_only: True if a later request of this kind makes this one pointless.
        """
        newest = None
        if latest_only:
            self._requests += 1
            mine = self._requests

            def newest() -> bool:
                return mine == self._requests

        self._pool.start(_Task(self, self._pdf, (self._generation, number, dots_per_inch), purpose, newest))

    def finish(self) -> None:
        """Drops what is waiting and lets the page in hand end."""
        self._pool.clear()
        self._pool.waitForDone()
