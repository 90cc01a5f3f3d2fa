# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._store.retention_memory import (
    RegistryMemory,
    RepositoryMemory,
    load_memory,
    memory_path,
    save_memory,
)

DIGEST = "sha256:" + "1" * 64
MEMORY = RegistryMemory(
    last_run=1_800_000_000,
    boot_id="boot",
    boot_seconds=12.5,
    repositories={
        "shop/web": RepositoryMemory(
            listed=1_800_000_000,
            tags={"1.0": (DIGEST, 1_700_000_000)},
            leftovers={DIGEST: 1_750_000_000},
            pending={"1.0": (DIGEST, 1_790_000_000)},
        )
    },
)


def test_what_was_saved_is_loaded_again(tmp_path):
    path = memory_path(str(tmp_path), "registry.example.com:5000")
    assert load_memory(path) == (RegistryMemory(), None)
    save_memory(path, MEMORY, damaged=False)
    assert load_memory(path) == (MEMORY, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"schema": 2}',
        json.dumps({"schema": 1, "last_run": "x", "boot_id": "", "boot_seconds": 0, "repositories": {}}),
        json.dumps(
            {"schema": 1, "last_run": 1, "boot_id": "", "boot_seconds": 0, "repositories": {"a": {"listed": 1}}}
        ),
        json.dumps({"schema": 1, "last_run": 1, "boot_id": "", "boot_seconds": 0, "repositories": ["a"]}),
    ],
)
def test_a_damaged_file_starts_over_and_is_kept_aside(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    memory, note = load_memory(str(path))
    assert memory == RegistryMemory()
    assert note and "starts over" in note and "waits anew" in note
    assert path.read_text() == text
    save_memory(str(path), MEMORY, damaged=True)
    assert load_memory(str(path)) == (MEMORY, None)
    assert (tmp_path / "state.json.corrupt").read_text() == text


def test_registries_do_not_share_a_file():
    names = ["a.example:5000", "a.example", "[::1]:5000", "localhost:5000"]
    assert len({memory_path("/x", name) for name in names}) == len(names)
