# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's file: whole or not at all, private, and never silently empty."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.document import to_document
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import (
    EngineEntry,
    HostEntry,
    Ledger,
    SourceEntry,
    Unmapped,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import (
    hold_ledger,
    load_ledger,
    save_ledger,
)

ENGINE = EngineEntry(
    1700000000, "web-1", 12, ("docker.io/team/app:1",), (Unmapped("sha256:1", ("docker.io/team/b:1",)),)
)
LEDGER = Ledger(
    started=1690000000,
    last_run=1700000000,
    last_complete=1699999999,
    complete=False,
    problems=("web-7 is silent",),
    host_grace=1,
    in_use_grace=2,
    expected=("web-1", "web-7"),
    hosts={"web-1": HostEntry(1700000000, True, {"engine": ENGINE}), "web-7": HostEntry()},
    digests={"sha256:a": {"web-1": 1700000000}},
    released={"sha256:b": {"web-1": 1699999000}},
    sources={
        "/srv/x": SourceEntry(
            1700000000, 1699999000, 10, 2, ("r.example.com/a:1",), ("r.example.com/b",), ("sha256:c",)
        )
    },
)


def test_what_was_saved_is_loaded(tmp_path):
    path = str(tmp_path / "deep" / "ledger.json")
    save_ledger(path, LEDGER)
    assert load_ledger(path) == LEDGER
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    save_ledger(path, replace(LEDGER, complete=True, problems=()))
    assert load_ledger(path).complete
    assert sorted(os.listdir(tmp_path / "deep")) == ["ledger.json", "ledger.json.lock"]


def test_a_missing_file_is_none(tmp_path):
    assert load_ledger(str(tmp_path / "ledger.json")) is None
    assert os.listdir(tmp_path) == []


def changed(**fields):
    return json.dumps({**json.loads(json.dumps(to_document(LEDGER))), **fields}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"schema":1,"hosts":{',
        b"\xff\xfe\x00",
        b"[" * 100000,
        b"[]",
        b"null",
        b"{}",
        b'{"schema":1}',
        changed(schema=2),
        changed(hosts=[]),
        changed(hosts={"a": {}}),
        changed(hosts={"a": {"answered": 1, "current": 1, "engines": {}}}),
        changed(hosts={"a": {"answered": 1, "current": True, "engines": {"e": {}}}}),
        changed(digests={"sha256:a": []}),
        changed(digests={"sha256:a": {"a": "1"}}),
        changed(digests={"sha256:a": {"a": 1.5}}),
        changed(digests={"sha256:a": {"a": -1}}),
        changed(released=None),
        changed(last_run=True),
        changed(complete="yes"),
        changed(problems="none"),
        changed(expected=[1]),
        changed(sources={"/x": {}}),
    ],
)
def test_a_damaged_file_is_an_error_and_is_left_alone(tmp_path, content):
    path = tmp_path / "ledger.json"
    path.write_bytes(content)
    with pytest.raises(StateError, match="cannot be understood: .*put a backup of it back.*first_run: true"):
        load_ledger(str(path))
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["ledger.json"]


def test_every_field_is_needed(tmp_path):
    path = tmp_path / "ledger.json"
    whole = json.loads(json.dumps(to_document(LEDGER)))
    for field in whole.keys() - {"names"}:
        path.write_text(json.dumps({key: whole[key] for key in whole if key != field}))
        with pytest.raises(StateError):
            load_ledger(str(path))


def test_a_folder_in_its_place_is_a_clear_error(tmp_path):
    with pytest.raises(StateError, match="cannot read .*Is a directory"):
        load_ledger(str(tmp_path))


def test_a_second_writer_is_told_and_changes_nothing(tmp_path):
    path = str(tmp_path / "ledger.json")
    save_ledger(path, LEDGER)
    with hold_ledger(path), pytest.raises(LockedError):
        save_ledger(path, replace(LEDGER, complete=True))
    assert load_ledger(path) == LEDGER


def test_what_a_killed_writer_left_is_removed(tmp_path):
    path = str(tmp_path / "ledger.json")
    (tmp_path / ".ledger.json.abc.tmp").write_text("half")
    save_ledger(path, LEDGER)
    assert sorted(os.listdir(tmp_path)) == ["ledger.json", "ledger.json.lock"]
