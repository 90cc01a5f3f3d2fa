# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Closed, proven, and opened again whatever happens, in the right order (S8)."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.window import PROOFS, START_TIMEOUT, Window
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    RefusedError,
    RegistryError,
    RegistryRefusal,
    StateError,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collect.hosts import UNIT, Host

RESTART = ["daemon-reload", "reset-failed registry", "restart registry"]
CLOSE = ["start guard", *RESTART, *["upload 405"] * PROOFS]
OPEN = ["stop collector", "show collector", *RESTART, "upload 202", "show registry", "stop guard"]
BY_HAND = "registry service %s could not be opened again: " % UNIT


@pytest.fixture(name="host")
def fixture_host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def window(host, limit=60):
    return Window(host.service(), host.client, "imagefleet-canary", limit)


def fails(*answer):
    return lambda _argv: answer


def fails_once(host, what, *answer):
    def fail(_argv):
        del host.wrong[what]
        return answer

    host.wrong[what] = fail


def is_open(host):
    return not host.closed and not os.path.exists(host.names.drop_in)


def test_closed_inside_and_open_again(host):
    closed = window(host)
    with closed:
        assert host.closed and os.path.exists(host.names.drop_in)
        assert host.log == CLOSE
        host.seconds += 3.5
    assert is_open(host) and closed.seconds == 3.5
    assert host.log == CLOSE + OPEN
    assert not os.path.exists(host.names.drop_in_folder)


def test_the_drop_in_is_for_systemd_to_read(host):
    with window(host):
        with open(host.names.drop_in, encoding="ascii") as stream:
            assert "Environment='REGISTRY_STORAGE_MAINTENANCE_READONLY={\"enabled\":true}'" in stream.read()
        assert os.stat(host.names.drop_in).st_mode & 0o777 == 0o644


def test_the_guard_is_there_before_anything_closes(host):
    seen = []
    host.wrong["start guard"] = lambda argv: seen.append((argv, os.path.exists(host.names.drop_in)))
    with window(host, limit=60):
        pass
    ((argv, closing),) = seen
    assert not closing
    # Both runs of the collector, and room for the rest; and who it waits for.
    assert argv[argv.index("sh") + 1 : argv.index("sh") + 3] == ["420", str(os.getpid())]


@pytest.mark.parametrize("error", [RefusedError("moved"), StateError("full"), ValueError("bug"), KeyboardInterrupt()])
def test_open_again_whatever_happens_inside(host, error):
    closed = window(host)
    with pytest.raises(type(error)) as caught:
        with closed:
            raise error
    assert caught.value is error
    assert is_open(host) and host.log == CLOSE + OPEN and closed.seconds is not None


# What does not close -------------------------------------------------------------------------------------------------


def test_a_guard_that_does_not_start_closes_nothing(host):
    host.wrong["start guard"] = fails(1, "", "Failed to start transient service unit: Unit already exists")
    with pytest.raises(RegistryError, match="systemd-run --quiet ended with 1: Failed to start transient"):
        window(host).__enter__()
    assert is_open(host) and host.log == ["start guard", *OPEN]


@pytest.mark.parametrize("what", ["daemon-reload", "restart registry"])
def test_a_restart_that_fails_once(host, what):
    fails_once(host, what, 1, "", "Job failed")
    with pytest.raises(RegistryError, match="ended with 1: Job failed"):
        window(host).__enter__()
    assert is_open(host) and host.log[-len(OPEN) :] == OPEN


def test_a_drop_in_that_cannot_be_written(host):
    os.makedirs(host.names.drop_in_folder)
    os.makedirs(host.names.drop_in)
    with pytest.raises(RegistryError, match="cannot write .*: Is a directory"):
        window(host).__enter__()
    assert not host.closed


@pytest.mark.parametrize("answers", [[202], [405, 202], [405, 405, 201], [403]])
def test_a_registry_that_still_takes_uploads(host, answers):
    """One of several behind a name may be another one, that is not closed."""
    left = list(answers)
    client = host.client()
    client.open_upload = lambda _repository, _query: left.pop(0) if left else 202
    closed = Window(host.service(), lambda: client, "imagefleet-canary", 60)
    with pytest.raises(
        RegistryError, match=r"still takes uploads \(%d\) although it was told to be read-only" % answers[-1]
    ):
        closed.__enter__()
    assert is_open(host) and host.log[-1] == "stop guard" and closed.seconds is not None


def test_every_proof_is_made_by_a_client_of_its_own(host):
    """A kept connection would lead to the same registry each time."""
    made = []
    with Window(host.service(), lambda: made.append(host.client()) or made[-1], "imagefleet-canary", 60):
        assert len(made) == PROOFS


@pytest.mark.parametrize(
    "error", [BlockingIOError(11, "Resource temporarily unavailable"), MemoryError(), KeyboardInterrupt()]
)
def test_open_again_whatever_happens_while_it_closes(host, error):
    def fail(_argv):
        del host.wrong["restart registry"]
        raise error

    host.wrong["restart registry"] = fail
    with pytest.raises((StateError, type(error))):
        window(host).__enter__()
    assert is_open(host) and host.log[-len(OPEN) :] == OPEN


def test_it_may_be_proven_once_more(host):
    with window(host) as closed:
        closed.prove()
        host.closed = False
        with pytest.raises(RegistryError, match=r"still takes uploads \(202\)"):
            closed.prove()


