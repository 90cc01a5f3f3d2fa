# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both real cosigns sign, verify, attest and revoke in a real registry; what does not hold is never taken for what does."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import registry_content as content
from cosign import SUITES
from own_registry import OwnRegistry
from plain_http import call
from plain_http import digest as digest_of
from registry_pushing import list_tags, push, put_blob, put_manifest, read_manifest
from signing import Signer

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    NotSigned,
    PolicyError,
    RegistryError,
    ToolError,
    ToolMissing,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.cosign_store import CosignStore

WEB = "shop/web"
IMAGE = WEB + ":1.0.0"
TOLD = {"env": "prod", "build": "7 of 8"}


@pytest.fixture(params=sorted(SUITES))
def alice(request: pytest.FixtureRequest, tmp_path: Path, own: OwnRegistry) -> Signer:
    signer = Signer(request.param, tmp_path / "alice", own.address)
    push(own.address, WEB, content.multi_platform("release"), "1.0.0")
    return signer


@pytest.fixture
def bob(alice: Signer, tmp_path: Path) -> Signer:
    """Another key of the same cosign."""
    return Signer(alice.version, tmp_path / "bob", alice.address)


def everything(own: OwnRegistry) -> dict[str, str]:
    """All tags with their digests."""
    return {tag: own.tags(WEB)[tag] for tag in list_tags(own.address, WEB)}


def holding(result: dict[str, Any]) -> list[dict[str, str]]:
    return [row["annotations"] for row in result["signatures"] if row["verified"]]


def test_the_plan_is_what_happens_and_a_second_run_changes_nothing(alice: Signer, own: OwnRegistry) -> None:
    before = everything(own)
    planned = alice.run(IMAGE, apply=False, annotations=TOLD)
    assert planned["changed"] and not planned["verified"] and "is not signed" in planned["reason"]
    assert everything(own) == before
    done = alice.run(IMAGE, annotations=TOLD)
    assert done["changed"] and done["verified"] and done["digest"] == planned["digest"]
    assert holding(done) == [TOLD]
    assert alice.cosign.verifies("%s/%s@%s" % (own.address, WEB, done["digest"]))
    signed = everything(own)
    for apply in (False, True):
        again = alice.run(IMAGE, apply=apply, annotations=TOLD)
        assert not again["changed"] and again["verified"] and again["reason"] is None
        assert again["signatures"] == done["signatures"]
    assert everything(own) == signed
    assert not alice.run("%s@%s" % (WEB, done["digest"]), annotations={"env": "prod"})["changed"]


def test_another_annotation_is_another_signature(alice: Signer) -> None:
    alice.run(IMAGE, annotations={"env": "staging"})
    with pytest.raises(NotSigned, match="none of its 1 signatures is a signature of key sha256:.* with env=prod"):
        alice.run(IMAGE, state="pulled", annotations={"env": "prod"})
    assert alice.run(IMAGE, annotations={"env": "prod"})["changed"]
    assert holding(alice.info(IMAGE)) == [{"env": "prod"}, {"env": "staging"}]
    told = alice.info(IMAGE, annotations={"env": "prod"})["signatures"]
    assert [(row["annotations"]["env"], row["verified"]) for row in told] == [("prod", True), ("staging", False)]


def test_another_key_does_not_hold(alice: Signer, bob: Signer) -> None:
    alice.run(IMAGE)
    told = bob.info(IMAGE)
    assert told["verified"] is False and "none of its 1 signatures" in told["reason"]
    assert [row["verified"] for row in told["signatures"]] == [False]
    assert bob.run(IMAGE)["changed"]
    both = bob.info(IMAGE)
    assert both["verified"] and [row["verified"] for row in both["signatures"]] == [True, False]
    assert both["signers"] == [{"name": None, "keys": [both["signatures"][0]["key"]]}]
    assert not alice.run(IMAGE)["changed"]


def test_without_a_key_it_is_not_known(alice: Signer) -> None:
    alice.run(IMAGE)
    told = alice.info(IMAGE, public_key_path=None)
    assert told["verified"] is None and told["reason"] == "no key was given to verify with"
    assert [row["verified"] for row in told["signatures"]] == [False]


def test_a_tag_that_was_moved_after_signing(alice: Signer, own: OwnRegistry) -> None:
    signed = alice.run(IMAGE)["digest"]
    push(own.address, WEB, content.multi_platform("tampered"), "1.0.0")
    told = alice.info(IMAGE)
    assert told["verified"] is False and told["digest"] != signed and told["signatures"] == []
    assert alice.info("%s@%s" % (WEB, signed))["verified"]


