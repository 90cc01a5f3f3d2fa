# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take one name of the host command off a host, and what it shared when it was the last."""

from __future__ import annotations

import glob
import os
from contextlib import ExitStack
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command import config as config_file
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import (
    COMMAND,
    CONFIG_FOLDER,
    LINK,
    LOCK,
    LOG,
    LOGROTATE,
    STATE,
    STATE_FOLDER,
    Paths,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._install import systemd
from ansible_collections.imagefleet.docker.plugins.module_utils._install.files import (
    Absent,
    Change,
    Wanted,
    apply_change,
    as_text,
    find_changes,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._install.install import diff_of, show_config
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock


def remove(paths: Paths, run: systemd.Run, check: bool, root: str = "") -> Dict[str, Any]:
    """Returns changed and diff. The brake file belongs to the operators and stays.

    Raises StateError, and LockedError while a run is at work.
    """
    last = not _other_configs(paths, root)
    timer_active = systemd.is_booted(root) and systemd.is_active(run, paths.timer_unit)
    changes = find_changes(_files(paths, last, root), root)
    if last:
        changes += _emptied_folders(changes, root)
    changed = bool(changes) or timer_active
    if changed and not check:
        with ExitStack() as stack:
            # A run that ends after us would put its state and report back.
            stack.enter_context(exclusive_lock(root + LOCK))
            if os.path.lexists(root + paths.lock):
                stack.enter_context(exclusive_lock(root + paths.lock, "a run of this configuration"))
            if timer_active:
                systemd.stop(run, paths.timer_unit)
            for change in changes:
                apply_change(change, root)
            if systemd.is_booted(root):
                systemd.reload_units(run)
                systemd.forget_failure(run, paths.service_unit)
            if last and os.path.lexists(root + LOCK):
                os.unlink(root + LOCK)
    return {"changed": changed, "diff": diff_of(changes)}


def _files(paths: Paths, last: bool, root: str) -> List[Wanted]:
    """The schedule first, so that nothing fires half way."""
    own = _read_config(root + paths.config) or {}
    files: List[Wanted] = [
        Absent(path, as_text) for path in (paths.cron, paths.timer_link, paths.timer, paths.service, paths.timer_stamp)
    ]
    files.append(Absent(paths.config, show_config))
    metrics = dict.fromkeys([*paths.metrics, str(own.get("metrics_file") or paths.metrics[0])])
    reports = [*metrics, paths.report, paths.lock]
    files += [Absent(path) for wanted in reports for path in [wanted, *_leftovers(wanted, root)]]
    state = _state_file(own)
    if state != STATE and state not in [_state_file(other) for other in _other_configs(paths, root)]:
        files += _state_files(state, root)
    if last:
        files += [Absent(path, as_text) for path in (LOGROTATE, LINK)]
        files += [Absent(path) for path in (COMMAND, LOCK, *_logs(root))]
        files += _state_files(STATE, root)
    return files


def _emptied_folders(changes: Sequence[Change], root: str) -> List[Change]:
    """Folders of ours that hold nothing but what is about to go; the brake file, for one, keeps its folder."""
    going = {change.wanted.path for change in changes}
    emptied: List[Change] = []
    for folder in (os.path.dirname(COMMAND), STATE_FOLDER, CONFIG_FOLDER):
        if os.path.isdir(root + folder) and all(f"{folder}/{name}" in going for name in os.listdir(root + folder)):
            emptied.append(Change(Absent(folder, folder=True), "(folder)\n", ""))
    return emptied


def _state_files(state: str, root: str) -> List[Wanted]:
    return [Absent(path) for path in (state, f"{state}.lock", f"{state}.corrupt", *_leftovers(state, root))]


def _logs(root: str) -> List[str]:
    """The log and what logrotate made of it, with and without dates in the names."""
    return [path for pattern in (LOG, f"{LOG}.*", f"{LOG}-*") for path in _matching(pattern, root)]


def _leftovers(path: str, root: str) -> List[str]:
    """Temporary files of writers that were killed."""
    folder, name = os.path.split(path)
    return _matching(f"{glob.escape(folder)}/.{glob.escape(name)}.*.tmp", root)


def _matching(pattern: str, root: str) -> List[str]:
    return sorted(path[len(root) :] for path in glob.glob(glob.escape(root) + pattern))


def _other_configs(paths: Paths, root: str) -> List[Mapping[str, Any]]:
    """The configurations of other names; a damaged one counts, it still is a name."""
    others = [path for path in _matching(f"{CONFIG_FOLDER}/*.json", root) if path != paths.config]
    return [_read_config(root + path) or {} for path in others]


def _read_config(path: str) -> Optional[Mapping[str, Any]]:
    return config_file.decode(read_capped(path, config_file.MAXIMUM_BYTES))


def _state_file(document: Mapping[str, Any]) -> str:
    options = document.get("options")
    return str(options.get("state_file") or STATE) if isinstance(options, dict) else STATE
