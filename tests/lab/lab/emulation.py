# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of arm64 run too: a handler of the kernel with qemu's interpreter, of this instance and gone with it.

Handlers belong to the kernel, so to the whole machine. One that the machine has already is used and left alone; ours has a name of
its own. Scenarios in which hosts of a lab register one take it away themselves.
"""

from __future__ import annotations

import re
from pathlib import Path

from .commands import run
from .kernel import mount_points
from .paths import Cache, Instance
from .say import say

# Header of programs for arm64 (ELF: 64 bit, little endian, executable or shared, machine 183), and which bits of it count.
_MAGIC = "7f454c460201010000000000000000000200b700"
_MASK = "ffffffffffffff00fffffffffffffffffeffffff"
_INTERPRETER = "usr/bin/qemu-aarch64-static"
_OURS = "imagefleet-lab-"


def start(instance: Instance, store: Cache) -> None:
    """Register the handler unless programs of arm64 run already; what the machine cannot do is said aloud."""
    folder = _folder(instance)
    folder.mkdir(exist_ok=True)
    if str(folder) not in mount_points():
        code = run(["mount", "-t", "binfmt_misc", "binfmt_misc", folder], check=False).returncode
        if code != 0:
            say(
                "this kernel has no binfmt_misc: programs of other processors do not run here, tests that need them FAIL"
            )
            return
    name = _name(instance)
    if not (folder / name).exists() and not _foreign(folder):
        escaped = (re.sub("..", lambda pair: "\\x" + pair[0], text) for text in (_MAGIC, _MASK))
        rule = ":%s:M::%s:%s:%s:FP" % (name, *escaped, store.tools("emulators") / _INTERPRETER)
        (folder / "register").write_text(rule)


def stop(instance: Instance) -> None:
    """Take away what this instance registered, and nothing else: nobody can tell whose another one is."""
    mine = _folder(instance) / _name(instance)
    if mine.exists():
        mine.write_text("-1")


def emulates(instance: Instance) -> list[str]:
    """Architectures whose programs run although the machine is of another."""
    folder = _folder(instance)
    return ["arm64"] if (folder / _name(instance)).exists() or _foreign(folder) else []


def handlers() -> dict[str, str]:
    """All handlers of the kernel but those of labs: {name: how it is}. Looked at in a mount of its own."""
    look = "cd /proc/sys/fs/binfmt_misc && mount -t binfmt_misc binfmt_misc . && cd . && grep -s '' $PWD/*"
    done = run(["unshare", "--mount", "sh", "-c", look], check=False)
    found: dict[str, str] = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        path, _colon, text = line.partition(":")
        name = path.rpartition("/")[2]
        if not name.startswith(_OURS):
            found[name] = (found.get(name, "") + " " + text).strip()
    return found


def _folder(instance: Instance) -> Path:
    return instance.root / "binfmt"


def _name(instance: Instance) -> str:
    return _OURS + instance.cgroup.rpartition("/")[2]


def _read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*") if path.name not in ("register", "status")}


def _foreign(folder: Path) -> bool:
    """Whether somebody else's handler runs programs of arm64, in containers too (flag F)."""
    for name, text in _read(folder).items():
        lines = dict(line.partition(" ")[::2] for line in text.splitlines())
        if not name.startswith(_OURS) and "enabled" in lines and lines.get("magic") == _MAGIC:
            return "F" in lines.get("flags:", "")
    return False