def test_the_signature_of_another_image_put_beside_it(alice: Signer, own: OwnRegistry) -> None:
    """Whoever may push can copy it under the tag of another digest; cosign looks at what was signed. So with attestations."""
    attestation = {"type": "custom", "predicate": {"built": "here"}}
    signed = alice.run(IMAGE)["digest"]
    alice.run(IMAGE, state="attested", attestation=attestation)
    other = content.multi_platform("tampered")
    push(own.address, WEB, other, "1.0.0")
    old, new = signed.replace(":", "-"), other.digest.replace(":", "-")
    for tag in list_tags(own.address, WEB):
        if tag.startswith(old):
            path = "/v2/%s/manifests/" % WEB
            got = call(own.address, "GET", path + tag, headers=[("Accept", "*/*"), *own_accepts()])
            media = [("Content-Type", got.headers["content-type"])]
            assert call(own.address, "PUT", path + tag.replace(old, new), got.body, media).status == 201
    with pytest.raises(NotSigned):
        alice.run(IMAGE, state="pulled")
    told = alice.info(IMAGE)
    assert told["verified"] is False
    assert [(row["verified"], row["digest"]) for row in told["signatures"]] == [(False, signed)]
    assert [row["verified"] for row in told["attestations"]] == [False]
    assert alice.run(IMAGE, apply=False, state="attested", attestation=attestation)["changed"]
    # The copy is the same manifest, so taking it away would take it from the image that it is of.
    for options in ({}, {"public_key_path": None, "all_signatures": True}):
        assert not alice.run(IMAGE, state="revoked", **options)["changed"]
    told = alice.info("%s@%s" % (WEB, signed))
    assert told["verified"] and [row["verified"] for row in told["attestations"]] == [True]


def test_what_others_put_beside_a_signature_neither_counts_nor_stands_in_the_way(
    alice: Signer, own: OwnRegistry, tmp_path: Path
) -> None:
    """Whoever may push can write anything there: names that cosign would open, what is no base64, types that are none."""
    digest = alice.run(IMAGE)["digest"]
    alice.run(IMAGE, state="attested", attestation={"type": "custom", "predicate": {"built": "here"}})
    if alice.version == "2":
        _meddle_with_layers(own, digest, tmp_path / "signature-of-this-host")
    else:
        _meddle_with_bundles(own, digest)
    told = alice.info(IMAGE)
    assert told["verified"] and [row["verified"] for row in told["signatures"]].count(True) == 1
    assert [row["verified"] for row in told["attestations"]].count(True) == 1
    assert len(alice.run(IMAGE, state="revoked")["removed"]) == 1
    assert alice.info(IMAGE)["verified"] is False


def _meddle_with_layers(own: OwnRegistry, digest: str, path: Path) -> None:
    """Beside what version 2 left: layers that name a file with the real signature, and layers that are broken."""
    for kind in ("sig", "att"):
        tag = "%s.%s" % (digest.replace(":", "-"), kind)
        got = read_manifest(own.address, WEB, tag)
        manifest = json.loads(got.body)
        (layer,) = manifest["layers"]
        if kind == "sig":
            note = "dev.cosignproject.cosign/signature"
            path.write_text(layer["annotations"][note])
            for text in (str(path), "file-that-is-not-there", "no base64!", "https://registry.example.com/signature"):
                manifest["layers"].append({**layer, "annotations": {note: text}})
        else:
            envelope = json.loads(call(own.address, "GET", "/v2/%s/blobs/%s" % (WEB, layer["digest"])).body)
            # A signature under the name of statements is looked at by nobody.
            signatures = json.loads(read_manifest(own.address, WEB, tag.replace(".att", ".sig")).body)
            manifest["layers"].append(signatures["layers"][0])
            for data in _broken(envelope):
                put_blob(own.address, WEB, data)
                manifest["layers"].append({**layer, "digest": digest_of(data), "size": len(data)})
        put_manifest(own.address, WEB, json.dumps(manifest).encode(), got.headers["content-type"], tag)


