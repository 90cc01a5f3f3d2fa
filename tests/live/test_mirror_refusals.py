# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mirror_config refuses on a real engine, which goes on as it was: broken files, flags, restarts, what a version does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from mirror_bench import DAEMON_JSON, MirrorHost, OwnDaemon, mirrors

#: Nobody is asked: what is refused is so before.
NOBODY = "127.0.0.1:9"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[MirrorHost]:
    """20.10, a graph driver."""
    with MirrorHost("host-1", tmp_path) as found:
        yield found


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[MirrorHost]:
    """26.1, the containerd store."""
    with MirrorHost("host-3", tmp_path) as found:
        yield found


#: What is in the file -> what is told of it.
BROKEN = {
    '{"debug": true,\n "labels": ["a=b"],\n}\n': "line 3, column 1",
    '{"debug": true, "debug": false}': "names debug twice",
    '{"registry-mirrors": "https://one.example.com"}': "is not a list of texts",
}
ONE = mirrors(NOBODY)
#: Options -> what is told.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"mirrors": mirrors(NOBODY, registry="registry.corp.test:5000")}, "knows mirrors of docker.io alone"),
    ({"mirrors": mirrors(NOBODY + "/hub")}, "takes no path in a mirror's address; that takes engine 25"),
    ({"mirrors": mirrors(NOBODY, fallback=False)}, "always asks Docker Hub last"),
    ({"mirrors": ONE, "dockerd_files": "hosts_toml"}, "does not read hosts.toml"),
    ({"mirrors": mirrors("192.0.2.1:9")}, "accept_insecure: true"),
    ({"mirrors": ONE, "apply": "restart"}, "apply: restart would end"),
    ({"mirrors": ONE, "daemon_config_path": "/srv/daemon.json"}, "the engine reads /etc/docker/daemon.json, not /srv/"),
    ({"mirrors": ONE, "pidfile": "/run/sshd.pid"}, "is no dockerd"),
]


def test_a_broken_file_is_left_as_it_is(host: MirrorHost) -> None:
    before, since = host.run("ls /etc/docker"), host.now()
    for text, says in BROKEN.items():
        host.run("cat > " + DAEMON_JSON, text.encode())
        failed = host.configure(mirrors=ONE, probe=False, ok=False)
        assert DAEMON_JSON in failed["msg"] and says in failed["msg"]
        assert host.daemon_json() == text.encode()
    assert host.reloads(since) == 0
    assert host.run("ls /etc/docker") == before


def test_what_an_engine_does_not_take_or_must_not_is_told_before_anything_is_written(host: MirrorHost) -> None:
    containers, pid, since = host.running(), host.main_pid(), host.now()
    for options, says in REFUSED:
        failed = host.configure(**{"probe": False, **options}, ok=False)
        assert says in failed["msg"]
    assert host.daemon_json() == host.original
    assert host.reloads(since) == 0 and host.running() == containers and host.main_pid() == pid
    written = "/var/lib/imagefleet/mirrors.json /srv/daemon.json /etc/docker/certs.d"
    assert host.run("ls %s 2>/dev/null || true" % written) == ""


def test_the_containerd_store_before_28_has_paths_of_its_own(newer: MirrorHost) -> None:
    failed = newer.configure(mirrors=mirrors(NOBODY + "/hub"), probe=False, ok=False)
    assert "write the path as /v2/PATH" in failed["msg"]
    newer.configure(mirrors=mirrors(NOBODY + "/v2/hub"), probe=False)
    assert newer.mirrors() == ["http://%s/hub/" % NOBODY]


def test_a_file_that_the_engine_itself_does_not_take_is_not_written(newer: MirrorHost) -> None:
    """Foreign nonsense that is valid JSON: the engine would not start with it any more."""
    text = b'{"bridge": "none", "no-such-key": true}'
    since = newer.now()
    newer.run("cat > " + DAEMON_JSON, text)
    failed = newer.configure(mirrors=mirrors(NOBODY), probe=False, ok=False)
    assert "dockerd does not take what /etc/docker/daemon.json would hold" in failed["msg"]
    assert "no-such-key" in failed["msg"]
    assert newer.daemon_json() == text and newer.reloads(since) == 0


