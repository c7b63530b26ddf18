"""Train on a cohort folder of made-up NIfTI volumes, then validate on another: the commands' functions, end to end."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.bundle.prediction import Route
from apnet_desktop.errors import StudyError
from apnet_desktop.study.development import DevelopmentSettings
from apnet_desktop.study.evaluating import EvaluationSettings, evaluate
from apnet_desktop.study.evaluation import Evaluation
from apnet_desktop.study.training import TrainingSettings, train
from tests.model.factory import body, build_bundle


def _silent(stage: str, done: float) -> None:
    assert stage.startswith("study.stage_")
    assert 0 <= done <= 1


def make_cohort(folder: Path, seed: int, count: int = 26) -> Path:
    """Volumes of noise around a gland; diabetes tells the outcome."""
    generator = np.random.default_rng(seed)
    rows = []
    for n in range(count):
        volume, roi = body(seed * 1000 + n)
        name = f"{seed}-{n:03d}"
        for array, path in (
            (volume.hounsfield, folder / "ct" / name / "ct.nii.gz"),
            (roi.mask.astype(np.uint8), folder / f"{name}.nii.gz"),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            image = SimpleITK.GetImageFromArray(array)
            image.SetSpacing(volume.geometry.spacing)
            image.SetOrigin(volume.geometry.origin)
            SimpleITK.WriteImage(image, str(path))
        diabetes = bool(generator.random() < 0.5)
        event = bool(generator.random() < (0.6 if diabetes else 0.15))
        rows.append(
            {
                "patient": f"Secret-{name}",
                "ct": f"ct/{name}/ct.nii.gz",
                "roi": f"{name}.nii.gz",
                "follow_up_months": "7" if event else ("9" if n % 9 == 0 else "40"),
                "end": "recurrence" if event else "censored",
                "age": str(int(generator.integers(20, 80))),
                "diabetes": "" if n % 10 == 0 else ("yes" if diabetes else "no"),
                "atlanta_grade": "mild" if n == 4 else "severe",
                "necrosis_percent": str(int(generator.integers(0, 80))),
            }
        )
    with (folder / "cohort.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, Path]:
    folder = tmp_path_factory.mktemp("study")
    pretrained = build_bundle(folder / "pretrained")
    cohort = make_cohort(folder / "cohort", 1)
    settings = TrainingSettings(
        name="site-test",
        pretrained=pretrained.folder,
        development=DevelopmentSettings(folds=2, refits=3),
        device="cpu",
        replicates=30,
    )
    return train(cohort, folder / "bundle", settings, _silent), folder


def test_a_site_gets_a_research_bundle_of_its_own_factors(trained: tuple[Bundle, Path]) -> None:
    bundle, _ = trained
    manifest = open_bundle(bundle.folder).manifest
    assert manifest.status is BundleStatus.RESEARCH
    assert [factor.id for factor in manifest.factors.factors] == [
        "age",
        "diabetes",
        "atlanta_grade",
        "necrosis_percent",
    ]
    # One of 26 has mild disease, for which the model is not.
    assert manifest.cohort.patients == 25
    assert not manifest.cohort.simulated
    evaluation = Evaluation.model_validate_json(bundle.read("evaluation.json"))
    assert evaluation.flow.rows == 26
    assert evaluation.flow.ineligible == 1
    assert evaluation.few_events
    assert b"simulated" not in bundle.read("MODEL_CARD.md").split(b"Pre-training")[0]


def test_no_patient_rides_in_the_bundle(trained: tuple[Bundle, Path]) -> None:
    bundle, _ = trained
    for path in bundle.folder.iterdir():
        assert b"Secret-" not in path.read_bytes(), path.name
    patients = bundle.manifest.cohort.patients
    with np.load(bundle.folder / "reference.npz") as reference:
        for name in reference.files:
            assert patients not in reference[name].shape, name


def test_results_and_partition_lie_beside_the_bundle(trained: tuple[Bundle, Path]) -> None:
    _, folder = trained
    beside = folder / "bundle-development"
    partition = json.loads((beside / "partition.json").read_text(encoding="utf-8"))
    assert sorted(set(partition["fold_of"].values())) == [0, 1]
    with (beside / "results.csv").open(encoding="utf-8") as stream:
        systems = {row["system"]: row for row in csv.DictReader(stream)}
    assert {"apnet", "image_both_backbones", "lightgbm_clinical", "late_average"} <= set(systems)
    assert systems["apnet"]["apnet_minus_system"] == ""
    assert list((beside / "tensorboard").iterdir())


@pytest.mark.soak
def test_every_system_of_the_paper_is_a_row(trained: tuple[Bundle, Path]) -> None:
    _, folder = trained
    settings = TrainingSettings(
        pretrained=folder / "pretrained",
        development=DevelopmentSettings(folds=2, refits=3),
        device="cpu",
        all_rows=True,
        replicates=200,
        work=folder / "bundle-work",
    )
    train(folder / "cohort", folder / "all", settings, _silent)
    with (folder / "all-development" / "results.csv").open(encoding="utf-8") as stream:
        systems = {row["system"] for row in csv.DictReader(stream)}
    assert {"apnet", "lightgbm_clinical", "late_average", "floor_volume_mean_spread"} <= systems
    assert {"image_test_resnet", "image_test_vit", "apnet_without_test_vit", "apnet_one_scale"} <= systems
    assert {"random_forest", "support_vector_machine", "neural_net", "logistic_regression"} <= systems


def test_a_second_run_reads_nothing_twice_and_gives_the_same_model(trained: tuple[Bundle, Path]) -> None:
    bundle, folder = trained
    for path in (folder / "cohort" / "ct").rglob("*.nii.gz"):
        path.write_bytes(b"gone")
    settings = TrainingSettings(
        name="site-test",
        pretrained=folder / "pretrained",
        development=DevelopmentSettings(folds=2, refits=3),
        device="cpu",
        replicates=30,
        work=folder / "bundle-work",
    )
    again = train(folder / "cohort", folder / "again", settings, _silent)
    for name in ("apnet.safetensors", "clinical.0.txt", "calibration.json", "reference.npz"):
        assert again.read(name) == bundle.read(name), name


def test_validation_on_other_patients_writes_everything(trained: tuple[Bundle, Path], tmp_path: Path) -> None:
    bundle, _ = trained
    cohort = make_cohort(tmp_path / "cohort", 2, 20)
    out = tmp_path / "validation"
    evaluation = evaluate(bundle.folder, cohort, out, _silent, EvaluationSettings(device="cpu", replicates=50))
    assert evaluation.flow.rows == 20
    assert {entry.route for entry in evaluation.routes} == set(Route)
    assert Evaluation.model_validate_json((out / "evaluation.json").read_bytes()) == evaluation
    assert "mild" not in (out / "left_out.txt").read_text(encoding="utf-8")
    assert (out / "left_out.txt").read_text(encoding="utf-8").startswith("Row 6")
    from pypdf import PdfReader

    pages = "\n".join(page.extract_text() for page in PdfReader(out / "report.pdf").pages)
    for item in ("1", "8a", "12g", "18f", "23a", "27c"):
        assert f"\n{item}\n" in f"\n{pages}\n" or f"{item} " in pages
    assert "To be written by the authors" in pages
    assert "Secret-" not in pages


def test_the_same_scan_twice_is_a_leak(trained: tuple[Bundle, Path], tmp_path: Path) -> None:
    bundle, _ = trained
    cohort = make_cohort(tmp_path / "cohort", 3, 10)
    (cohort / "ct" / "3-007" / "ct.nii.gz").write_bytes((cohort / "ct" / "3-002" / "ct.nii.gz").read_bytes())
    with pytest.raises(StudyError, match=r"Secret-3-00[27] and Secret-3-00[27]"):
        evaluate(bundle.folder, cohort, tmp_path / "out", _silent, EvaluationSettings(device="cpu", replicates=10))


def test_a_missing_column_is_named(trained: tuple[Bundle, Path], tmp_path: Path) -> None:
    bundle, _ = trained
    cohort = make_cohort(tmp_path / "cohort", 4, 4)
    table = (cohort / "cohort.csv").read_text(encoding="utf-8").replace("diabetes", "diabetic")
    (cohort / "cohort.csv").write_text(table, encoding="utf-8")
    with pytest.raises(StudyError, match="diabetes"):
        evaluate(bundle.folder, cohort, tmp_path / "out", _silent)