def _meddle_with_bundles(own: OwnRegistry, digest: str) -> None:
    tag = digest.replace(":", "-")
    got = read_manifest(own.address, WEB, tag)
    listed = json.loads(got.body)
    for entry in list(listed["manifests"]):
        manifest = json.loads(read_manifest(own.address, WEB, entry["digest"]).body)
        (layer,) = manifest["layers"]
        bundle = json.loads(call(own.address, "GET", "/v2/%s/blobs/%s" % (WEB, layer["digest"])).body)
        for envelope in _broken(bundle["dsseEnvelope"]):
            data = json.dumps({**bundle, "dsseEnvelope": json.loads(envelope)}).encode()
            put_blob(own.address, WEB, data)
            own_layer = {**layer, "digest": digest_of(data), "size": len(data)}
            body = json.dumps({**manifest, "layers": [own_layer]}).encode()
            put_manifest(own.address, WEB, body, manifest["mediaType"])
            listed["manifests"].append({**entry, "digest": digest_of(body), "size": len(body)})
    put_manifest(own.address, WEB, json.dumps(listed).encode(), got.headers["content-type"], tag)


def _broken(envelope: dict[str, Any]) -> list[bytes]:
    """Envelopes that hold for nobody, each in another way."""
    statement = json.loads(base64.b64decode(envelope["payload"]))
    others = [{**statement, "predicateType": kind} for kind in ("", "no type", "https://example.com/other/v1")]
    payloads = [base64.b64encode(json.dumps(one).encode()).decode() for one in others]
    wrong = [{**envelope, "payload": payload} for payload in payloads]
    wrong += [{**envelope, "signatures": []}, {**envelope, "signatures": [{"sig": "no base64!", "keyid": ""}]}]
    return [json.dumps(one).encode() for one in wrong]


def own_accepts() -> list[tuple[str, str]]:
    return [("Accept", media) for media in content.MANIFEST_TYPES]


def test_an_attestation_is_no_signature(alice: Signer) -> None:
    """cosign 3 verifies one as if it were."""
    alice.run(IMAGE, state="attested", attestation={"type": "custom", "predicate": {"built": "here"}})
    assert alice.info(IMAGE)["verified"] is False
    with pytest.raises(NotSigned, match="its repository has no signature of it at all"):
        alice.run(IMAGE, state="pulled")
    assert alice.run(IMAGE)["changed"]
    assert [row["verified"] for row in alice.info(IMAGE)["signatures"]] == [True]


#: With documents that cosign keeps as they are, and of the types that it reads into its own form.
STATEMENTS = [
    {"type": "https://example.com/built/v1", "predicate": {"by": "lab", "nested": {"empty": []}}},
    {"type": "custom", "predicate": {"built": "here"}},
    {"type": "cyclonedx", "predicate": {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}},
    {"type": "spdxjson", "predicate": {"spdxVersion": "SPDX-2.3", "packages": [{"name": "busybox"}]}},
    {
        "type": "openvex",
        "predicate": {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [{"status": "fixed"}]},
    },
    {
        "type": "slsaprovenance1",
        "predicate": {"buildDefinition": {"buildType": "lab"}, "runDetails": {"builder": {"id": "lab"}}},
    },
    {"type": "vuln", "predicate": {"invocation": {"uri": "lab"}, "scanner": {"uri": "lab", "version": "1"}}},
]


def test_a_statement_is_made_once(alice: Signer) -> None:
    for attestation in STATEMENTS:
        assert alice.run(IMAGE, state="attested", attestation=attestation)["changed"], attestation
    for attestation in STATEMENTS:
        assert not alice.run(IMAGE, state="attested", attestation=attestation)["changed"], attestation
    rows = alice.info(IMAGE)["attestations"]
    assert len({row["type"] for row in rows}) == len(rows) == len(STATEMENTS)
    assert all(row["verified"] for row in rows)


def test_another_statement_and_another_key_are_others(alice: Signer, bob: Signer) -> None:
    first, other = {"type": "custom", "predicate": {"built": 1}}, {"type": "custom", "predicate": {"built": 2}}
    planned = alice.run(IMAGE, apply=False, state="attested", attestation=first)
    assert planned["changed"] and not planned["verified"] and alice.info(IMAGE)["attestations"] == []
    assert alice.run(IMAGE, state="attested", attestation=first)["changed"]
    assert alice.run(IMAGE, state="attested", attestation=other)["changed"]
    assert bob.run(IMAGE, state="attested", attestation=first)["changed"]
    assert sorted(one["verified"] for one in bob.info(IMAGE)["attestations"]) == [False, False, True]


