# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import (
    LIFE,
    UndoEntry,
    UndoWriter,
    forget_old,
    moment_of,
    newest_undo,
    read_content,
    read_undo,
    undo_runs,
)

NOW = 1_800_000_000
REGISTRY = "registry.example.com:5000"
ONE, TWO = b'{"schemaVersion": 2}', b'{"schemaVersion": 2, "layers": []}'


def entry(data: bytes, *tags: str, whole: bool = True) -> UndoEntry:
    return UndoEntry("shop/web", digest_of(data), "application/vnd.oci.image.manifest.v1+json", tags, whole)


def write(folder, now: int = NOW) -> UndoWriter:
    undo = UndoWriter(str(folder), REGISTRY, now)
    undo.add([entry(ONE, "1.0")], {digest_of(ONE): ONE})
    undo.add([entry(TWO)], {digest_of(TWO): TWO})
    return undo


def test_what_was_written_is_read_again(tmp_path):
    undo = write(tmp_path)
    assert undo_runs(str(tmp_path), REGISTRY) == [undo.run_id]
    assert read_undo(str(tmp_path), REGISTRY, undo.run_id) == [entry(ONE, "1.0"), entry(TWO)]
    assert read_content(str(tmp_path), REGISTRY, undo.run_id, digest_of(ONE)) == ONE
    assert undo.content(digest_of(TWO)) == TWO
    assert undo.entry("shop/web", digest_of(ONE)) == entry(ONE, "1.0")
    assert undo.entry("shop/api", digest_of(ONE)) is None
    assert moment_of(undo.run_id) == newest_undo(str(tmp_path), REGISTRY) == NOW


def test_a_run_without_deletions_leaves_nothing(tmp_path):
    undo = UndoWriter(str(tmp_path), REGISTRY, NOW)
    undo.add([], {})
    assert not undo.used
    assert not list(tmp_path.iterdir())
    assert newest_undo(str(tmp_path), REGISTRY) is None


def test_nobody_else_may_read_it(tmp_path):
    write(tmp_path)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o600}


def test_a_line_that_a_crash_tore_is_left_out(tmp_path):
    undo = write(tmp_path)
    (journal,) = tmp_path.rglob("journal")
    journal.write_bytes(journal.read_bytes()[:-10])
    assert read_undo(str(tmp_path), REGISTRY, undo.run_id) == [entry(ONE, "1.0")]


def test_a_damaged_line_is_told(tmp_path):
    undo = write(tmp_path)
    (journal,) = tmp_path.rglob("journal")
    journal.write_bytes(b"nonsense\n" + journal.read_bytes())
    with pytest.raises(StateError, match="journal is damaged"):
        read_undo(str(tmp_path), REGISTRY, undo.run_id)


def test_damaged_bytes_are_as_good_as_none(tmp_path):
    undo = write(tmp_path)
    for path in tmp_path.rglob("manifests/*"):
        path.write_bytes(b"something else")
    assert read_content(str(tmp_path), REGISTRY, undo.run_id, digest_of(ONE)) is None


@pytest.mark.parametrize("run_id", ["20260101T000000Z-00000000", "../../etc", ""])
def test_a_run_that_is_not_there_is_told_with_those_that_are(tmp_path, run_id):
    undo = write(tmp_path)
    with pytest.raises(StateError, match="there is no undo of run .* there is: %s" % undo.run_id):
        read_undo(str(tmp_path), REGISTRY, run_id)


def test_what_is_of_no_use_any_more_goes(tmp_path):
    write(tmp_path, NOW - LIFE - 1)
    young = write(tmp_path, NOW - LIFE + 1)
    forget_old(str(tmp_path), REGISTRY, NOW)
    assert undo_runs(str(tmp_path), REGISTRY) == [young.run_id]


def test_a_folder_that_cannot_be_written_is_told_before_anything_goes(tmp_path):
    (tmp_path / "file").write_text("in the way")
    undo = UndoWriter(str(tmp_path / "file"), REGISTRY, NOW)
    with pytest.raises(StateError, match="cannot write"):
        undo.add([entry(ONE)], {digest_of(ONE): ONE})
    assert not undo.used
