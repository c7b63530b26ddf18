"""Waits until a folder has become a case with a CT in the store of the window that is open. Python's own library only.

Called with the store's folder and the CT's.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time

store, folder = sys.argv[1:]
deadline = time.monotonic() + 240
while time.monotonic() < deadline:
    with sqlite3.connect(f"file:{store}/cases.db?mode=ro", uri=True) as database:
        for (series,) in database.execute("SELECT series FROM cases WHERE series IS NOT NULL"):
            if json.loads(series)["path"] == folder:
                sys.exit(0)
    time.sleep(0.5)
sys.exit(1)
