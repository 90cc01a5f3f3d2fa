# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in the field: answers of the engine, lost connections, crashes, two runs at once, damaged files, clocks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest
from archive import BUSYBOX, Image, Layer
from lab.commands import wait_until
from proxy import CLOSE, HANG, LOSE, Proxy, Request
from throwaway import throwaway, workbench
from workbench import LABEL, Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup import apply as apply_module
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineUnreachable,
    FleetError,
    LockedError,
    PartialFailure,
)

BASE = Layer("faults-base")
KINDS = ("overlay2", "containerd")


def app(number: int, *names: str) -> Image:
    return Image(names or ("app:%d" % number,), [BASE, Layer("faults-%d" % number, 2000 + number)])


@contextmanager
def proxied(bench: Workbench, hook: Callable[..., Any] | None = None) -> Iterator[Proxy]:
    with Proxy(bench.docker_host, bench.folder / "proxy.sock", hook) as proxy:
        yield proxy


def outcomes(bench: Workbench, result: Mapping[str, Any]) -> dict[str, str]:
    return {name: row["outcome"] for name, row in bench.rows(result).items()}


def patiently(bench: Workbench, progress: Callable[[str], None], **options: Any) -> dict[str, Any]:
    """The result of a run, whether or not a part of it failed."""
    try:
        return bench._run(True, options, progress)
    except PartialFailure as error:
        return error.result


def for_one(bench: Workbench, name: str, answer: Any) -> Callable[..., Any]:
    """A hook that answers the deletion of one name."""
    path = "/images/" + bench.name(name)
    return lambda method, asked, query, nth: answer if method == "DELETE" and asked.endswith(path) else None


# Answers of the engine -----------------------------------------------------------------------------------------------


def test_404_is_gone(bench: Workbench) -> None:
    bench.load(app(1), app(2), app(3))
    with proxied(bench, for_one(bench, "app:2", (404, {"message": "No such image"}))) as proxy:
        result = bench.clean(docker_host=proxy.docker_host)
    assert outcomes(bench, result) == {"app:1": "done", "app:2": "gone", "app:3": "done"}
    assert result["summary"]["gone"] == 1 and result["summary"]["deleted"] == 2
    assert result["changed"]


def test_409_is_refused_with_the_engines_reason(bench: Workbench) -> None:
    bench.load(app(1), app(2), app(3))
    reason = "conflict: unable to remove repository reference, container 0123456789ab is using its referenced image"
    with proxied(bench, for_one(bench, "app:2", (409, {"message": reason}))) as proxy:
        result = bench.clean(docker_host=proxy.docker_host)
    assert outcomes(bench, result) == {"app:1": "done", "app:2": "refused", "app:3": "done"}
    assert reason in bench.rows(result)["app:2"]["error"]
    assert bench.names() == {"app:2"}
    assert result["diff"]["after"] == bench.rows(result)["app:2"]["reference"] + "\n"


def test_500_is_a_failure_that_tells_what_was_done(bench: Workbench) -> None:
    bench.load(app(1), app(2), app(3))
    with proxied(bench, for_one(bench, "app:2", (500, {"message": "disk on fire"}))) as proxy:
        with pytest.raises(PartialFailure) as caught:
            bench.clean(docker_host=proxy.docker_host)
    message, result = str(caught.value), caught.value.result
    assert "1 of 3 deletions failed, 2 were done" in message
    assert bench.name("app:2") in message and "disk on fire" in message and "500" in message
    assert outcomes(bench, result) == {"app:1": "done", "app:2": "failed", "app:3": "done"}
    assert result["summary"]["deleted"] == 2 and result["summary"]["failed"] == 1
    assert result["changed"] and bench.names() == {"app:2"}
    again = bench.clean()
    assert outcomes(bench, again) == {"app:2": "done"}


