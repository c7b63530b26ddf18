"""The application's version, as installed."""

from __future__ import annotations

from importlib.metadata import version

__all__ = ["APPLICATION_VERSION"]

APPLICATION_VERSION = version("apnet-desktop")
