# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dockerd is told: its daemon.json as it becomes, and what a running engine must then have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import engines
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import (
    INSECURE,
    KEYS,
    MIRRORS,
    Merged,
    OurPart,
    merge,
    same,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import (
    DIAL_TIMEOUT_ENGINE,
    HOSTS_TOML,
    DaemonLists,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.flags import also_given
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.live import Live, live_lists, not_live
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.account import Account
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.engine_now import Engine
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.memory import Memory
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import DOCKERD, NONE, MirrorRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.toml_files import FilePlan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import UNCHANGED, Change, read_file


@dataclass(frozen=True)
class DockerdPlan:
    """`files`: in which of them it is told; `before`: what of daemon.json was ours."""

    files: str
    merged: Merged
    change: Change
    before: OurPart

    @property
    def is_change(self) -> bool:
        return self.change.action != UNCHANGED

    def missing(self, engine: Engine, whole: bool) -> Callable[[Live], Optional[str]]:
        """What of ours a running engine does not have, or has although it is gone."""
        merged, process = self.merged, engine.process
        gone = {key: _gone(self.before, merged, key) for key in KEYS}
        flags = process is not None and also_given([MIRRORS], process.argv) is not None
        exactly = merged.values[MIRRORS] if whole and not flags else None

        def missing(live: Live) -> Optional[str]:
            return not_live(live, merged.mine(MIRRORS), merged.mine(INSECURE), gone[MIRRORS], gone[INSECURE], exactly)

        return missing


def plan_dockerd(
    request: MirrorRequest,
    engine: Engine,
    memory: Memory,
    plan: FilePlan,
    mirrors: Sequence[Mirror],
    files: str,
    path: str,
    account: Account,
) -> DockerdPlan:
    """Whichever file is not the one for this engine loses what is ours: an engine that was upgraded reads the other one.

    Raises StateError, RefusedError.
    """
    places, kind = request.places, engine.kind
    lists = DaemonLists()
    if files == HOSTS_TOML:
        knows = kind is not None and kind.version >= DIAL_TIMEOUT_ENGINE
        plan.hosts(DOCKERD, places.certs, mirrors, request.dial_timeout if knows else None)
    else:
        lists = engines.daemon_lists(mirrors, kind)
        plan.certificates(DOCKERD, places.certs, mirrors)
        plan.sweep(DOCKERD, places.certs)
        account.notes += lists.notes
    before = memory.daemon_json.get(path, OurPart())
    data = read_file(path)
    merged = merge(path, data, {MIRRORS: lists.mirrors, INSECURE: lists.insecure}, before)
    if files == HOSTS_TOML and any(mirror.is_hub for mirror in mirrors) and merged.foreign[MIRRORS]:
        account.refuse(
            "%s lists mirrors of docker.io that were not written by this module (%s); the engine would ignore them beside a "
            "hosts.toml for docker.io. Nothing was changed. Add them to mirrors, or remove them there"
            % (path, ", ".join(merged.foreign[MIRRORS]))
        )
    return DockerdPlan(files, merged, Change(path, DOCKERD, data, merged.data), before)


def how_to_tell(request: MirrorRequest, engine: Engine, dockerd: DockerdPlan, account: Account) -> str:
    """Whether the engine must be told, and how."""
    if request.apply == NONE or engine.info is None:
        if engine.info is not None and dockerd.missing(engine, False)(live_lists(engine.info)) is not None:
            account.notes.append(
                "the engine has not taken what daemon.json says yet: reload it (systemctl reload docker)"
            )
        return NONE
    if not dockerd.is_change and dockerd.missing(engine, False)(live_lists(engine.info)) is None:
        return NONE
    return request.apply


def _gone(before: OurPart, merged: Merged, key: str) -> Tuple[str, ...]:
    """What was ours and is in the list no more."""
    left = {same(value) for value in merged.values[key]}
    own = before.lists[key].values if key in before.lists else ()
    return tuple(value for value in own if same(value) not in left)
