"""DICOM identifiers that depend on seed and index only."""

from __future__ import annotations

from pydicom.uid import generate_uid

__all__ = ["frame_uid", "instance_uid", "series_uid", "study_uid"]


def _uid(*parts: object) -> str:
    return str(generate_uid(entropy_srcs=["apnet-desktop-simulator", *(str(part) for part in parts)]))


def study_uid(seed: int, index: int) -> str:
    """(0020,000D)."""
    return _uid(seed, index, "study")


def series_uid(seed: int, index: int) -> str:
    """(0020,000E)."""
    return _uid(seed, index, "series")


def frame_uid(seed: int, index: int) -> str:
    """(0020,0052)."""
    return _uid(seed, index, "frame")


def instance_uid(seed: int, index: int, slice_number: int) -> str:
    """(0008,0018) of slice k."""
    return _uid(seed, index, "instance", slice_number)
