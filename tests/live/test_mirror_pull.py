# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts pull from Docker Hub through a pull-through cache that mirror_config gave them, and nobody notices the change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator

import pytest
from lab.addresses import free_port
from mirror_bench import DAEMON_JSON, STATE, MirrorHost, mirrors, pulled, serve
from own_registry import ADDRESS, OwnRegistry

TAG = "t-mirror"
NAME = "busybox:" + TAG
#: 20.10 with a graph driver, 26.1 with the containerd store.
HOSTS = ("host-1", "host-3")


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MirrorHost]:
    with MirrorHost(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OwnRegistry]:
    """What stands for Docker Hub, which cannot be reached from here."""
    with OwnRegistry(tmp_path / "hub") as registry:
        yield registry


@pytest.fixture
def cache(tmp_path: Path, hub: OwnRegistry) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "cache", cache_of="http://" + hub.address) as registry:
        yield registry


def test_a_host_pulls_through_the_cache_and_nothing_else_changes(
    host: MirrorHost, hub: OwnRegistry, cache: OwnRegistry
) -> None:
    digest = serve(hub, "library/busybox", TAG)
    wanted = {"mirrors": mirrors(cache.address, probe_image="library/" + NAME), "backup": True}
    containers, pid, since = host.running(), host.main_pid(), host.now()
    assert containers

    planned = host.configure("--check", **wanted)
    assert host.daemon_json() == host.original
    assert host.reloads(since) == 0
    assert host.run("ls /var/lib/imagefleet/mirrors.json 2>/dev/null || true") == ""

    done = host.configure(**wanted)
    assert done["changed"] and done["applied"] == "reload" and not done["restart_required"]
    assert [(row["path"], row["action"]) for row in done["files"]] == [(DAEMON_JSON, "updated")]
    assert {key: planned[key] for key in ("changed", "files", "applied", "probes", "restart_required")} == {
        key: done[key] for key in ("changed", "files", "applied", "probes", "restart_required")
    }
    (probe,) = done["probes"]
    assert (probe["status"], probe["digest"]) == ("passed", digest)
    (backup,) = done["backup_files"]
    assert host.read(backup) == host.original
    before, after = json.loads(host.original), json.loads(host.daemon_json())
    assert list(after) == [*before, "registry-mirrors"]
    assert {key: after[key] for key in before} == before
    assert host.mirrors() == ["http://%s/" % cache.address]

    cache.mark()
    assert host.pull(NAME) == digest
    assert pulled(cache), "the cache's log has no content that the engine took"

    again = host.configure(**wanted)
    assert not again["changed"] and again["applied"] == "none" and again["backup_files"] == []
    assert host.reloads(since) == 1
    assert host.main_pid() == pid
    assert host.running() == containers

    gone = host.configure(state="absent")
    assert gone["changed"] and gone["applied"] == "reload"
    assert host.daemon_json() == host.original
    assert host.mirrors() == []
    assert host.reloads(since) == 2
    last = host.configure(state="absent")
    assert not last["changed"] and host.reloads(since) == 2
    assert host.main_pid() == pid and host.running() == containers


def test_the_next_mirror_serves_when_the_first_is_down(host: MirrorHost, hub: OwnRegistry, cache: OwnRegistry) -> None:
    digest = serve(hub, "library/busybox", TAG)
    dead = "%s:%d" % (ADDRESS, free_port(ADDRESS))
    done = host.configure(mirrors=mirrors(dead, cache.address), probe=False)
    assert {row["status"] for row in done["probes"]} == {"not_probed"}
    assert host.mirrors() == ["http://%s/" % dead, "http://%s/" % cache.address]
    cache.mark()
    assert host.pull(NAME) == digest
    assert pulled(cache)


def test_a_mirror_that_is_down_is_left_out(host: MirrorHost, hub: OwnRegistry, cache: OwnRegistry) -> None:
    serve(hub, "library/busybox", TAG)
    dead = "%s:%d" % (ADDRESS, free_port(ADDRESS))
    done = host.configure(mirrors=mirrors(dead, cache.address, probe_image="library/" + NAME))
    assert [row["status"] for row in done["probes"]] == ["failed", "passed"]
    assert "refused" in done["probes"][0]["reason"]
    assert host.mirrors() == ["http://%s/" % cache.address]
    assert any(dead in note for note in done["notes"])


def test_when_no_mirror_serves_nothing_is_changed(host: MirrorHost) -> None:
    dead, since = "%s:%d" % (ADDRESS, free_port(ADDRESS)), host.now()
    failed = host.configure(mirrors=mirrors(dead), ok=False)
    assert "no mirror of docker.io can be used, so nothing was changed" in failed["msg"]
    assert failed["probes"][0]["status"] == "failed"
    assert host.daemon_json() == host.original
    assert host.reloads(since) == 0


def test_what_others_wrote_stays_where_it_is(host: MirrorHost, hub: OwnRegistry, cache: OwnRegistry) -> None:
    serve(hub, "library/busybox", TAG)
    theirs = {**json.loads(host.original), "registry-mirrors": ["http://127.0.0.1:2/", "http://127.0.0.1:1"]}
    text = json.dumps({"debug": True, **theirs, "labels": ["a=b"]}, indent=3) + "\n\n"
    host.run("cat > " + DAEMON_JSON, text.encode())
    host.reload()
    host.configure(mirrors=mirrors(cache.address, probe_image="library/" + NAME))
    changed = json.loads(host.daemon_json())
    assert list(changed) == list(json.loads(text))
    assert changed["registry-mirrors"] == ["http://" + cache.address, "http://127.0.0.1:2/", "http://127.0.0.1:1"]
    assert host.mirrors() == ["http://%s/" % cache.address, "http://127.0.0.1:2/", "http://127.0.0.1:1/"]
    assert host.configure(mirrors=mirrors(cache.address, probe_image="library/" + NAME))["changed"] is False
    host.configure(state="absent")
    assert json.loads(host.daemon_json()) == json.loads(text)
    assert list(json.loads(host.daemon_json())) == list(json.loads(text))
    assert host.run("test -e %s && cat %s || true" % (STATE, STATE)).count("http://127.0.0.1:1") == 0
