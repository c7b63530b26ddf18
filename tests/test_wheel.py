"""A wheel built from the project holds what the application needs at run time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def test_a_wheel_finds_its_resources_and_models(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(_ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = next(tmp_path.glob("*.whl"))
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = target / member.filename
            assert target in path.resolve().parents
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(member))
    code = (
        "import apnet_desktop; from pathlib import Path; "
        "from apnet_desktop.locations import manual_folder, models_folder, resources_folder; "
        "from apnet_desktop.gui.manual.pages import MANUAL_PAGES, page_file; "
        f"root = Path({str(target)!r}); "
        "assert root in Path(apnet_desktop.__file__).parents; "
        "assert root in resources_folder().parents and root in models_folder().parents; "
        "from apnet_desktop.language import text, Language; "
        "assert root in manual_folder().parents; "
        "assert all(page_file(page, language).is_file() for page in MANUAL_PAGES for language in Language); "
        "assert (manual_folder() / 'pictures' / 'en' / 'ct.png').is_file(); "
        "assert text('gui.title') and text('gui.stop', Language.CHINESE); "
        "from apnet_desktop.clinical.schema import default_schema; assert default_schema().factors; "
        "from apnet_desktop.bundle.files import open_bundle; open_bundle(models_folder() / 'apnet-demo')"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(  # noqa: S603
        run, capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONPATH": str(target)}
    )
    assert done.returncode == 0, done.stderr
