# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One definition in each client's dialect; what is written is TOML, and holds documented keys only."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import buildkitd_toml, hosts_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import parse_mirrors
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import (
    AUTO,
    DAEMON_JSON,
    HOSTS_TOML,
    EngineKind,
    choose_files,
    daemon_lists,
    engine_kind,
    parse_version,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.toml import MARKER, is_ours

A = {"url": "https://a.example.com:5000", "ca_file": "/ca.pem"}
B = {"url": "https://b.example.com/v2/hub", "insecure": True, "capabilities": ["pull", "resolve"]}
C = {"url": "http://127.0.0.1:5000/hub", "insecure": True}
CA = {"a.example.com:5000": '/etc/docker/certs.d/a.example.com:5000/ca "1".crt'}
#: containerd's docs/hosts.md.
HOST_KEYS = {"capabilities", "ca", "client", "skip_verify", "header", "override_path", "dial_timeout", "proxy"}
#: buildkit's docs/buildkitd.toml.md, [registry].
BUILDKIT_KEYS = {"mirrors", "http", "insecure", "ca", "keypair", "tlsconfigdir"}


def mirrors(*endpoints, registry="docker.io", **more):
    return parse_mirrors([{"registry": registry, "endpoints": list(endpoints), **more}])


def parsed(text):
    """As a parser of TOML reads it; targets have one from Python 3.11 on."""
    if sys.version_info < (3, 11):
        return None
    import tomllib

    return tomllib.loads(text)


def test_hosts_toml_word_for_word():
    (mirror,) = mirrors(A, B, C)
    assert hosts_toml.render(mirror, {"a.example.com:5000": "/certs/a.crt"}, 5) == (
        MARKER
        + """
server = "https://registry-1.docker.io"
capabilities = ["pull", "resolve", "push"]

[host."https://a.example.com:5000"]
  capabilities = ["pull"]
  ca = "/certs/a.crt"
  dial_timeout = "5s"

[host."https://b.example.com/v2/hub"]
  capabilities = ["pull", "resolve"]
  override_path = true
  skip_verify = true
  dial_timeout = "5s"

[host."http://127.0.0.1:5000/hub"]
  capabilities = ["pull"]
  dial_timeout = "5s"
"""
    )


def test_without_fallback_the_last_mirror_is_the_server():
    (mirror,) = mirrors(A, B, fallback=False)
    text = hosts_toml.render(mirror, CA)
    lines = text.splitlines()
    assert lines[1] == 'server = "https://b.example.com/v2/hub"'
    assert lines[2:5] == ['capabilities = ["pull", "resolve"]', "override_path = true", "skip_verify = true"]
    assert "docker.io" not in text.partition("\n")[2]


def test_capabilities_are_always_written_and_never_push_unless_asked():
    for fallback in (True, False):
        (mirror,) = mirrors(A, C, fallback=fallback)
        text = hosts_toml.render(mirror, {})
        assert text.count("capabilities = ") == 3
        assert text.count("push") == int(fallback), "the registry itself alone"


def test_certificates_of_the_registry_itself_are_named_since_nobody_looks_for_them_any_more():
    (mirror,) = mirrors(A)
    files = hosts_toml.ServerFiles(("/d/ca.crt",), (("/d/client.cert", "/d/client.key"),))
    text = hosts_toml.render(mirror, {}, None, files)
    assert 'ca = ["/d/ca.crt"]\nclient = [["/d/client.cert", "/d/client.key"]]\n\n[host.' in text
    assert "dial_timeout" not in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no parser of TOML before 3.11; the same tests run there")
@pytest.mark.parametrize("fallback", [True, False])
def test_hosts_toml_is_toml_with_documented_keys(fallback):
    (mirror,) = mirrors(A, B, C, fallback=fallback)
    files = hosts_toml.ServerFiles(("/d/ca.crt",), (("/d/client.cert", "/d/client.key"),))
    document = parsed(hosts_toml.render(mirror, CA, 5, files))
    assert set(document) <= HOST_KEYS | {"server", "host"}
    assert list(document["host"]) == [one.url for one in mirror.endpoints]
    for table in document["host"].values():
        assert set(table) <= HOST_KEYS
    assert document["host"]["https://a.example.com:5000"]["ca"] == CA["a.example.com:5000"]


def test_the_folders_of_a_registry_in_the_order_in_which_they_are_looked_for():
    assert hosts_toml.folder_names("registry.corp.test:5000") == ("registry.corp.test_5000_", "registry.corp.test:5000")
    assert hosts_toml.folder_names("docker.io") == ("docker.io",)


def test_buildkitd_toml_word_for_word():
    found = mirrors(A, B) + mirrors(
        {"url": "http://127.0.0.1:5000/v2/x", "insecure": True}, registry="registry.corp.test:5000"
    )
    assert buildkitd_toml.render(found, {"a.example.com:5000": "/certs/a.crt"}) == (
        MARKER
        + """

[registry."docker.io"]
  mirrors = ["a.example.com:5000", "b.example.com/hub"]

[registry."registry.corp.test:5000"]
  mirrors = ["127.0.0.1:5000/x"]

[registry."a.example.com:5000"]
  ca = ["/certs/a.crt"]

[registry."b.example.com"]
  insecure = true

[registry."127.0.0.1:5000"]
  http = true
"""
    )


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no parser of TOML before 3.11; the same tests run there")
def test_buildkitd_toml_is_toml_with_documented_keys_also_when_a_registry_is_a_mirror_of_another():
    found = mirrors(A, B) + mirrors({"url": "http://127.0.0.1:5000", "insecure": True}, registry="a.example.com:5000")
    document = parsed(buildkitd_toml.render(found, CA))
    assert set(document) == {"registry"}
    assert set(document["registry"]) == {"docker.io", "a.example.com:5000", "b.example.com", "127.0.0.1:5000"}
    for table in document["registry"].values():
        assert set(table) <= BUILDKIT_KEYS
    assert document["registry"]["a.example.com:5000"] == {
        "mirrors": ["127.0.0.1:5000"],
        "ca": [CA["a.example.com:5000"]],
    }


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (lambda: mirrors(A, fallback=False), "fallback: false cannot be written"),
        (lambda: mirrors(C), "write the path as /v2/PATH"),
        (lambda: mirrors(A) + mirrors({"url": A["url"]}, registry="quay.io"), "one setting for a.example.com:5000"),
    ],
)
def test_what_buildkit_cannot_be_told(found, says):
    with pytest.raises(PolicyError) as error:
        buildkitd_toml.check(found())
    assert says in str(error.value)


