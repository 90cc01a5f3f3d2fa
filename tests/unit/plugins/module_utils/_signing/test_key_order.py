# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a signing key is asked for with: paths beside each other, texts that are keys, and nothing secret in a message."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.key_order import (
    check_passphrase,
    parse_key_order,
    same_key,
)

COSIGN_KEY = (
    "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJrZGYiOnsi\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
)
OLD_COSIGN_KEY = COSIGN_KEY.replace("SIGSTORE", "COSIGN")
TRUST_KEY = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: release\n\nMIHuMEkG\n-----END ENCRYPTED PRIVATE KEY-----\n"
SECRET = "hunter2 of a test"


def order(**options):
    return parse_key_order({"method": "cosign", "name": "release", **options})


@pytest.mark.parametrize(
    "path, public",
    [
        (None, "/etc/imagefleet/signing/release.pub"),
        ("/srv/keys/a.pem", "/srv/keys/a.pub"),
        ("/srv/keys/cosign.key", "/srv/keys/cosign.pub"),
        ("/srv/keys/a", "/srv/keys/a.pub"),
        ("/srv/keys/a.key.old", "/srv/keys/a.key.old.pub"),
    ],
)
def test_the_public_key_is_beside_the_private_one(path, public):
    assert order(path=path).public_path == public


@pytest.mark.parametrize(
    "method, text", [("cosign", COSIGN_KEY), ("cosign", OLD_COSIGN_KEY), ("docker_trust", TRUST_KEY)]
)
def test_a_given_key_is_taken_with_any_line_ends(method, text):
    for one in (text, text.replace("\n", "\r\n"), "\n" + text + "\n\n"):
        assert order(method=method, private_key_content=one).content == text
    assert same_key(text, text.replace("\n", "\r\n") + "\n")
    assert not same_key(text, text.replace("E", "F"))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"method": "notation"}, "method: 'notation' is none of cosign, docker_trust"),
        ({"name": ""}, "name: '' is no name"),
        ({"name": "a/b"}, "name: 'a/b' is no name"),
        ({"name": "targets/releases", "method": "docker_trust"}, "name: .* is no name of a signer"),
        ({"path": "release.key"}, "path: 'release.key' is no absolute path"),
        ({"public_key_path": "release.pub"}, "public_key_path: 'release.pub' is no absolute path"),
        ({"path": "/a", "public_key_path": "/a"}, "public_key_path: /a is the path of the private key"),
        ({"state": "there"}, "state: 'there' is none of present, absent"),
        ({"replace": True}, "replace: it belongs to private_key_content"),
        ({"private_key_content": TRUST_KEY}, "private_key_content: it is no key as cosign keeps it"),
        ({"private_key_content": COSIGN_KEY, "method": "docker_trust"}, "private_key_content: "),
        ({"private_key_content": SECRET}, "private_key_content: "),
    ],
)
def test_what_cannot_be_meant_and_no_secret_in_why(options, message):
    with pytest.raises(PolicyError, match=message) as refused:
        order(passphrase=SECRET, **options)
    assert SECRET not in str(refused.value) and "MIHuMEkG" not in str(refused.value)


def test_a_key_that_is_generated_needs_a_passphrase():
    assert check_passphrase(order(passphrase="short")) == "short"
    for options in ({}, {"passphrase": ""}, {"passphrase": "seven77", "method": "docker_trust"}):
        with pytest.raises(PolicyError, match="passphrase: "):
            check_passphrase(order(**options))


def test_secrets_are_not_in_what_is_printed():
    assert SECRET not in repr(order(passphrase=SECRET)) and "eyJr" not in repr(order(private_key_content=COSIGN_KEY))
