# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mirror_config from options to result: look, probe, plan, write, reload, prove."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import CONFIG_FILE, parse_flags
from ansible_collections.imagefleet.docker.plugins.module_utils._config.json_text import parse_object
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import (
    DaemonProcess,
    find_process,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.validate import validate
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    EngineUnreachable,
    PartialFailure,
    RefusedError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror import buildkitd_toml, engines
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.consent import (
    insecure_refusal,
    restart_refusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import (
    INSECURE,
    KEYS,
    MIRRORS,
    Merged,
    OurPart,
    both,
    merge,
    same,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import RESOLVE, Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.engines import (
    DAEMON_JSON,
    DIAL_TIMEOUT_CONTAINERD,
    DIAL_TIMEOUT_ENGINE,
    HOSTS_TOML,
    VALIDATE_SINCE,
    DaemonLists,
    EngineKind,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.flags import also_given
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.live import Live, live_lists, not_live
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.containerd import look_at_containerd
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.daemon import (
    Daemon,
    attempt,
    can_reload,
    can_restart,
    refuse_flags,
    refuse_other_place,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.memory import (
    Memory,
    load_memory,
    save_memory,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.probe import NOT_PROBED, Probe, probe
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import (
    ABSENT,
    BUILDKIT,
    CONTAINERD,
    DOCKERD,
    NONE,
    PRESENT,
    RELOAD,
    RESTART,
    MirrorRequest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.toml_files import FilePlan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import (
    UNCHANGED,
    Change,
    apply_change,
    read_file,
    save_aside,
    undo_change,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock

DEFAULT_DAEMON_JSON = "/etc/docker/daemon.json"


@dataclass(frozen=True)
class Engine:
    """The engine as it runs now; all None when it was not asked."""

    api: Optional[EngineApi] = None
    info: Optional[Mapping[str, Any]] = None
    kind: Optional[EngineKind] = None
    process: Optional[DaemonProcess] = None


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
    """One run. What it learns on its way is told in `notes`."""

    def __init__(self, request: MirrorRequest, run: Run) -> None:
        self._request = request
        self._run = run
        self._notes: List[str] = []
        self._probes: List[Probe] = []
        self._backups: List[str] = []
        self._applied = NONE
        self._restart_required = False
        self._memory = self._saved = load_memory(request.state_file)
        self._engine = self._look() if DOCKERD in request.clients else Engine()

    def work(self, apply: bool) -> Dict[str, Any]:
        request = self._request
        wanted = request.mirrors if request.state == PRESENT else ()
        files = self._dockerd_files()
        self._check(wanted, files)
        mirrors = self._probed(wanted)
        plan = FilePlan(self._memory.authorities)
        merged = self._plan_dockerd(plan, mirrors, files) if files is not None else None
        self._plan_others(plan, mirrors)
        changes = plan.changes + ([self._daemon_change(merged)] if merged is not None else [])
        how = self._how(merged) if merged is not None else NONE
        self._ready(merged, how)
        self._note_buildkit(changes)
        if apply:
            self._write(plan, merged, changes)
            self._tell(merged, changes, how)
            self._finish(plan, merged)
        self._applied = how
        return self._result(changes)

    # Looking ----------------------------------------------------------------------------------------------------------

    def _look(self) -> Engine:
        """Raises EngineUnreachable unless the engine need not be asked."""
        request = self._request
        process = find_process(request.engine.socket_path, request.service, request.pidfile, self._run)
        try:
            api = EngineApi(request.engine)
            info = api.info()
        except EngineError as error:
            needed = request.apply != NONE or (request.dockerd_files == engines.AUTO and request.state == PRESENT)
            if needed or not isinstance(error, EngineUnreachable):
                raise type(error)(
                    "%s To write files without an engine, say apply: none, and dockerd_files which of them it will read"
                    % error
                ) from error
            self._notes.append("the engine did not answer, so it takes what is written when it starts")
            return Engine(process=process)
        return Engine(api, info, engines.engine_kind(info), process)

    def _dockerd_files(self) -> Optional[str]:
        """Which files dockerd is told in, None when it is none of the clients."""
        if DOCKERD not in self._request.clients:
            return None
        if self._request.state == ABSENT and self._engine.kind is None:
            return DAEMON_JSON
        return engines.choose_files(self._request.dockerd_files, self._engine.kind)

    def _check(self, mirrors: Sequence[Mirror], files: Optional[str]) -> None:
        """What cannot be written is told before any mirror is asked. Raises PolicyError, StateError."""
        if files is not None:
            parse_object(self._daemon_json, read_file(self._daemon_json) or b"")
        if files == DAEMON_JSON:
            engines.daemon_lists(mirrors, self._engine.kind)
        if BUILDKIT in self._request.clients:
            buildkitd_toml.check(mirrors)

    @property
    def _daemon_json(self) -> str:
        """Where it really lies: an engine that was told another file reads that one."""
        places, process = self._request.places, self._engine.process
        told = parse_flags(process.argv).get(CONFIG_FILE, ()) if process is not None else ()
        path = places.daemon_json
        if told and told[-1].startswith("/") and not places.daemon_json_told and path == DEFAULT_DAEMON_JSON:
            path = told[-1]
        return os.path.realpath(path)

    # Probing ----------------------------------------------------------------------------------------------------------

    def _probed(self, mirrors: Sequence[Mirror]) -> Tuple[Mirror, ...]:
        """Without what does not serve as it should. Raises RefusedError when nothing of a registry is left."""
        request = self._request
        if not request.probe:
            self._probes = [
                Probe(mirror.registry, one.url, NOT_PROBED, "probe is off")
                for mirror in mirrors
                for one in mirror.endpoints
            ]
            return tuple(mirrors)
        names_registry = CONTAINERD in request.clients or bool(self._engine.kind and self._engine.kind.reads_hosts_toml)
        kept: List[Mirror] = []
        for mirror in mirrors:
            image = mirror.probe_image or request.probe_image
            found = [
                (one, probe(mirror, one, image, request.probe_timeout, request.accept_private_names, names_registry))
                for one in mirror.endpoints
            ]
            self._probes += [result for _one, result in found]
            kept.append(replace(mirror, endpoints=tuple(one for one, result in found if result.usable)))
        for mirror in kept:
            self._refuse_without(mirror)
        return tuple(kept)

    def _refuse_without(self, mirror: Mirror) -> None:
        reasons = [
            "%s: %s" % (one.url, one.reason)
            for one in self._probes
            if one.registry == mirror.registry and not one.usable
        ]
        told = "; ".join(reasons)
        if not mirror.endpoints:
            self._refuse(
                "no mirror of %s can be used, so nothing was changed on this host. %s" % (mirror.registry, told)
            )
        if not mirror.fallback and not any(RESOLVE in mirror.capabilities(one) for one in mirror.endpoints):
            self._refuse(
                "no mirror of %s that can be used says what a tag means, and fallback is off, so nothing was changed on this host. %s"
                % (mirror.registry, told)
            )
        if reasons:
            self._notes.append("left out of the mirrors of %s: %s" % (mirror.registry, told))

    # Planning ---------------------------------------------------------------------------------------------------------

    def _plan_dockerd(self, plan: FilePlan, mirrors: Sequence[Mirror], files: str) -> Merged:
        """Whichever file is not the one for this engine loses what is ours: an engine that was upgraded reads the other one."""
        request, path = self._request, self._daemon_json
        places, kind = request.places, self._engine.kind
        lists = DaemonLists()
        if files == HOSTS_TOML:
            knows = kind is not None and kind.version >= DIAL_TIMEOUT_ENGINE
            plan.hosts(DOCKERD, places.certs, mirrors, request.dial_timeout if knows else None)
        else:
            lists = engines.daemon_lists(mirrors, kind)
            plan.certificates(DOCKERD, places.certs, mirrors)
            plan.sweep(DOCKERD, places.certs)
            self._notes += lists.notes
        before = self._memory.daemon_json.get(path, OurPart())
        merged = merge(path, read_file(path), {MIRRORS: lists.mirrors, INSECURE: lists.insecure}, before)
        if files == HOSTS_TOML and any(mirror.is_hub for mirror in mirrors) and merged.foreign[MIRRORS]:
            self._refuse(
                "%s lists mirrors of docker.io that were not written by this module (%s); the engine would ignore them beside a "
                "hosts.toml for docker.io. Nothing was changed. Add them to mirrors, or remove them there"
                % (path, ", ".join(merged.foreign[MIRRORS]))
            )
        return merged

    def _plan_others(self, plan: FilePlan, mirrors: Sequence[Mirror]) -> None:
        request = self._request
        if CONTAINERD in request.clients:
            found = look_at_containerd(request.places, self._run)
            knows = found.version is not None and found.version >= DIAL_TIMEOUT_CONTAINERD
            plan.hosts(CONTAINERD, request.places.containerd_hosts, mirrors, request.dial_timeout if knows else None)
            self._notes += found.notes if mirrors else ()
        if BUILDKIT in request.clients:
            plan.buildkitd(BUILDKIT, request.places.buildkitd, mirrors)

    def _daemon_change(self, merged: Merged) -> Change:
        path = self._daemon_json
        return Change(path, DOCKERD, read_file(path), merged.data)

    def _missing(self, merged: Merged, whole: bool) -> Callable[[Live], Optional[str]]:
        """What of ours a running engine does not have, or has although it is gone."""
        before, process = self._memory.daemon_json.get(self._daemon_json, OurPart()), self._engine.process
        gone = {key: _gone(before, merged, key) for key in KEYS}
        flags = process is not None and also_given([MIRRORS], process.argv) is not None
        exactly = merged.values[MIRRORS] if whole and not flags else None

        def missing(live: Live) -> Optional[str]:
            return not_live(live, merged.mine(MIRRORS), merged.mine(INSECURE), gone[MIRRORS], gone[INSECURE], exactly)

        return missing

    def _how(self, merged: Merged) -> str:
        """Whether the engine must be told, and how."""
        request, engine = self._request, self._engine
        if request.apply == NONE or engine.info is None:
            if engine.info is not None and self._missing(merged, False)(live_lists(engine.info)) is not None:
                self._notes.append(
                    "the engine has not taken what daemon.json says yet: reload it (systemctl reload docker)"
                )
            return NONE
        changed = self._daemon_change(merged).action != UNCHANGED
        if not changed and self._missing(merged, False)(live_lists(engine.info)) is None:
            return NONE
        return request.apply

    def _ready(self, merged: Optional[Merged], how: str) -> None:
        """Everything that must hold before a file is written. Raises RefusedError, StateError."""
        if merged is None:
            return
        request, process, path = self._request, self._engine.process, self._daemon_json
        change = self._daemon_change(merged)
        if change.action != UNCHANGED:
            refuse_flags(process, [key for key in KEYS if merged.mine(key)], path)
        if request.apply != NONE and process is not None and process.pid is not None:
            if change.action != UNCHANGED or how != NONE:
                self._refuse_unread(process, path)
            if self._dockerd_files() == HOSTS_TOML:
                self._refuse_other_certs(process)
        if how == RELOAD:
            can_reload(process)
        if how == RESTART:
            can_restart(process)
            refusal = None if request.accept_interruption else restart_refusal(self._engine.info or {})
            if refusal is not None:
                self._refuse(refusal)
        kind = self._engine.kind
        if (
            change.action != UNCHANGED
            and change.after is not None
            and kind is not None
            and kind.version[0] >= VALIDATE_SINCE
        ):
            note = validate(process, self._run, path, change.after)
            self._notes += [note] if note else []

    def _refuse_unread(self, process: DaemonProcess, path: str) -> None:
        told = parse_flags(process.argv).get(CONFIG_FILE, (DEFAULT_DAEMON_JSON,))[-1]
        if told.startswith("/") and os.path.realpath(told) != path:
            self._refuse(
                "the engine reads %s, not %s, so it would never see what is written there. Name that file with daemon_config_path, or "
                "write only (apply: none)" % (told, path)
            )
        refuse_other_place(process, path, "daemon_config_path")

    def _refuse_other_certs(self, process: DaemonProcess) -> None:
        """The engine reads /etc/docker/certs.d, whatever its arguments say."""
        own, here = "/etc/docker/certs.d", self._request.places.certs
        if os.path.exists(here) and os.path.exists(process.sees(own)) and not os.path.samefile(here, process.sees(own)):
            self._refuse(
                "the engine reads %s, and %s is another folder. Name with certs_path where it lies here, or write only (apply: none)"
                % (own, here)
            )

    # Doing ------------------------------------------------------------------------------------------------------------

    def _write(self, plan: FilePlan, merged: Optional[Merged], changes: Sequence[Change]) -> None:
        """Memory first: a run that is killed afterwards leaves nothing that would pass for somebody else's."""
        known = self._memory.authorities
        self._remember(merged, lambda part, before: both(before, part), {**known, **plan.authorities})
        now = time.time()
        for change in changes:
            if change.action == UNCHANGED:
                continue
            if self._request.backup and change.before is not None:
                self._backups.append(save_aside(change, now))
            apply_change(change)

    def _finish(self, plan: FilePlan, merged: Optional[Merged]) -> None:
        self._remember(merged, lambda part, _before: part, plan.authorities)

    def _remember(
        self, merged: Optional[Merged], choose: Callable[[OurPart, OurPart], OurPart], authorities: Mapping[str, str]
    ) -> None:
        parts, path = dict(self._memory.daemon_json), self._daemon_json
        if merged is not None:
            parts[path] = choose(merged.part, parts.get(path, OurPart()))
        memory = Memory({name: part for name, part in parts.items() if part.lists}, dict(authorities))
        if memory != self._saved:
            save_memory(self._request.state_file, memory)
            self._saved = memory

    def _tell(self, merged: Optional[Merged], changes: Sequence[Change], how: str) -> None:
        """Raises PartialFailure when the engine did not take it, with daemon.json as it was before."""
        if merged is None or how == NONE or self._engine.api is None:
            return
        daemon, change = Daemon(self._engine.api, self._engine.process, self._run), changes[-1]
        missing = self._missing(merged, change.action != UNCHANGED)
        if how == RESTART:
            problem = attempt(lambda: daemon.restart(missing))
        else:
            problem = attempt(lambda: self._reload(daemon, missing, merged, change))
        if problem is None:
            return
        back = "daemon.json was not touched"
        if change.action != UNCHANGED:
            failed = attempt(lambda: undo_change(change))
            back = "daemon.json is as it was before" if failed is None else failed
            # What was ours before is so again.
            save_memory(self._request.state_file, self._memory)
        raise PartialFailure("%s; %s" % (problem, back), self._result(changes))

    def _reload(self, daemon: Daemon, missing: Callable[[Live], Optional[str]], merged: Merged, change: Change) -> None:
        """With empty lists in the file for that time, where lists are to go."""
        if merged.emptied is None:
            daemon.reload(missing)
            return
        apply_change(Change(change.path, change.client, change.after, merged.emptied))
        daemon.reload(missing)
        apply_change(Change(change.path, change.client, merged.emptied, change.after))

    # Telling ----------------------------------------------------------------------------------------------------------

    def _note_buildkit(self, changes: Sequence[Change]) -> None:
        if any(change.client == BUILDKIT and change.action != UNCHANGED for change in changes):
            self._restart_required = True
            self._notes.append(
                "buildkitd reads its configuration when it starts: restart it, or make builders anew with it (docker buildx create "
                "--buildkitd-config); builders of the driver docker-container know nothing of the engine's mirrors"
            )

    def _refuse(self, message: str) -> None:
        raise RefusedError(message, {"probes": [one.as_row() for one in self._probes], "notes": self._notes})

    def _result(self, changes: Sequence[Change]) -> Dict[str, Any]:
        moved = [change for change in changes if change.action != UNCHANGED]
        return {
            "changed": bool(moved) or self._applied != NONE,
            "files": [change.as_row() for change in changes if change.before is not None or change.after is not None],
            "backup_files": self._backups,
            "applied": self._applied,
            "restart_required": self._restart_required,
            "probes": [one.as_row() for one in self._probes],
            "notes": self._notes,
            "diff": [change.as_diff() for change in moved],
        }


def _gone(before: OurPart, merged: Merged, key: str) -> Tuple[str, ...]:
    """What was ours and is in the list no more."""
    left = {same(value) for value in merged.values[key]}
    own = before.lists[key].values if key in before.lists else ()
    return tuple(value for value in own if same(value) not in left)


def _is_this_machine(name: str) -> bool:
    """Whether a name stands for this machine alone, as the engine itself decides it (its insecure 127.0.0.0/8)."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return False
    return bool(found) and all(address.startswith("127.") or address == "::1" for address in found)
