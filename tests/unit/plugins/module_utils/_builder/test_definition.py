# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of a builder: platforms, endpoints, nodes, options, and what is refused before anything is run."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import parse_name, parse_nodes
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import (
    NETWORK_HOST,
    implied_flag,
    parse_driver_opts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import parse_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import (
    parse_platform,
    stored_platforms,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import parse_builder_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

CONTAINER = "docker-container"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"),
        ("arm", "linux/arm/v7"),
        ("arm/v6", "linux/arm/v6"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("Linux/AMD64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("i386", "linux/386"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_platforms_have_one_spelling(given, known):
    assert parse_platform("platforms", given) == known
    assert parse_platform("platforms", known) == known


@pytest.mark.parametrize("given", ["", "amd 64", "a/b/c/d", "linux/", "sparc65"])
def test_what_is_no_platform_is_refused(given):
    with pytest.raises(PolicyError, match="platforms: "):
        parse_platform("platforms", given)


def test_platforms_as_buildx_keeps_them():
    kept = [{"architecture": "arm", "os": "linux", "variant": "v7"}, {"architecture": "amd64", "os": "linux"}]
    assert stored_platforms(kept) == ("linux/amd64", "linux/arm/v7")
    assert stored_platforms(None) == stored_platforms([]) == ()


@pytest.mark.parametrize(
    ("given", "remote", "kept"),
    [
        ("unix:///run/docker.sock", False, "unix:///run/docker.sock"),
        ("tcp://host.example.com", False, "tcp://host.example.com:2376"),
        ("tcp://host.example.com:1", False, "tcp://host.example.com:1"),
        ("ssh://build@host", False, "ssh://build@host"),
        ("context-of.mine", False, "context-of.mine"),
        ("tcp://host.example.com", True, "tcp://host.example.com"),
        ("docker-container://buildkitd", True, "docker-container://buildkitd"),
    ],
)
def test_endpoints_are_kept_as_buildx_keeps_them(given, remote, kept):
    assert parse_endpoint("endpoint", given, remote) == kept


@pytest.mark.parametrize(
    ("given", "remote", "says"),
    [
        ("http://host", False, "begins with none of unix://, tcp://, ssh://"),
        ("unix://run/docker.sock", False, "not the absolute path of a socket"),
        ("ssh://user:hunter2@host", False, "holds a password"),
        ("ssh://", False, "names no host"),
        ("tcp://host:port", False, "is not an address"),
        ("two words", False, "name of a context"),
        ("context", True, "not the address of a buildkitd"),
    ],
)
def test_what_is_no_endpoint_is_refused(given, remote, says):
    with pytest.raises(PolicyError, match="nodes.0..endpoint: ") as caught:
        parse_endpoint("nodes[0].endpoint", given, remote)
    assert says in str(caught.value) and "hunter2" not in str(caught.value)


def test_nodes_have_names_and_defaults():
    (node,) = parse_nodes("ci", CONTAINER, [])
    assert (node.name, node.endpoint, node.platforms, node.flags) == ("ci0", None, (), ())
    first, second = parse_nodes("ci", CONTAINER, [{"platforms": ["arm64"]}, {"endpoint": "ssh://b", "name": "Two"}])
    assert (first.name, second.name) == ("ci0", "two") and first.platforms == ("linux/arm64",)


@pytest.mark.parametrize(
    ("driver", "nodes", "says"),
    [
        (CONTAINER, [{}, {}], "ci0 and ci1 are both at the default endpoint"),
        (CONTAINER, [{"endpoint": "ssh://a"}, {"endpoint": "ssh://a"}], "are both at ssh://a"),
        (CONTAINER, [{"name": "a"}, {"name": "A", "endpoint": "ssh://a"}], "two of them are called a"),
        (
            CONTAINER,
            [{"platforms": ["arm64"]}, {"endpoint": "b", "platforms": ["linux/arm64/v8"]}],
            "both build linux/arm64",
        ),
        (CONTAINER, [{"name": "1a"}], "is not the name of a node"),
        (CONTAINER, [{"flags": "--debug"}], "is not a list of flags"),
        (CONTAINER, ["x"], "is not a mapping"),
        ("remote", [{}], "needs the address of a running buildkitd"),
        ("remote", [{"endpoint": "tcp://a:1", "flags": ["--debug"]}], "has no flags"),
        ("remote", [{"endpoint": "tcp://a:1", "driver_opts": {"cacert": "ca.pem"}}], "not an absolute path"),
        ("kubernetes", [{"endpoint": "tcp://a:1"}], "takes none"),
        ("docker", [{"name": "x"}], "is the engine itself"),
    ],
)
def test_nodes_that_cannot_be_are_refused(driver, nodes, says):
    with pytest.raises(PolicyError) as caught:
        parse_nodes("ci", driver, nodes)
    assert says in str(caught.value)


def test_options_of_a_driver_are_texts_and_misspelt_ones_are_named():
    given = {"memory": "2g", "default-load": True, "cpu-shares": 512, "env.HTTP_PROXY": "http://p", "brand-new": "x"}
    assert parse_driver_opts("o", CONTAINER, given) == {
        "memory": "2g",
        "default-load": "true",
        "cpu-shares": "512",
        "env.HTTP_PROXY": "http://p",
        "brand-new": "x",
    }
    with pytest.raises(PolicyError, match="did you mean memory"):
        parse_driver_opts("o", CONTAINER, {"memmory": "2g"})
    with pytest.raises(PolicyError, match="write env.NAME"):
        parse_driver_opts("o", CONTAINER, {"env.": "x"})
    with pytest.raises(PolicyError, match="is no text"):
        parse_driver_opts("o", CONTAINER, {"memory": None})


@pytest.mark.parametrize(
    ("driver", "options", "flags", "entitled", "added"),
    [
        (CONTAINER, {}, (), False, NETWORK_HOST),
        (CONTAINER, {}, (), True, None),
        (CONTAINER, {}, ("--allow-insecure-entitlement=security.insecure",), False, None),
        (CONTAINER, {"network": "host"}, ("--allow-insecure-entitlement=security.insecure",), True, NETWORK_HOST),
        (CONTAINER, {"network": "host"}, (NETWORK_HOST,), False, None),
        # As buildx 0.13 and 0.29 wrote them down: it reads no further than the first flag that it does not know.
        (CONTAINER, {}, ("--allow-insecure-entitlement", "security.insecure"), False, None),
        (CONTAINER, {}, ("--allow-insecure-entitlement",), False, NETWORK_HOST),
        (CONTAINER, {}, ("--allow-insecure-entitlement security.insecure",), False, NETWORK_HOST),
        (CONTAINER, {}, ("--debug", "--allow-insecure-entitlement=security.insecure"), False, NETWORK_HOST),
        (CONTAINER, {}, ("--debug", NETWORK_HOST), False, NETWORK_HOST),
        (CONTAINER, {"network": "host"}, ("-D", NETWORK_HOST), True, NETWORK_HOST),
        (CONTAINER, {}, ("word", "--allow-insecure-entitlement=security.insecure"), False, None),
        ("kubernetes", {}, (), False, NETWORK_HOST),
        ("remote", {}, (), False, None),
    ],
)
def test_flags_that_buildx_adds(driver, options, flags, entitled, added):
    assert implied_flag(driver, options, flags, entitled) == added


def test_names():
    assert parse_name("CI-1.x_y", CONTAINER) == "ci-1.x_y"
    assert parse_name("default", "docker") == "default"
    for name, says in (("default", "say driver: docker"), ("1", "begins with a letter"), ("../x", "is not the name")):
        with pytest.raises(PolicyError, match=says):
            parse_name(name, CONTAINER)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"driver": "podman"}, "driver: 'podman' is none of"),
        ({"name": "default", "driver": "docker", "state": "absent"}, "cannot be removed"),
        ({"driver": "remote", "buildkitd_config": "debug = true"}, "the driver remote starts no buildkitd"),
        ({"driver": "remote", "gc": {"max_used_space": "1GB"}}, "gc: the driver remote"),
        ({"buildkitd_config": "a = \n"}, "this is no TOML: .*line 1"),
        ({"buildkitd_config": {"a": None}}, "buildkitd_config: a: None cannot be written as TOML"),
        ({"buildkitd_config": "a = 2026-01-01"}, "buildkitd_config"),
        (
            {"buildkitd_config": {"worker": {"oci": {"gcpolicy": [{"all": True}]}}}, "gc": {"max_used_space": "1GB"}},
            "say one of both",
        ),
        ({"buildkitd_config": {"registry": {"a": {"ca": ["/x/ca.pem", "/y/ca.pem"]}}}}, "have one file name"),
        ({"emulators": ["sparc"]}, "neither a platform"),
        ({"emulators": ["windows/arm64"]}, "no emulator is known for windows/arm64"),
        ({"state": "absent", "use": True}, "cannot be in use"),
        ({"config_dir": "relative"}, "not an absolute path"),
        ({"timeout": 0.5}, "whole number of seconds"),
    ],
)
def test_options_that_cannot_be_are_refused(options, says):
    with pytest.raises(PolicyError, match=says):
        parse_builder_options({"name": "ci", **options})
