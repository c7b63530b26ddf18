"""Pixels, masks and tables are equal on another processor: the vector units that NumPy would use are switched off."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numpy._core import _multiarray_umath as core  # type: ignore[attr-defined]

from apnet_desktop.simulation.cohort import simulate_row
from apnet_desktop.simulation.patient import simulate_patient
from apnet_desktop.simulation.rendering import Window, render_roi, render_slices

ROOT = Path(__file__).resolve().parents[2]


def digests() -> list[str]:
    patient = simulate_patient(7, 1)
    part = render_slices(patient, [30, 55], Window((150, 350), (130, 390)))
    rows = [simulate_row(11, index) for index in range(3)]
    table = json.dumps([[row.columns("", ""), row.truth()] for row in rows])
    return [
        hashlib.sha256(part.hounsfield.astype("<i2").tobytes() + part.labels.tobytes()).hexdigest(),
        render_roi(patient).digest(),
        hashlib.sha256(table.encode()).hexdigest(),
    ]


# Written once: they change only with the generator, and then on purpose.
GOLDEN = [
    "b934b3bdd6b7592248741dd244e76810715c544dfc7d0369d5712a7e145fced6",
    "1bcac9adda0df4312578bc06edf3a5aeef48f6b8b31a14925f0ba3ca618ac283",
    "c866a3fc66e482023c9f457a415a993671ed655af39e22ce3d94a4a0895c51da",
]


def test_bits_are_those_that_were_written_down() -> None:
    assert digests() == GOLDEN


def test_bits_do_not_depend_on_the_processor() -> None:
    wider = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    if not wider:
        pytest.skip("this processor has nothing beyond NumPy's baseline to switch off")
    code = "import json; from tests.simulation.test_portability import digests; print(json.dumps(digests()))"
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(wider)}
    run = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == digests()
