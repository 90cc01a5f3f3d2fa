# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of cosign and what it stores: read exactly, and whatever else is there ends in a plain error or is left out."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_answers import (
    holds_none,
    is_no_proof,
    read_claims,
    read_statements,
    signatures_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import (
    CLAIM_TYPE,
    SIGNATURE_PREDICATE,
    read_bundle,
    read_envelope,
    read_signature,
)

DIGEST = "sha256:" + "a" * 64
WEB = "registry.example.com/shop/web"
HINT = base64.b64encode(bytes(range(32))).decode()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["critical", "image", "payload"]), inner)
    ),
    max_leaves=12,
)


def claim(kind: str = CLAIM_TYPE, name: Any = WEB, digest: Any = DIGEST, optional: Any = None) -> dict[str, Any]:
    image = {"docker-manifest-digest": digest}
    return {"critical": {"identity": {"docker-reference": name}, "image": image, "type": kind}, "optional": optional}


def envelope(kind: str = "https://example.com/v1", digest: str = "a" * 64, **more: Any) -> dict[str, Any]:
    subject = {"name": WEB, "digest": {"sha256": digest}, "annotations": {"env": "prod"}, **more}
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": kind,
        "subject": [subject],
        "predicate": {"x": 1},
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": [{"sig": "c2ln"}]}


def bundle(inner: Any) -> bytes:
    material = {"publicKey": {"hint": HINT}}
    return json.dumps({"verificationMaterial": material, "dsseEnvelope": inner}).encode()


def test_claims_of_both_versions() -> None:
    text = json.dumps([claim(optional={"env": "prod"}), claim(SIGNATURE_PREDICATE, WEB + "@" + DIGEST, optional={})])
    old, new = read_claims("\n" + text + "\n", WEB)
    assert (old.type, old.digest, old.repository, old.annotations) == (CLAIM_TYPE, DIGEST, WEB, {"env": "prod"})
    (hub,) = read_claims(json.dumps([claim(name="index.docker.io/library/nginx")]), WEB)
    (nameless,) = read_claims(json.dumps([claim(name="")]), WEB)
    assert (hub.repository, nameless.repository) == ("docker.io/library/nginx", None)
    # Version 3 shows the name that it was asked for, which nobody signed.
    assert (new.type, new.repository) == (SIGNATURE_PREDICATE, None)


@pytest.mark.parametrize("text", ["", "[]", "[{]", "{}", "no matching", '[{"critical": {}}]', "[1]", "[" * 10000])
def test_a_verification_that_printed_something_else(text: str) -> None:
    with pytest.raises(ToolError, match="cosign verified %s, and" % WEB):
        read_claims(text, WEB)


@given(json_values)
def test_no_document_breaks_the_readers(document: Any) -> None:
    text = json.dumps(document)
    for read in (read_claims, read_statements):
        try:
            read(text, WEB)
        except ToolError as error:
            assert WEB in str(error)
    data = text.encode()
    for one in (read_signature("m", 0, data, "c2ln"), read_envelope("m", 0, data), read_bundle("m", data)):
        assert one is None or one.digest.startswith("sha256:")
    assert read_bundle("m", bundle(document)) is None
    wrapped = {**envelope(), "payload": base64.b64encode(data).decode()}
    assert read_envelope("m", 0, json.dumps(wrapped).encode()) is None


@given(st.binary())
def test_no_bytes_break_the_readers(data: bytes) -> None:
    for one in (read_signature("m", 0, data, "c2ln"), read_envelope("m", 0, data), read_bundle("m", data)):
        assert one is None


def test_statements_one_a_line() -> None:
    text = json.dumps(envelope()) + "\n\n" + json.dumps(envelope("custom")) + "\n"
    assert [one["predicateType"] for one in read_statements(text, WEB)] == ["https://example.com/v1", "custom"]
    with pytest.raises(ToolError, match="line 2 of what it printed is none"):
        read_statements(json.dumps(envelope()) + "\n{}\n", WEB)


