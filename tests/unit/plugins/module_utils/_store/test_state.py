# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state file: kept engines, damage, killed writers, two writers, and nothing secret."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import stat
import subprocess
import sys
import textwrap

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import (
    EngineState,
    ImageRecord,
    load_state,
    save_state,
)

STATE = EngineState(
    started=1700000000,
    last_run=1700000500,
    sampled_since=1700000000,
    boot_id="b",
    boot_seconds=12.5,
    images={
        "sha256:1": ImageRecord(
            arrived=1700000001,
            last_used=1700000400,
            layers=[("sha256:c", 10), ("sha256:d", None)],
            content={"digests": ["sha256:e"], "size": 3},
            names={"docker.io/library/nginx:1": 1700000001},
        ),
        "sha256:2": ImageRecord(arrived=1700000002),
    },
    released={"sha256:9": 1700000003},
)


WHOLE_ENTRY = {"started": 1, "last_run": 1, "sampled_since": 1, "boot_id": "", "boot_seconds": 1, "images": {}}


def test_what_was_saved_is_loaded_and_other_engines_are_kept(tmp_path):
    path = str(tmp_path / "deep" / "state.json")
    save_state(path, "other", EngineState(started=1))
    save_state(path, "engine", STATE)
    assert load_state(path, "engine").state == STATE
    assert load_state(path, "other").state == EngineState(started=1)
    assert load_state(path, "engine").note is None
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_missing_file_and_an_unknown_engine_start_empty_without_a_note(tmp_path):
    path = str(tmp_path / "state.json")
    assert load_state(path, "engine").state == EngineState()
    save_state(path, "other", STATE)
    loaded = load_state(path, "engine")
    assert loaded.state == EngineState()
    assert loaded.note is None


@pytest.mark.parametrize(
    "content, cause",
    [
        (b"", "not JSON"),
        (b'{"schema":1,"engines":{"eng', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100000, "not JSON"),
        (b"[]", "schema is None"),
        (b'{"schema":2,"engines":{}}', "schema is 2"),
        (b'{"schema":1,"engines":[]}', "no list of engines"),
    ],
)
def test_a_damaged_file_starts_over_says_so_and_is_kept_aside_on_the_next_write(tmp_path, content, cause):
    path = tmp_path / "state.json"
    path.write_bytes(content)
    loaded = load_state(str(path), "engine")
    assert loaded.state == EngineState()
    assert cause in loaded.note
    assert "starts over" in loaded.note
    assert os.listdir(tmp_path) == ["state.json"], "loading must not write: check mode loads too"
    save_state(str(path), "engine", STATE)
    assert (tmp_path / "state.json.corrupt").read_bytes() == content
    assert load_state(str(path), "engine").state == STATE


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {**WHOLE_ENTRY, "images": []},
        {**WHOLE_ENTRY, "started": "1"},
        {**WHOLE_ENTRY, "boot_seconds": None},
        {**WHOLE_ENTRY, "images": {"a": {}}},
        {**WHOLE_ENTRY, "released": []},
        {**WHOLE_ENTRY, "released": {"sha256:9": None}},
    ],
)
def test_one_damaged_engine_starts_over_and_the_others_stay(tmp_path, entry):
    path = str(tmp_path / "state.json")
    save_state(path, "other", STATE)
    with open(path, encoding="utf-8") as stream:
        document = json.load(stream)
    document["engines"]["engine"] = entry
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(document, stream)
    loaded = load_state(path, "engine")
    assert "entry of engine engine is damaged" in loaded.note
    assert loaded.state == EngineState()
    assert load_state(path, "other").state == STATE


def test_a_file_from_before_released_digests_were_remembered_loads(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"schema": 1, "engines": {"engine": WHOLE_ENTRY}}))
    loaded = load_state(str(path), "engine")
    assert loaded.note is None
    assert loaded.state == EngineState(started=1, last_run=1, sampled_since=1, boot_seconds=1.0)


def test_environment_arguments_and_labels_are_never_stored(tmp_path):
    path = str(tmp_path / "state.json")
    secret = "hunter2"
    content = {
        "Config": {"Env": [secret], "Cmd": [secret], "Labels": {"x": secret}, "Entrypoint": [secret]},
        "history": [{"created_by": secret, "CreatedBy": secret, "size": 1}],
        "env": secret,
        "labels": {"x": secret},
        "platform": "linux/amd64",
    }
    save_state(path, "engine", EngineState(images={"a": ImageRecord(arrived=1, content=content)}))
    with open(path, encoding="utf-8") as stream:
        assert secret not in stream.read()
    stored = load_state(path, "engine").state.images["a"].content
    assert stored == {"Config": {}, "history": [{"size": 1}], "platform": "linux/amd64"}


def test_a_second_writer_is_told_and_changes_nothing(tmp_path):
    path = str(tmp_path / "state.json")
    save_state(path, "engine", STATE)
    with exclusive_lock(path + ".lock"), pytest.raises(LockedError):
        save_state(path, "engine", EngineState())
    assert load_state(path, "engine").state == STATE


def test_a_state_file_that_is_a_folder_is_a_clear_error(tmp_path):
    with pytest.raises(StateError, match="cannot read .*Is a directory"):
        load_state(str(tmp_path), "engine")


WRITER = textwrap.dedent(
    """
    import sys
    from ansible_collections.imagefleet.docker.plugins.module_utils._store import state
    number = int(sys.argv[2])
    while True:
        number += 1
        images = {"i%d" % n: state.ImageRecord(arrived=number) for n in range(300)}
        state.save_state(sys.argv[1], "engine", state.EngineState(started=1, last_run=number, images=images))
        sys.stdout.write("%d\\n" % number)
        sys.stdout.flush()
    """
)


def test_a_writer_killed_at_any_point_leaves_a_whole_state_and_a_free_lock(tmp_path):
    path = str(tmp_path / "state.json")
    chance = random.Random(20261123)
    number = 0
    for _round in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, str(number)], stdout=subprocess.PIPE)
        try:
            number = int(writer.stdout.readline())
            # Not a wait for something: the kill has to land at an arbitrary point of the write loop.
            select.select([], [], [], chance.uniform(0, 0.01))
        finally:
            writer.send_signal(signal.SIGKILL)
            reported = writer.stdout.read().split()
            writer.wait()
        if reported:
            number = int(reported[-1])
        loaded = load_state(path, "engine")
        assert loaded.note is None
        # Killed between the rename and the report, the file is one ahead of what was reported, never behind.
        assert loaded.state.last_run in (number, number + 1)
        assert {record.arrived for record in loaded.state.images.values()} == {loaded.state.last_run}
        assert len(loaded.state.images) == 300
    save_state(path, "engine", STATE)
    assert sorted(os.listdir(tmp_path)) == ["state.json", "state.json.lock"]
