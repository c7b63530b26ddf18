"""Makes the pictures of README and manual: the window's steps and the report, of the simulated case only.

`make pictures` runs it under its own virtual screen; the pictures go to docs/pictures/.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_OUT = _ROOT / "docs" / "pictures"
_SIZE = (1360, 860)


def main() -> int:
    """Takes the pictures; starts itself again under Xvfb where there is no display."""
    if "DISPLAY" not in os.environ and sys.platform.startswith("linux"):
        xvfb = shutil.which("xvfb-run")
        if xvfb is None:
            sys.stderr.write("xvfb-run is missing: run make test once, which installs it.\n")
            return 1
        again = [xvfb, "-a", "-s", "-screen 0 1600x1000x24", sys.executable, __file__]
        return subprocess.run(again, check=False).returncode
    _OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        return _take(Path(folder))


def _take(folder: Path) -> int:
    from PySide6.QtCore import QDeadlineTimer
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.cases.assessment import Step
    from apnet_desktop.cases.settings import Settings, SettingsFile
    from apnet_desktop.cases.store import CaseStore
    from apnet_desktop.gui.fonts import add_screen_fonts
    from apnet_desktop.gui.main_window import MainWindow
    from apnet_desktop.gui.services import Services
    from apnet_desktop.gui.theme import apply_theme

    application = QApplication([])
    apply_theme(application, "light")
    settings = Settings(reviewer="Dr Demo")
    add_screen_fonts(settings.language)
    services = Services.start(CaseStore(folder, person="Dr Demo"), SettingsFile(folder / "s.json"), settings, None)
    window = MainWindow(services)
    window.resize(*_SIZE)
    window.show()

    def wait(seconds: float, until: object = None) -> None:
        deadline = QDeadlineTimer(round(1000 * seconds))
        while not deadline.hasExpired():
            application.processEvents()
            if callable(until) and until():
                return
        if until is not None:
            raise TimeoutError("the window did not come so far")

    def picture(name: str) -> None:
        wait(0.4)
        taken = folder / f"{name}.png"
        window.grab().save(str(taken))
        _keep(taken, name)

    window.start(demo=True)
    wait(300, lambda: window.viewer.roi is not None and not window.runner.busy)
    wait(60, lambda: window.keeper.bundle is not None)
    picture("window-ct")
    window.show_step(Step.ROI)
    picture("window-roi")
    confirmed = window.viewer.confirm_roi("Dr Demo", datetime(2026, 1, 1, 9, tzinfo=UTC))
    window.keeper.set_roi(confirmed)
    window.show_step(Step.CLINICAL)
    picture("window-clinical")
    window.show_step(Step.RISK)
    window.predict()
    wait(300, lambda: window.keeper.assessment is not None and window.keeper.assessment.prediction is not None)
    wait(60, lambda: not window.runner.busy)
    window.risk_flow.make_report()
    wait(120, lambda: window.report_view.pages > 0)
    wait(1.5)
    picture("window-risk")
    window.report_view.save_as(folder / "report.pdf")
    _report_page(folder / "report.pdf")
    window.close()
    return 0


def _report_page(pdf: Path) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    for number in range(min(2, len(document))):
        taken = pdf.with_name(f"page-{number}.png")
        document[number].render(scale=110 / 72).to_pil().save(taken)
        _keep(taken, f"report-{number + 1}")
    document.close()


def _keep(picture: Path, name: str) -> None:
    """Keeps a picture in 128 colours: a third of the size, and no difference to the eye."""
    from PIL import Image

    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(_OUT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