def test_what_the_engine_does_not_take_in_a_reload_is_taken_back(host: MirrorHost) -> None:
    """20.10 cannot be asked before, so it says so when it is told."""
    text = b'{"bridge": "none", "no-such-key": true}'
    host.run("cat > " + DAEMON_JSON, text)
    failed = host.configure(mirrors=mirrors(NOBODY), probe=False, ok=False)
    assert "the engine has not taken it" in failed["msg"] and "daemon.json is as it was before" in failed["msg"]
    assert host.daemon_json() == text
    assert host.mirrors() == []


@pytest.fixture
def own(host: MirrorHost) -> Iterator[OwnDaemon]:
    with OwnDaemon(host) as found:
        yield found


def test_a_key_that_is_given_as_a_flag_is_found_before_anything_is_written(own: OwnDaemon) -> None:
    own.start("--registry-mirror=http://127.0.0.1:7")
    failed = own.configure(mirrors=mirrors(NOBODY), ok=False)
    assert "dockerd is started with --registry-mirror=http://127.0.0.1:7" in failed["msg"]
    assert own.daemon_json() == own.TEXT
    own.stop()
    failed = own.configure(mirrors=mirrors(NOBODY), apply="none", dockerd_files="daemon_json", ok=False)
    assert "dockerd is started with --registry-mirror=http://127.0.0.1:7" in failed["msg"], "told by the unit alone"
    assert own.daemon_json() == own.TEXT


def test_a_restart_is_made_when_it_is_asked_for_and_needed_and_then_no_reload(own: OwnDaemon) -> None:
    own.start()
    pid = own.main_pid()
    done = own.configure(mirrors=mirrors(NOBODY), apply="restart")
    assert done["applied"] == "restart" and own.main_pid() != pid
    pid = own.main_pid()
    again = own.configure(mirrors=mirrors(NOBODY), apply="restart")
    assert again["applied"] == "none" and not again["changed"] and own.main_pid() == pid


def test_an_engine_without_a_service_is_found_by_its_socket_and_reloaded(own: OwnDaemon) -> None:
    own.start()
    pid = own.main_pid()
    done = own.configure(mirrors=mirrors(NOBODY), service="")
    assert done["applied"] == "reload" and own.main_pid() == pid
    assert own.mirrors() == ["http://%s/" % NOBODY]
    failed = own.configure(mirrors=mirrors("127.0.0.1:8"), service="", apply="restart", ok=False)
    assert "not the one that systemd runs" in failed["msg"]


def test_an_engine_that_was_written_for_while_it_was_down_takes_it_when_it_starts(own: OwnDaemon) -> None:
    own.start()
    own.stop()
    failed = own.configure(mirrors=mirrors(NOBODY), ok=False)
    assert "No answer from the Docker Engine" in failed["msg"] and "apply: none" in failed["msg"]
    done = own.configure(mirrors=mirrors(NOBODY), apply="none", dockerd_files="daemon_json")
    assert done["changed"] and done["applied"] == "none"
    own.start()
    assert own.mirrors() == ["http://%s/" % NOBODY]
    assert not own.configure(mirrors=mirrors(NOBODY))["changed"]


def test_what_was_written_without_a_reload_is_reloaded_by_the_next_run(own: OwnDaemon) -> None:
    own.start()
    done = own.configure(mirrors=mirrors(NOBODY), apply="none")
    assert done["changed"] and any("has not taken" in note for note in done["notes"])
    assert own.mirrors() == []
    done = own.configure(mirrors=mirrors(NOBODY))
    assert done["changed"] and done["applied"] == "reload" and done["files"][-1]["action"] == "unchanged"
    assert own.mirrors() == ["http://%s/" % NOBODY]
