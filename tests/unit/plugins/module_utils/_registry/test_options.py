# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach a registry: what is accepted, and what every refusal says."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

HOST = {"registry": "r.example.com"}


@pytest.mark.parametrize(
    "options, says",
    [
        ({}, "registry: '' is not a registry; write host or host:port"),
        (
            {"registry": "https://r.example.com"},
            "registry: 'https://r.example.com' is not a registry.*without https://",
        ),
        ({"registry": "r.example.com/team"}, "registry: 'r.example.com/team' is not a registry"),
        ({"registry": "robot:pw@r.example.com"}, "is not a registry"),
        ({"registry": "r.example.com:port"}, "is not a registry"),
        ({"registry": "r.example.com\n:5000"}, "is not a registry"),
        ({**HOST, "token": "a", "username": "b"}, "token: give either a token or username and password, not both"),
        ({**HOST, "token": "two words"}, "token: it holds spaces or characters that no token has"),
        ({**HOST, "token": "t\u20acken"}, "token: it holds spaces or characters that no token has"),
        ({**HOST, "password": "a"}, "password: it has no effect without username"),
        ({**HOST, "client_cert": "/a"}, "client_cert: it has no effect without client_key"),
        ({**HOST, "client_key": "/a"}, "client_key: it has no effect without client_cert"),
        ({**HOST, "insecure": True, "ca_path": "/a"}, "ca_path: with insecure: true there is no certificate to verify"),
        ({**HOST, "timeout": 0}, "timeout: 0 is not a whole number from 1 to 3600"),
        ({**HOST, "timeout": 3601}, "timeout: 3601 is not"),
        ({**HOST, "timeout": True}, "timeout: True is not"),
        ({**HOST, "timeout": "5"}, "timeout: '5' is not"),
        ({**HOST, "retries": -1}, "retries: -1 is not a whole number from 0 to 20"),
        ({**HOST, "retries": 21}, "retries: 21 is not"),
        ({**HOST, "concurrency": 0}, "concurrency: 0 is not a whole number from 1 to 64"),
        ({**HOST, "concurrency": 65}, "concurrency: 65 is not"),
    ],
)
def test_bad_values_are_named(options, says):
    with pytest.raises(PolicyError, match=r"registries\[2\]\." + says if not says.startswith("is") else says):
        make_registry_options(options, "registries[2].")


def test_no_message_tells_a_secret():
    for options in ({"password": "hunter2"}, {"token": "hunter2 x"}, {"token": "hunter2", "username": "a"}):
        with pytest.raises(PolicyError) as caught:
            make_registry_options({**HOST, **options})
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "registry, name, url",
    [
        ("r.example.com", "r.example.com", "https://r.example.com"),
        (" r.example.com:5000 ", "r.example.com:5000", "https://r.example.com:5000"),
        ("R.Example.com", "R.Example.com", "https://r.example.com"),
        ("[2001:db8::1]:5000", "[2001:db8::1]:5000", "https://[2001:db8::1]:5000"),
        ("docker.io", "docker.io", "https://registry-1.docker.io"),
        ("index.docker.io", "docker.io", "https://registry-1.docker.io"),
        ("registry-1.docker.io", "docker.io", "https://registry-1.docker.io"),
    ],
)
def test_hosts(registry, name, url):
    made = make_registry_options({"registry": registry})
    assert (made.registry, made.base_url) == (name, url)


def test_what_is_not_given_takes_its_default():
    made = make_registry_options({**HOST, "username": None, "retries": None, "something_else": 1, "token": "abc\n"})
    assert (made.username, made.retries, made.concurrency, made.timeout, made.cache_dir) == (None, 5, 8, 30, None)
    assert made.token == "abc"  # files that hold one end with a line break
    assert make_registry_options({**HOST, "insecure": True}).base_url == "http://r.example.com"
