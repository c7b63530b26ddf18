"""One window for one case store: a second start hands its path to the window that is open."""
