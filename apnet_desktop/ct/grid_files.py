"""NIfTI and NRRD: voxel grids in one file. Bytes are read here, inflated up to what the header declares, never by path.

NIfTI-1 and -2 place voxels in RAS (nifti.nimh.nih.gov/nifti-1); NRRD says its space itself (teem.sourceforge.net/nrrd).
"""

from __future__ import annotations

import bz2
import gzip
import io
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apnet_desktop.ct.geometry import Geometry
from apnet_desktop.ct.patient_frame import reorient
from apnet_desktop.errors import CtError
from apnet_desktop.language import Message

__all__ = ["Grid", "is_grid_file", "read_grid", "write_grid"]

_SUFFIXES = (".nii", ".nii.gz", ".nrrd")
_LARGEST_FILE = 4 * 1024**3
_LARGEST_DATA = 8 * 1024**3
_LABEL = re.compile(rb'<Label Key="(\d{1,6})"[^>]{0,200}><!\[CDATA\[([^\]]{0,200})\]\]></Label>')
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# How each axis name of an NRRD space runs against LPS.
_SPACE_SIGNS = {"left": 1, "right": -1, "posterior": 1, "anterior": -1, "superior": 1, "inferior": -1}
_SPACE_SHORT = {"L": "left", "R": "right", "P": "posterior", "A": "anterior", "S": "superior", "I": "inferior"}


@dataclass(frozen=True)
class Grid:
    """Values of a file in the patient frame.

    Attributes:
        values: [k, j, i] as stored, or [layer, k, j, i] for a Slicer segmentation with layers.
        geometry: Their grid.
        slope: Value = slope × stored + intercept.
        intercept: As above.
        texts: Free key-value pairs of an NRRD header.
        label_names: Names of labels in a NIfTI header's label table (TotalSegmentator, Connectome Workbench).
    """

    values: NDArray[Any]
    geometry: Geometry
    slope: float = 1.0
    intercept: float = 0.0
    texts: dict[str, str] = field(default_factory=dict)
    label_names: dict[int, str] = field(default_factory=dict)


def is_grid_file(path: Path) -> bool:
    """True for a NIfTI or NRRD file by its name."""
    return path.name.lower().endswith(_SUFFIXES)


def read_grid(path: Path) -> Grid:
    """The grid in a NIfTI or NRRD file, its axes brought to the patient frame by swaps and flips.

    Raises:
        CtError: The file cannot be read, is damaged, truncated, or has no place in the patient (no affine, sheared).
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CtError(Message.of("ct.grid_too_large", file=path.name))
        data = path.read_bytes()
    except OSError as error:
        raise CtError(Message.of("ct.file_unreadable", file=path.name)) from error
    try:
        if data[:4] == b"NRRD":
            return _read_nrrd(data, path.name)
        return _read_nifti(data, path.name)
    except CtError:
        raise
    except Exception as error:
        # nibabel and pynrrd raise errors of many unrelated types on damaged headers; none of them is our own bug.
        raise CtError(Message.of("ct.grid_damaged", file=path.name)) from error


def _inflate(data: bytes, size: int | None, name: str) -> bytes:
    """A gzip stream, up to `size` bytes; all of it up to the limit if `size` is None."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    limit = _LARGEST_DATA if size is None else size
    try:
        inflated = inflater.decompress(data, limit)
    except zlib.error as error:
        raise CtError(Message.of("ct.grid_damaged", file=name)) from error
    if size is None and not inflater.eof:
        raise CtError(Message.of("ct.grid_damaged", file=name))
    return inflated


