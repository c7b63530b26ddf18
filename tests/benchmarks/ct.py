"""Reading CT series: time and memory beside SimpleITK's series reader and pydicom, in one run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK
from pydicom.encaps import encapsulate
from pydicom.uid import UID, generate_uid

from apnet_desktop.ct.read import ReadProgress, read_series
from apnet_desktop.ct.scan import scan
from apnet_desktop.ct.series import ScanProgress
from apnet_desktop.errors import Stopped
from tests.benchmarks.ratio import Ratio, median_seconds
from tests.ct.dicom_series import SeriesRecipe, new_array

_ROOT = Path(__file__).resolve().parents[2]
_JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
_JPEG_LS = "1.2.840.10008.1.2.4.80"
_JPEG_2000 = "1.2.840.10008.1.2.4.90"
_PRIVATE = 40
_COMPRESSED = 120


def _image(seed: int, size: int) -> np.ndarray:
    """A body-like slice with noise, so that compression has something to do."""
    rng = np.random.default_rng(seed)
    y, x = (np.indices((size, size)) / size - 0.5) * 2.0
    image = np.where((x / 0.85) ** 2 + (y / 0.6) ** 2 < 1.0, 50.0, -1000.0)
    image[((x + 0.4) / 0.3) ** 2 + (y / 0.35) ** 2 < 1.0] = 100.0
    noisy = image + rng.normal(0.0, 12.0, image.shape)
    return np.asarray(np.clip(np.rint(noisy) + 1024, 0, 4095).astype("<u2"))


def _jpeg_lossless(image: np.ndarray) -> bytes:
    """One frame of JPEG lossless by GDCM, the only encoder at hand."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.dcm", Path(folder) / "b.dcm"
        recipe = SeriesRecipe(columns=image.shape[1], rows=image.shape[0], slices=1)
        dataset = recipe.dataset(0, "1.2", "1.2.3", "1.2.4")
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = image.tobytes()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        pydicom.dcmwrite(source, dataset, enforce_file_format=True)
        tool = Path(sys.executable).with_name("gdcmconv")
        subprocess.run([tool, "--jpeg", source, target], check=True, capture_output=True)  # noqa: S603 - our own tool
        return next(pydicom.encaps.generate_frames(pydicom.dcmread(target).PixelData, number_of_frames=1))


def make_series(folder: Path, slices: int, size: int = 512, syntax: str = "", kinds: int = 5) -> None:
    """A series of `slices` files with headers as long as scanners write them."""
    folder.mkdir(parents=True, exist_ok=True)
    recipe = SeriesRecipe(columns=size, rows=size, slices=slices, spacing=(0.8, 0.8, 1.0))
    study, series, frame = (str(generate_uid()) for _ in range(3))
    images = [_image(seed, size) for seed in range(kinds)]
    frames = [_jpeg_lossless(image) for image in images] if syntax == _JPEG_LOSSLESS else []
    small = SeriesRecipe(columns=8, rows=8, slices=slices, spacing=recipe.spacing)
    for index in range(slices):
        dataset = small.dataset(index, study, series, frame)
        dataset.Rows = dataset.Columns = size
        dataset.PixelSpacing = [0.8, 0.8]
        dataset.SliceThickness = 1.0
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = images[index % kinds].tobytes()
        block = dataset.private_block(0x0029, "TEST", create=True)
        for element in range(_PRIVATE):
            block.add_new(element, "LO", f"value {element}")
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        if frames:
            dataset.PixelData = encapsulate([frames[index % kinds]])
            dataset["PixelData"].VR = "OB"
            dataset.file_meta.TransferSyntaxUID = UID(syntax)
        elif syntax:
            if index < kinds:
                dataset.compress(syntax, generate_instance_uid=False)
                images[index % kinds] = np.frombuffer(dataset.PixelData, np.uint8)
            else:
                dataset["PixelData"].VR = "OB"
                dataset.file_meta.TransferSyntaxUID = UID(syntax)
        pydicom.dcmwrite(folder / f"{index:05d}", dataset, enforce_file_format=True)


def _ours(folder: Path) -> None:
    read_series(scan(folder).series[0], new_array)


def _simpleitk(folder: Path) -> None:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    reader.Execute()


def _pydicom(folder: Path) -> None:
    slices = [pydicom.dcmread(path) for path in folder.iterdir()]
    slices.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    np.stack([dataset.pixel_array for dataset in slices])


def _bytes(folder: Path) -> None:
    for path in folder.iterdir():
        path.read_bytes()


def _until_first_slice(folder: Path) -> None:
    """From opening a folder to the first picture in the list."""

    def progress(report: ScanProgress) -> None:
        if any(summary.thumbnail for summary in report.series):
            raise Stopped

    try:
        scan(folder, progress)
    except Stopped:
        return
    raise RuntimeError("no picture was reported")


