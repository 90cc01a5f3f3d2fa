# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One blob from one source to several targets: read once, whole or not at all."""

from __future__ import annotations

import hashlib
import threading
from types import SimpleNamespace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer import blob
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.blob import SMALL, Place, copy_blob
from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.pipe import DEPTH, Pipe

PIECE = 64 * 1024
BLOB = bytes(range(256)) * (40 * PIECE // 256) + b"end"
DIGEST, SIZE = digest_of(BLOB), len(BLOB)
LONG = 600.0


class Source:
    """`tries`: what each reading does: None is whole, a number is how many bytes come before it breaks, bytes are sent instead."""

    name = "source"

    def __init__(self, *tries, blob=BLOB):
        self.options = SimpleNamespace(retries=3)
        self.readings = 0
        self.pauses = 0
        self.given = 0
        self._tries = list(tries)
        self._blob = blob

    def pause(self, _attempt):
        self.pauses += 1

    def blob(self, _repository, _digest, limit):
        self.readings += 1
        assert len(self._blob) <= limit
        return self._tries.pop(0) if self._tries else self._blob

    def read_blob(self, _repository, digest, _size):
        self.readings += 1
        if self._tries and isinstance(self._tries[0], Exception):
            raise self._tries.pop(0)
        fault = self._tries.pop(0) if self._tries else None
        data = fault if isinstance(fault, bytes) else self._blob
        end = fault if isinstance(fault, int) else len(data)
        for place in range(0, end, PIECE):
            piece = data[place : min(place + PIECE, end)]
            self.given += len(piece)
            yield piece
        if isinstance(fault, int):
            raise RegistryError("the source broke")
        if not digest.endswith(hashlib.new(digest.partition(":")[0], data).hexdigest()):
            raise RegistryError("what it sends is something else")


class Target:
    """Keeps what arrives whole in `kept`, and what came of the rest in `halves`. `faults`: what it does to each upload."""

    def __init__(self, *faults, opening=None):
        self.options = SimpleNamespace(retries=3)
        self.kept = []
        self.halves = []
        self.uploads = 0
        self.pauses = 0
        self._faults = list(faults)
        self._opening = opening

    def pause(self, _attempt):
        self.pauses += 1

    def start_upload(self, _repository):
        self.uploads += 1
        if self._opening is not None:
            raise self._opening
        return "/upload/%d" % self.uploads

    def send_blob(self, _repository, _location, _digest, content):
        if self._faults and isinstance(self._faults[0], Exception):
            content.read(10)
            raise self._faults.pop(0)
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            fault.wait(LONG)
        taken = bytearray()
        try:
            while len(taken) < len(content):
                piece = content.read(16384)
                if not piece:
                    raise AssertionError("the end came before the told length")
                taken += piece
        finally:
            (self.kept if len(taken) == len(content) else self.halves).append(bytes(taken))

    def put_blob(self, _repository, data):
        self.uploads += 1
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
        self.kept.append(data)


def copy(source, *targets, digest=DIGEST, size=SIZE, patience=LONG):
    places = [Place(target, "app") for target in targets]
    before = threading.active_count()
    try:
        copied = copy_blob(Place(source, "src/app"), digest, size, places, patience)
    finally:
        # Nobody is left waiting.
        assert threading.active_count() == before
    return copied, {targets.index(place.client): why for place, why in copied.failed.items()}


def refusal(status):
    return RegistryRefusal("it answered %d" % status, status)


# Large ones ----------------------------------------------------------------------------------------------------------


def test_three_targets_one_reading():
    source, targets = Source(), [Target(), Target(), Target()]
    copied, failed = copy(source, *targets)
    assert failed == {} and source.readings == 1
    assert [target.kept for target in targets] == [[BLOB]] * 3
    assert (copied.bytes, copied.sent) == (len(BLOB), 3 * len(BLOB))


def test_who_falls_behind_is_finished_alone(monkeypatch):
    assert len(BLOB) > (DEPTH + 4) * PIECE
    go = threading.Event()
    slow, quick = Target(go), Target()
    whole = quick.send_blob

    def last(*args):
        whole(*args)
        go.set()  # the slow one goes on only after the quick one is done

    quick.send_blob = last
    patience = [LONG, 0.0, LONG]  # of the quick one, of the slow one, of the slow one alone
    monkeypatch.setattr(blob, "Pipe", lambda size, _patience: Pipe(size, patience.pop(0)))
    source = Source()
    copied, failed = copy(source, quick, slow)
    assert failed == {} and source.readings == 2
    assert quick.kept == [BLOB] and quick.uploads == 1
    assert slow.kept == [BLOB] and slow.uploads == 2
    assert (copied.bytes, copied.sent) == (2 * len(BLOB), 2 * len(BLOB))


@pytest.mark.parametrize("status", [403, 405, 413])
def test_a_target_that_refuses_is_not_asked_again(status):
    source, good, bad = Source(), Target(), Target(refusal(status))
    copied, failed = copy(source, good, bad)
    assert failed == {1: "it answered %d" % status} and copied.silent == set()
    assert good.kept == [BLOB] and bad.uploads == 1 and source.readings == 1
    assert copied.sent == len(BLOB)


@pytest.mark.parametrize(
    "fault", [refusal(503), refusal(404), refusal(416), refusal(401), RegistryError("reset"), OSError("x")]
)
def test_a_target_that_fails_in_passing_is_tried_again_alone(fault):
    source, good, bad = Source(), Target(), Target(fault)
    copied, failed = copy(source, good, bad)
    assert failed == {} and copied.silent == set()
    assert (good.uploads, bad.uploads, source.readings, source.pauses) == (1, 2, 2, 1)
    assert good.kept == bad.kept == [BLOB]


def test_a_target_that_always_fails_is_given_up():
    source, bad = Source(), Target(*[refusal(503)] * 9)
    copied, failed = copy(source, bad)
    assert failed == {0: "it answered 503"}
    assert bad.uploads == source.readings == source.options.retries + 1


def test_a_target_that_does_not_answer_is_told_so():
    """Its client has tried it often enough."""
    source, good, dead = Source(), Target(), Target(opening=RegistryError("no answer"))
    copied, failed = copy(source, good, dead)
    assert failed == {1: "no answer"} and {place.client for place in copied.silent} == {dead}
    assert dead.uploads == 1 and good.kept == [BLOB]


def test_nobody_left_is_no_reason_to_read_on():
    source, dead = Source(), Target(opening=refusal(403))
    _copied, failed = copy(source, dead)
    assert failed == {0: "it answered 403"}
    assert source.given <= (DEPTH + 2) * PIECE < len(BLOB)


def test_a_source_that_breaks_is_read_again_once_for_all():
    source, targets = Source(10 * PIECE + 5), [Target(), Target()]
    copied, failed = copy(source, *targets)
    assert failed == {} and source.readings == 2
    assert [target.kept for target in targets] == [[BLOB]] * 2
    assert all(len(target.halves) == 1 and len(target.halves[0]) < len(BLOB) for target in targets)
    assert (copied.bytes, copied.sent) == (len(BLOB) + 10 * PIECE + 5, 2 * len(BLOB))


def test_a_source_that_always_breaks():
    source, target = Source(*[PIECE] * 9), Target()
    copied, failed = copy(source, target)
    assert failed == {0: "the source broke"} and target.kept == [] and copied.sent == 0
    assert source.readings == source.options.retries + 1


def test_a_source_that_refuses():
    target = Target()
    with pytest.raises(RegistryRefusal, match="it answered 404"):
        copy(Source(refusal(404)), target)
    assert target.kept == []


def test_whatever_goes_wrong_nobody_waits_for_ever():
    target = Target()
    with pytest.raises(ZeroDivisionError):
        copy(Source(ZeroDivisionError()), target)
    assert target.kept == []


@pytest.mark.parametrize("place", [0, len(BLOB) // 2, len(BLOB) - 1])
def test_what_is_corrupt_never_arrives_whole(place):
    wrong = BLOB[:place] + bytes([BLOB[place] ^ 1]) + BLOB[place + 1 :]
    source, targets = Source(wrong), [Target(), Target()]
    _copied, failed = copy(source, *targets)
    assert failed == {} and source.readings == 2
    assert [target.kept for target in targets] == [[BLOB]] * 2
    source, target = Source(*[wrong] * 9), Target()
    _copied, failed = copy(source, target)
    assert failed == {0: "what it sends is something else"} and target.kept == []


# Small ones ----------------------------------------------------------------------------------------------------------

TINY = b"a config"


def copy_small(source, *targets):
    return copy(source, *targets, digest=digest_of(TINY), size=len(TINY))


def test_a_small_blob_is_read_once_however_often_it_is_sent():
    source, good, bad = Source(blob=TINY), Target(), Target(refusal(404), refusal(416))
    copied, failed = copy_small(source, good, bad)
    assert failed == {} and source.readings == 1
    assert (good.uploads, bad.uploads, bad.pauses) == (1, 3, 2)
    assert good.kept == bad.kept == [TINY]
    assert (copied.bytes, copied.sent) == (len(TINY), 2 * len(TINY))


def test_a_small_blob_at_targets_that_do_not_take_it():
    good, forbids, dead, fails = (
        Target(),
        Target(refusal(403)),
        Target(RegistryError("no answer")),
        Target(*[refusal(404)] * 9),
    )
    copied, failed = copy_small(Source(blob=TINY), good, forbids, dead, fails)
    assert failed == {1: "it answered 403", 2: "no answer", 3: "it answered 404"}
    assert {place.client for place in copied.silent} == {dead}
    assert (forbids.uploads, dead.uploads, fails.uploads) == (1, 1, 4)
    assert copied.sent == len(TINY)


def test_a_small_blob_that_the_source_does_not_have():
    source = Source(blob=TINY)
    source.blob = lambda *_args: None
    with pytest.raises(RegistryError, match="registry source does not have blob %s of src/app" % digest_of(TINY)):
        copy_small(source, Target())


def test_another_kind_of_digest_is_compared_too():
    """What is read at once is compared by sha256 only."""
    digest = "sha512:" + hashlib.sha512(TINY).hexdigest()
    target = Target()
    copied, failed = copy(Source(b"A config", blob=TINY), target, digest=digest, size=len(TINY))
    assert failed == {} and target.kept == [TINY] and copied.sent == len(TINY)


def test_small_and_large_meet():
    data = b"x" * SMALL
    target = Target()
    copied, failed = copy(Source(blob=data), target, digest=digest_of(data), size=SMALL)
    assert failed == {} and target.kept == [data] and copied.bytes == SMALL
