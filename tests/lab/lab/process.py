# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of an instance: started so that they outlive the command, found again, and ended.

A process belongs to an instance when its environment carries the marker (paths.MARKER = directory of the instance),
or when it sits in a control group of the instance. Both are inherited, so nothing has to be recorded in time, and an
`up` that was killed at any moment leaves no process that `down` cannot find. A recorded process id is used only
together with the start time of the process, because ids are reused.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from .commands import wait_until
from .kernel import thaw
from .paths import MARKER, Instance


@dataclass(frozen=True)
class Identity:
    """A process: id and start time in clock ticks since boot."""

    pid: int
    start: int

    def alive(self) -> bool:
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """Identity of a living process; None when there is none (zombies count as gone)."""
    try:
        text = Path("/proc/%d/stat" % pid).read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def spawn(argv: Sequence[str | Path], env: Mapping[str, str], log: Path, instance_root: Path) -> Identity:
    """Start a daemon in a session of its own; output is appended to `log`, the marker is set."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as sink:
        child = subprocess.Popen(
            [str(word) for word in argv],
            env=dict(env, **{MARKER: str(instance_root)}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd="/",
            start_new_session=True,
        )
    _CHILDREN[child.pid] = child
    found = identify(child.pid)
    return found if found else Identity(child.pid, 0)


# Popen objects of this process' own children, so that they are reaped and never show as living zombies.
_CHILDREN: dict[int, "subprocess.Popen[bytes]"] = {}


def remember(process: Identity, path: Path) -> None:
    """Write the identity of a daemon beside its data."""
    path.write_text(json.dumps({"pid": process.pid, "start": process.start}))


def recall(path: Path) -> Identity | None:
    """The daemon that remember() wrote down, if it still lives."""
    if not path.exists():
        return None
    record = json.loads(path.read_text())
    process = Identity(record["pid"], record["start"])
    return process if not gone(process) else None


def send(process: Identity, number: signal.Signals) -> None:
    """Signal exactly this process; a process that is gone is fine."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if process.alive():  # checked after the handle is held, so the id cannot be reused in between
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def gone(process: Identity) -> bool:
    child = _CHILDREN.get(process.pid)
    if child is not None and child.poll() is not None:
        del _CHILDREN[process.pid]
    return not process.alive()


def end(process: Identity, what: str, seconds: float = 30) -> None:
    """SIGTERM, then SIGKILL after `seconds`; returns when the process is gone."""
    send(process, signal.SIGTERM)
    try:
        wait_until(what, lambda: gone(process), seconds)
    except Exception:
        send(process, signal.SIGKILL)
        wait_until(what, lambda: gone(process), 10)


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def members_marked(variable: bytes) -> Iterator[Identity]:
    """Living processes whose environment holds exactly this NAME=VALUE; this process itself is left out."""
    for pid in all_pids():
        try:
            marked = pid != os.getpid() and variable in Path("/proc/%d/environ" % pid).read_bytes().split(b"\0")
        except OSError:
            continue
        found = identify(pid) if marked else None
        if found:
            yield found


def members_in_cgroup(cgroup: str) -> Iterator[Identity]:
    """Living processes in a control group or below it, in any hierarchy."""
    for pid in all_pids():
        try:
            text = Path("/proc/%d/cgroup" % pid).read_text()
        except OSError:
            continue
        paths = [line.split(":", 2)[2] for line in text.splitlines()]
        inside = any(path == cgroup or path.startswith(cgroup + "/") for path in paths)
        found = identify(pid) if inside else None
        if found:
            yield found


def members(instance: Instance) -> set[Identity]:
    """All living processes of the instance."""
    marked = members_marked(("%s=%s" % (MARKER, instance.root)).encode())
    return set(marked) | set(members_in_cgroup(instance.cgroup))


def kill_all(instance: Instance) -> int:
    """SIGKILL every process of the instance until none is left; returns how many were seen."""
    seen: set[Identity] = set()

    def none_left() -> bool:
        thaw(instance.cgroup)
        living = [process for process in members(instance) if not gone(process)]
        for process in living:
            seen.add(process)
            send(process, signal.SIGKILL)
        return not living

    wait_until("processes of %s still there after SIGKILL" % instance.root, none_left, 60)
    return len(seen)
