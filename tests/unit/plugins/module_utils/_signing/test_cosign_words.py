# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each version of cosign is told what to do, word by word."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import Stored
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_words import Reach, Words
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import Dialect

NAME = "registry.example.com/shop/web@sha256:" + "a" * 64
TWO = Words(Dialect(bundles=False), Reach(), "/run/config.json", "/run/root.json")
THREE = Words(Dialect(bundles=True), Reach(), "/run/config.json", "/run/root.json")
PUBLIC = "--key env://IMAGEFLEET_PUBLIC_KEY --insecure-ignore-tlog=true"
ROOT = "--trusted-root /run/root.json"
SIGNATURE = Stored(True, False, "sha256:m", 0, "sha256:d", payload=b"{}", signature="c2ln")
BUNDLE = Stored(True, True, "sha256:m", 0, "sha256:d", envelope="{}", predicate_type="https://example.com/v1")


@pytest.mark.parametrize(
    "argv, expected",
    [
        (
            TWO.sign(NAME, "/key", {"b": "2", "a": "1"}),
            "sign --key /key --tlog-upload=false --yes --annotations a=1 --annotations b=2",
        ),
        (
            THREE.sign(NAME, "env://K", {}),
            "sign --key env://K --signing-config /run/config.json %s --yes" % ROOT,
        ),
        (
            TWO.attest(NAME, "/key", "custom", "/p"),
            "attest --key /key --type custom --predicate /p --tlog-upload=false --yes",
        ),
        (
            THREE.attest(NAME, "/key", "custom", "/p"),
            "attest --key /key --type custom --predicate /p --signing-config /run/config.json %s --yes" % ROOT,
        ),
        (TWO.verify(NAME, {"a": "1"}), "verify %s --output json --annotations a=1" % PUBLIC),
        (THREE.verify(NAME, {}), "verify %s %s --output json" % (PUBLIC, ROOT)),
        (THREE.verify(NAME, {}, old_format=True), "verify %s --new-bundle-format=false --output json" % PUBLIC),
        (TWO.verify_attestation(NAME, "custom"), "verify-attestation %s --type custom --output json" % PUBLIC),
        (
            THREE.verify_attestation(NAME, "custom"),
            "verify-attestation %s %s --type custom --output json" % (PUBLIC, ROOT),
        ),
    ],
)
def test_words_about_an_image(argv: list[str], expected: str) -> None:
    assert argv == [*expected.split(), NAME]


@pytest.mark.parametrize(
    "words, stored, expected",
    [
        (TWO, SIGNATURE, "verify-blob %s --signature /proof /payload" % PUBLIC),
        (THREE, SIGNATURE, "verify-blob %s %s --bundle /proof /payload" % (PUBLIC, ROOT)),
        (
            TWO,
            BUNDLE,
            "verify-blob-attestation %s --signature /proof --type https://example.com/v1 --check-claims=false" % PUBLIC,
        ),
        (
            THREE,
            BUNDLE,
            "verify-blob-attestation %s %s --bundle /proof --type https://example.com/v1 --check-claims=false"
            % (PUBLIC, ROOT),
        ),
    ],
)
def test_words_about_one_signature(words: Words, stored: Stored, expected: str) -> None:
    assert words.verify_alone(stored, "/proof", "/payload") == expected.split()


def test_words_without_an_image() -> None:
    assert THREE.make_signing_config() == ["signing-config", "create", "--out", "/run/config.json"]
    assert TWO.public_key("/key") == ["public-key", "--key", "/key"]


@pytest.mark.parametrize(
    "reach, expected",
    [
        (Reach(), ""),
        (Reach(insecure=True, validate_certs=False), "--allow-http-registry --allow-insecure-registry"),
        (Reach(validate_certs=False), "--allow-insecure-registry"),
        (Reach(ca_path="/ca"), "--registry-cacert /ca"),
        (
            Reach(client_cert="/cert", client_key="/key"),
            "--registry-client-cert /cert --registry-client-key /key",
        ),
        (Reach(client_cert="/cert"), ""),
    ],
)
def test_words_about_a_registry(reach: Reach, expected: str) -> None:
    words = Words(Dialect(bundles=False), reach)
    for argv in (words.sign(NAME, "/key", {}), words.attest(NAME, "/key", "custom", "/p"), words.verify(NAME, {})):
        assert " ".join(argv).endswith((" " + expected if expected else "") + " " + NAME)
