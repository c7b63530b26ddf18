"""From a header to its frames: position, orientation, spacing and rescale of each slice, with what is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from apnet_desktop.ct.geometry import Vector3
from apnet_desktop.ct.header import PARSE_ERRORS, Header, decimal_strings
from apnet_desktop.ct.series import PixelFormat, ScanLimits
from apnet_desktop.ct.transfer_syntaxes import is_encapsulated
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

# No scanner table is longer: a position beyond is damage.
_FARTHEST_MM = 100_000.0

__all__ = ["Frame", "Problem", "pixel_format", "read_frames"]


@dataclass(frozen=True)
class Problem:
    """What makes one slice unusable: the check that it fails, and the sentence."""

    check: str
    message: Message


@dataclass(slots=True)
class Frame:
    """One slice of a file.

    Attributes:
        header: Its file.
        index: Frame in the file.
        position: LPS mm, None if missing or invalid.
        row: Direction cosines along a row.
        column: Direction cosines along a column.
        pixel_spacing: Between rows, between columns, mm.
        thickness: mm, None if not said.
        slope: Rescale slope.
        intercept: Rescale intercept.
        image_type: Codes of (0008,0008) or of the frame type.
        acquisition: What tells repeated positions of one series apart (acquisition number, temporal position).
        problems: What is wrong.
    """

    header: Header
    index: int = 0
    position: Vector3 | None = None
    row: Vector3 | None = None
    column: Vector3 | None = None
    pixel_spacing: tuple[float, float] | None = None
    thickness: float | None = None
    slope: float = 1.0
    intercept: float = 0.0
    image_type: tuple[str, ...] = ()
    acquisition: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    @property
    def place(self) -> Vector3:
        """The position of a frame that is known to have one."""
        if self.position is None:
            raise ValueError("a frame without a position")
        return self.position

    def fail(self, check: str, message_id: str, **values: str | int | float) -> None:
        """Notes what is wrong with this slice."""
        self.problems.append(Problem(check, Message.of(message_id, file=self.header.entry.name, **values)))


def pixel_format(header: Header, limits: ScanLimits) -> PixelFormat | Problem:
    """The pixel encoding, or what is wrong: size of 0, beyond the limits or of a wrong type, colour, odd widths."""
    name = header.entry.name
    values = {key: header.unsigned(key) for key in ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit")}
    rows, columns, allocated = values["Rows"], values["Columns"], values["BitsAllocated"]
    if not rows or not columns or max(rows, columns) > limits.rows:
        return Problem("ct.pixels", Message.of("ct.bad_dimensions", file=name, limit=limits.rows))
    stored = values["BitsStored"] or allocated
    if allocated not in (8, 16, 32) or stored is None or not 8 <= stored <= allocated:
        return Problem("ct.pixels", Message.of("ct.bad_bits", file=name, bits=allocated or 0))
    if values["HighBit"] is not None and values["HighBit"] != stored - 1:
        return Problem("ct.pixels", Message.of("ct.bad_high_bit", file=name))
    photometric = header.ascii("PhotometricInterpretation").upper() or "MONOCHROME2"
    if (header.unsigned("SamplesPerPixel") or 1) != 1 or not photometric.startswith("MONOCHROME"):
        return Problem("ct.pixels", Message.of("ct.colour", file=name))
    frames = _frame_count(header)
    if frames is None or frames * rows * columns > limits.voxels:
        return Problem("ct.pixels", Message.of("ct.bad_frames", file=name))
    padding = header.unsigned("PixelPaddingValue")
    signed = header.unsigned("PixelRepresentation") == 1
    if padding is not None and signed and padding >= 1 << 15:
        padding -= 1 << 16
    return PixelFormat(
        transfer_syntax=header.transfer_syntax,
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        signed=signed,
        big_endian=not header.little_endian,
        photometric=photometric,
        frames=frames,
        padding=padding,
    )


def _frame_count(header: Header) -> int | None:
    raw = header.raw("NumberOfFrames").strip(b" \0")
    if not raw:
        return 1
    return int(raw) if raw.isdigit() and 0 < int(raw) < 1 << 31 else None


def pixels_problem(header: Header, format: PixelFormat) -> Problem | None:
    """What is wrong with the length of the pixel data: missing, shorter than the image, or twice as long."""
    name = header.entry.name
    if header.pixel_offset < 0 or header.pixel_length == 0:
        return Problem("ct.pixels", Message.of("ct.no_pixels", file=name))
    size = header.deflated or header.entry.size
    if is_encapsulated(format.transfer_syntax):
        # An encapsulated syntax with pixels of defined length is a wrong transfer syntax: nothing tells which is right.
        if header.pixel_length >= 0:
            return Problem("ct.pixels", Message.of("ct.wrong_syntax", file=name))
        return None if header.pixel_offset < size else Problem("ct.pixels", Message.of("ct.file_truncated", file=name))
    needed = format.rows * format.columns * format.frames * format.bits_allocated // 8
    if header.pixel_length < 0:
        return Problem("ct.pixels", Message.of("ct.wrong_syntax", file=name))
    if header.pixel_length < needed or size - header.pixel_offset < needed:
        return Problem("ct.pixels", Message.of("ct.file_truncated", file=name))
    if header.pixel_length >= 2 * needed:
        # Some writers pad; twice as much means that bits, rows, columns or frames are wrong.
        return Problem("ct.pixels", Message.of("ct.excess_pixels", file=name))
    return None


def read_frames(header: Header, format: PixelFormat) -> list[Frame]:
    """The frames of a file: one, or those of an enhanced multi-frame image.

    Raises:
        CtError: The functional groups cannot be read.
    """
    problem = pixels_problem(header, format)
    per_frame = header.sequence("PerFrameFunctionalGroupsSequence")
    if per_frame:
        frames = _enhanced_frames(header, format, per_frame)
    else:
        frames = [_classic_frame(header)]
        if format.frames > 1:
            frames[0].fail("ct.pixels", "ct.frames_without_positions", frames=format.frames)
    if problem is not None:
        frames[0].problems.append(problem)
    return frames


def _classic_frame(header: Header) -> Frame:
    frame = Frame(header, image_type=header.codes("ImageType"))
    frame.acquisition = (header.ascii("AcquisitionNumber"), header.ascii("TemporalPositionIdentifier"))
    _set_position(frame, header.numbers("ImagePositionPatient"))
    _set_orientation(frame, header.numbers("ImageOrientationPatient"))
    _set_spacing(frame, header.numbers("PixelSpacing"))
    _set_rescale(frame, header.numbers("RescaleSlope"), header.numbers("RescaleIntercept"))
    rescale_type = header.ascii("RescaleType").upper()
    if rescale_type not in ("", "HU", "US"):
        frame.fail("ct.rescale", "ct.not_hounsfield", unit=rescale_type)
    thickness = header.numbers("SliceThickness")
    frame.thickness = thickness[0] if thickness and thickness[0] > 0 else None
    return frame


def _set_position(frame: Frame, values: tuple[float, ...] | None) -> None:
    if values is None or len(values) != 3 or max(map(abs, values)) > _FARTHEST_MM:
        frame.fail("ct.position", "ct.bad_position")
    else:
        frame.position = (values[0], values[1], values[2])


def _set_orientation(frame: Frame, values: tuple[float, ...] | None) -> None:
    if values is None or len(values) != 6:
        frame.fail("ct.orientation", "ct.bad_orientation")
        return
    row, column = values[:3], values[3:]
    lengths = [sum(v * v for v in vector) ** 0.5 for vector in (row, column)]
    if any(abs(length - 1.0) > 0.01 for length in lengths) or abs(sum(map(_product, row, column))) > 0.01:
        frame.fail("ct.orientation", "ct.bad_orientation")
        return
    # Printed cosines are rounded: make them unit vectors at right angles again, keeping the row.
    unit_row = tuple(v / lengths[0] for v in row)
    along = sum(map(_product, unit_row, column))
    straight = tuple(c - along * r for r, c in zip(unit_row, column, strict=True))
    length = sum(v * v for v in straight) ** 0.5
    frame.row = (unit_row[0], unit_row[1], unit_row[2])
    frame.column = (straight[0] / length, straight[1] / length, straight[2] / length)


def _product(a: float, b: float) -> float:
    return a * b


def _set_spacing(frame: Frame, values: tuple[float, ...] | None) -> None:
    if values is None or len(values) != 2 or not all(0.01 <= value <= 10.0 for value in values):
        frame.fail("ct.pixel_spacing", "ct.bad_pixel_spacing")
    else:
        frame.pixel_spacing = (values[0], values[1])


def _set_rescale(frame: Frame, slope: tuple[float, ...] | None, intercept: tuple[float, ...] | None) -> None:
    if (
        slope is None
        or intercept is None
        or len(slope) != 1
        or len(intercept) != 1
        or slope[0] == 0.0
        or abs(slope[0]) > 1000.0
        or abs(intercept[0]) > 32768.0
    ):
        frame.fail("ct.rescale", "ct.bad_rescale")
    else:
        frame.slope, frame.intercept = slope[0], intercept[0]


def _enhanced_frames(header: Header, format: PixelFormat, per_frame: list[Dataset]) -> list[Frame]:
    """Frames of an Enhanced CT image: functional groups of PS3.3 C.7.6.16, per frame before shared."""
    if len(per_frame) != format.frames:
        raise CtError(Message.of("ct.bad_frames", file=header.entry.name))
    shared_items = header.sequence("SharedFunctionalGroupsSequence")
    shared = shared_items[0] if shared_items else Dataset()
    frames = []
    try:
        for index, groups in enumerate(per_frame):
            frames.append(_enhanced_frame(header, index, groups, shared))
    except PARSE_ERRORS as error:
        raise CtError(Message.of("ct.file_damaged", file=header.entry.name)) from error
    return frames


def _enhanced_frame(header: Header, index: int, groups: Dataset, shared: Dataset) -> Frame:
    def group(name: str) -> Dataset:
        for source in (groups, shared):
            if name in source and source[name].value:
                item = source[name].value[0]
                if isinstance(item, Dataset):
                    return item
        return Dataset()

    frame = Frame(header, index)
    frame_type = group("CTImageFrameTypeSequence")
    types = _text(frame_type, "FrameType")
    frame.image_type = tuple(part.strip().upper() for part in types.split("\\")) if types else header.codes("ImageType")
    content = group("FrameContentSequence")
    frame.acquisition = tuple(
        _text(content, name) for name in ("StackID", "TemporalPositionIndex", "FrameAcquisitionNumber")
    )
    _set_position(frame, _numbers(group("PlanePositionSequence"), "ImagePositionPatient"))
    _set_orientation(frame, _numbers(group("PlaneOrientationSequence"), "ImageOrientationPatient"))
    measures = group("PixelMeasuresSequence")
    _set_spacing(frame, _numbers(measures, "PixelSpacing"))
    thickness = _numbers(measures, "SliceThickness")
    frame.thickness = thickness[0] if thickness and thickness[0] > 0 else None
    values = group("PixelValueTransformationSequence")
    _set_rescale(frame, _numbers(values, "RescaleSlope"), _numbers(values, "RescaleIntercept"))
    unit = _text(values, "RescaleType").upper()
    if unit not in ("", "HU", "US"):
        frame.fail("ct.rescale", "ct.not_hounsfield", unit=unit)
    return frame


def _text(item: Dataset, keyword: str) -> str:
    element = item.get_item(keyword) if keyword in item else None
    if element is None or element.value is None:
        return ""
    value = element.value
    if isinstance(value, bytes):
        if element.VR in ("UL", "US"):
            return str(int.from_bytes(value, "little"))
        return value.decode("ascii", "replace").strip(" \0")
    return "\\".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _numbers(item: Dataset, keyword: str) -> tuple[float, ...] | None:
    text = _text(item, keyword)
    return decimal_strings(text.encode("ascii", "replace")) if text else None
