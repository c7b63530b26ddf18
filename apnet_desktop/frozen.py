"""The base of every value that crosses a process border, is stored or is printed."""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict

__all__ = ["FrozenModel"]

# pydantic would look through all that is installed for extensions of itself, and load them. None is wanted here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class FrozenModel(BaseModel):
    """An immutable pydantic model that refuses unknown fields, NaN and infinity.

    Values cross between processes as its JSON, never as pickle: a process that a hostile file has taken over can
    send wrong values, but not code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
