"""The machine-readable twin: one text for one content, and a code that can be read over the telephone."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnet_desktop.ct.identity import PatientIdentity
from apnet_desktop.report.code_matrix import code_payload
from apnet_desktop.report.json_twin import (
    CODE_LENGTH,
    canonical_json,
    code_of,
    json_twin,
    normalised_code,
    twin_digest,
    typed_code,
)
from tests.report.factory import content, prediction

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_is_json_and_does_not_depend_on_order(value: object) -> None:
    try:
        text = canonical_json(value)
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    assert json.loads(text) == value
    if isinstance(value, dict):
        assert canonical_json(dict(reversed(value.items()))) == text


def test_the_twin_says_what_the_report_says_and_carries_no_picture() -> None:
    said = content()
    twin = json.loads(json_twin(said))
    assert twin["prediction"]["routes"][0]["risk"] == said.prediction.routes[0].risk
    assert twin["record"]["values"]["alcohol_use"] is None
    assert twin["status"] == "draft"
    assert [picture["png_sha256"] for picture in twin["pictures"]] == [
        hashlib.sha256(picture.png_bytes).hexdigest() for picture in said.pictures
    ]
    assert len(json_twin(said)) < 200_000


def test_any_change_changes_the_hash() -> None:
    said = content()
    other = [
        content(says=prediction(fused=0.3700001)),
        content(of=PatientIdentity(name="Other", patient_id="SIM-000042")),
        said.model_copy(update={"pictures": said.pictures[:1]}),
        said.model_copy(update={"version": 2}),
    ]
    digests = {twin_digest(said), *(twin_digest(each) for each in other)}
    assert len(digests) == 1 + len(other)


@given(st.binary(min_size=32, max_size=32))
def test_a_code_survives_being_typed_by_a_person(digest: bytes) -> None:
    code = code_of(digest.hex())
    assert len(code.replace("-", "")) == CODE_LENGTH
    assert not set(code) & set("ILOU")
    for typed in (code.lower(), code.replace("-", " "), code.replace("0", "O").replace("1", "l"), f"  {code}\n"):
        assert normalised_code(typed) == code


@pytest.mark.parametrize("typed", ["", "abc", "????-????-????-????", "A" * 17, "U" * 16])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert normalised_code(typed) is None


def test_the_qr_carries_ids_and_hash_and_no_identity() -> None:
    said = content()
    payload = code_payload(said)
    assert payload == f"APNET-REPORT:1:{said.case_id}:{said.report_id}:{twin_digest(said)}"
    assert said.identity.patient_id not in payload
    assert typed_code(said) == code_of(twin_digest(said))
