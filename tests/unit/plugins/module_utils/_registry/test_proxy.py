# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment: which is taken, and what is said of one without a word of its password."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.http import Request, Transport, proxy_for
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.proxy import Proxy, is_final, parse_proxy

HTTPS, HTTP = "https://r.example.com:5000/v2/", "http://r.example.com:5000/v2/"


@pytest.mark.parametrize(
    "text, url, place",
    [
        ("http://proxy.example.com:3128", None, "proxy.example.com:3128"),
        ("proxy.example.com:3128", "http://proxy.example.com:3128", "proxy.example.com:3128"),
        ("http://proxy.example.com", None, "proxy.example.com"),
        ("https://proxy:443/", None, "proxy:443"),
        ("http://robot:hunter2@proxy:3128", None, "proxy:3128"),
        ("robot:hunter2@proxy:3128", "http://robot:hunter2@proxy:3128", "proxy:3128"),
        ("http://robot:p%40ss@[2001:db8::1]:3128", None, "[2001:db8::1]:3128"),
        ("socks5h://proxy:1080", None, "proxy:1080"),
        ("HTTP://proxy:3128", None, "proxy:3128"),
    ],
)
def test_what_is_a_proxy(text, url, place):
    assert parse_proxy(text) == Proxy(url or text, place)


@pytest.mark.parametrize(
    "text",
    [
        "ftp://robot:hunter2@proxy:21",
        "http://",
        "http://robot:hunter2@",
        "http://robot:hunter2@proxy:99999",
        "http://robot:hunter2@proxy:port",
        "http://robot:hunter2[@proxy:3128",
        "http://robot:hunter2#@proxy:3128",
        "http://robot:hunter2/@proxy:3128",
        "http://robot:hunter2@pro xy:3128",
        "hunter2 proxy",
        " ",
    ],
)
def test_what_is_none_is_not_repeated(text):
    with pytest.raises(
        RegistryError, match="^The proxy that the environment names .* write http://host:port"
    ) as caught:
        parse_proxy(text)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "environment, https, http",
    [
        ({}, None, None),
        ({"https_proxy": "http://one:1"}, "one:1", None),
        ({"HTTPS_PROXY": "http://one:1", "http_proxy": "two:2"}, "one:1", "two:2"),
        ({"all_proxy": "three:3"}, "three:3", "three:3"),
        ({"https_proxy": "one:1", "ALL_PROXY": "three:3"}, "one:1", "three:3"),
        ({"https_proxy": ""}, None, None),
        ({"all_proxy": "three:3", "no_proxy": "example.com"}, None, None),
        ({"all_proxy": "three:3", "NO_PROXY": "r.example.com:5000"}, None, None),
        ({"all_proxy": "three:3", "no_proxy": "r.example.com:5001,other.example.com"}, "three:3", "three:3"),
        ({"all_proxy": "three:3", "no_proxy": "*"}, None, None),
    ],
)
def test_which_proxy_the_environment_names(monkeypatch, environment, https, http):
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    found = [proxy_for(url) for url in (HTTPS, HTTP)]
    assert [one and one.place for one in found] == [https, http]


@pytest.mark.parametrize(
    "failure, final",
    [
        ("Tunnel connection failed: 407 Proxy Authentication Required", True),
        ("Tunnel connection failed: 403 Forbidden", True),
        ("Tunnel connection failed: 429 Too Many Requests", False),
        ("Tunnel connection failed: 502 Bad Gateway", False),
        ("Connection refused", False),
    ],
)
def test_what_a_proxy_refuses_for_good(failure, final):
    assert is_final(failure) is final


class Session:
    """Fails as the library does with addresses that it cannot read: it repeats them."""

    def request(self, *_what, **_more):
        raise ValueError("Failed to parse: http://robot:hunter2@proxy")


def test_what_the_library_says_of_an_address_is_not_repeated(monkeypatch):
    transport = Transport(make_registry_options({"registry": "r.example.com"}))
    monkeypatch.setattr(transport, "_new_session", Session)
    monkeypatch.setenv("https_proxy", "http://robot:hunter2@proxy")
    with pytest.raises(RegistryError) as caught:
        transport.send(Request("GET", HTTPS, {}))
    says = "The proxy proxy that the environment names for registry r.example.com cannot be used: it is no address"
    assert str(caught.value) == says and caught.value.__suppress_context__
