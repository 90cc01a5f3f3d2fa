# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance remembers between two commands: its block of addresses. Also the locks of instances."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from . import addresses
from .errors import LabError
from .paths import Instance, lab_root


def write_json(path: Path, data: object) -> None:
    """Replace a file in one step; readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    os.replace(draft, path)


def read_state(instance: Instance) -> dict[str, Any]:
    """State of an instance; empty when there is none."""
    if not instance.state_file.exists():
        return {}
    return dict(json.loads(instance.state_file.read_text()))


@contextmanager
def locked(instance: Instance, what: str) -> Iterator[None]:
    """One command at a time per instance; LabError naming the other one's doing. The kernel frees a dead holder."""
    instance.root.mkdir(parents=True, exist_ok=True)
    with open(instance.root / "lock", "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise LabError("%s: another lab command is at work on this instance" % instance.root) from exc
        handle.truncate(0)
        handle.write(what)
        handle.flush()
        yield


def allocate_block(instance: Instance, hosts: int, registries: int) -> addresses.Block:
    """The instance's block: the recorded one, else a free one, chosen under a lock that all instances share."""
    known = read_state(instance).get("block")
    if known:
        return addresses.block_from(known)
    lab_root().mkdir(parents=True, exist_ok=True)
    with open(lab_root() / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        taken = set()
        for path in lab_root().glob("*/state.json"):
            taken.add(json.loads(path.read_text()).get("block", {}).get("number"))
        block = addresses.choose(instance.name, taken, hosts, registries, addresses.can_bind)
        write_json(instance.state_file, dict(read_state(instance), block=block.as_dict()))
    return block
