# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrors that answer and do not serve are found out before clients are sent to them, and never configured."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from faults import EMPTY_BODY, FLIP, TRUNCATE, Fault
from lab.commands import wait_until
from meddling_proxy import MeddlingProxy
from mirror_bench import configure, image, mirrors, serve
from own_registry import OwnRegistry
from plain_http import call, digest
from registry_pushing import push

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RefusedError

REPOSITORY, TAG = "library/busybox", "t-mirror"
IMAGE = "%s:%s" % (REPOSITORY, TAG)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "hub") as found:
        yield found


class Clients:
    """containerd and buildkit with their files in a folder of the test: no engine is asked."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "etc"
        self._state = folder / "state.json"

    @property
    def hosts_toml(self) -> Path:
        return self.root / "containerd/certs.d/docker.io/hosts.toml"

    def configure(self, apply: bool = True, **options: Any) -> dict[str, Any]:
        own = {"clients": ["containerd", "buildkit"], "config_root": str(self.root), "probe_image": IMAGE}
        return configure(self._state, apply, **{**own, **options})

    def refused(self, **options: Any) -> RefusedError:
        with pytest.raises(RefusedError) as found:
            self.configure(**options)
        assert not self.root.exists(), "files were written"
        return found.value


@pytest.fixture
def clients(tmp_path: Path) -> Clients:
    return Clients(tmp_path)


def reasons(error: RefusedError) -> str:
    return "; ".join(row["reason"] for row in error.result["probes"])


def test_a_mirror_that_serves_is_read_whole(registry: OwnRegistry, clients: Clients) -> None:
    served = serve(registry, REPOSITORY, TAG)
    registry.mark()
    done = clients.configure(mirrors=mirrors(registry.address))
    manifest = image(IMAGE)
    (probe,) = done["probes"]
    assert (probe["status"], probe["image"], probe["digest"]) == ("passed", IMAGE, served)
    assert probe["bytes"] == len(manifest.body) + sum(map(len, manifest.blobs))
    asked = registry.requests()
    assert {one.query for one in asked if "/manifests/" in one.path or "/blobs/" in one.path} == {"ns=docker.io"}
    assert not [one for one in asked if one.method not in ("GET", "HEAD")]


def test_an_index_is_followed_to_an_image(registry: OwnRegistry, clients: Clients) -> None:
    index = content.index([image("one"), image("two")])
    push(registry.address, REPOSITORY, index, TAG)
    (probe,) = clients.configure(mirrors=mirrors(registry.address))["probes"]
    assert (probe["status"], probe["digest"]) == ("passed", index.digest)


@pytest.mark.parametrize(
    ("fault", "path", "says"),
    [
        (EMPTY_BODY, "/blobs/", "ended after 0 bytes"),
        (FLIP, "/blobs/", "something else"),
        (TRUNCATE, "/blobs/", "broke off"),
        (EMPTY_BODY, "/manifests/", "what it sent for"),
        (FLIP, "/manifests/", "what it sent for"),
        (Fault(404), "/blobs/", "answered 404"),
        (Fault(404), "/manifests/", "does not have"),
        (Fault(200, body=b"<html>log in</html>"), "/manifests/", "is not JSON"),
    ],
    ids=[
        "empty-blob",
        "flipped-blob",
        "short-blob",
        "empty-manifest",
        "flipped-manifest",
        "no-blob",
        "no-manifest",
        "portal",
    ],
)
def test_a_mirror_whose_content_is_not_what_it_should_be(
    registry: OwnRegistry, clients: Clients, fault: Fault, path: str, says: str
) -> None:
    serve(registry, REPOSITORY, TAG)
    with MeddlingProxy(registry.address) as way:
        way.faults.add(fault, "GET", path)
        assert call(way.address, "GET", "/v2/").status == 200, "it looks alive"
        error = clients.refused(mirrors=mirrors(way.address))
    assert says in reasons(error)
    assert "no mirror of docker.io can be used, so nothing was changed" in str(error)


def test_a_real_cache_that_serves_an_empty_layer(registry: OwnRegistry, clients: Clients, tmp_path: Path) -> None:
    """distribution#2367: what the cache has of a layer is empty, and it sends that with status 200."""
    serve(registry, REPOSITORY, TAG)
    with OwnRegistry(tmp_path / "cache", cache_of="http://" + registry.address) as cache:
        clients.configure(mirrors=mirrors(cache.address))
        layer = max(image(IMAGE).blobs, key=len)
        name = digest(layer).partition(":")[2]
        stored = cache.server.data / ("docker/registry/v2/blobs/sha256/%s/%s/data" % (name[:2], name))
        wait_until("the cache has kept the layer", lambda: stored.exists() and stored.stat().st_size == len(layer))
        stored.write_bytes(b"")
        answer = call(cache.address, "GET", "/v2/%s/blobs/sha256:%s" % (REPOSITORY, name))
        assert (answer.status, answer.body) == (200, b""), "the cache is not broken in this way"
        before = clients.hosts_toml.read_bytes()
        with pytest.raises(RefusedError) as refused:
            clients.configure(mirrors=mirrors(cache.address))
        assert "ended after 0 bytes" in reasons(refused.value)
        assert clients.hosts_toml.read_bytes() == before, "what was configured stays when nothing of it serves"