@pytest.mark.parametrize("how", [CLOSE, HANG, LOSE])
def test_a_lost_answer_fails_one_row_only(bench: Workbench, how: str) -> None:
    """Connection closed before the engine heard of it, no answer in time, or closed after the engine had done it."""
    bench.load(app(1), app(2), app(3))
    with proxied(bench, for_one(bench, "app:2", how)) as proxy:
        with pytest.raises(PartialFailure, match="1 of 3 deletions failed, 2 were done") as caught:
            bench.clean(docker_host=proxy.docker_host, timeout=2 if how == HANG else 60)
        assert len(proxy.of("DELETE /images/*")) == 3  # never repeated on its own
        result = caught.value.result
        assert outcomes(bench, result) == {"app:1": "done", "app:2": "failed", "app:3": "done"}
        error = bench.rows(result)["app:2"]["error"]
        assert "may or may not be deleted" in error and proxy.docker_host in error
        assert bench.names() == (set() if how == LOSE else {"app:2"})
        again = bench.clean(docker_host=bench.docker_host)
        assert again["summary"]["failed"] == 0 and again["summary"]["to_delete"] == (0 if how == LOSE else 1)
    assert bench.names() == set()


def test_no_answer_to_a_check_stops_before_the_batch(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without knowing what is in use nothing is deleted; what was done before is told."""
    monkeypatch.setattr(apply_module, "BATCH", 2)
    bench.load(*(app(number) for number in range(6)))

    def hook(method: str, path: str, query: Mapping[str, str], nth: int) -> Any:
        # The first list belongs to the plan, the second to the first batch.
        return (500, {"message": "no idea"}) if path == "/containers/json" and nth == 3 else None

    with proxied(bench, hook) as proxy:
        with pytest.raises(PartialFailure, match="4 of 6 deletions failed, 2 were done") as caught:
            bench.clean(docker_host=proxy.docker_host)
        assert len(proxy.of("DELETE /images/*")) == 2
    failed = [row for row in caught.value.result["plan"] if row["outcome"] == "failed"]
    assert len(failed) == 4 and all("not tried" in row["error"] and "no idea" in row["error"] for row in failed)
    assert len(bench.names()) == 4


@pytest.mark.engines("engine-26")
@pytest.mark.parametrize("path", ["/containers/json", "/events", "/info", "/images/json"])
@pytest.mark.parametrize(
    "answer", [(500, {"message": "no idea"}), (200, b"<html>Please log in</html>"), (302, b""), CLOSE]
)
def test_no_usable_answer_to_a_question_deletes_nothing(bench: Workbench, path: str, answer: Any) -> None:
    """One clear message, whatever is in the way of the engine (a captive proxy, say)."""
    bench.load(app(1))

    def hook(_method: str, asked: str, _query: str, _nth: int) -> Any:
        return answer if asked == path else None

    with proxied(bench, hook) as proxy:
        with pytest.raises(FleetError) as caught:
            bench.clean(docker_host=proxy.docker_host)
        assert not proxy.of("DELETE /images/*")
    assert path in str(caught.value) or answer == CLOSE
    assert proxy.docker_host in str(caught.value)
    assert bench.names() == {"app:1"}


def test_an_image_that_vanishes_while_it_is_looked_at(bench: Workbench) -> None:
    """Inspect and history answer 404 for what somebody else deleted after the list."""
    bench.load(app(1), app(2))
    lost = bench.id_of("app:1")

    def hook(method: str, path: str, query: Mapping[str, str], nth: int) -> Any:
        return (404, {"message": "No such image"}) if method == "GET" and lost in path else None

    with proxied(bench, hook) as proxy:
        result = bench.clean(docker_host=proxy.docker_host)
    assert outcomes(bench, result) == {"app:1": "done", "app:2": "done"}
    assert not result["summary"]["exact"] or result["summary"]["reclaimable_bytes"] > 0


# The engine's memory of events ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_moved_before_a_restart_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S6: the engine forgets its events when it restarts; a name must not be deleted for what it meant before."""
    monkeypatch.setattr(apply_module, "BATCH", 1)
    with throwaway(kind) as engine:
        bench = workbench(engine, tmp_path)
        bench.load(app(1), app(2))
        first: list[str] = []

        def interfere(line: str) -> None:
            if line.startswith("1/2 "):
                first.append("app:1" if "app:1" in line else "app:2")
                other = "app:2" if first[0] == "app:1" else "app:1"
                bench.load(app(3, other))
                engine.restart()

        result = patiently(bench, interfere)
        other = "app:2" if first[0] == "app:1" else "app:1"
        assert outcomes(bench, result)[other] in ("refused", "failed")
        assert bench.names() == {other}


@pytest.mark.engines("engine-20", "engine-26")
def test_a_name_that_moved_many_events_ago_is_refused(bench: Workbench) -> None:
    """S6: the engine remembers 256 events only, and the deletions themselves are events."""
    names = ["app:%d" % number for number in range(320)]
    bench.load(*(app(number, *names[number * 40 : number * 40 + 40]) for number in range(8)))
    order = [row["reference"] for row in bench.plan()["plan"] if row["action"] == "delete"]
    last = order[-1][len(bench.prefix) + 1 :]

    def interfere(line: str) -> None:
        if line.startswith("deleting"):
            bench.load(app(99, last))

    result = bench._run(True, {}, interfere)
    assert outcomes(bench, result)[last] == "refused"
    assert bench.names() == {last}


# Crashes of the engine -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_restarts_in_the_middle(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows is carried out by the engine that comes back; what was lost is told, and done by the next run."""
    monkeypatch.setattr(apply_module, "BATCH", 4)
    with throwaway(kind) as engine:
        bench = workbench(engine, tmp_path)
        bench.load(*(app(number) for number in range(12)), app(50, "keep:1"))
        restarted: list[str] = []

        def interfere(line: str) -> None:
            if line.startswith("1/12 "):
                restarted.append(line)
                engine.restart()

        result = patiently(bench, interfere, protect=[bench.name("keep")])
        found = [row["outcome"] for row in result["plan"] if row["action"] == "delete"]
        assert restarted and len(found) == 12 and set(found) <= {"done", "failed", "gone"}
        assert found[4:] == ["done"] * 8
        again = bench.clean(protect=[bench.name("keep")])
        assert again["summary"]["failed"] == 0
        assert bench.names() == {"keep:1"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_is_killed_in_the_middle(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL and no return: the rest fails after the patience of one timeout, and the next run finishes it."""
    monkeypatch.setattr(apply_module, "BATCH", 4)
    with throwaway(kind) as engine:
        bench = workbench(engine, tmp_path)
        bench.load(*(app(number) for number in range(12)))
        bench.load(Image(["keep:1"], [BASE, Layer("program", 100, BUSYBOX)]))
        container = bench.container("keep:1", "created")

        def interfere(line: str) -> None:
            if line.startswith("4/12 "):
                engine.kill()

        with pytest.raises(PartialFailure, match="8 of 12 deletions failed, 4 were done") as caught:
            bench._run(True, {"timeout": 2}, interfere)
        result = caught.value.result
        rows = [row for row in result["plan"] if row["action"] == "delete"]
        assert [row["outcome"] for row in rows] == ["done"] * 4 + ["failed"] * 8
        assert all("No answer from the Docker Engine" in row["error"] for row in rows[4:])
        with pytest.raises(EngineUnreachable, match="No answer from the Docker Engine at unix://"):
            bench.plan()
        engine.start()
        again = bench.clean()
        assert again["summary"]["deleted"] == 8 and again["summary"]["failed"] == 0
        assert bench.names() == {"keep:1"}
        bench.api.start(container)
        assert bench.api.inspect_container(container)["State"]["Running"]
        bench.sweep()


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_is_killed_during_a_deletion(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL while it works on several deletions: nothing is told to be done that is not."""
    monkeypatch.setattr(apply_module, "BATCH", 10)
    with throwaway(kind) as engine:
        bench = workbench(engine, tmp_path)
        bench.load(*(app(number) for number in range(30)))
        told: list[str] = []

        def interfere(line: str) -> None:
            told.append(line)
            if line.startswith("1/30 "):
                engine.kill()

        with pytest.raises(PartialFailure) as caught:
            bench._run(True, {"timeout": 5}, interfere)
        rows = bench.rows(caught.value.result)
        engine.start()
        done = {name for name, row in rows.items() if row["outcome"] == "done"}
        failed = {name for name, row in rows.items() if row["outcome"] == "failed"}
        assert done and failed and len(done) + len(failed) == 30 and len(told) == 31
        assert not done & bench.names()
        assert bench.clean()["summary"]["failed"] == 0
        assert bench.names() == set()


# Crashes of the run --------------------------------------------------------------------------------------------------

_RUN = """
import json, sys
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup
options, hold, lock = json.loads(sys.stdin.read())
run_cleanup(parse_options(options), True, None, hold_file=hold, lock_file=lock)
"""


@contextmanager
def run_that_hangs(bench: Workbench, proxy: Proxy, count: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A clean-up in a process of its own that has deleted `count` images and waits for an answer to the next deletion."""
    proxy.hook = lambda method, path, query, nth: HANG if method == "DELETE" and nth > count else None
    options = bench.options(docker_host=proxy.docker_host)
    child = subprocess.Popen(
        [sys.executable, "-c", _RUN], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stdin is not None and child.stderr is not None
    try:
        child.stdin.write(json.dumps([options, str(bench.folder / "hold"), str(bench.folder / "lock")]).encode())
        child.stdin.close()
        wait_until("a deletion", lambda: len(proxy.of("DELETE /images/*")) > count, 60, lambda: child.poll() is None)
        yield child
    finally:
        child.kill()
        child.wait()
        child.stderr.close()


def test_a_run_that_was_killed_blocks_nobody(bench: Workbench) -> None:
    """SIGKILL in the middle: the lock is free, the state is that of the last whole run, the next run finishes the work."""
    bench.load(app(1))
    bench.clean()
    bench.load(*(app(number) for number in range(2, 8)))
    before = (bench.folder / "state.json").read_bytes()
    leftover = bench.folder / ".state.json.abcdefgh.tmp"
    with proxied(bench) as proxy:
        with run_that_hangs(bench, proxy, 2) as child:
            child.kill()
            child.wait()
    assert (bench.folder / "state.json").read_bytes() == before
    assert (bench.folder / "lock").read_text().startswith("%d " % child.pid)
    leftover.write_text("half a sta")
    result = bench.clean()
    assert not [note for note in result["notes"] if "starts over" in note]
    assert result["summary"]["failed"] == 0 and bench.names() == set()
    assert not leftover.exists()
    assert (bench.folder / "lock").read_text() == ""
    document = json.loads((bench.folder / "state.json").read_text())
    assert bench.api.info()["ID"] in document["engines"]


def test_two_runs_at_once(bench: Workbench) -> None:
    """The second fails at once, says which lock, who holds it, and asked the engine for nothing."""
    bench.load(*(app(number) for number in range(3)))
    with proxied(bench) as proxy:
        with run_that_hangs(bench, proxy, 1) as child:
            before = [request for request in proxy.requests if request.method == "GET"]
            with pytest.raises(LockedError) as caught:
                bench.clean(docker_host=proxy.docker_host)
            assert [request for request in proxy.requests if request.method == "GET"] == before
            message = str(caught.value)
            assert str(bench.folder / "lock") in message and "process %d " % child.pid in message
            assert "Nothing was done" in message
            # A plan writes nothing, so it needs no lock.
            assert bench.plan()["summary"]["to_delete"] >= 1
    assert bench.clean()["summary"]["failed"] == 0


# The state file ------------------------------------------------------------------------------------------------------

DAMAGES: dict[str, bytes] = {
    "empty": b"",
    "cut": b'{"schema":1,"engines":{"x":{"started":17',
    "zeros": b"\0" * 4096,
    "binary": bytes(range(256)),
    "list": b"[]",
    "other-schema": b'{"schema":2,"engines":{}}',
    "no-engines": b'{"schema":1}',
    "deep": b"[" * 200000,
}
ENTRIES: dict[str, str] = {
    "entry-null": "null",
    "entry-list": "[]",
    "entry-empty": "{}",
    "images-list": '{"started":1,"last_run":1,"sampled_since":1,"boot_id":"","boot_seconds":0,"images":[]}',
    "image-text": '{"started":1,"last_run":1,"sampled_since":1,"boot_id":"","boot_seconds":0,"images":{"sha256:1":"x"}}',
    "number-text": '{"started":"1","last_run":1,"sampled_since":1,"boot_id":"","boot_seconds":0,"images":{}}',
    "huge": '{"started":1,"last_run":1,"sampled_since":1,"boot_id":"","boot_seconds":1%s,"images":{}}' % ("0" * 400),
    "infinite": '{"started":1,"last_run":1700000000,"sampled_since":1,"boot_id":"%s","boot_seconds":1e999,"images":{}}'
    % Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
    "times-far-off": '{"started":1,"last_run":1,"sampled_since":1,"boot_id":"","boot_seconds":0,"images":{"ID":'
    '{"arrived":1%s,"last_used":null,"layers":null,"content":null,"names":{}}}}' % ("0" * 30),
}


@pytest.mark.engines("engine-20")
@pytest.mark.parametrize("damage", sorted([*DAMAGES, *ENTRIES]))
def test_a_damaged_state_file_starts_over_and_says_so(bench: Workbench, damage: str) -> None:
    bench.load(app(1), app(2))
    state = bench.folder / "state.json"
    if damage in DAMAGES:
        content = DAMAGES[damage]
    else:
        entry = ENTRIES[damage].replace('"ID"', json.dumps(bench.id_of("app:1")))
        content = ('{"schema":1,"engines":{"%s":%s}}' % (bench.api.info()["ID"], entry)).encode()
    state.write_bytes(content)
    planned = bench.plan(delete=[{"labels": LABEL + "=" + bench.prefix, "older_than": "1h"}])
    assert planned["summary"]["to_delete"] == 0
    assert state.read_bytes() == content  # a plan writes nothing
    result = bench.clean()
    if damage not in ("times-far-off", "infinite"):  # strange numbers, but numbers: no crash is all that is asked
        notes = [note for note in result["notes"] if "starts over" in note]
        assert len(notes) == 1 and str(state) in notes[0]
    assert result["summary"]["deleted"] == 2
    assert "starts over" not in " ".join(bench.plan()["notes"])
    if damage in DAMAGES:
        assert Path(str(state) + ".corrupt").read_bytes() == content


def test_a_state_file_that_cannot_be_written_is_told(bench: Workbench) -> None:
    """The deletions are done; the message says what could not be kept."""
    bench.load(app(1))
    blocker = bench.folder / "file"
    blocker.write_text("")
    with pytest.raises(FleetError) as caught:
        bench.clean(state_file=str(blocker / "state.json"))
    assert str(blocker) in str(caught.value)


# Clocks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_off_decides_nothing_by_age(bench: Workbench, minutes: int) -> None:
    """S11: old enough by every clock, and kept all the same, because the engine's clock is ten minutes off."""
    bench.load(Image(["app:1"], [BASE], created="2020-01-01T00:00:00Z"), app(2))

    def shifted(body: bytes) -> bytes:
        info = json.loads(body)
        text = info["SystemTime"].rstrip("Z")[:19]
        moment = datetime.fromisoformat(text) + timedelta(minutes=minutes)
        return json.dumps({**info, "SystemTime": moment.isoformat() + "Z"}).encode()

    scope = {"labels": LABEL + "=" + bench.prefix}
    old = [{**scope, "older_than": "1d", "clock": "created"}, {**scope, "older_than": "1s"}]
    assert bench.plan(delete=old[:1])["summary"]["to_delete"] == 2
    with proxied(bench, lambda method, path, query, nth: shifted if path == "/info" else None) as proxy:
        result = bench.clean(docker_host=proxy.docker_host, delete=old)
        assert not proxy.of("DELETE /images/*")
        # Rounded down, and the questions themselves take a moment.
        assert re.search(r"differ by (9|10)m", result["clocks_distrusted"])
        assert any("ages decide nothing in this run" in note for note in result["notes"])
        assert bench.actions(result) == {"app:1": "keep", "app:2": "keep"}
        # Nor does the floor fail open: what may be too young stays, whatever the rule.
        floor = bench.clean(docker_host=proxy.docker_host, minimum_age="1s", state_file=str(bench.folder / "other"))
        assert bench.actions(floor) == {"app:1": "keep", "app:2": "keep"}
    assert bench.names() == {"app:1", "app:2"}
    assert bench.plan(delete=old[:1], state_file=str(bench.folder / "third"))["clocks_distrusted"] is None


# Helpers of this file ------------------------------------------------------------------------------------------------


def test_the_proxy_keeps_connections(bench: Workbench) -> None:
    """Or every count of this folder would be one of another client's behaviour."""
    import http.client
    import socket

    with proxied(bench) as proxy:
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(proxy.docker_host[len("unix://") :])
        for _turn in range(3):
            connection.request("GET", "/v1.41/images/json?all=1")
            assert isinstance(json.loads(connection.getresponse().read()), list)
        connection.close()
        assert proxy.connections == 1
        assert proxy.requests == [Request("GET", "/images/json", {"all": "1"}, nth) for nth in (1, 2, 3)]
    assert not os.path.exists(proxy.docker_host[len("unix://") :])