def test_what_version_2_stores() -> None:
    one = read_signature("sha256:m", 3, json.dumps(claim(optional={"env": "prod"})).encode(), "c2ln")
    assert one is not None and one.is_signature and not one.in_bundle and (one.manifest, one.place) == ("sha256:m", 3)
    assert (one.digest, one.repository, one.annotations, one.signature) == (DIGEST, WEB, {"env": "prod"}, "c2ln")
    assert read_signature("m", 0, json.dumps(claim()).encode(), "") is None
    said = read_envelope("sha256:m", 0, json.dumps(envelope()).encode())
    assert said is not None and not said.is_signature and said.predicate == {"x": 1}


def test_what_version_3_stores() -> None:
    signed, said = (read_bundle("m", bundle(envelope(kind))) for kind in (SIGNATURE_PREDICATE, "custom"))
    assert signed is not None and signed.is_signature and signed.in_bundle and signed.annotations == {"env": "prod"}
    assert signed.hint == "sha256:" + bytes(range(32)).hex()
    assert said is not None and not said.is_signature
    assert read_bundle("m", bundle(envelope(digest="short"))) is None


@pytest.mark.parametrize(
    "code, errors",
    [
        (10, "Error: no signatures found"),
        (11, "Error: image tag not found: GET http://..."),
        (12, "Error: no matching signatures: invalid signature when validating ASN.1 encoded signature"),
        (1, "Error: no matching attestations: failed to verify signature: could not verify envelope"),
        (1, "Error: none of the attestations matched the predicate type: spdx, found: custom"),
    ],
)
def test_none_holds(code: int, errors: str) -> None:
    assert holds_none(code, errors, WEB)


@pytest.mark.parametrize(
    "errors",
    [
        "Error: loading public key: pem to public key: PEM decoding failed",
        'Get "https://registry.example.com/v2/": EOF',
        "",
    ],
)
def test_a_verification_that_failed_otherwise_is_no_verdict(errors: str) -> None:
    with pytest.raises(ToolError, match=r"cosign could not verify registry.example.com/shop/web \(1\)"):
        holds_none(1, errors, WEB)


def test_one_signature_that_is_none_of_the_key_in_whatever_words() -> None:
    for errors in (
        "Error: invalid signature when validating ASN.1 encoded signature",
        "Error: accepted signatures do not match threshold, Found: 0, Expected 1",
        "Error: ecdsa: Invalid IEEE_P1363 encoded bytes",
        "Error: invalid predicate type: loading public key",
    ):
        assert is_no_proof(1, errors, WEB)


@pytest.mark.parametrize(
    "code, errors",
    [
        (1, "WARNING: no log\nError: loading public key: unsupported public key type\n"),
        (1, "Error: loading verifier from key opts: loading public key: pem to public key: asn1: structure error"),
        (1, ""),
        (137, "Error: invalid signature when validating ASN.1 encoded signature"),
    ],
)
def test_a_key_that_cannot_be_used_and_a_cosign_that_was_ended_say_nothing_of_a_signature(
    code: int, errors: str
) -> None:
    with pytest.raises(ToolError, match="could not verify a signature of"):
        is_no_proof(code, errors, WEB)


@pytest.mark.parametrize("kind", ["", None, "two words", "https://example.com/v1\nloading public key"])
def test_a_statement_without_a_type_is_none(kind: Any) -> None:
    assert read_envelope(DIGEST, 0, json.dumps(envelope(kind=kind)).encode()) is None


def test_what_cosign_lets_pass_counts_only_if_it_says_what_was_asked_for() -> None:
    """Its exit code is not all: another digest, an attestation, annotations that are missing or others."""
    other = "sha256:" + "b" * 64
    shown = [
        claim(optional={"env": "prod", "by": "lab"}),
        claim(kind=SIGNATURE_PREDICATE, optional={"env": "prod"}),
        claim(digest=other, optional={"env": "prod"}),
        claim(kind="https://cosign.sigstore.dev/attestation/v1", optional={"env": "prod"}),
        claim(optional={"env": "staging"}),
        claim(),
    ]
    claims = read_claims(json.dumps(shown), WEB)
    assert signatures_of(claims, DIGEST, {"env": "prod"}) == claims[:2]
    assert signatures_of(claims, DIGEST, {}) == [*claims[:2], *claims[4:]]


def test_an_attestation_under_a_tag_is_no_signature_whatever_its_type() -> None:
    data = json.dumps(envelope(kind=SIGNATURE_PREDICATE)).encode()
    stored = read_envelope(DIGEST, 0, data)
    assert stored is not None and not stored.is_signature