def test_one_broken_mirror_of_two_is_left_out_and_comes_back(registry: OwnRegistry, clients: Clients) -> None:
    serve(registry, REPOSITORY, TAG)
    with MeddlingProxy(registry.address) as way:
        wanted = mirrors(way.address, registry.address)
        way.faults.add(FLIP, "GET", "/blobs/")
        done = clients.configure(mirrors=wanted)
        assert [row["status"] for row in done["probes"]] == ["failed", "passed"]
        text = clients.hosts_toml.read_text()
        assert way.address not in text and registry.address in text
        way.faults.clear()
        assert clients.configure(mirrors=wanted)["changed"]
        text = clients.hosts_toml.read_text()
        assert text.index(way.address) < text.index(registry.address)
        assert not clients.configure(mirrors=wanted)["changed"]


def test_names_of_its_own_in_a_mirror_of_hub_need_consent(registry: OwnRegistry, clients: Clients) -> None:
    serve(registry, REPOSITORY, TAG)
    assert clients.configure(mirrors=mirrors(registry.address))["changed"]
    clients.configure(state="absent")
    serve(registry, "team/secret", "1")
    with pytest.raises(RefusedError) as refused:
        clients.configure(mirrors=mirrors(registry.address))
    assert "team/secret" in reasons(refused.value) and "accept_private_names: true" in reasons(refused.value)
    assert refused.value.result["probes"][0]["status"] == "refused"
    assert not clients.hosts_toml.exists()
    assert clients.configure(mirrors=mirrors(registry.address), accept_private_names=True)["changed"]


def test_a_cache_holds_no_names_of_its_own(registry: OwnRegistry, clients: Clients, tmp_path: Path) -> None:
    serve(registry, REPOSITORY, TAG)
    serve(registry, "team/public", "1")
    with OwnRegistry(tmp_path / "cache", cache_of="http://" + registry.address) as cache:
        accept = [("Accept", content.OCI_MANIFEST)]
        assert call(cache.address, "GET", "/v2/team/public/manifests/1", None, accept).status == 200
        wait_until("the cache lists it", lambda: "team/public" in cache.repositories())
        assert clients.configure(mirrors=mirrors(cache.address))["changed"]


def test_without_a_named_image_something_that_the_mirror_lists_is_read(registry: OwnRegistry, clients: Clients) -> None:
    serve(registry, "app/web", "2.0")
    done = clients.configure(mirrors=mirrors(registry.address, registry="registry.corp.test:5000"), probe_image=None)
    assert done["probes"][0]["image"] == "app/web:2.0"


def test_a_mirror_that_lists_nothing_asks_for_an_image(registry: OwnRegistry, clients: Clients) -> None:
    error = clients.refused(mirrors=mirrors(registry.address, registry="registry.corp.test:5000"), probe_image=None)
    assert "probe_image" in reasons(error)


def test_check_mode_probes_and_writes_nothing(registry: OwnRegistry, clients: Clients) -> None:
    serve(registry, REPOSITORY, TAG)
    planned = clients.configure(apply=False, mirrors=mirrors(registry.address))
    assert planned["changed"] and not clients.root.exists()
    done = clients.configure(mirrors=mirrors(registry.address))
    assert {**done, "backup_files": []} == planned
