"""How much longer a process may be silent while the machine is busy with other work."""

from __future__ import annotations

import os

__all__ = ["patience"]

_LONGEST = 6.0


def patience() -> float:
    """Factor by which a limit in seconds is stretched: runnable processes for each processor, 1 to 6.

    A process that shares two processors with ten others gets a sixth of the time: by the clock alone, a healthy reader
    would be ended and a good file called damaged. On an idle machine the factor is 1, so a hang is ended as soon as
    promised. Where the system does not tell its load (Windows) it is 1.
    """
    if not hasattr(os, "getloadavg"):
        return 1.0
    return min(max(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0), _LONGEST)
