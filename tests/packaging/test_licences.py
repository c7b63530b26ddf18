"""No library may be inside the application under a licence that is not on the list; the list holds nothing dead."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packager.distributions import canonical, closure, inside, other_modules
from packager.inside_libraries import inside_libraries, system_licences
from packager.licences import allow_list, copy_licences, is_allowed, licence_of, refused
from packager.variant import Variant, is_left_out


@pytest.mark.parametrize("variant", list(Variant))
def test_every_library_inside_has_an_allowed_licence(variant: Variant) -> None:
    found = inside(variant)
    assert len(found) > 40
    assert refused(found, variant) == {}


def test_the_application_for_the_clinic_holds_nothing_proprietary_and_no_torch() -> None:
    names = {canonical(one.name) for one in inside(Variant.CPU)}
    assert not {name for name in names if name.startswith(("nvidia", "cuda", "torch", "timm"))}
    assert "openvino-telemetry" not in names
    assert {"torch", "timm", "SimpleITK", "pytest", "openvino_telemetry"} <= set(other_modules(Variant.CPU))


def test_the_gpl_decoder_is_nowhere_in_the_tree() -> None:
    names = {canonical(one.name) for one in closure("apnet-desktop", set())}
    assert "pylibjpeg-libjpeg" not in names
    # reportlab's GPL fonts, which its metadata does not mention.
    assert is_left_out("reportlab/fonts/DarkGardenMK.pfb")
    assert any("DarkGarden" in str(file) for file in distribution("reportlab").files or [])


class _Metadata(Distribution):
    """A distribution that says what a test wants."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read_text(self, filename: str) -> str | None:
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License: MIT License", "MIT"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
        ("License: GPL-3.0-only", "GPL-3.0-only"),
        ("Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)", ""),
        ("Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other/Proprietary License", ""),
        ("License: ask the author", ""),
        ("", ""),
    ],
)
def test_what_a_library_says_of_itself(fields: str, expected: str) -> None:
    made = _Metadata(f"Metadata-Version: 2.4\nName: made-up\nVersion: 1\n{fields}\n")
    assert licence_of(made) == expected
    assert bool(refused([made], Variant.CUDA)) == (expected not in ("MIT", "BSD-3-Clause"))


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("LGPL-3.0-only OR GPL-2.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True),
        ("GPL-3.0-or-later", False),
        ("LicenseRef-NVIDIA-Proprietary", False),
        ("nonsense (", False),
    ],
)
def test_an_expression_is_read_as_spdx_means_it(expression: str, allowed: bool) -> None:
    assert is_allowed(expression, allow_list().allowed) == allowed


def test_libraries_named_by_hand_are_there_and_allowed() -> None:
    allowed = allow_list().allowed
    for library in inside_libraries():
        assert is_allowed(library.licence, allowed), library.name
        files = [str(file) for file in distribution(library.distribution).files or []]
        files += [f"apnet_desktop/data/resources/fonts/{Path(file).name}" for file in files]
        assert any(library.holds(file) for file in files), f"{library.name}: no file of the wheel is of it"
        assert library.found_version(), library.name
    for package, licence in system_licences().items():
        assert is_allowed(licence, allowed), package


def test_what_a_person_read_is_of_libraries_that_are_there() -> None:
    names = {canonical(one.name) for one in inside(Variant.CUDA)}
    assert set(allow_list().read) <= names


def test_licence_texts_are_copied_with_qt_s_notice(tmp_path: Path) -> None:
    without = copy_licences([distribution("numpy"), distribution("pydicom"), distribution("shiboken6")], tmp_path)
    assert without == ["shiboken6"]  # its wheel has none; Qt's notice and the LGPL stand for it
    assert (tmp_path / "QT-NOTICE.txt").is_file()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (tmp_path / "LGPL-3.0.txt").read_text()
    assert any((tmp_path / "numpy").iterdir())
    assert any((tmp_path / "pydicom").iterdir())
