"""What the self-test tries, a function each: the sentence of what was found, or a known error of what fails."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.prediction import Prediction
from apnet_desktop.bundle.request import PredictionRequest
from apnet_desktop.cases.files import private_folder, user_data_folder
from apnet_desktop.cases.store import CaseStore
from apnet_desktop.clinical.record import ClinicalRecord
from apnet_desktop.clinical.record_files import read_record
from apnet_desktop.commands.headless import Headless, OpenCt
from apnet_desktop.commands.system_libraries import missing_libraries
from apnet_desktop.ct.roi import Roi
from apnet_desktop.errors import KnownError, PredictionError
from apnet_desktop.language import Language, Message
from apnet_desktop.locations import models_folder
from apnet_desktop.report.wording import percent_text
from apnet_desktop.version import APPLICATION_VERSION
from apnet_desktop.worker.inference_jobs import MadeReport, MakeReport

__all__ = [
    "EXPECTED_RISKS",
    "SelfTestRun",
    "demo_inputs",
    "demo_request",
    "expected_risks",
    "needed",
    "try_bundle",
    "try_device",
    "try_fonts",
    "try_golden",
    "try_libraries",
    "try_report",
    "try_risk",
    "try_store",
]

EXPECTED_RISKS = "self-test.json"
"""Beside the bundles of a packaged application: the demo case's risks by torch in float32."""

_LARGEST_DIFFERENCE = 1e-4  # in risk; the tolerance of golden values for any engine in float32
_SAMPLE = "Risk 37% (95% 21–55) ± ≥ µ Łukasz Đặng 张三 喆堃祎㛃 김민준 שלום"
SELF_TEST_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_LEAST_PAGES = 3

T = TypeVar("T")


@dataclass
class SelfTestRun:
    """What earlier parts leave to later ones."""

    folder: Path
    bundle_folder: Path
    device: str
    language: Language
    bundle: Bundle | None = None
    prediction: Prediction | None = None
    record: ClinicalRecord | None = None
    ct: OpenCt | None = None
    roi: Roi | None = None


def demo_inputs(headless: Headless, folder: Path, bundle: Bundle) -> tuple[OpenCt, Roi, ClinicalRecord]:
    """The simulated demo case as a bundle takes it: its CT, its confirmed ROI, its record.

    Args:
        headless: The processes.
        folder: Where the demo case is made.
        bundle: The bundle.

    Raises:
        KnownError: It cannot be made or read.
    """
    paths = headless.demo_case(folder)
    record = read_record(Path(paths.clinical), bundle.manifest.factors)
    ct = headless.open_ct(Path(paths.ct), manifest=bundle.manifest)
    roi = headless.import_roi(Path(paths.roi), ct, "self-test").confirmed("self-test", SELF_TEST_TIME)
    return ct, roi, record


def demo_request() -> PredictionRequest:
    """The request of every self-test: nothing in it changes."""
    return PredictionRequest(prediction_id="self-test", time=SELF_TEST_TIME, application_version=APPLICATION_VERSION)


def try_libraries() -> Message:
    """The libraries of the system that Qt and LightGBM need load.

    Raises:
        KnownError: Not so.
    """
    missing = missing_libraries()
    if missing:
        names = ", ".join(f"{one.file} ({one.package})" if one.package else one.file for one in missing)
        raise KnownError(Message.of("commands.self_test_library_missing", names=names))
    return Message.of("commands.self_test_libraries_good")


def try_fonts() -> Message:
    """The report's fonts are there, and have the letters of names in several scripts.

    Raises:
        KnownError: Not so.
    """
    from apnet_desktop.report.fonts import donors, uncovered

    absent = [donor.path.name for donor in donors() if not donor.path.is_file()]
    if absent:
        raise KnownError(Message.of("commands.self_test_font_missing", names=", ".join(absent)))
    boxes = uncovered(_SAMPLE)
    if boxes:
        codes = ", ".join(f"U+{ord(one):04X}" for one in sorted(boxes))
        raise KnownError(Message.of("commands.self_test_font_gap", names=codes))
    return Message.of("commands.self_test_fonts_good", names=", ".join(donor.name for donor in donors()))


def try_bundle(run: SelfTestRun) -> Message:
    """Every file of the bundle is as its manifest lists it.

    Raises:
        KnownError: Not so.
    """
    run.bundle = open_bundle(run.bundle_folder)
    manifest = run.bundle.manifest
    return Message.of(
        "commands.self_test_bundle_good", name=manifest.name, version=manifest.version, files=len(manifest.files)
    )


