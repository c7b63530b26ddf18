"""Where a ROI may come from: a file, a file that was found beside the CT, an automatic segmenter of the site."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from apnet_desktop.ct.file_names import readable_name
from apnet_desktop.language import Language, text

__all__ = ["RoiFilesBox"]

_ONE = "roi.import_found"


class RoiFilesBox(QWidget):
    """Buttons to bring a ROI in.

    Signals:
        import_requested: The person asks for a file to import the ROI from.
        found_chosen: The person takes a file that was found beside the CT; carries its `Path`.
        automatic_requested: The person asks the site's segmenter for a ROI.
    """

    import_requested = Signal()
    found_chosen = Signal(object)
    automatic_requested = Signal()

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._paths: tuple[Path, ...] = ()
        self._usable = False
        self._found = QPushButton(self)
        self._found.setObjectName("roi_found")
        self._found.clicked.connect(self._take_found)
        self._found.hide()
        self._import = QPushButton(text("roi.import", language), self)
        self._import.clicked.connect(self.import_requested)
        self._automatic = QPushButton(text("roi.automatic", language), self)
        self._automatic.clicked.connect(self.automatic_requested)
        row = QHBoxLayout()
        row.addWidget(self._import)
        row.addWidget(self._automatic)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._found)
        column.addLayout(row)

    def show_found(self, paths: tuple[Path, ...]) -> None:
        """Offers the ROI files that lay beside the CT."""
        self._paths = paths
        self._show_offer()
        several = len(paths) > 1
        words = text("roi.import_one_of", self._language, count=len(paths)) if several else text(_ONE, self._language)
        self._found.setText(words)
        self._found.setToolTip("\n".join(readable_name(path.name) for path in paths))

    def set_usable(self, usable: bool) -> None:
        """Nothing can be brought in while there is no whole volume to put it on."""
        for button in (self._import, self._automatic):
            button.setEnabled(usable)
        self._usable = usable
        self._show_offer()

    def _show_offer(self) -> None:
        # Hidden, not only disabled: without a CT it would name the files of the patient before.
        self._found.setVisible(self._usable and bool(self._paths))

    def _take_found(self) -> None:
        if len(self._paths) == 1:
            self.found_chosen.emit(self._paths[0])
            return
        menu = QMenu(self)
        for path in self._paths:
            action = menu.addAction(readable_name(path.name).replace("&", "&&"))
            action.triggered.connect(partial(self.found_chosen.emit, path))
        menu.popup(self._found.mapToGlobal(self._found.rect().bottomLeft()))
