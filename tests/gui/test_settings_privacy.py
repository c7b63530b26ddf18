"""A file dialog leaves no trace of the folder that was visited."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_VISIT = """
import sys
from pathlib import Path
import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from apnet_desktop.gui.settings_privacy import forget_file_dialogs

home, forget = Path(sys.argv[1]), sys.argv[2] == "forget"
application = QApplication([])
private = home / "store" / "partial"
if forget:
    forget_file_dialogs(application, private)
dialog = QFileDialog(None, "open", str(home / "Zyxwv"))
dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
dialog.show()
application.processEvents()
dialog.done(1)
shiboken6.delete(dialog)
QTimer.singleShot(50, application.quit)
application.exec()
"""


def _leaks(home: Path, how: str) -> list[str]:
    (home / "Zyxwv").mkdir(parents=True)
    (home / "store" / "partial").mkdir(parents=True)
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
                   "XDG_DATA_HOME": str(home / "data"), "QT_QPA_PLATFORM": "offscreen"}  # fmt: skip
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", _VISIT, str(home), how], check=True, env=environment, capture_output=True, timeout=60
    )
    return [str(path) for path in home.rglob("*") if path.is_file() and b"Zyxwv" in path.read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="the settings of other systems have no file")
def test_a_visited_folder_is_remembered_nowhere(tmp_path: Path) -> None:
    # Without our care Qt writes it down; if this ever changes, the care can go.
    assert _leaks(tmp_path / "careless", "remember")
    assert _leaks(tmp_path / "careful", "forget") == []
