"""The way in: the window's code is loaded without looking for garbage, which then goes on; no extension slips in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_START = """
import gc, os, sys
from pathlib import Path
import apnet_desktop.gui.application as application
def run(path, *, demo, store_folder):
    print(path, demo, store_folder, gc.isenabled(), gc.get_freeze_count() > 50_000)
    from pydantic.plugin._loader import get_plugins
    print(len(list(get_plugins())), os.environ["PYDANTIC_DISABLE_PLUGINS"])
    return 5
application.run = run
from apnet_desktop.desktop import main
main([sys.argv[1]])
"""


def test_a_path_reaches_the_window_and_garbage_is_looked_for_again(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYDANTIC_DISABLE_PLUGINS"}
    environment |= {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _START, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 5, done.stderr
    assert done.stdout.splitlines() == [f"{tmp_path} False None True True", "0 __all__"]
