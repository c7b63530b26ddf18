"""The packaged program's first lines: one file that is `apnet-desktop`, and `apnet` where it is called so.

Every child process is this file again, so the first thing that happens is to send a child where it belongs.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

if __name__ == "__main__":
    multiprocessing.freeze_support()
    if Path(sys.argv[0]).stem.lower() == "apnet":
        from apnet_desktop.cli import main as run
    else:
        from apnet_desktop.desktop import main as run
    run()
