# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine is told what was written, and daemon.json put back when it does not take it."""

from __future__ import annotations

from typing import Callable, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.live import Live
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.daemon import Daemon, attempt
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.dockerd_plan import DockerdPlan
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.engine_now import Engine
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import NONE, RESTART
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.writing import Writer
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import Change, apply_change, undo_change


def tell_engine(engine: Engine, dockerd: DockerdPlan, how: str, run: Run, writer: Writer) -> Optional[str]:
    """What went wrong, with what became of daemon.json; None when the engine took it, or need not be told."""
    if how == NONE or engine.api is None:
        return None
    daemon, change = Daemon(engine.api, engine.process, run), dockerd.change
    missing = dockerd.missing(engine, dockerd.is_change)
    if how == RESTART:
        problem = attempt(lambda: daemon.restart(missing))
    else:
        problem = attempt(lambda: _reload(daemon, missing, dockerd.merged.emptied, change))
    if problem is None:
        return None
    back = "daemon.json was not touched"
    if dockerd.is_change:
        failed = attempt(lambda: undo_change(change))
        back = "daemon.json is as it was before" if failed is None else failed
        writer.forget_new()
    return "%s; %s" % (problem, back)


def _reload(daemon: Daemon, missing: Callable[[Live], Optional[str]], emptied: Optional[bytes], change: Change) -> None:
    """With empty lists in the file for that time, where lists are to go."""
    if emptied is None:
        daemon.reload(missing)
        return
    apply_change(Change(change.path, change.client, change.after, emptied))
    daemon.reload(missing)
    apply_change(Change(change.path, change.client, emptied, change.after))
