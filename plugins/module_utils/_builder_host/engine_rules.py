# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the build cache of the engine itself: what would be written into daemon.json, and what is wrong with what is there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import Gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host import daemon_gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import Context
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import (
    DEFAULT_DAEMON_CONFIG,
    BuilderRequest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import (
    UNCHANGED,
    Change,
    apply_change,
    save_aside,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run


@dataclass(frozen=True)
class RulesPlan:
    """`change` None: they are there, or none are wanted."""

    change: Optional[Change]
    findings: Tuple[Finding, ...]

    @property
    def reason(self) -> str:
        path = self.change.path if self.change is not None else ""
        return "write the rules of its garbage collection into %s; the engine takes them when it is restarted" % path


def plan_engine_rules(request: BuilderRequest, docker: DockerCli, run: Run, place: Context) -> RulesPlan:
    """Raises PolicyError, StateError, ToolError, RefusedError before anything is written."""
    is_here = place.host.startswith("unix://")
    if request.gc is None:
        return RulesPlan(None, tuple(_findings(request, docker, run, place)) if is_here else ())
    if not is_here:
        raise PolicyError(
            "gc: the engine at %s is on another machine, and its daemon.json with it; run this there"
            % shown_endpoint(place.host)
        )
    return _wanted(request, request.gc, docker, run, place)


def _findings(request: BuilderRequest, docker: DockerCli, run: Run, place: Context) -> List[Finding]:
    """Of the file that is named, else of the one that the engine reads."""
    path = request.daemon_config_path
    if path == DEFAULT_DAEMON_CONFIG:
        path = daemon_gc.told_file(daemon_gc.daemon_process(place.host, _plain(run))) or path
    return daemon_gc.lint_file(path, _version(docker, request.name))


def _wanted(request: BuilderRequest, gc: Gc, docker: DockerCli, run: Run, place: Context) -> RulesPlan:
    engine = daemon_gc.engine_version(docker, request.name)
    change = daemon_gc.plan_rules(request.daemon_config_path, gc, engine)
    if change.action == UNCHANGED:
        return RulesPlan(None, ())
    plain = _plain(run)
    process = daemon_gc.daemon_process(place.host, plain)
    daemon_gc.refuse_unread(process, request.daemon_config_path)
    problem = daemon_gc.proven(change, engine, process, plain)
    findings: List[Finding] = [Finding(change.path, "not_validated", problem)] if problem is not None else []
    return RulesPlan(change, tuple(findings))


def _plain(run: Run) -> Callable[[List[str]], Tuple[int, str, str]]:
    """Without additions to the environment, as programs of the host are called."""
    return lambda argv: run(argv, {}, None)


def _version(docker: DockerCli, context: str) -> Optional[Tuple[int, int]]:
    """None where the engine does not answer: rules can be looked at all the same."""
    try:
        return daemon_gc.engine_version(docker, context)
    except ToolError:
        return None


def write_rules(change: Change, backup: bool) -> Optional[str]:
    """The copy of the file as it was, with `backup`. Raises StateError."""
    copy = save_aside(change, time.time()) if backup and change.before is not None else None
    apply_change(change)
    return copy
