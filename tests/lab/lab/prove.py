# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that `up` and `down` leave nothing: a census before, a census after, and what differs.

While it runs, this process is the one that orphans of `up` fall to instead of the machine's init. So every process
that `up` started and `down` missed is found here for sure, and no process of other work is taken for one.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Collection

from .census import Census, compare, take, used_by_others
from .errors import LabError
from .paths import Instance
from .process import Identity, all_pids, identify, members
from .say import say

PARTS = "engines,registries,notary,fleet"
_CLI = Path(__file__).resolve().parents[1] / "cli.py"
_PR_SET_CHILD_SUBREAPER = 36
_SETTLE_SECONDS = 5
_MOST_SHOWN = 20


def prove(instance: Instance, parts: str = PARTS, ignore: Collection[str] = ()) -> int:
    """Print one line per kind; 0 when the machine is as before, 1 when not."""
    if instance.root.exists():
        raise LabError("lab %s is there already: prove needs a fresh name, or take it down first" % instance.name)
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise LabError("this kernel does not hand orphans over (PR_SET_CHILD_SUBREAPER)")
    _refuse_own_children()
    before = _census(instance, ignore, "before")
    _up_and_down(instance, parts)
    after = _census(instance, ignore, "after")
    differences = _differences(before, after, instance)
    if any(differences.values()):
        say("differences found; looking again in %d s, because other work leaves passing traces" % _SETTLE_SECONDS)
        time.sleep(_SETTLE_SECONDS)
        later = _differences(before, _census(instance, ignore, "again"), instance)
        differences = {kind: _both(found, later[kind]) for kind, found in differences.items()}
    return _report(differences, before, after)


def _refuse_own_children() -> None:
    if _ours_by_descent():
        raise LabError("prove must start without child processes, or it would take them for the lab's")


def _up_and_down(instance: Instance, parts: str) -> None:
    """`up`, always followed by `down`, as the commands that a person would type."""
    try:
        failed = _verb("up", "--name", instance.name, "--parts", parts)
        if not failed:
            processes = len(_ours(instance))
            say("while up: %d processes by descent, %d by mark" % (processes, len(members(instance))))
    finally:
        left = _verb("down", "--name", instance.name)
    if failed or left:
        raise LabError("`up` or `down` of lab %s failed: see above" % instance.name)
    if not processes:
        raise LabError("`up` of lab %s left no process running: nothing can be proven" % instance.name)


def _verb(*words: str) -> int:
    """Run the command line with these words, burying orphans meanwhile as an init would; returns its exit code."""
    child = subprocess.Popen([sys.executable, str(_CLI), *words], stdin=subprocess.DEVNULL)
    try:
        return _bury_until_end(child)
    except KeyboardInterrupt:
        child.wait()  # the terminal has told it too, and `down` must not come while it is still at work
        raise


def _bury_until_end(child: subprocess.Popen[bytes]) -> int:
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if ended is not None and ended.si_pid == child.pid:
            return child.wait()
        if ended is not None:
            os.waitpid(ended.si_pid, 0)


def _census(instance: Instance, ignore: Collection[str], when: str) -> Census:
    began = time.monotonic()
    found = take(instance, _ours(instance), ignore)
    things = sum(len(kind) for kind in found.values())
    say("census %s: %d things (%.1f s)" % (when, things, time.monotonic() - began))
    return found


def _ours(instance: Instance) -> set[Identity]:
    """Processes of the instance: by descent, by mark or control group, and by naming its folder."""
    return _ours_by_descent() | members(instance) | _naming(str(instance.root) + "/")


def _ours_by_descent() -> set[Identity]:
    parents = {pid: _parent(pid) for pid in all_pids()}
    found = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            break
        found |= more
    return {process for process in map(identify, found - {os.getpid()}) if process}


def _naming(text: str) -> set[Identity]:
    found = set()
    for pid in all_pids():
        try:
            words = Path("/proc/%d/cmdline" % pid).read_bytes()
        except OSError:
            continue
        process = identify(pid) if os.fsencode(text) in words else None
        if process and pid != os.getpid():
            found.add(process)
    return found


def _parent(pid: int) -> int:
    try:
        text = Path("/proc/%d/stat" % pid).read_text()
    except OSError:
        return 0
    return int(text[text.rindex(")") + 2 :].split()[1])


def _differences(before: Census, after: Census, instance: Instance) -> dict[str, dict[str, str]]:
    ours = _ours(instance)
    result = {}
    for kind in before:
        found = compare(kind, before[kind], after[kind])
        new = [name for name in found if name not in before[kind]]
        foreign = used_by_others(kind, new, ours)
        result[kind] = {name: text for name, text in found.items() if name not in foreign}
    return result


def _both(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in first.items() if name in second}


def _report(differences: dict[str, dict[str, str]], before: Census, after: Census) -> int:
    for kind, found in differences.items():
        if not found:
            print("%s: %s" % (kind, _same(kind, len(after[kind]))))
            continue
        print("%s: NOT the same (%d before, %d after)" % (kind, len(before[kind]), len(after[kind])))
        for text in sorted(found.values())[:_MOST_SHOWN]:  # "changed" comes before "new": there are fewer of them
            print("  " + text)
        if len(found) > _MOST_SHOWN:
            print("  and %d more" % (len(found) - _MOST_SHOWN))
    return 1 if any(differences.values()) else 0


def _same(kind: str, count: int) -> str:
    if kind == "processes":
        return "same (none of the lab among %d)" % len(all_pids())
    if kind == "kernel modules" and not Path("/proc/modules").exists():
        return "same (this kernel loads none)"
    return "same (%d)" % count
