# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one reader gives to one sender."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._transfer.pipe import DEPTH, Broken, Pipe

LONG = 600.0


def filled(*pieces, size=None):
    pipe = Pipe(sum(map(len, pieces)) if size is None else size, LONG)
    for piece in (*pieces, b""):
        assert pipe.give(piece)
    return pipe


def test_it_is_read_like_a_file():
    pipe = filled(b"abcdef", b"gh")
    assert len(pipe) == 8
    assert [pipe.read(4), pipe.read(4), pipe.read(4), pipe.read(4), pipe.read(4)] == [b"abcd", b"ef", b"gh", b"", b""]


def test_all_that_lies_there():
    pipe = filled(b"abc", b"de")
    assert [pipe.read(), pipe.read(), pipe.read()] == [b"abc", b"de", b""]


def test_the_end_that_is_none():
    pipe = Pipe(9, LONG)
    pipe.give(b"abc")
    pipe.give(None)
    assert pipe.read(10) == b"abc"
    with pytest.raises(Broken, match="the source broke off"):
        pipe.read(10)


def test_more_than_the_told_length_is_never_sent():
    """A connection would take it for another request."""
    pipe = filled(b"abc", b"GET /", size=3)
    assert pipe.read() == b"abc"
    with pytest.raises(Broken, match="more than 3 bytes"):
        pipe.read()


def test_the_reader_goes_on_without_a_sender_that_is_too_slow():
    pipe = Pipe(100, 0.0)
    assert [pipe.give(b"x") for _piece in range(DEPTH)] == [True] * DEPTH
    assert not pipe.is_left
    assert not pipe.give(b"x") and pipe.fell_behind and pipe.is_left
    assert b"".join(pipe.read() for _piece in range(DEPTH)) == b"x" * DEPTH
    with pytest.raises(Broken, match="too slow for the others"):
        pipe.read()
    assert not pipe.give(b"x")


def test_a_reader_that_waits_is_set_free_when_the_sender_ends():
    pipe = Pipe(100, LONG)
    for _piece in range(DEPTH):
        pipe.give(b"x")
    reader = threading.Thread(target=pipe.give, args=(b"x",), daemon=True)
    reader.start()
    pipe.abandon()
    reader.join(LONG)
    assert not reader.is_alive()
    assert not pipe.give(b"y") and pipe.is_left


def test_a_sender_that_waits_gets_what_comes():
    pipe, taken = Pipe(3, LONG), []
    sender = threading.Thread(target=lambda: taken.append(pipe.read()), daemon=True)
    sender.start()
    pipe.give(b"abc")
    sender.join(LONG)
    assert taken == [b"abc"]
