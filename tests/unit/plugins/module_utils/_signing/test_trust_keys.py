# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of Docker Content Trust: the ID that the command line shows, and private keys that it would take without taking them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.trust_keys import (
    check_signer,
    key_id,
    read_private_key,
)

# Both with the ID that docker 26.1.5 shows for them in `docker trust inspect`.
ECDSA = """-----BEGIN PUBLIC KEY-----
role: alice

MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpLPxtkuQ9KqAsfxh3lF8kRahqcID
mjqkgTwtQDmwg6FEyMHY3W7DLXeOsGdMH3L5cvzdlB6hVBD2bQcG56C8GQ==
-----END PUBLIC KEY-----
"""
ECDSA_ID = "9311615ea1ed69a09a825a0bfe70e596031fa3e3cb17deff7d8be4300ef4d38c"
RSA = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAn5+jtWxWLr7VY2/QRryW
W9aqug/HofkUPWGGVTC5WJ1CJG21yorVo08Qimw+uWTi5QQd2qzQmWLYxOeXLUYT
dIe7ILqjpeqFeM8kHlLSuHoQ324URSQuO6GSD/Ny2tsvUL51NmLqdcPllAnQ+X84
L7uKrMTzsn4MOnf+1/YmXXUdicUgUsAoKn05olDciTqJBTj8gBUr6L/6lMxjasGk
pFjNyeGVy5NBi3cOS2xNLyKG9ElItCAO6YYAQ5vWAnRYsSc0J2peB0RbY+o3TJAQ
/MeldYm5L5/KoKuOvXzS8PrIrdVwlUapFC8krvBLaTp/0EI4/zg3cs9Da3hiP18V
nwIDAQAB
-----END PUBLIC KEY-----
"""
RSA_ID = "7471acc685c59061d861aa91b6491be856dd12f51439f978751a361e177cf85a"
ED25519 = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def block(kind: str, *headers: str) -> str:
    return "-----BEGIN %s-----\n%s\nc2VjcmV0IHRleHQ=\n-----END %s-----\n" % (
        kind,
        "".join(h + "\n" for h in headers),
        kind,
    )


@pytest.mark.parametrize("text, wanted", [(ECDSA, ECDSA_ID), (RSA, RSA_ID), (ECDSA.replace("\n", "\r\n"), ECDSA_ID)])
def test_the_id_is_that_of_the_command_line(text: str, wanted: str) -> None:
    assert key_id(text, "signers[0].public_key_path") == wanted


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "it holds no PEM block"),
        (ED25519, "ECDSA .P-256. and RSA only"),
        (block("CERTIFICATE"), "a public key is wanted"),
        (block("PUBLIC KEY").replace("c2V", "???"), "its PEM block is not base64"),
    ],
)
def test_what_is_no_public_key_is_told(text: str, words: str) -> None:
    with pytest.raises(PolicyError, match=r"signers\[0\]\.public_key_path: .*" + words):
        key_id(text, "signers[0].public_key_path")


@pytest.mark.parametrize(
    "text, encrypted, role",
    [
        (block("EC PRIVATE KEY"), False, ""),
        (block("PRIVATE KEY"), False, ""),
        (block("ENCRYPTED PRIVATE KEY", "role: alice"), True, "alice"),
    ],
)
def test_private_keys_that_can_sign(text: str, encrypted: bool, role: str) -> None:
    found = read_private_key(text, "private_key_path")
    assert (found.encrypted, found.role) == (encrypted, role)
    assert "c2VjcmV0" not in repr(found)


@pytest.mark.parametrize(
    "text, words",
    [
        (block("PUBLIC KEY"), "a private key is wanted"),
        (block("ENCRYPTED PRIVATE KEY"), "docker trust would take nothing from it"),
        (
            block("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,00"),
            "docker trust would take nothing",
        ),
        (block("ENCRYPTED PRIVATE KEY", "role: root"), "the key of the role root"),
        (block("ENCRYPTED PRIVATE KEY", "gun: r/x", "role: targets"), "the key of the role targets"),
        ("nothing", "no PEM block"),
    ],
)
def test_private_keys_that_cannot_sign(text: str, words: str) -> None:
    with pytest.raises(PolicyError, match=words) as error:
        read_private_key(text, "private_key_path")
    assert "c2VjcmV0" not in str(error.value)


@given(st.text(max_size=400))
def test_no_text_at_all_is_a_traceback(text: str) -> None:
    for framed in (text, block("PUBLIC KEY").replace("c2VjcmV0IHRleHQ=", text)):
        with pytest.raises(PolicyError):
            key_id(framed, "key")


@pytest.mark.parametrize("name", ["alice", "team-a_1.x", "0"])
def test_names_of_signers(name: str) -> None:
    assert check_signer(name, "signers[0].name") == name


@pytest.mark.parametrize("name", ["", "Alice", "releases", "-a", "a/b", "a b", "--key"])
def test_names_that_no_signer_can_have(name: str) -> None:
    with pytest.raises(PolicyError, match=r"signers\[0\]\.name: .* is no name of a signer"):
        check_signer(name, "signers[0].name")
