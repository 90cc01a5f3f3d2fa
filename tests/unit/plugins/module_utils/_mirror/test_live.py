# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running engine has, and what it has not taken yet; and what needs consent."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.consent import (
    insecure_refusal,
    private_refusal,
    restart_refusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import parse_mirrors
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.live import live_lists, not_live

INFO = {
    "RegistryConfig": {
        "InsecureRegistryCIDRs": ["127.0.0.0/8", "10.0.0.0/8"],
        "IndexConfigs": {
            "docker.io": {"Mirrors": ["https://A.example.com/", "https://b/"], "Secure": True},
            "m:5000": {"Mirrors": [], "Secure": False},
        },
    }
}
LIVE = live_lists(INFO)


def test_what_an_engine_tells():
    assert LIVE.mirrors == ("https://a.example.com", "https://b")
    assert LIVE.insecure == {"127.0.0.0/8", "10.0.0.0/8", "m:5000"}
    assert live_lists({}).mirrors == ()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((["https://a.example.com", "https://b/"], ["m:5000", "10.0.0.0/8"]), None),
        ((["https://b"], []), None),
        (([], []), None),
        ((["https://b", "https://a.example.com"], []), "in that order"),
        ((["https://c"], []), "without https://c"),
        (([], ["n:1"]), "does not take n:1 as insecure"),
        (([], [], ["https://b"]), "still has mirror https://b"),
        (([], [], [], ["m:5000"]), "still takes m:5000"),
        ((["https://b"], [], [], [], ["https://b"]), "not https://b"),
        ((["https://b"], [], [], [], ["https://a.example.com", "https://b"]), None),
    ],
)
def test_what_it_has_not_taken_yet(arguments, says):
    found = not_live(LIVE, *arguments)
    assert found is None if says is None else says in str(found)


def test_insecure_mirrors_elsewhere_need_consent():
    def mirrors(url):
        return parse_mirrors([{"registry": "docker.io", "endpoints": [{"url": url, "insecure": True}]}])

    assert insecure_refusal(mirrors("http://127.0.0.1:5000"), lambda name: False) is None
    assert insecure_refusal(mirrors("http://region-a.test:5000"), lambda name: name == "region-a.test") is None
    for url in ("http://m.example.com", "https://m.example.com"):
        assert "accept_insecure: true" in str(insecure_refusal(mirrors(url), lambda name: False))
    secure = parse_mirrors([{"registry": "docker.io", "endpoints": [{"url": "https://m.example.com"}]}])
    assert insecure_refusal(secure, lambda name: False) is None


def test_private_names_are_told_but_not_all():
    (mirror,) = parse_mirrors([{"registry": "docker.io", "endpoints": [{"url": "https://m"}]}])
    said = private_refusal(mirror.endpoints[0], ["a/1", "a/2", "a/3", "a/4", "a/5"])
    assert "a/1, a/2, a/3 and 2 more" in said and "accept_private_names: true" in said


def test_a_restart_that_would_end_containers():
    assert restart_refusal({"ContainersRunning": 0}) is None
    assert restart_refusal({"ContainersRunning": 3, "LiveRestoreEnabled": True}) is None
    assert "end 3 running containers" in str(restart_refusal({"ContainersRunning": 3, "LiveRestoreEnabled": False}))