def _read_nifti(data: bytes, name: str) -> Grid:
    import nibabel

    compressed = data[:2] == b"\x1f\x8b"
    head = _inflate(data, 4096, name) if compressed else data[:4096]
    kind = nibabel.Nifti2Image if head[:4] in (b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c") else nibabel.Nifti1Image
    header = kind.header_class(head[: kind.header_class.sizeof_hdr], check=False)
    shape = tuple(int(length) for length in header.get_data_shape())
    dtype = header.get_data_dtype()
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3 or min(shape) < 1 or dtype.kind not in "iuf":
        raise CtError(Message.of("ct.grid_not_volume", file=name))
    offset = int(header.get_data_offset())
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if offset < 0 or size > _LARGEST_DATA:
        raise CtError(Message.of("ct.grid_too_large", file=name))
    body = _inflate(data, offset + size, name) if compressed else data
    if len(body) < offset + size:
        raise CtError(Message.of("ct.grid_truncated", file=name))
    if int(header["sform_code"]) == 0 and int(header["qform_code"]) == 0:
        raise CtError(Message.of("ct.grid_without_place", file=name))
    values = np.frombuffer(body, dtype, count=size // dtype.itemsize, offset=offset).reshape(shape[::-1])
    slope, intercept = header.get_slope_inter()
    geometry = _geometry(shape, _RAS_TO_LPS @ np.asarray(header.get_best_affine(), np.float64), name)
    turn, placed = reorient(geometry)
    return Grid(
        turn.output_view(values),
        placed,
        1.0 if slope is None else float(slope),
        float(intercept or 0.0),
        label_names={int(key): label.decode("utf-8", "replace") for key, label in _LABEL.findall(body[:offset])},
    )


def _geometry(shape: tuple[int, ...], affine: NDArray[np.float64], name: str) -> Geometry:
    """The grid of an affine from (i, j, k) to LPS.

    Raises:
        CtError: The affine is not invertible or its axes are not at right angles.
    """
    steps = affine[:3, :3]
    spacing = np.linalg.norm(steps, axis=0)
    if not np.isfinite(affine).all() or spacing.min() < 1e-3:
        raise CtError(Message.of("ct.grid_without_place", file=name))
    direction = steps / spacing
    if np.abs(direction.T @ direction - np.eye(3)).max() > 1e-3:
        raise CtError(Message.of("ct.grid_sheared", file=name))
    vectors = [(float(v[0]), float(v[1]), float(v[2])) for v in direction.T]
    return Geometry(
        size=(shape[0], shape[1], shape[2]),
        origin=(float(affine[0, 3]), float(affine[1, 3]), float(affine[2, 3])),
        spacing=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        direction=(vectors[0], vectors[1], vectors[2]),
    )


def _read_nrrd(data: bytes, name: str) -> Grid:
    import nrrd

    end = data.find(b"\n\n")
    separator = 2
    windows_end = data.find(b"\r\n\r\n")
    if windows_end >= 0 and (end < 0 or windows_end < end):
        end, separator = windows_end, 4
    if end < 0:
        raise CtError(Message.of("ct.grid_damaged", file=name))
    header = nrrd.read_header(io.BytesIO(data[: end + separator]))
    if "data file" in header or "datafile" in header:
        raise CtError(Message.of("ct.grid_detached", file=name))
    sizes = [int(size) for size in header["sizes"]]
    dtype = _nrrd_dtype(header)
    count = int(np.prod(sizes, dtype=np.int64))
    if len(sizes) not in (3, 4) or min(sizes) < 1:
        raise CtError(Message.of("ct.grid_not_volume", file=name))
    if count * dtype.itemsize > _LARGEST_DATA:
        raise CtError(Message.of("ct.grid_too_large", file=name))
    body = _nrrd_body(data[end + separator :], header, count * dtype.itemsize, name)
    values = np.frombuffer(body, dtype, count=count).reshape(sizes[::-1])
    affine, layered = _nrrd_affine(header, name)
    shape = tuple(sizes[1:] if layered else sizes)
    if len(shape) != 3:
        raise CtError(Message.of("ct.grid_not_volume", file=name))
    turn, placed = reorient(_geometry(shape, affine, name))
    if layered:
        # The list axis runs fastest in the file, so it is the last axis of the array.
        values = np.stack([turn.output_view(values[..., layer]) for layer in range(sizes[0])])
    else:
        values = turn.output_view(values)
    texts = {key: value for key, value in header.items() if isinstance(value, str)}
    return Grid(values, placed, texts=texts)


def _nrrd_dtype(header: dict[str, Any]) -> np.dtype[Any]:
    import nrrd

    dtype: np.dtype[Any] = np.dtype(nrrd.reader._TYPEMAP_NRRD2NUMPY[header["type"]])
    if dtype.itemsize > 1:
        dtype = dtype.newbyteorder("<" if header.get("endian", "little") == "little" else ">")
    return dtype


def _nrrd_body(stored: bytes, header: dict[str, Any], size: int, name: str) -> bytes:
    encoding = header["encoding"]
    if encoding == "raw":
        body = stored
    elif encoding in ("gzip", "gz"):
        body = _inflate(stored, size, name)
    elif encoding in ("bzip2", "bz2"):
        body = bz2.BZ2Decompressor().decompress(stored, size)
    else:
        raise CtError(Message.of("ct.grid_encoding", file=name, encoding=str(encoding)[:20]))
    if len(body) < size:
        raise CtError(Message.of("ct.grid_truncated", file=name))
    return body


def _nrrd_affine(header: dict[str, Any], name: str) -> tuple[NDArray[np.float64], bool]:
    """The affine to LPS, and whether the first axis is a list of layers."""
    space = str(header.get("space", ""))
    names = [_SPACE_SHORT.get(letter, "") for letter in space] if len(space) == 3 else space.lower().split("-")
    directions = header.get("space directions")
    if directions is None or header.get("space origin") is None or not all(n in _SPACE_SIGNS for n in names[:3]):
        raise CtError(Message.of("ct.grid_without_place", file=name))
    rows = [np.asarray(row, np.float64) for row in directions if row is not None]
    rows = [row for row in rows if np.isfinite(row).all()]
    layered = len(header["sizes"]) == 4 and len(rows) == 3
    if len(rows) != 3 or len(names) < 3:
        raise CtError(Message.of("ct.grid_without_place", file=name))
    # The three words of a space name its axes x, y, z in that order (left-posterior-superior).
    signs = np.array([_SPACE_SIGNS[axis] for axis in names[:3]], np.float64)
    affine = np.eye(4)
    affine[:3, :3] = np.array(rows).T * signs[:, None]
    affine[:3, 3] = np.asarray(header["space origin"], np.float64) * signs
    return affine, layered


def write_grid(values: NDArray[Any], geometry: Geometry, path: Path, texts: dict[str, str] | None = None) -> None:
    """Writes [k, j, i] values with their grid, as NIfTI-1 or NRRD by the file's name; equal input gives equal bytes.

    Raises:
        CtError: The file cannot be written, or its name is of neither format.
    """
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        data = _nifti_bytes(values, geometry)
    elif name.endswith(".nrrd"):
        data = _nrrd_bytes(values, geometry, texts or {})
    else:
        raise CtError(Message.of("ct.grid_unknown_name", file=path.name))
    if name.endswith(".gz"):
        data = gzip.compress(data, compresslevel=4, mtime=0)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CtError(Message.of("ct.grid_not_written", file=path.name)) from error


def _nifti_bytes(values: NDArray[Any], geometry: Geometry) -> bytes:
    import nibabel

    affine = _RAS_TO_LPS @ geometry.affine
    image = nibabel.Nifti1Image(values.T, affine, dtype=values.dtype)
    image.header.set_xyzt_units("mm", "sec")
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    return bytes(image.to_bytes())


def _nrrd_bytes(values: NDArray[Any], geometry: Geometry, texts: dict[str, str]) -> bytes:
    def vector(numbers: NDArray[np.float64]) -> str:
        return "(" + ",".join(repr(float(number)) for number in numbers) + ")"

    kinds = {"i": "int", "u": "uint"}
    steps = geometry.affine[:3, :3].T
    lines = [
        "NRRD0005",
        f"type: {kinds[values.dtype.kind]}{values.dtype.itemsize * 8}",
        "dimension: 3",
        "space: left-posterior-superior",
        "sizes: " + " ".join(map(str, geometry.size)),
        "space directions: " + " ".join(vector(step) for step in steps),
        "kinds: domain domain domain",
        "endian: little",
        "encoding: gzip",
        "space origin: " + vector(geometry.affine[:3, 3]),
        *(f"{key}:={value}" for key, value in texts.items()),
        "",
        "",
    ]
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return "\n".join(lines).encode("utf-8") + gzip.compress(little.tobytes(), compresslevel=4, mtime=0)