def _paired(ours: Callable[[], object], peer: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median seconds of both, taken in turns so that a busy machine slows both alike."""
    ours()
    peer()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for call, found in ((ours, times[0]), (peer, times[1])):
            start = time.perf_counter()
            call()
            found.append(time.perf_counter() - start)
    return float(np.median(times[0])), float(np.median(times[1]))


def _cpu_seconds(call: Callable[[], object]) -> float:
    """Processor time of all threads: what a busy machine does not change."""
    start = time.process_time()
    call()
    return time.process_time() - start


def _peak_megabytes(folder: Path) -> float:
    """Peak memory of a process that opens the series, without what the interpreter and libraries take."""
    code = (
        "import sys;from pathlib import Path;import numpy as np;"
        "from apnet_desktop.ct.scan import scan;from apnet_desktop.ct.read import read_series;"
        "from apnet_desktop.ct.decoders import load_decoders;"
        "import scipy.ndimage, pydicom, PIL.Image;load_decoders();"
        "peak=lambda: int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])/1024;before=peak();"
        "read_series(scan(Path(sys.argv[1])).series[0], lambda shape: np.empty(shape, np.int16));print(peak()-before)"
    )
    child = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, str(folder)], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    return float(child.stdout)


def _uncompressed(root: Path) -> list[Ratio]:
    folder = root / "400"
    make_series(folder, 400)
    ours, theirs = _paired(lambda: _ours(folder), lambda: _simpleitk(folder), 5)
    plain = median_seconds(lambda: _pydicom(folder), 2)
    only_bytes = median_seconds(lambda: _bytes(folder), 3)
    scan_only = median_seconds(lambda: scan(folder), 3)
    rows = [
        Ratio(
            "400 slices of 512², folder to checked volume / SimpleITK names + read",
            ours,
            theirs,
            0.5,
            note=f"scan {scan_only:.3f} s of it; pydicom whole {plain:.3f} s; reading the bytes {only_bytes:.3f} s",
        ),
        Ratio(
            "400 slices, folder to first picture / limit", median_seconds(lambda: _until_first_slice(folder)), 0.15, 1.0
        ),
    ]
    first: list[float] = []
    summary = scan(folder).series[0]
    for _ in range(5):
        start = time.perf_counter()

        def report(progress: ReadProgress, start: float = start) -> None:
            if progress.fraction < 0.1 and progress.first is not None:
                first.append(time.perf_counter() - start)

        read_series(summary, new_array, report)
    rows.append(Ratio("400 slices, chosen series to first slice / limit", float(np.median(first)), 0.15, 1.0))
    volume_megabytes = 400 * 512 * 512 * 2 / 2**20
    rows.append(
        Ratio(
            "400 slices, peak memory / 1.3 × volume + 300 MB",
            _peak_megabytes(folder),
            1.3 * volume_megabytes + 300,
            1.0,
            "MB",
        )
    )
    if shutil.which("dcm2niix"):
        command = ["dcm2niix", "-o", str(root), "-z", "n", str(folder)]
        peer = median_seconds(lambda: subprocess.run(command, check=True, capture_output=True), 2)  # noqa: S603
        rows.append(Ratio("400 slices / dcm2niix (process, writes .nii)", ours, peer, None))
    shutil.rmtree(folder)
    return rows


def _compressed(root: Path) -> list[Ratio]:
    rows = []
    for syntax, name, goal in (
        (_JPEG_LOSSLESS, "JPEG lossless", 0.6),
        (_JPEG_LS, "JPEG-LS", 0.6),
        (_JPEG_2000, "JPEG 2000", 1.0),
    ):
        folder = root / name
        make_series(folder, _COMPRESSED, syntax=syntax)
        ours, theirs = _paired(lambda f=folder: _ours(f), lambda f=folder: _simpleitk(f), 3)  # type: ignore[misc]
        cpu = _cpu_seconds(lambda f=folder: _ours(f)) / _cpu_seconds(lambda f=folder: _simpleitk(f))  # type: ignore[misc]
        what = f"{_COMPRESSED} slices of 512², {name} / SimpleITK names + read"
        rows.append(Ratio(what, ours, theirs, goal, note=f"in processor time {cpu:.2f} ×"))
        shutil.rmtree(folder)
    return rows


def _many_series(root: Path) -> list[Ratio]:
    folder = root / "many"
    for number in range(20):
        make_series(folder / f"{number:02d}", 250, size=64)
    reports: list[float] = []
    start = time.perf_counter()
    result = scan(folder, lambda report: reports.append(time.perf_counter() - start) if report.series else None)
    seconds = time.perf_counter() - start
    assert len(result.series) == 20
    shutil.rmtree(folder)
    note = f"the list shows its first series after {reports[0]:.2f} s and changes {len(reports)} times"
    return [Ratio("5,000 files in 20 series, scan / limit", seconds, 5.0, 1.0, note=note)]


def _growth(root: Path) -> list[Ratio]:
    times = {}
    for slices in (100, 200, 400, 700, 1000, 1500, 2000):
        folder = root / f"growth{slices}"
        make_series(folder, slices)
        _ours(folder)
        start = time.perf_counter()
        _ours(folder)
        times[slices] = time.perf_counter() - start
        shutil.rmtree(folder)
    note = ", ".join(f"{slices}: {seconds:.2f} s" for slices, seconds in times.items())
    return [Ratio("2,000 slices / 20 × the time of 100 slices", times[2000], 20 * times[100], 1.5, note=note)]


def measure() -> list[Ratio]:
    """All ratios of the CT room."""
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        return [*_uncompressed(root), *_compressed(root), *_many_series(root), *_growth(root)]
