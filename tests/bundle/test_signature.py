from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apnet_desktop.bundle.files import Bundle, open_bundle
from apnet_desktop.bundle.manifest import BundleStatus
from apnet_desktop.bundle.signature import sign_manifest
from tests.bundle import factory

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only an administrator can write a believed trust file"
)


def clinical_bundle(folder: Path, key: Ed25519PrivateKey, approved: bool = True) -> Path:
    plan = factory.manifest(BundleStatus.CLINICAL, factory.APPROVAL if approved else None)
    factory.write_bundle(folder, plan)
    sign_manifest(folder, "maker", key.private_bytes_raw())
    return folder


def trust(path: Path, key: Ed25519PrivateKey) -> Path:
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    path.parent.mkdir(mode=0o755)
    path.write_text(json.dumps({"keys": {"maker": public}}), encoding="utf-8")
    path.chmod(0o644)
    return path


def notice(bundle: Bundle) -> str:
    assert bundle.notice is not None
    assert bundle.notice.text()
    return bundle.notice.id


@needs_root
def test_a_signed_approved_bundle_is_clinical(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    bundle = open_bundle(clinical_bundle(tmp_path / "b", key), trust(tmp_path / "etc" / "keys.json", key))
    assert bundle.status is BundleStatus.CLINICAL
    assert bundle.notice is None


@needs_root
def test_any_change_of_the_manifest_voids_the_signature(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    folder = clinical_bundle(tmp_path / "b", key)
    keys = trust(tmp_path / "etc" / "keys.json", key)
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"name": "small"', '"name": "smalL"'), encoding="utf-8")
    bundle = open_bundle(folder, keys)
    assert bundle.status is BundleStatus.RESEARCH
    assert notice(bundle) == "bundle.untrusted"


@needs_root
def test_another_key_is_not_believed(tmp_path: Path) -> None:
    folder = clinical_bundle(tmp_path / "b", Ed25519PrivateKey.generate())
    bundle = open_bundle(folder, trust(tmp_path / "etc" / "keys.json", Ed25519PrivateKey.generate()))
    assert bundle.status is BundleStatus.RESEARCH
    assert notice(bundle) == "bundle.untrusted"


@needs_root
@pytest.mark.parametrize("signature", ["", "{}", "[]", '{"key": "maker", "signature": "!"}', '{"key": 1}'])
def test_a_malformed_signature_is_none(tmp_path: Path, signature: str) -> None:
    key = Ed25519PrivateKey.generate()
    folder = clinical_bundle(tmp_path / "b", key)
    (folder / "manifest.sig").write_text(signature, encoding="utf-8")
    assert open_bundle(folder, trust(tmp_path / "etc" / "keys.json", key)).status is BundleStatus.RESEARCH


@needs_root
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_trust_file_that_others_can_write_is_not_believed(tmp_path: Path, mode: int) -> None:
    key = Ed25519PrivateKey.generate()
    keys = trust(tmp_path / "etc" / "keys.json", key)
    keys.chmod(mode)
    bundle = open_bundle(clinical_bundle(tmp_path / "b", key), keys)
    assert bundle.status is BundleStatus.RESEARCH
    assert notice(bundle) == "bundle.trust_file_open"


@needs_root
def test_a_trust_file_of_an_ordinary_person_is_not_believed(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    keys = trust(tmp_path / "etc" / "keys.json", key)
    os.chown(keys, 1000, 1000)
    assert notice(open_bundle(clinical_bundle(tmp_path / "b", key), keys)) == "bundle.trust_file_open"


@needs_root
def test_a_damaged_trust_file_is_named(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    keys = trust(tmp_path / "etc" / "keys.json", key)
    keys.write_text('{"keys": {"maker": "c2hvcnQ="}}', encoding="utf-8")
    assert notice(open_bundle(clinical_bundle(tmp_path / "b", key), keys)) == "bundle.trust_file_damaged"


def test_without_signature_or_approval_it_loads_as_research(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    unsigned = clinical_bundle(tmp_path / "a", key)
    (unsigned / "manifest.sig").unlink()
    assert notice(open_bundle(unsigned)) == "bundle.unsigned"
    unapproved = clinical_bundle(tmp_path / "b", key, approved=False)
    bundle = open_bundle(unapproved, tmp_path / "absent.json")
    assert bundle.status is BundleStatus.RESEARCH
    assert notice(bundle) == "bundle.no_approval"
    approved = clinical_bundle(tmp_path / "c", key)
    assert notice(open_bundle(approved, tmp_path / "absent.json")) == "bundle.no_trust_file"


def test_a_demonstration_bundle_stays_one(tmp_path: Path) -> None:
    bundle = factory.write_bundle(tmp_path / "b")
    assert bundle.status is BundleStatus.DEMONSTRATION
    assert bundle.notice is None
