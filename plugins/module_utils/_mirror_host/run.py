# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mirror_config from options to result: look, probe, plan, write, reload, prove."""

from __future__ import annotations

import contextlib
import socket
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._config.json_text import parse_object
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import buildkitd_toml, engines
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.consent import insecure_refusal
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import (
    DAEMON_JSON,
    DIAL_TIMEOUT_CONTAINERD,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.account import Account
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.containerd import look_at_containerd
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.dockerd_plan import (
    DockerdPlan,
    how_to_tell,
    plan_dockerd,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.engine_now import (
    daemon_json_path,
    dockerd_files,
    look_at_engine,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.memory import load_memory
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.ready import check_ready
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import (
    ABSENT,
    BUILDKIT,
    CONTAINERD,
    NONE,
    PRESENT,
    MirrorRequest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.telling import tell_engine
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.toml_files import FilePlan
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.usable import usable_mirrors
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.writing import Writer
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import UNCHANGED, Change, read_file
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock


def run_mirrors(request: MirrorRequest, apply: bool, run: Run) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan; returns the result as plain data.

    Raises PolicyError for what cannot be written for this client or version, RefusedError (`.result`) for what must not be
    done so, StateError for files that are not understood: all before anything is written. Raises PartialFailure (`.result`)
    when the engine did not take what was written; daemon.json is then as it was.
    """
    refusal = (
        None
        if request.accept_insecure or request.state == ABSENT
        else insecure_refusal(request.mirrors, _is_this_machine)
    )
    if refusal is not None:
        raise RefusedError(refusal)
    with contextlib.ExitStack() as stack:
        if apply:
            stack.enter_context(exclusive_lock(request.state_file + ".lock"))
        return _Job(request, run).work(apply)


class _Job:
    """One run."""

    def __init__(self, request: MirrorRequest, run: Run) -> None:
        self._request = request
        self._run = run
        self._account = Account()
        self._applied = NONE
        self._memory = load_memory(request.state_file)
        self._writer = Writer(request, self._memory)
        self._engine = look_at_engine(request, run, self._account)
        self._daemon_json = daemon_json_path(request, self._engine)

    def work(self, apply: bool) -> Dict[str, Any]:
        request = self._request
        wanted = request.mirrors if request.state == PRESENT else ()
        files = dockerd_files(request, self._engine)
        self._check(wanted, files)
        mirrors = usable_mirrors(request, wanted, self._engine, self._account)
        plan = FilePlan(self._memory.authorities)
        dockerd = self._plan_dockerd(plan, mirrors, files) if files is not None else None
        self._plan_others(plan, mirrors)
        changes = plan.changes + ([dockerd.change] if dockerd is not None else [])
        how = NONE
        if dockerd is not None:
            how = how_to_tell(request, self._engine, dockerd, self._account)
            check_ready(request, self._engine, dockerd, how, self._run, self._account)
        if _changes_buildkit(changes):
            self._note_buildkit()
        if apply:
            self._carry_out(plan, dockerd, changes, how)
        self._applied = how
        return self._result(changes)

    # Planning ---------------------------------------------------------------------------------------------------------

    def _check(self, mirrors: Sequence[Mirror], files: Optional[str]) -> None:
        """What cannot be written is told before any mirror is asked. Raises PolicyError, StateError."""
        if files is not None:
            parse_object(self._daemon_json, read_file(self._daemon_json) or b"")
        if files == DAEMON_JSON:
            engines.daemon_lists(mirrors, self._engine.kind)
        if BUILDKIT in self._request.clients:
            buildkitd_toml.check(mirrors)

    def _plan_dockerd(self, plan: FilePlan, mirrors: Sequence[Mirror], files: str) -> DockerdPlan:
        return plan_dockerd(
            self._request, self._engine, self._memory, plan, mirrors, files, self._daemon_json, self._account
        )

    def _plan_others(self, plan: FilePlan, mirrors: Sequence[Mirror]) -> None:
        request = self._request
        if CONTAINERD in request.clients:
            found = look_at_containerd(request.places, self._run)
            knows = found.version is not None and found.version >= DIAL_TIMEOUT_CONTAINERD
            plan.hosts(CONTAINERD, request.places.containerd_hosts, mirrors, request.dial_timeout if knows else None)
            self._account.notes += found.notes if mirrors else ()
        if BUILDKIT in request.clients:
            plan.buildkitd(BUILDKIT, request.places.buildkitd, mirrors)

    def _note_buildkit(self) -> None:
        self._account.notes.append(
            "buildkitd reads its configuration when it starts: restart it, or make builders anew with it (docker buildx create "
            "--buildkitd-config); builders of the driver docker-container know nothing of the engine's mirrors"
        )

    # Doing ------------------------------------------------------------------------------------------------------------

    def _carry_out(self, plan: FilePlan, dockerd: Optional[DockerdPlan], changes: List[Change], how: str) -> None:
        """Raises PartialFailure when the engine did not take it, with daemon.json as it was before."""
        self._writer.write(plan, dockerd, changes)
        problem = tell_engine(self._engine, dockerd, how, self._run, self._writer) if dockerd is not None else None
        if problem is not None:
            raise PartialFailure(problem, self._result(changes))
        self._writer.finish(plan, dockerd)

    # Telling ----------------------------------------------------------------------------------------------------------

    def _result(self, changes: Sequence[Change]) -> Dict[str, Any]:
        moved = [change for change in changes if change.action != UNCHANGED]
        return {
            "changed": bool(moved) or self._applied != NONE,
            "files": [change.as_row() for change in changes if change.before is not None or change.after is not None],
            "backup_files": self._writer.backups,
            "applied": self._applied,
            "restart_required": _changes_buildkit(changes),
            "probes": self._account.probe_rows(),
            "notes": self._account.notes,
            "diff": [change.as_diff() for change in moved],
        }


def _changes_buildkit(changes: Sequence[Change]) -> bool:
    return any(change.client == BUILDKIT and change.action != UNCHANGED for change in changes)


def _is_this_machine(name: str) -> bool:
    """Whether a name stands for this machine alone, as the engine itself decides it (its insecure 127.0.0.0/8)."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return False
    return bool(found) and all(address.startswith("127.") or address == "::1" for address in found)