# What does not open --------------------------------------------------------------------------------------------------


def test_a_registry_that_does_not_start_again(host):
    closed = window(host)
    closed.__enter__()
    host.wrong["restart registry"] = fails(1, "", "Job for docker-registry.service failed")
    with pytest.raises(RegistryError) as caught:
        closed.__exit__(None, None, None)
    assert str(caught.value).startswith(
        BY_HAND + "systemctl restart ended with 1: Job for docker-registry.service failed"
    )
    assert "The unit %s tries once more; by hand: rm %s; systemctl daemon-reload; systemctl restart %s" % (
        host.names.guard,
        host.names.drop_in,
        UNIT,
    ) in str(caught.value)
    assert closed.seconds is None and "stop guard" not in host.log


def test_a_registry_that_does_not_answer_again(host):
    closed = window(host)
    closed.__enter__()
    host.answers = False
    with pytest.raises(
        RegistryError, match=BY_HAND + "it does not answer %d seconds after its restart: No answer" % START_TIMEOUT
    ):
        closed.__exit__(None, None, None)
    assert closed.seconds is None and "stop guard" not in host.log


def test_a_registry_that_takes_its_time(host):
    closed = window(host)
    closed.__enter__()
    host.answers, host.answers_from = False, host.seconds + 30
    closed.__exit__(None, None, None)
    assert is_open(host) and 30 <= closed.seconds < START_TIMEOUT


def test_a_registry_that_stays_closed(host):
    """Somebody made it read-only in the meantime."""
    closed = window(host)
    closed.__enter__()
    host.wrong["restart registry"] = fails(0, "", "")
    with pytest.raises(RegistryError, match=BY_HAND + "an upload is answered with 405"):
        closed.__exit__(None, None, None)
    assert "stop guard" not in host.log


def test_another_registry_that_answers_for_it(host):
    """It is open, and ours has crashed."""
    closed = window(host)
    closed.__enter__()
    host.states[UNIT] = "activating"
    with pytest.raises(RegistryError, match=BY_HAND + "it is activating"):
        closed.__exit__(None, None, None)


def test_a_collector_that_does_not_end_keeps_it_closed(host):
    """What it found to be garbage, a push may be about to use."""
    closed = window(host)
    closed.__enter__()
    host.states[host.names.collector.unit] = "activating"
    host.wrong["stop collector"] = fails(1, "", "Failed to stop: connection reset by peer")
    with pytest.raises(
        RegistryError, match=BY_HAND + "%s was told to stop and does not end" % host.names.collector.unit
    ):
        closed.__exit__(None, None, None)
    assert host.closed and host.log[-1] == "show collector" and "stop guard" not in host.log
    # The guard goes on from here; and no other collector may begin.
    assert not os.path.exists(host.names.drop_in)


def test_an_answer_that_is_no_proof(host):
    """Credentials that ended meanwhile."""
    closed = window(host)
    closed.__enter__()
    client = host.client()

    def refuse(_repository, _digest):
        raise RegistryRefusal("Registry r answered 401", 401)

    client.has_blob = refuse
    closed._new_client = lambda: client
    with pytest.raises(RegistryError, match=BY_HAND + "Registry r answered 401"):
        closed.__exit__(None, None, None)
    assert host.seconds == 1000, "it was not waited for"


@pytest.mark.parametrize("error", [RefusedError("the registry moved"), RegistryError("no answer")])
def test_when_opening_fails_too_both_are_told(host, error):
    closed = window(host)
    closed.__enter__()
    host.wrong["restart registry"] = fails(1, "", "Job failed")
    with pytest.raises(RegistryError, match="^%s. And: %s" % (error, BY_HAND)):
        closed.__exit__(type(error), error, None)


def test_when_neither_closing_nor_opening_works_both_are_told(host):
    host.wrong["restart registry"] = fails(1, "", "Job failed")
    with pytest.raises(RegistryError, match="^systemctl restart ended with 1: .* And: %s" % BY_HAND):
        window(host).__enter__()


def test_a_guard_that_cannot_be_stopped_is_no_failure(host):
    """It opens the registry once more, which is open."""
    host.wrong["stop guard"] = fails(1, "", "connection reset")
    closed = window(host)
    with closed:
        pass
    assert is_open(host) and closed.seconds is not None


# Others --------------------------------------------------------------------------------------------------------------


def test_drop_ins_of_others_stay(host):
    os.makedirs(host.names.drop_in_folder)
    other = os.path.join(host.names.drop_in_folder, "limits.conf")
    with open(other, "w", encoding="ascii"):
        pass
    with window(host):
        pass
    assert os.listdir(host.names.drop_in_folder) == ["limits.conf"]


def test_what_the_guard_did_already_is_done_again_and_harms_nothing(host):
    closed = window(host)
    with closed:
        os.unlink(host.names.drop_in)
        os.rmdir(host.names.drop_in_folder)
        host.closed = False
    assert is_open(host) and closed.seconds is not None


def test_what_an_earlier_run_left_is_opened(host):
    os.makedirs(host.names.drop_in_folder)
    with open(host.names.drop_in, "w", encoding="ascii"):
        pass
    host.closed = True
    found = window(host)
    found.open()
    assert is_open(host) and host.log == OPEN and found.seconds is None
