"""Makes the pictures of README and manual: the window's steps and the report, of the simulated case only.

`make pictures` runs it under its own virtual screen, in English and Chinese. The manual's pictures go to
docs/manual/pictures/<language>/; every page of both reports, in colour and as a black-and-white printer prints it, goes
to build/report-pages/, to be looked at.
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
_OUT = _ROOT / "docs" / "manual" / "pictures"
_PAGES = _ROOT / "build" / "report-pages"
_SIZE = (1360, 860)
_WIDTH = 1000  # of a picture of the manual, pixels
_PAGE_WIDTH = 720
_COLOURS = 64
_LANGUAGES = ("en", "zh")


def main() -> int:
    """Takes the pictures; starts itself again under Xvfb where there is no display, once a language."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            return _take(Path(folder), sys.argv[1])
    command = [sys.executable, __file__]
    if "DISPLAY" not in os.environ and sys.platform.startswith("linux"):
        xvfb = shutil.which("xvfb-run")
        if xvfb is None:
            sys.stderr.write("xvfb-run is missing: run make test once, which installs it.\n")
            return 1
        command = [xvfb, "-a", "-s", "-screen 0 1600x1000x24", *command]
    return max(subprocess.run([*command, language], check=False).returncode for language in _LANGUAGES)


def _take(folder: Path, code: str) -> int:
    from PySide6.QtCore import QDeadlineTimer
    from PySide6.QtWidgets import QApplication

    from apnet_desktop.cases.assessment import Step
    from apnet_desktop.cases.settings import Settings, SettingsFile
    from apnet_desktop.cases.store import CaseStore
    from apnet_desktop.gui.fonts import add_screen_fonts
    from apnet_desktop.gui.main_window import MainWindow
    from apnet_desktop.gui.services import Services
    from apnet_desktop.gui.theme import apply_theme
    from apnet_desktop.language import Language

    application = QApplication([])
    apply_theme(application, "light")
    settings = Settings(reviewer="Dr Demo", language=Language(code))
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
            raise TimeoutError(f"the window did not come so far: {window.notice.sentence}")

    def picture(name: str) -> None:
        wait(0.4)
        taken = folder / f"{name}.png"
        window.grab().save(str(taken))
        _keep(taken, _OUT / code / f"{name}.png")

    window.start(demo=True)
    wait(300, lambda: window.viewer.roi is not None and not window.runner.busy)
    wait(60, lambda: window.keeper.bundle is not None)
    picture("ct")
    window.show_step(Step.ROI)
    picture("roi")
    confirmed = window.viewer.confirm_roi("Dr Demo", datetime(2026, 1, 1, 9, tzinfo=UTC))
    window.keeper.set_roi(confirmed)
    window.show_step(Step.CLINICAL)
    picture("clinical")
    window.show_step(Step.RISK)
    window.predict()
    wait(900, lambda: _finished(window))  # the checks take several times as long as the risk
    wait(60, lambda: not window.runner.busy)
    window.report_flow.make()
    wait(120, lambda: window.report_view.pages > 0)
    wait(1.5)
    picture("risk")
    window.report_view.save_as(folder / "report.pdf")
    _report_pages(folder / "report.pdf", code)
    window.close()
    return 0


def _finished(window: object) -> bool:
    """True once the risk and the checks that follow it are there."""
    assessment = window.keeper.assessment  # type: ignore[attr-defined]
    return assessment is not None and assessment.prediction is not None and not assessment.prediction.unfinished


def _report_pages(pdf: Path, code: str) -> None:
    import pypdfium2

    _PAGES.mkdir(parents=True, exist_ok=True)
    document = pypdfium2.PdfDocument(pdf)
    for number in range(len(document)):
        image = document[number].render(scale=150 / 72).to_pil()
        image.save(_PAGES / f"{code}-{number + 1}.png")
        image.convert("L").save(_PAGES / f"{code}-{number + 1}-grey.png")
        if number == 0:
            _keep(_PAGES / f"{code}-1.png", _OUT / code / "report-1.png", _PAGE_WIDTH)
    document.close()


def _keep(picture: Path, target: Path, width: int = _WIDTH) -> None:
    """Keeps a picture small: as wide as the manual shows it, in few colours; no difference to the eye."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as image:
        height = round(image.height * width / image.width)
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        small.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
