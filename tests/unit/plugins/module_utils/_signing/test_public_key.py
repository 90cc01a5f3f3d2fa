# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of public keys: those that bundles of cosign hint at."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.public_key import fingerprint, hinted

# Made by cosign 3, with the hint that its bundles have.
KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdKRZAgxETfXWeo1CooQWofI+c8lo
bEorqAc91ZRKJ1iIj45kjqyt4IQv4Evkve65MMut9KkGri/ctBLtkoy0hQ==
-----END PUBLIC KEY-----
"""
HINT = "VwiVHOARIGqbXEoNPCPoBsZZPdkNOgHhRc29S3GCPXs="


def test_the_fingerprint_is_what_a_bundle_hints_at() -> None:
    assert fingerprint(KEY, "key") == hinted(HINT) == "sha256:" + base64.b64decode(HINT).hex()
    assert fingerprint("\ufeff# release\r\n" + KEY.replace("\n", "\r\n"), "key") == hinted(HINT)


@pytest.mark.parametrize("hint", [None, "", "no base64", "c2hvcnQ=", 7, {}])
def test_other_hints_say_nothing(hint: object) -> None:
    assert hinted(hint) is None


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "holds no public key"),
        (KEY.replace("PUBLIC", "ENCRYPTED SIGSTORE PRIVATE"), "holds a private key"),
        (KEY + KEY.replace("PUBLIC", "PRIVATE"), "holds a private key"),
        (KEY.replace("MFkw", "M*kw"), "is not base64"),
    ],
)
def test_what_is_no_public_key(text: str, words: str) -> None:
    with pytest.raises(PolicyError, match="^public_key_path: .*" + words) as failure:
        fingerprint(text, "public_key_path")
    assert "MFkw" not in str(failure.value)