def test_a_statement_from_a_file(alice: Signer, tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    path.write_text('{"bomFormat": "CycloneDX"}\n')
    attestation = {"type": "cyclonedx", "predicate_path": str(path)}
    assert alice.run(IMAGE, state="attested", attestation=attestation)["changed"]
    assert not alice.run(IMAGE, state="attested", attestation=attestation)["changed"]
    with pytest.raises(PolicyError, match="predicate_path: there is no /absent on this host"):
        alice.run(IMAGE, state="attested", attestation={"type": "cyclonedx", "predicate_path": "/absent"})
    # A statement that is text and no document: only version 2 takes it.
    path.write_text("SPDXVersion: SPDX-2.3\n")
    text = {"type": "spdx", "predicate_path": str(path)}
    if alice.version == "3":
        with pytest.raises(ToolError, match="attest failed"):
            alice.run(IMAGE, state="attested", attestation=text)
        return
    assert alice.run(IMAGE, state="attested", attestation=text)["changed"]
    assert not alice.run(IMAGE, state="attested", attestation=text)["changed"]


def test_one_of_two_keys_is_revoked(alice: Signer, bob: Signer, own: OwnRegistry) -> None:
    alice.run(IMAGE, annotations={"env": "staging"})
    bob.run(IMAGE)
    alice.run(IMAGE, annotations={"env": "prod"})
    alice.run(IMAGE, state="attested", attestation={"type": "custom", "predicate": {"built": "here"}})
    before = everything(own)
    planned = alice.run(IMAGE, apply=False, state="revoked")
    assert planned["changed"] and everything(own) == before
    done = alice.run(IMAGE, state="revoked")
    assert done["removed"] == planned["removed"] and all(row["verified"] for row in done["removed"])
    assert [row["verified"] for row in done["signatures"]] == [False], "bob's stays, and nobody verified it"
    assert sorted(row["annotations"]["env"] for row in done["removed"]) == ["prod", "staging"]
    # Version 3 itself takes the attestation that stays for a signature.
    assert alice.cosign.verifies("%s/%s" % (own.address, IMAGE)) == (alice.version == "3")
    assert bob.cosign.verifies("%s/%s" % (own.address, IMAGE))
    assert not alice.run(IMAGE, state="revoked")["changed"]
    told = alice.info(IMAGE)
    assert told["verified"] is False and len(told["signatures"]) == 1
    assert [row["verified"] for row in told["attestations"]] == [True]
    assert alice.run(IMAGE)["changed"] and bob.info(IMAGE)["verified"]


def test_all_signatures_are_revoked_when_said(alice: Signer, bob: Signer, own: OwnRegistry) -> None:
    alice.run(IMAGE)
    bob.run(IMAGE)
    removed = alice.run(IMAGE, state="revoked", public_key_path=None, all_signatures=True)["removed"]
    assert [row["verified"] for row in removed] == [False, False], "nobody asked whose they are"
    assert alice.info(IMAGE)["signatures"] == []
    assert list_tags(own.address, WEB) == ["1.0.0"]
    assert alice.run(IMAGE)["changed"]


def test_signed_by_somebody_else_while_it_is_revoked(
    alice: Signer, bob: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either what is said to be gone is gone, or it is told that it is not; and the other's signature stays."""
    alice.run(IMAGE)
    remove = CosignStore.remove

    def sign_and_remove(store: CosignStore, *what: Any) -> None:
        bob.run(IMAGE)
        remove(store, *what)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(CosignStore, "remove", sign_and_remove)
        if alice.version == "2":
            with pytest.raises(RegistryError, match="was changed by somebody else meanwhile; run again"):
                alice.run(IMAGE, state="revoked")
            assert alice.info(IMAGE)["verified"]
        else:
            alice.run(IMAGE, state="revoked")
    assert bob.info(IMAGE)["verified"]
    alice.run(IMAGE, state="revoked")
    assert not alice.info(IMAGE)["verified"] and bob.info(IMAGE)["verified"]


def test_a_registry_that_does_not_delete(alice: Signer, own: OwnRegistry) -> None:
    alice.run(IMAGE)
    own.restart(delete_enabled=False)
    with pytest.raises(RegistryError, match="does not delete .*REGISTRY_STORAGE_DELETE_ENABLED=true"):
        alice.run(IMAGE, state="revoked")
    assert alice.info(IMAGE)["verified"]


def test_where_it_was_signed(alice: Signer, own: OwnRegistry) -> None:
    copy = content.multi_platform("release")
    alice.run(IMAGE)
    here = "%s/%s" % (own.address, WEB)
    assert alice.info(IMAGE)["signatures"][0]["repository"] == (here if alice.version == "2" else None)
    if alice.version == "3":
        with pytest.raises(NotSigned, match="bundles of cosign 3 name none"):
            alice.run(IMAGE, state="pulled", signed_as=here)
        return
    assert alice.info(IMAGE, signed_as=here)["verified"]
    push(own.address, "copied/web", copy, "1.0.0")
    signatures = "%s.sig" % copy.digest.replace(":", "-")
    got = call(own.address, "GET", "/v2/%s/manifests/%s" % (WEB, signatures), headers=own_accepts())
    for blob in blobs(json.loads(got.body)):
        mounted = call(own.address, "POST", "/v2/copied/web/blobs/uploads/?mount=%s&from=%s" % (blob, WEB))
        assert mounted.status == 201
    media = [("Content-Type", got.headers["content-type"])]
    assert call(own.address, "PUT", "/v2/copied/web/manifests/" + signatures, got.body, media).status == 201
    elsewhere = alice.info("copied/web:1.0.0")
    assert elsewhere["verified"] and elsewhere["signatures"][0]["repository"] == here
    refused = alice.info("copied/web:1.0.0", signed_as=own.address + "/copied/web")
    assert not refused["verified"] and "but for %s and not for" % here in refused["reason"]


def blobs(manifest: dict[str, Any]) -> list[str]:
    return [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])]


