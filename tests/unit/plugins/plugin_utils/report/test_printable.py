# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import (
    LONGEST,
    printable,
    shorten,
    table,
    width,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import HOSTILE, SECRETS


@pytest.mark.parametrize(
    "text,shown",
    [
        ("plain", "plain"),
        ("Grüße 日本", "Grüße 日本"),
        ("a\tb\nc", "a b c"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202egnp", "\\u202egnp"),
        ("\U000e0041", "\\U000e0041"),
        (12, "12"),
    ],
)
def test_printable(text: object, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_printable_is_one_bounded_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 300


@pytest.mark.parametrize(
    "text,shown",
    [
        ("https://user:pa55@host/v2/", "https://********@host/v2/"),
        ("https://token-only@host/", "https://********@host/"),
        ("https://host/path?at=user@host", "https://host/path?at=user@host"),
        ("MYSQL_PASSWORD=abc next", "MYSQL_PASSWORD=******** next"),
        ('{"registry_token": "abc", "a": 1}', '{"registry_token": ********, "a": 1}'),
        ("password: abc", "password: ********"),
        ("--build-arg API_KEY='a b'", "--build-arg API_KEY=********"),
        ("Authorization: Bearer abcdefgh12", "Authorization: Bearer ********"),
        ("auth/token-service:1.2", "auth/token-service:1.2"),
        (
            "registry.corp:5000/secrets/password-store:v2@sha256:abc",
            "registry.corp:5000/secrets/password-store:v2@sha256:abc",
        ),
        ("newest 2 of 3 kept per repository", "newest 2 of 3 kept per repository"),
    ],
)
def test_redact(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("secret", SECRETS[2:5])
def test_redact_knows_secrets_by_their_shape(secret: str) -> None:
    assert secret not in redact("seen %s here" % secret)


def test_a_private_key_goes_even_when_its_end_is_cut_off() -> None:
    assert "MIIE" not in printable("-----BEGIN RSA PRIVATE KEY-----\nMIIE" + "A" * LONGEST)


def test_width_counts_columns() -> None:
    assert [width(text) for text in ("abc", "日本", "e\u0301")] == [3, 4, 1]


def test_shorten_keeps_both_ends() -> None:
    assert shorten("registry.example.com/shop/api:1.2.3", 20) == "regist...p/api:1.2.3"
    assert shorten("short", 20) == "short"
    assert width(shorten("日" * 30, 11)) <= 11


def test_table_aligns_and_limits() -> None:
    lines = table(["NAME", "BYTES"], [["a", "1 B"], ["日本", "100 MB"]], right=(1,), limits=(0, 0))
    assert lines == ["NAME   BYTES", "a        1 B", "日本  100 MB"]
    assert table(["A"], [["x" * 50]], limits=(10,))[1] == "xxx...xxxx"
