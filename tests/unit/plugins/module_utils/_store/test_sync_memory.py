# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.move_journal import (
    LIFE,
    Move,
    MoveJournal,
    forget_old_moves,
    move_runs,
    read_moves,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import moment_of
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import (
    PlaceMemory,
    SyncMemory,
    load_sync_memory,
    save_sync_memory,
    sync_memory_path,
)

SOURCE = "r.example.com:5000"
NOW = 1_800_000_000
MOVES = [
    Move("eu", "app", "mirror/app", "latest", "sha256:b", "sha256:a"),
    Move("us", "app", "app", "1", "sha256:c", None),
]


def test_what_is_saved_is_loaded(tmp_path):
    path = sync_memory_path(str(tmp_path), SOURCE)
    assert load_sync_memory(path) == (SyncMemory(), None)
    memory = SyncMemory(NOW, "boot", 12.5)
    memory.place("eu central", "app").made["1"] = ("sha256:a", "app")
    memory.place("eu central", "app").absent["1"] = NOW
    memory.place("us", "app").held_back["latest"] = "sha256:b"
    save_sync_memory(path, memory, False)
    loaded, damage = load_sync_memory(path)
    assert loaded == memory and damage is None
    assert loaded.held_back("us", "app", "latest") == "sha256:b" and loaded.held_back("ap", "app", "latest") is None
    assert oct((tmp_path / "r.example.com_5000.json").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema": 2}', '{"schema": 1, "last_run": 1, "boot_id": "", "boot_seconds": 1, "places": []}'],
)
def test_a_damaged_file_is_moved_aside_and_nothing_is_known(tmp_path, text):
    path = sync_memory_path(str(tmp_path), SOURCE)
    with open(path, "w") as stream:
        stream.write(text)
    memory, damage = load_sync_memory(path)
    assert memory == SyncMemory() and "starts over" in damage and path in damage
    save_sync_memory(path, memory, True)
    assert load_sync_memory(path) == (SyncMemory(), None)
    with open(path + ".corrupt") as stream:
        assert stream.read() == text


def test_moves_are_on_disk_before_they_are_done(tmp_path):
    journal = MoveJournal(str(tmp_path), SOURCE, NOW)
    journal.add([])
    assert not journal.used and move_runs(str(tmp_path), SOURCE) == []
    journal.add(MOVES[:1])
    journal.add(MOVES[1:])
    assert journal.used and move_runs(str(tmp_path), SOURCE) == [journal.run_id]
    assert read_moves(str(tmp_path), SOURCE, journal.run_id) == MOVES
    (path,) = (tmp_path / "r.example.com_5000").iterdir()
    # What a crash tore was not done.
    path.write_bytes(path.read_bytes() + b'{"region": "e')
    assert read_moves(str(tmp_path), SOURCE, journal.run_id) == MOVES
    path.write_bytes(b"[]\n")
    with pytest.raises(StateError, match="is damaged: a line is no mapping"):
        read_moves(str(tmp_path), SOURCE, journal.run_id)
    path.write_text(json.dumps({"region": "eu"}) + "\n")
    with pytest.raises(StateError, match="is damaged"):
        read_moves(str(tmp_path), SOURCE, journal.run_id)


def test_old_moves_are_forgotten(tmp_path):
    old, new = (MoveJournal(str(tmp_path), SOURCE, moment) for moment in (NOW - LIFE - 1, NOW - LIFE))
    for journal in (old, new):
        journal.add(MOVES)
    forget_old_moves(str(tmp_path), SOURCE, NOW)
    assert move_runs(str(tmp_path), SOURCE) == [new.run_id] and moment_of(new.run_id) == NOW - LIFE


@pytest.mark.parametrize("run_id", ["last", "../../etc/passwd", "20200101T000000Z-00000000"])
def test_no_such_run(tmp_path, run_id):
    with pytest.raises(StateError, match="there is no run .*there is: none"):
        read_moves(str(tmp_path), SOURCE, run_id)


def test_places_start_empty():
    assert SyncMemory().place("eu", "app") == PlaceMemory()
