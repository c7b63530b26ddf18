"""`apnet report` in wall time, split by stage, beside a naive script on the same files."""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from apnet_desktop.bundle.files import open_bundle
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.commands.headless import Headless, bundle_folder
from apnet_desktop.simulation.demo_case import DemoCase, make_demo_case
from apnet_desktop.worker.inference_jobs import MakeReport
from tests.benchmarks.ratio import Ratio

__all__ = ["measure"]

# What a script without checks, ROI, calibration or reasons would do: load, two backbones in float32, one page.
_NAIVE = """
import sys
import numpy as np, SimpleITK, timm, torch
from reportlab.pdfgen.canvas import Canvas
folder, out, slices, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
reader = SimpleITK.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder))
volume = SimpleITK.GetArrayFromImage(reader.Execute()).astype(np.float32)
chosen = volume[np.linspace(0, len(volume) - 1, slices).astype(int)]
images = torch.from_numpy(np.clip((chosen + 135) / 350, 0, 1))[:, None].expand(-1, 3, -1, -1)
images = torch.nn.functional.interpolate(images, size=(size, size), mode="bilinear")
with torch.inference_mode():
    risk = 0.0
    for name in sys.argv[5:]:
        model = timm.create_model(name, pretrained=False, num_classes=1).eval()
        for start in range(0, slices, 8):
            risk += float(model(images[start : start + 8]).mean())
canvas = Canvas(out)
canvas.drawString(72, 720, f"risk {risk:.3f}")
canvas.save()
"""


def measure() -> list[Ratio]:
    """Whole report beside the naive script; the note splits ours by stage."""
    with tempfile.TemporaryDirectory() as folder:
        case = make_demo_case(Path(folder) / "demo", lambda _: None)
        manifest = open_bundle(bundle_folder(None)).manifest
        images = manifest.ct.slices * len(manifest.ct.views)
        names = [backbone.timm_name for backbone in manifest.backbones]
        arguments = [str(case.ct_folder), str(Path(folder) / "naive.pdf"), str(images), str(manifest.ct.pixels), *names]
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", _NAIVE, *arguments], check=True)  # noqa: S603
        naive = time.perf_counter() - start
        start = time.perf_counter()
        command = "from apnet_desktop.cli import main; main()"
        files = [str(case.ct_folder), "--roi", str(case.roi_file), "--clinical", str(case.clinical_file)]
        out = ["--out", str(Path(folder) / "ours.pdf"), "--confirmed-by", "bench", "--device", "cpu"]
        subprocess.run([sys.executable, "-c", command, "report", *files, *out], check=True, capture_output=True)  # noqa: S603
        ours = time.perf_counter() - start
        note = f"{images} images through both backbones; stages: {_stages(case)}"
    return [Ratio("whole apnet report", ours, naive, goal=None, note=note)]


def _stages(case: DemoCase) -> str:
    """Seconds of each stage in processes that are warm, as in an open window."""
    bundle = bundle_folder(None)
    seconds: dict[str, float] = {}
    with Headless() as headless:
        start = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal start
            now = time.perf_counter()
            seconds[name] = now - start
            start = now

        headless.inference.warm(bundle, "cpu").run()
        lap("worker warm")
        record = read_record(case.clinical_file, open_bundle(bundle).manifest.factors)
        lap("record and bundle")
        ct = headless.open_ct(case.ct_folder)
        lap("CT")
        roi = headless.import_roi(case.roi_file, ct, "bench").confirmed("bench", datetime.now(UTC))
        shared = headless.share_roi(roi)
        lap("ROI")
        request = PredictionRequest(prediction_id="bench", time=datetime.now(UTC))
        prediction = headless.predict(bundle, "cpu", ct, shared, record, request)
        lap("prediction")
        made = headless.make_report(
            MakeReport(
                bundle=str(bundle),
                prediction=prediction,
                record=record,
                volume=ct.shared,
                roi=shared,
                report_id="bench",
                time=datetime.now(UTC),
                application_version="bench",
            )
        )
        lap(f"PDF of {len(base64.b64decode(made.pdf)) // 1024} kB")
    return ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items())
