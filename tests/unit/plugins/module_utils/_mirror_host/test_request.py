# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of mirror_config, and where files are by them."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import parse_mirror_options

MIRRORS = [{"registry": "docker.io", "endpoints": [{"url": "https://m.example.com"}]}]


def parse(**options):
    return parse_mirror_options({"mirrors": MIRRORS, **options})


def test_defaults():
    request = parse()
    assert request.clients == ("dockerd",) and request.apply == "reload" and request.probe
    assert (request.service, request.dial_timeout) == ("docker.service", 5)
    assert not (request.accept_insecure or request.accept_private_names or request.accept_interruption)
    places = request.places
    assert (places.certs, places.daemon_json, places.daemon_json_told) == (
        "/etc/docker/certs.d",
        "/etc/docker/daemon.json",
        False,
    )
    assert (places.containerd_hosts, places.containerd_config) == (
        "/etc/containerd/certs.d",
        "/etc/containerd/config.toml",
    )
    assert places.buildkitd == "/etc/buildkit/buildkitd.toml"


def test_another_root_and_one_that_is_the_folder_of_hosts_toml_itself():
    assert parse(config_root="/x/").places.certs == "/x/docker/certs.d"
    places = parse(config_root="/x/certs.d").places
    assert (places.certs, places.containerd_hosts, places.daemon_json) == ("/x/certs.d", "/x/certs.d", "/x/daemon.json")


def test_each_place_by_its_own_option():
    places = parse(
        certs_path="/c", daemon_config_path="/d.json", containerd_hosts_path="/h", buildkitd_config_path="/b.toml"
    ).places
    assert (places.certs, places.daemon_json, places.daemon_json_told) == ("/c", "/d.json", True)
    assert (places.containerd_hosts, places.buildkitd) == ("/h", "/b.toml")


def test_clients_in_their_own_order_each_once():
    assert parse(clients=["buildkit", "dockerd", "buildkit"]).clients == ("dockerd", "buildkit")


def test_absent_needs_no_mirrors():
    assert parse_mirror_options({"state": "absent"}).mirrors == ()


@pytest.mark.parametrize(("value", "seconds"), [("0", None), (0, None), ("2m", 120), (None, 5)])
def test_how_long_to_wait_for_a_dead_mirror(value, seconds):
    assert parse(dial_timeout=value).dial_timeout == seconds


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mirrors": []}, "mirrors: list at least one registry"),
        ({"clients": []}, "clients: name at least one"),
        ({"clients": ["podman"]}, "clients: 'podman' is none of dockerd, containerd, buildkit"),
        ({"apply": "now"}, "apply: 'now' is none of"),
        ({"state": "gone"}, "state: 'gone' is none of"),
        ({"dockerd_files": "x"}, "dockerd_files: 'x' is none of"),
        ({"config_root": "etc"}, "config_root: 'etc' is not an absolute path"),
        ({"pidfile": "x"}, "pidfile: 'x' is not an absolute path"),
        ({"service": "a b"}, "service: 'a b' is not the name"),
        ({"probe_timeout": -1}, "probe_timeout: -1 is not"),
        ({"probe_image": "busybox"}, "probe_image: 'busybox' names no tag"),
        ({"dial_timeout": "5"}, "dial_timeout: 5 has no unit"),
        ({"docker_host": "x"}, "docker_host: 'x' is not a Docker host"),
    ],
)
def test_what_is_no_option(options, says):
    with pytest.raises(PolicyError) as error:
        parse(**options)
    assert says in str(error.value)
