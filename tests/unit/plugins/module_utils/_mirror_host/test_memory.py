# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written here is remembered word for word; damage is told, never guessed over."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import OurList, OurPart
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.memory import (
    Memory,
    load_memory,
    save_memory,
)

PART = OurPart({"registry-mirrors": OurList(("https://a",), True)}, False, "\n")


def test_saved_and_loaded(tmp_path):
    path = str(tmp_path / "mirrors.json")
    assert load_memory(path) == Memory()
    memory = Memory(
        {"/etc/docker/daemon.json": PART, "/other": OurPart({"x": OurList()}, True)}, {"/ca.crt": "sha256:1"}
    )
    save_memory(path, memory)
    assert load_memory(path) == memory
    assert oct((tmp_path / "mirrors.json").stat().st_mode)[-3:] == "600"


def test_what_holds_nothing_is_not_kept(tmp_path):
    path = str(tmp_path / "mirrors.json")
    save_memory(path, Memory({"/etc/docker/daemon.json": OurPart()}, {}))
    assert load_memory(path) == Memory()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"schema": 2, "daemon_json": {}, "authorities": {}}),
        '{"schema": 1, "daemon_json": {"a": {}}, "authorities": {}}',
    ],
)
def test_damage_is_told_with_the_next_step(tmp_path, text):
    path = tmp_path / "mirrors.json"
    path.write_text(text)
    with pytest.raises(StateError) as error:
        load_memory(str(path))
    assert str(path) in str(error.value) and "Nothing was changed" in str(error.value)
