"""Is this paper, file or code what the store holds?"""

from __future__ import annotations

import hashlib
import json

import pytest

from apnet_desktop.errors import ReportError
from apnet_desktop.language import Language
from apnet_desktop.report.code_matrix import code_payload
from apnet_desktop.report.content import ReportContent, Review, ReviewDecision, reviewed
from apnet_desktop.report.json_twin import json_twin, twin_digest, typed_code
from apnet_desktop.report.pdf import render_pdf
from apnet_desktop.report.verify import StoredReport, Verdict, Verification, verify
from tests.report.factory import TIME, content, prediction


def _stored(said: ReportContent, pdf: bytes) -> StoredReport:
    return StoredReport(
        case_id=said.case_id,
        report_id=said.report_id,
        version=said.version,
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        twin_sha256=twin_digest(said),
        time=said.time,
        reviewed_by=said.review.person if said.review is not None else "",
    )


@pytest.fixture(scope="module")
def draft() -> ReportContent:
    return content()


@pytest.fixture(scope="module")
def pdf(draft: ReportContent) -> bytes:
    return render_pdf(draft)


def _verdicts(said: ReportContent, pdf: bytes, store: list[StoredReport]) -> list[Verification]:
    return [verify(what, store) for what in (pdf, json_twin(said), typed_code(said), code_payload(said))]


def test_pdf_twin_code_and_qr_of_a_stored_report_are_genuine(draft: ReportContent, pdf: bytes) -> None:
    for found in _verdicts(draft, pdf, [_stored(draft, pdf)]):
        assert found.verdict is Verdict.GENUINE
        assert found.stored == _stored(draft, pdf)
        assert "draft" in found.message.text()


def test_a_reviewed_report_names_its_reviewer(draft: ReportContent) -> None:
    done = reviewed(draft, Review(person="Dr Amara Okafor", time=TIME, decision=ReviewDecision.ACCEPTED))
    printed = render_pdf(done)
    for found in _verdicts(done, printed, [_stored(done, printed)]):
        assert "Dr Amara Okafor" in found.message.text()
        assert "Dr Amara Okafor" in found.message.text(Language.CHINESE)


def test_an_older_version_is_genuine_but_superseded(draft: ReportContent, pdf: bytes) -> None:
    newer = draft.model_copy(update={"version": 2, "report_id": "r2", "supersedes": draft.report_id})
    store = [_stored(draft, pdf), _stored(newer, b"%PDF-newer")]
    assert {found.verdict for found in _verdicts(draft, pdf, store)} == {Verdict.SUPERSEDED}


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8, 0.99])
def test_a_pdf_with_one_changed_byte_is_altered(draft: ReportContent, pdf: bytes, place: float) -> None:
    at = int(len(pdf) * place)
    changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    assert verify(changed, [_stored(draft, pdf)]).verdict is Verdict.ALTERED


def test_a_twin_with_another_number_is_altered_and_with_other_spacing_is_not(draft: ReportContent, pdf: bytes) -> None:
    value = json.loads(json_twin(draft))
    store = [_stored(draft, pdf)]
    assert verify(json.dumps(value, indent=2).encode(), store).verdict is Verdict.GENUINE
    value["prediction"]["routes"][0]["risk"] = 0.05
    assert verify(json.dumps(value).encode(), store).verdict is Verdict.ALTERED


def test_a_report_of_another_store_is_unknown(draft: ReportContent, pdf: bytes) -> None:
    other = content(says=prediction(fused=0.2), report_id="another")
    store = [_stored(other, b"%PDF-other")]
    assert {found.verdict for found in _verdicts(draft, pdf, store)} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    "what",
    [b"", b"\x89PNG\r\n", b"{broken", b'{"a": NaN', b"{" * 100_000, b"[1]", "not a code", "", "1234-5678"],
)
def test_what_is_no_report_is_refused_with_a_sentence(what: bytes | str) -> None:
    with pytest.raises(ReportError) as refused:
        verify(what, [])
    assert refused.value.message.text(Language.CHINESE)
