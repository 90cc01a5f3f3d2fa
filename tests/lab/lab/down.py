# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking an instance down: processes, mounts, control groups, directory. Works after any interruption, and twice."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from . import emulation
from .kernel import remove_cgroups, unmount_below
from .paths import Cache, Instance, cache, lab_root
from .process import kill_all
from .say import say
from .state import locked


def down(instance: Instance) -> None:
    """Leave nothing of the instance.

    Everything is ended with SIGKILL: no data outlives the instance, so an orderly stop would only take longer.
    """
    if not instance.root.exists():
        say("lab %s is not there" % instance.name)
        _remove_root_when_empty()
        return
    with locked(instance, "down"):
        processes = kill_all(instance)
        emulation.stop(instance)
        mounts = unmount_below(instance.root)
        groups = remove_cgroups(instance.cgroup)
        shutil.rmtree(instance.root)
    say(
        "lab %s is gone: %d processes ended, %d mounts and %d control groups removed"
        % (instance.name, processes, mounts, groups)
    )
    _remove_root_when_empty()


def _remove_root_when_empty() -> None:
    if not lab_root().exists():
        return
    for probe in lab_root().glob(".probe-*"):  # of an `up` that was killed while it tried the disk
        if not Path("/proc", probe.name.split("-")[1]).exists():
            shutil.rmtree(probe, ignore_errors=True)
    if any(path.is_dir() for path in lab_root().iterdir()):
        return
    (lab_root() / ".lock").unlink(missing_ok=True)
    with suppress(OSError):  # another instance is just starting
        lab_root().rmdir()


def purge(store: Cache | None = None) -> None:
    """Remove the cache, unless another instance is up, whose programs run from there."""
    found = store or cache()
    names = sorted(path.parent.name for path in lab_root().glob("*/state.json")) if lab_root().exists() else []
    if names:
        say("the cache %s stays: lab %s runs from it" % (found.root, ", ".join(names)))
        return
    shutil.rmtree(found.root, ignore_errors=True)
    say("cache %s is gone" % found.root)