def try_device(run: SelfTestRun, headless: Headless) -> Message:
    """The worker loads; which device it chose, and why not the GPU.

    Raises:
        KnownError: Not so.
    """
    compute = headless.inference.warm(run.bundle_folder, run.device).run().compute
    return Message.of(
        "commands.self_test_device_good",
        device=compute.device_name,
        engine=compute.engine,
        precision=compute.precision.value,
        reason=compute.explanation.text(run.language) if compute.explanation else compute.reason,
    )


def try_golden(run: SelfTestRun, headless: Headless) -> Message:
    """The bundle's golden values hold on this machine.

    Raises:
        KnownError: Not so.
    """
    found = headless.inference.verify(run.bundle_folder).run()
    return Message.of(
        "commands.self_test_golden_good",
        cases=found.cases,
        difference=f"{found.largest_difference:.1e}",
        tolerance=f"{found.tolerance:.0e}",
    )


def needed(value: T | None) -> T:
    """The result of an earlier part.

    Raises:
        KnownError: That part failed.
    """
    if value is None:
        raise KnownError(Message.of("commands.self_test_not_tried"))
    return value


def try_risk(run: SelfTestRun, headless: Headless) -> Message:
    """The demo case gives the risk that torch gave for it when the application was packaged.

    Raises:
        KnownError: Not so.
    """
    bundle = needed(run.bundle)
    run.ct, run.roi, run.record = demo_inputs(headless, run.folder / "demo-case", bundle)
    roi = headless.share_roi(run.roi)
    prediction = headless.predict(bundle.folder, run.device, run.ct, roi, run.record, demo_request())
    refused = next((check for check in prediction.checks if check.blocks), None)
    if refused is not None:
        raise PredictionError(refused.message)
    run.prediction = prediction
    answer = prediction.fused or prediction.routes[0]
    risk = percent_text(answer.risk, Language.ENGLISH)
    expected = expected_risks(bundle)
    if not expected:
        return Message.of("commands.self_test_risk_alone", risk=risk)
    difference = max(abs(one.unshifted - expected[one.route.value]) for one in prediction.routes)
    if difference > _LARGEST_DIFFERENCE:
        raise KnownError(
            Message.of(
                "commands.self_test_risk_differs",
                difference=f"{difference:.1e}",
                tolerance=f"{_LARGEST_DIFFERENCE:.0e}",
            )
        )
    return Message.of("commands.self_test_risk_good", risk=risk, difference=f"{difference:.1e}")


def expected_risks(bundle: Bundle) -> dict[str, float]:
    """The risks by route that this very bundle must give; empty in a source tree and for a site's own bundle."""
    path = models_folder() / EXPECTED_RISKS
    if not path.is_file():
        return {}
    listed = json.loads(path.read_bytes())
    return dict(listed["risks"]) if listed["bundle_sha256"] == bundle.sha256 else {}


def try_report(run: SelfTestRun, headless: Headless) -> Message:
    """The demo case's report is written, and read back.

    Raises:
        KnownError: Not so.
    """
    bundle, prediction = needed(run.bundle), needed(run.prediction)
    ct, roi, record = needed(run.ct), needed(run.roi), needed(run.record)
    made = headless.make_report(
        MakeReport(
            bundle=str(bundle.folder),
            prediction=prediction,
            record=record,
            volume=ct.shared,
            roi=headless.share_roi(roi),
            languages=(Language.ENGLISH, Language.CHINESE),
            report_id="self-test",
            time=SELF_TEST_TIME,
            application_version=APPLICATION_VERSION,
        )
    )
    return _checked_report(made, prediction)


def _checked_report(made: MadeReport, prediction: Prediction) -> Message:
    """Reads the PDF back: its pages, and the risk on the first of them."""
    import pypdfium2

    content = base64.b64decode(made.pdf)
    document = pypdfium2.PdfDocument(content)
    try:
        pages = len(document)
        page = document[0]
        words = page.get_textpage().get_text_range()
        shown = page.render(scale=0.5).to_numpy()
    finally:
        document.close()
    answer = prediction.fused or prediction.routes[0]
    if pages < _LEAST_PAGES or percent_text(answer.risk, Language.ENGLISH) not in words or shown.min() == shown.max():
        raise KnownError(Message.of("commands.self_test_report_wrong", pages=pages))
    return Message.of("commands.self_test_report_good", pages=pages, kilobytes=round(len(content) / 1000))


def try_store(run: SelfTestRun) -> Message:
    """A case store works, and the person's own folder can be written.

    Raises:
        KnownError: Not so.
    """
    with CaseStore(run.folder / "store") as store:
        case_id = store.create()
    with CaseStore(run.folder / "store", read_only=True) as store:
        store.load(case_id)
    folder = user_data_folder()
    probe = private_folder(folder) / f".self-test-{uuid.uuid4().hex}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise KnownError(Message.of("cases.read_only", path=str(folder))) from error
    return Message.of("commands.self_test_store_good", folder=str(folder))
