"""The checks of how the slices of a series lie: number, order, gaps, spacing, tilt, orientation and thickness."""

from __future__ import annotations

from apnet_desktop.checks import Check, passed, refused, warned
from apnet_desktop.ct.acquisition_checks import grid_thickness_check
from apnet_desktop.ct.frames import Frame
from apnet_desktop.ct.placement import Placement, unequal_part
from apnet_desktop.ct.requirements import CtRequirements
from apnet_desktop.ct.series import ScanLimits
from apnet_desktop.ct.stacks import Stack

__all__ = ["file_name", "placement_checks"]

_FEWEST_SLICES = 5
_NAMED_UNEQUAL_PART = 0.1
_NUDGED_MM = 0.25


def file_name(frame: Frame) -> str:
    """What a person calls the file of a frame."""
    return frame.header.entry.name


def placement_checks(stack: Stack, placement: Placement, requirements: CtRequirements) -> list[Check]:
    """Number, order, gaps, spacing, position, tilt, orientation and thickness of the slices of a stack."""
    frames = placement.frames
    if len(frames) < _FEWEST_SLICES:
        checks = [refused("ct.slices", "ct.too_few_slices", count=len(frames), fewest=_FEWEST_SLICES)]
    else:
        checks = [passed("ct.slices", "ct.slices_in_order", count=len(frames))]
    voxels = (
        placement.geometry.size[0] * placement.geometry.size[1] * placement.geometry.size[2]
        if placement.geometry
        else 0
    )
    if voxels > ScanLimits().voxels:
        checks.append(refused("ct.size", "ct.too_large"))
    checks.append(_duplicates(placement))
    if len(frames) > 1:
        checks += [_gaps(placement), _equal_spacing(placement), *_in_plane(placement)]
    checks.append(_orientation(placement))
    checks.append(_thickness(stack, placement, requirements))
    return checks


def _duplicates(placement: Placement) -> Check:
    if placement.duplicates:
        first, second = placement.duplicates[0]
        return refused(
            "ct.duplicates",
            "ct.duplicates",
            count=len(placement.duplicates),
            first=file_name(first),
            second=file_name(second),
        )
    if placement.copies:
        return warned("ct.duplicates", "ct.copies", count=len(placement.copies), file=file_name(placement.copies[0]))
    return passed("ct.duplicates", "ct.no_duplicates")


def _gaps(placement: Placement) -> Check:
    if not placement.gaps:
        return passed("ct.gaps", "ct.no_gaps")
    before, after, _ = placement.gaps[0]
    missing = sum(count for _, _, count in placement.gaps)
    return refused("ct.gaps", "ct.gaps", missing=missing, first=file_name(before), second=file_name(after))


def _equal_spacing(placement: Placement) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    spacing = round(placement.geometry.spacing[2], 3)
    if placement.unequal is None:
        return passed("ct.spacing", "ct.equal_spacing", spacing=spacing)
    deviation, frame = placement.unequal
    values: dict[str, str | int | float] = {
        "deviation": round(deviation, 2),
        "file": file_name(frame),
        "spacing": spacing,
    }
    if unequal_part(placement) > _NAMED_UNEQUAL_PART:
        return refused("ct.spacing", "ct.unequal_spacing", **values)
    return warned("ct.spacing", "ct.slightly_unequal_spacing", **values)


def _in_plane(placement: Placement) -> list[Check]:
    checks = []
    if placement.nudged is not None:
        deviation, frame = placement.nudged
        judge = refused if deviation > _NUDGED_MM else warned
        checks.append(judge("ct.position", "ct.nudged", deviation=round(deviation, 2), file=file_name(frame)))
    if any(placement.drift):
        checks.append(warned("ct.tilt", "ct.tilt", degrees=round(placement.tilt_degrees, 1)))
    else:
        checks.append(passed("ct.tilt", "ct.no_tilt"))
    return checks


def _orientation(placement: Placement) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    normal = placement.geometry.direction[2]
    if abs(normal[2]) > 0.9:
        return passed("ct.orientation", "ct.axial")
    plane = "ct.sagittal" if abs(normal[0]) > 0.9 else "ct.coronal" if abs(normal[1]) > 0.9 else "ct.oblique"
    return warned("ct.orientation", plane)


def _thickness(stack: Stack, placement: Placement, requirements: CtRequirements) -> Check:
    assert placement.geometry is not None  # noqa: S101 - placed
    thickness = max((frame.thickness or 0.0 for frame in stack.frames), default=0.0)
    spacing = placement.geometry.spacing[2] if len(placement.frames) > 1 else 0.0
    # Slices further apart than they are thick leave tissue unseen: the coarser of the two counts.
    return grid_thickness_check(max(thickness, spacing), requirements)