def test_an_image_that_is_not_there(alice: Signer) -> None:
    for state in ("signed", "pulled", "revoked"):
        with pytest.raises(RegistryError, match="There is no .*/shop/web:2.0.0 in its registry"):
            alice.run(WEB + ":2.0.0", state=state)


def test_keys_that_are_none(alice: Signer, bob: Signer) -> None:
    for options, error, words in (
        ({"passphrase": "wrong"}, ToolError, "Is the passphrase right"),
        ({"private_key_path": "/absent"}, PolicyError, "private_key_path: there is no /absent"),
        ({"private_key_path": str(alice.cosign.public)}, ToolError, "Is the passphrase right"),
        ({"public_key_path": str(bob.cosign.public)}, PolicyError, "not the public key of the private key"),
        ({"public_key_path": "/absent"}, PolicyError, "public_key_path: there is no /absent"),
        ({"public_key_path": str(alice.cosign.key)}, PolicyError, "public_key_path: it holds a private key"),
        ({"public_key_content": "none"}, PolicyError, "public_key_content: it holds no public key"),
        ({"cosign": "/absent/cosign"}, ToolMissing, "/absent/cosign cannot be started"),
        ({"cosign": "/bin/true"}, ToolMissing, "Install cosign 2.0 or newer"),
    ):
        with pytest.raises(error, match=words):
            alice.run(IMAGE, **options)
    assert alice.info(IMAGE)["signatures"] == []


def test_what_one_version_signed_the_other_verifies_or_says_why_not(own: OwnRegistry, tmp_path: Path) -> None:
    two, three = (Signer(version, tmp_path / version, own.address) for version in ("2", "3"))
    push(own.address, WEB, content.multi_platform("release"), "1.0.0")
    two.run(IMAGE)
    assert three.info(IMAGE, public_key_path=str(two.cosign.public))["verified"]
    three.run(IMAGE)
    # cosign 3 alone overlooks the older signature from now on.
    assert not three.cosign.verifies("%s/%s" % (own.address, IMAGE), two.cosign.public)
    assert three.info(IMAGE, public_key_path=str(two.cosign.public))["verified"]
    assert three.info(IMAGE)["verified"] and two.info(IMAGE)["verified"]
    assert two.run(IMAGE, state="revoked")["removed"]
    told = two.info(IMAGE, public_key_path=str(three.cosign.public))
    assert told["verified"] is False and "which this cosign 2 does not read" in told["reason"]
    assert [row["verified"] for row in told["signatures"]] == [False]
    # Whose it is both can tell, so cosign 2 revokes what it could not verify as a whole.
    assert two.run(IMAGE, state="revoked", public_key_path=str(three.cosign.public))["removed"]
    assert three.info(IMAGE)["signatures"] == []
