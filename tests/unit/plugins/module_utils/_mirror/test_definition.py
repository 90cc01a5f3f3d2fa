# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definition of mirrors, and how each wrong one is told."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import parse_mirrors


def parse(url="https://mirror.example.com", registry="docker.io", more=None, **endpoint):
    return parse_mirrors([{"registry": registry, "endpoints": [{"url": url, **endpoint}], **(more or {})}])[0]


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_by_each_of_its_names(name):
    mirror = parse(registry=name)
    assert (mirror.registry, mirror.server, mirror.is_hub) == ("docker.io", "https://registry-1.docker.io", True)


def test_another_registry_answers_under_its_own_name():
    assert parse(registry="registry.corp.test:5000").server == "https://registry.corp.test:5000"


@pytest.mark.parametrize(
    ("url", "shown", "before_v2", "before_repository"),
    [
        ("https://m.example.com", "https://m.example.com", "", ""),
        ("https://M.example.com:5000/", "https://m.example.com:5000", "", ""),
        ("https://m.example.com/v2", "https://m.example.com", "", ""),
        ("https://m.example.com/v2/hub/", "https://m.example.com/v2/hub", "", "hub/"),
        ("https://m.example.com/hub", "https://m.example.com/hub", "/hub", ""),
        ("https://m.example.com/hub/v2", "https://m.example.com/hub", "/hub", ""),
        ("https://[::1]:5000/a/b", "https://[::1]:5000/a/b", "/a/b", ""),
    ],
)
def test_where_a_mirror_answers(url, shown, before_v2, before_repository):
    (endpoint,) = parse(url).endpoints
    assert (endpoint.url, endpoint.root_path, endpoint.repository_prefix) == (shown, before_v2, before_repository)


def test_a_mirror_pulls_alone_unless_it_is_told_or_stands_for_the_registry():
    mirror = parse()
    assert mirror.capabilities(mirror.endpoints[0]) == ("pull",)
    mirror = parse(more={"fallback": False})
    assert mirror.capabilities(mirror.endpoints[0]) == ("pull", "resolve")
    mirror = parse(capabilities=["resolve", "pull"])
    assert mirror.capabilities(mirror.endpoints[0]) == ("pull", "resolve")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:5000", True),
        ("localhost", True),
        ("[::1]:5000", True),
        ("128.0.0.1", False),
        ("mirror.example.com", False),
    ],
)
def test_what_is_this_machine(host, local):
    assert parse("https://" + host).endpoints[0].is_local is local


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("docker.io", "mirrors: 'docker.io' is not a list"),
        (["docker.io"], "mirrors[0]: 'docker.io' is not a mapping"),
        ([{"registry": "https://x", "endpoints": []}], "mirrors[0].registry: 'https://x' is not a registry"),
        ([{"registry": "docker.io", "endpoints": []}], "mirrors[0].endpoints: list at least one"),
        (
            [{"registry": "docker.io", "endpoints": ["https://x"]}],
            "mirrors[0].endpoints[0]: 'https://x' is not a mapping",
        ),
        (
            [
                {"registry": "docker.io", "endpoints": [{"url": "https://a"}]},
                {"registry": "index.docker.io", "endpoints": [{"url": "https://b"}]},
            ],
            "mirrors[1].registry: docker.io has an entry already",
        ),
        (
            [{"registry": "docker.io", "endpoints": [{"url": "https://a"}, {"url": "https://A/"}]}],
            "mirrors[0].endpoints[1].url: https://a is listed twice",
        ),
        ([{"registry": "docker.io", "endpoints": [{"url": "https://registry-1.docker.io"}]}], "is the registry itself"),
        (
            [
                {
                    "registry": "docker.io",
                    "endpoints": [{"url": "https://a", "capabilities": ["pull"]}],
                    "fallback": False,
                }
            ],
            "mirrors[0].fallback: without docker.io itself nobody may say what a tag means",
        ),
        (
            [
                {
                    "registry": "docker.io",
                    "endpoints": [{"url": "https://a/x"}, {"url": "https://a/y", "insecure": True}],
                }
            ],
            "are one host; scheme, ca_file and insecure must be the same",
        ),
    ],
)
def test_wrong_definitions(value, says):
    with pytest.raises(PolicyError) as error:
        parse_mirrors(value)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("mirror.example.com", {}, "is not the address of a mirror"),
        ("ftp://mirror.example.com", {}, "is not the address of a mirror"),
        ("https://mirror.example.com?x=1", {}, "without user, password, query or fragment"),
        ("https://mirror.example.com/a/../b", {}, "is not the address of a mirror"),
        ("https://mirror.example.com/a b", {}, "is not the address of a mirror"),
        ("https://[::1", {}, "is not the address of a mirror"),
        ("http://mirror.example.com", {}, "is not encrypted"),
        ("https://mirror.example.com", {"insecure": True, "ca_file": "/ca.pem"}, "no certificate is verified"),
        ("https://mirror.example.com", {"ca_file": "ca.pem"}, "is not an absolute path"),
        ("https://mirror.example.com", {"capabilities": ["fly"]}, "list some of pull, resolve, push"),
        ("https://mirror.example.com", {"capabilities": "pull"}, "list some of pull, resolve, push"),
        ("https://mirror.example.com", {"capabilities": ["resolve"]}, "add pull"),
    ],
)
def test_wrong_endpoints(url, options, says):
    with pytest.raises(PolicyError) as error:
        parse(url, **options)
    assert "mirrors[0].endpoints[0]." in str(error.value) and says in str(error.value)


def test_a_password_in_an_address_is_not_shown():
    with pytest.raises(PolicyError) as error:
        parse("https://user:geheim@mirror.example.com")
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize("image", ["library/busybox", "Library/busybox:1", ":1"])
def test_an_image_for_the_probe_needs_repository_and_tag(image):
    with pytest.raises(PolicyError) as error:
        parse(more={"probe_image": image})
    assert "mirrors[0].probe_image" in str(error.value)
