# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of image_signature that cannot be carried out are refused before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    Key,
    SignerOrder,
    parse_signing_order,
)

IMAGE = "registry.example.com/shop/web:1.0.0"
DIGEST = "sha256:" + "a" * 64
COSIGN = {"image": IMAGE, "method": "cosign"}
TRUST = {"image": IMAGE, "method": "docker_trust"}
STATEMENT = {"type": "custom", "predicate": {"built": "here"}}


def test_an_order_for_cosign() -> None:
    order = parse_signing_order(
        {
            **COSIGN,
            "state": "attested",
            "private_key_content": "secret key",
            "passphrase": "secret word",
            "annotations": {"env": "prod"},
            "attestation": {"type": "custom", "predicate": {"b": 1, "a": 2}},
            "signed_as": "registry.example.com/shop/web",
        }
    )
    assert order.image.canonical == IMAGE and order.private_key == Key(content="secret key")
    assert order.attestation is not None and order.attestation.predicate == '{"a": 2, "b": 1}'
    assert order.annotations == {"env": "prod"} and order.signed_as == "registry.example.com/shop/web"
    assert "secret" not in repr(order)


def test_an_order_for_docker_trust() -> None:
    order = parse_signing_order(
        {
            **TRUST,
            "image": "shop/web",
            "signers": [
                {"name": "alice", "public_key_path": "/keys/alice.pub"},
                {"name": "bob", "state": "absent"},
            ],
            "root_passphrase": "secret word",
        }
    )
    assert order.image.canonical == "docker.io/shop/web:latest"
    assert order.trust.signers == (
        SignerOrder("alice", Key("/keys/alice.pub")),
        SignerOrder("bob", None, "absent"),
    )
    assert "secret" not in repr(order)


def test_a_look_needs_no_key_and_may_name_a_repository_of_docker_trust() -> None:
    assert parse_signing_order({**TRUST, "image": "shop/web"}, changes=False).image.tag is None
    assert parse_signing_order({**COSIGN, "image": "shop/web"}, changes=False).image.tag == "latest"


@pytest.mark.parametrize(
    "options, words",
    [
        ({"image": "Not/An Image"}, "^image: "),
        ({"image": None}, "^image: None is not an image reference"),
        ({"method": "notation"}, "^method: 'notation' is none of cosign, docker_trust"),
        ({"state": "present"}, "^state: 'present' is none of signed, pulled, revoked, attested"),
        ({}, "^private_key_path: state: signed needs the key to sign with"),
        ({"state": "attested", "attestation": STATEMENT}, "^private_key_path: state: attested needs"),
        ({"state": "pulled"}, "^public_key_path: state: pulled needs the key"),
        ({"state": "revoked"}, "^public_key_path: state: revoked takes away .* give one of the two"),
        ({"state": "revoked", "all_signatures": True, "public_key_path": "/k"}, "give one of the two"),
        ({"state": "revoked", "public_key_path": "/k", "annotations": {"a": "b"}}, "^annotations: state: revoked"),
        ({"private_key_path": "/k", "all_signatures": True}, "^all_signatures: it belongs to state: revoked"),
        ({"private_key_path": "/k", "private_key_content": "x"}, "^private_key_path: .* not both"),
        ({"private_key_path": "/k", "public_key_path": "/k", "public_key_content": "x"}, "^public_key_path: .* both"),
        ({"private_key_path": "/k", "state": "attested"}, "^attestation: it belongs to state: attested"),
        ({"private_key_path": "/k", "attestation": STATEMENT}, "^attestation: it belongs to state: attested"),
        ({"private_key_path": "/k", "state": "attested", "attestation": {"type": "custom"}}, "give predicate_path or"),
        (
            {"private_key_path": "/k", "state": "attested", "attestation": {**STATEMENT, "predicate_path": "/p"}},
            r"^attestation\.predicate_path: .* not both",
        ),
        (
            {"private_key_path": "/k", "state": "attested", "attestation": {"predicate_path": "/p"}},
            r"^attestation\.type",
        ),
        ({"private_key_path": "/k", "annotations": {"build": 7}}, "^annotations: build is no text: 7; quote it"),
        ({"private_key_path": "/k", "annotations": {"a": "b,c"}}, "^annotations: a=b,c cannot be told to cosign"),
        ({"private_key_path": "/k", "annotations": {"a": "b=c"}}, "^annotations: a=b=c cannot be told"),
        ({"private_key_path": "/k", "annotations": {"a b": "c"}}, "^annotations: a b=c cannot be told"),
        ({"private_key_path": "/k", "annotations": {"a": "b\n"}}, "^annotations: a=b\n cannot be told"),
        ({"private_key_path": "/k", "signed_as": "shop/web:1"}, "^signed_as: 'shop/web:1' names a tag"),
        ({"private_key_path": "/k", "signed_as": "A b"}, "^signed_as: "),
        ({"private_key_path": "/k", "trust_server": "https://n"}, "^trust_server: it is for method: docker_trust"),
        ({"private_key_path": "/k", "signer": "alice"}, "^signer: it is for method: docker_trust"),
    ],
)
def test_what_cosign_cannot_do(options: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_signing_order({**COSIGN, **options})


@pytest.mark.parametrize(
    "options, words",
    [
        ({"state": "attested"}, "^state: Docker Content Trust knows no attestations; use method: cosign"),
        ({"image": "shop/web@" + DIGEST}, "^image: Docker Content Trust signs tags"),
        ({"annotations": {"a": "b"}}, "^annotations: it is for method: cosign and has no effect with docker_trust"),
        ({"public_key_path": "/k"}, "^public_key_path: it is for method: cosign"),
        ({"signers": [{"name": " "}]}, r"^signers\[0\]\.name: say who"),
        ({"signers": [{"name": "a"}]}, r"^signers\[0\]\.public_key_path: a signer that is to be present"),
        ({"signers": [{"name": "a", "state": "gone"}]}, r"^signers\[0\]\.state: 'gone' is none of present, absent"),
    ],
)
def test_what_docker_trust_cannot_do(options: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_signing_order({**TRUST, **options})
