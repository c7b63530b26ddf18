"""One whole session of the real application on a patient full of canaries (`... window_session HOME CT ROI`).

Scan, outline, form, risk, report, review-ready PDF, export, file dialog, diagnostics, settings, and an exception at the
end. Whatever it leaves outside its store and its exports is searched afterwards. It prints, as JSON, each attempt to
reach a network that this process made; the others find none, because the test takes the network away.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

CALLS: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Python's own audit events of the socket module; local sockets of the desktop are no network."""
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg") and not isinstance(
        arguments[1], str | bytes
    ):
        CALLS.append(f"{event} {arguments[1]}")
    if event.startswith(("socket.getaddrinfo", "socket.gethostby", "urllib", "http.client", "smtplib", "ftplib")):
        CALLS.append(event)


sys.addaudithook(_watch)

from PySide6.QtCore import QTimer  # noqa: E402 - the watch begins before anything is imported
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox  # noqa: E402

from apnet_desktop.cases.assessment import Step  # noqa: E402
from apnet_desktop.gui.application import run  # noqa: E402
from apnet_desktop.gui.main_window import MainWindow  # noqa: E402
from tests.gui import window_driver as driver  # noqa: E402

Condition = Callable[[], bool]
_PATIENCE = float(os.environ.get("APNET_PATIENCE", "300"))


def _window() -> MainWindow | None:
    found = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)]
    return found[0] if found else None


def _script(home: Path, ct: Path, roi: Path) -> Generator[Condition, None, None]:
    """What the doctor does; each condition is waited for."""
    asked = home / "asked-for"
    yield lambda: _window() is not None
    window = _window()
    assert window is not None
    yield lambda: window.keeper.bundle is not None and window.form is not None
    yield lambda: not window.runner.busy and (window.ct_flow.open.shared is not None or bool(window.notice.sentence))
    if window.ct_flow.open.shared is None:  # a machine under load lets the reader seem to hang: a person tries again
        window.open_path(ct)
        yield lambda: window.ct_flow.open.shared is not None and not window.runner.busy
    window.ct_flow.import_roi(roi)
    yield lambda: window.viewer.roi is not None and not window.runner.busy
    window.show_step(Step.ROI)
    driver.confirm_roi(window, "Dr Reader")
    window.show_step(Step.CLINICAL)
    driver.type_value(window, "body_mass_index", "27.4")
    driver.type_value(window, "triglycerides", "Zyxwv Qanary")
    assert window.form is not None
    known = window.form.record
    for factor in window.form._schema.factors:
        if not known.answered(factor.id):
            known = known.with_value(factor.id, None)
    window.form.set_record(known)
    window.keeper.set_record(known)
    yield lambda: not window.risk_flow.missing()
    window.predict()
    yield lambda: bool(window.keeper.assessment and window.keeper.assessment.prediction) and not window.runner.busy
    window.report_flow.make()
    yield lambda: window.report_view.pages > 0 and not window.runner.busy
    window.report_view.save_as(asked / "report.pdf")
    assert window.keeper.assessment is not None
    window.worklist.show()
    view = window.worklist.view
    assert view is not None
    view.filters.search.setText("Qanary")
    exporter = view.exchange._exporter
    exporter.start_case(window.keeper.assessment.case_id, asked / "export.zip")
    yield lambda: not exporter.busy
    assert (asked / "export.zip").exists()
    window.open_path(asked / "Zyxwv Qanary gone")
    yield lambda: window.notice.message is not None and not window.runner.busy
    _visit(asked / "Zyxwv Qanary 1961")
    window.settings.show()
    page = window.settings.page
    assert page is not None
    page.theme.setCurrentIndex(2)
    page.copy_diagnostics()
    yield page.copy_button.isEnabled
    (home / "clipboard.txt").write_text(QApplication.clipboard().text())
    titles = [one.windowTitle() for one in QApplication.topLevelWidgets()]
    (home / "titles.txt").write_text("\n".join(titles))
    QTimer.singleShot(0, _fail)
    yield lambda: isinstance(QApplication.activeModalWidget(), QMessageBox)
    box = QApplication.activeModalWidget()
    assert isinstance(box, QMessageBox)
    (home / "fault.txt").write_text(box.text())
    box.close()


def _fail() -> None:
    raise KeyError("Zyxwv Qanary", "QX-7741")


def _visit(folder: Path) -> None:
    """A file dialog remembers where it was."""
    dialog = QFileDialog(None, "", str(folder))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.show()
    dialog.selectFile(str(folder))
    dialog.done(QFileDialog.DialogCode.Accepted)
    dialog.deleteLater()


class _Play:
    """Goes through the script, one condition after the other."""

    def __init__(self, script: Generator[Condition, None, None]) -> None:
        self._script = script
        self._condition: Condition = lambda: True
        self._inside = False
        self._since = time.monotonic()
        self.timer = QTimer()
        self.timer.setInterval(30)
        self.timer.timeout.connect(self._go_on)
        self.timer.start()

    def _go_on(self) -> None:
        if self._inside:
            return
        if not self._condition():
            if time.monotonic() - self._since > _PATIENCE:
                frame = getattr(self._script, "gi_frame", None)
                sys.stderr.write(f"waits in vain at line {getattr(frame, 'f_lineno', 0)}\n")
                self.timer.stop()
                QApplication.exit(9)
            return
        self._since = time.monotonic()
        self._inside = True  # a dialog of the script runs an event loop of its own
        try:
            self._condition = next(self._script)
        except StopIteration:
            self.timer.stop()
        except AssertionError:
            import traceback

            traceback.print_exc()
            QApplication.exit(9)
        finally:
            self._inside = False


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    home, ct, roi = (Path(word) for word in sys.argv[1:4])
    play = _Play(_script(home, ct, roi))
    code = run(ct)
    sys.stdout.write(json.dumps({"calls": CALLS, "code": code}))
