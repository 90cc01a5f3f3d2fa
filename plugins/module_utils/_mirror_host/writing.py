# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written, and what of them is ours is remembered."""

from __future__ import annotations

import time
from typing import Callable, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import OurPart, both
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.dockerd_plan import DockerdPlan
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.memory import Memory, save_memory
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import MirrorRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.toml_files import FilePlan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import (
    UNCHANGED,
    Change,
    apply_change,
    save_aside,
)


class Writer:
    """`memory`: what was ours when the run began."""

    def __init__(self, request: MirrorRequest, memory: Memory) -> None:
        self._request = request
        self._memory = self._saved = memory
        #: Copies of files as they were.
        self.backups: List[str] = []

    def write(self, plan: FilePlan, dockerd: Optional[DockerdPlan], changes: Sequence[Change]) -> None:
        """Memory first: a run that is killed afterwards leaves nothing that would pass for somebody else's."""
        known = self._memory.authorities
        self._remember(dockerd, lambda part, before: both(before, part), {**known, **plan.authorities})
        now = time.time()
        for change in changes:
            if change.action == UNCHANGED:
                continue
            if self._request.backup and change.before is not None:
                self.backups.append(save_aside(change, now))
            apply_change(change)

    def finish(self, plan: FilePlan, dockerd: Optional[DockerdPlan]) -> None:
        self._remember(dockerd, lambda part, _before: part, plan.authorities)

    def forget_new(self) -> None:
        """What was ours before is so again."""
        save_memory(self._request.state_file, self._memory)

    def _remember(
        self,
        dockerd: Optional[DockerdPlan],
        choose: Callable[[OurPart, OurPart], OurPart],
        authorities: Mapping[str, str],
    ) -> None:
        parts = dict(self._memory.daemon_json)
        if dockerd is not None:
            parts[dockerd.change.path] = choose(dockerd.merged.part, dockerd.before)
        memory = Memory({name: part for name, part in parts.items() if part.lists}, dict(authorities))
        if memory != self._saved:
            save_memory(self._request.state_file, memory)
            self._saved = memory