def test_ours_is_told_by_the_first_line():
    (mirror,) = mirrors(A)
    assert is_ours(hosts_toml.render(mirror, {}).encode())
    assert not is_ours(b"") and not is_ours(b"\n" + MARKER.encode()) and not is_ours(b'server = "x"\n')


# Engines -------------------------------------------------------------------------------------------------------------

OLD, GRAPH, STORE, NEW = (
    EngineKind((20, 10), False),
    EngineKind((27, 0), False),
    EngineKind((26, 1), True),
    EngineKind((28, 5), True),
)


def test_which_file_an_engine_reads():
    assert [choose_files(AUTO, kind) for kind in (OLD, GRAPH, STORE, NEW)] == [DAEMON_JSON] * 3 + [HOSTS_TOML]
    assert choose_files(AUTO, EngineKind((28, 5), False)) == DAEMON_JSON
    assert choose_files(DAEMON_JSON, NEW) == DAEMON_JSON
    assert choose_files(HOSTS_TOML, None) == HOSTS_TOML
    for wanted, kind in ((AUTO, None), (HOSTS_TOML, STORE), (HOSTS_TOML, EngineKind((28, 5), False))):
        with pytest.raises(PolicyError):
            choose_files(wanted, kind)


def test_an_engine_by_what_it_tells():
    info = {"ServerVersion": "26.1.5+dfsg1", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    assert engine_kind(info) == STORE
    assert engine_kind({"ServerVersion": "20.10.24", "DriverStatus": [["Backing Filesystem", "extfs"]]}) == OLD
    assert parse_version("no") is None
    with pytest.raises(PolicyError):
        engine_kind({"ServerVersion": "dev"})


@pytest.mark.parametrize(
    ("kind", "url", "address"),
    [
        (OLD, "https://m.example.com", "https://m.example.com"),
        (OLD, "https://m.example.com/hub", None),
        (OLD, "https://m.example.com/v2/hub", None),
        (GRAPH, "https://m.example.com/hub", "https://m.example.com/hub"),
        (GRAPH, "https://m.example.com/v2/hub", None),
        (STORE, "https://m.example.com/hub", None),
        (STORE, "https://m.example.com/v2/hub", "https://m.example.com/hub"),
    ],
)
def test_a_path_as_each_engine_asks_for_it(kind, url, address):
    found = mirrors({"url": url})
    if address is None:
        with pytest.raises(PolicyError) as error:
            daemon_lists(found, kind)
        assert url in str(error.value) and kind.name in str(error.value)
    else:
        assert daemon_lists(found, kind).mirrors == (address,)


def test_insecure_hosts_once_and_not_this_machine_which_is_so_anyway():
    lists = daemon_lists(
        mirrors({"url": "http://m:1", "insecure": True}, {"url": "http://127.0.0.1:1", "insecure": True}), OLD
    )
    assert lists.insecure == ("m:1",)
    assert lists.mirrors == ("http://m:1", "http://127.0.0.1:1")


def test_capabilities_that_daemon_json_cannot_hold_are_told():
    notes = daemon_lists(
        mirrors({"url": "https://a", "capabilities": ["pull"]}, {"url": "https://b", "capabilities": ["pull", "push"]}),
        OLD,
    ).notes
    assert len(notes) == 3 and any("never pushed to" in note for note in notes)
    assert daemon_lists(mirrors({"url": "https://a"}), OLD).notes == ()


@pytest.mark.parametrize("more", [{"registry": "quay.io"}, {"fallback": False}])
def test_what_daemon_json_cannot_say(more):
    with pytest.raises(PolicyError) as error:
        daemon_lists(mirrors({"url": "https://a"}, **more), OLD)
    assert "engine 28 with the containerd image store" in str(error.value)
