# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""buildx_setup from options to result: look, plan, carry out, tell."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder import words
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import (
    APPEND,
    CREATE,
    LEAVE,
    RECREATE,
    Step,
    plan,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import DOCKER, STARTING
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import Gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import Finding, lint_buildkit
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_definition, shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host import daemon_gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.change import Changer
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.configuration import (
    digested,
    wanted_config,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.emulators import Emulators
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import (
    Context,
    States,
    check_context,
    find_context,
    oldest_buildkit,
    placed,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import ABSENT, BuilderRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import BuilderStore, store_folder
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    PartialFailure,
    PolicyError,
    ToolError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import (
    UNCHANGED,
    Change,
    apply_change,
    save_aside,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import find_version
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run, last_lines

PLANNED, DONE, FAILED, NOT_DONE = "planned", "done", "failed", "not_done"
EMULATE, ENGINE_RULES, USE, BOOT, REMOVE = "emulators", "daemon_json", "use", "bootstrap", "remove"
RUNNING, UNKNOWN, INACTIVE = "running", "unknown", "inactive"


@dataclass
class Row:
    """One change, with what came of it. `node` empty: the builder as a whole."""

    action: str
    node: str
    reason: str
    outcome: str = PLANNED


@dataclass(frozen=True)
class Task:
    """Rows that are carried out by one piece of work."""

    rows: Tuple[Row, ...]
    work: Callable[[], None]


def run_builder(
    request: BuilderRequest, apply: bool, run: Run, environment: Optional[Mapping[str, str]] = None, root: str = ""
) -> Dict[str, Any]:
    """Plan, and with `apply` carry out the same plan; returns the result as plain data.

    Raises PolicyError, StateError and ToolError before anything is changed; PartialFailure (`.result`) when something failed on the
    way. `root` stands before the paths of emulators, for tests.
    """
    return _Job(request, run, os.environ if environment is None else environment, root).work(apply)


class _Job:
    """One run."""

    def __init__(self, request: BuilderRequest, run: Run, environment: Mapping[str, str], root: str) -> None:
        self._request = request
        self._run = run
        self._root = root
        self._store = BuilderStore(store_folder(request.config_dir, environment))
        self._docker = DockerCli(run, request.docker_cli, _told(request, self._store.folder), request.timeout)
        self._states = States(self._docker)
        self._rows: List[Row] = []
        self._tasks: List[Task] = []
        self._findings: List[Finding] = []
        self._emulators: List[Dict[str, str]] = []
        self._diff: List[Dict[str, Any]] = []
        self._backup: Optional[str] = None
        self._restart_required = False

    def work(self, apply: bool) -> Dict[str, Any]:
        request = self._request
        found = self._store.find(request.name)
        if request.state == ABSENT:
            self._plan_absence(found)
            return self._finish(apply, found, None, None)
        find_version(self._docker)
        context = find_context(self._docker)
        if request.driver == DOCKER:
            wanted = self._plan_engine(context)
        else:
            wanted = self._plan_builder(found)
        self._plan_use(wanted, context)
        self._plan_boot()
        self._plan_emulators()
        return self._finish(apply, found, wanted, context)

    # Planning ---------------------------------------------------------------------------------------------------------

    def _plan_absence(self, found: Optional[Definition]) -> None:
        if found is None:
            return
        find_version(self._docker)
        kept = "its cache is kept" if self._request.keep_state else "its cache goes with it"
        reason = "remove builder %s (%s), %s" % (found.name, found.driver, kept)
        self._add(REMOVE, "", reason, lambda: self._remove(found.name))
        self._show(found, None)

    def _plan_builder(self, found: Optional[Definition]) -> Definition:
        """Raises PolicyError for what cannot be, all before anything is changed."""
        request = self._request
        nodes = placed(self._docker, request.driver, request.name, request.nodes, request.kubeconfig)
        plain = wanted_config(request, self._store, self._buildkit(nodes))
        config = digested(plain) if plain is not None else None
        wanted = Definition(request.name, request.driver, tuple(node.configured(config) for node in nodes))
        told = Definition(request.name, request.driver, request.nodes)
        changer = Changer(self._docker, self._store, told, plain)
        steps = plan(wanted, found)
        for step in steps:
            self._add_step(step, told, changer)
        if plain is not None and request.gc is None:
            self._findings += lint_buildkit("builder %s" % request.name, plain)
        if steps:
            self._show(found, wanted)
        return wanted

    def _buildkit(self, nodes: Tuple[Node, ...]) -> Optional[Tuple[int, ...]]:
        if self._request.gc is None or self._request.driver not in STARTING:
            return None
        return oldest_buildkit(self._request.name, nodes, self._states)

    def _add_step(self, step: Step, told: Definition, changer: Changer) -> None:
        row = Row(step.action, step.node or "", step.reason)
        self._rows.append(row)
        node = told.node(step.node) if step.node is not None else None
        if step.action == RECREATE and any(row.action == RECREATE for row in self._rows[:-1]):
            # All reasons for it are one piece of work.
            first = self._tasks[-1]
            self._tasks[-1] = Task((*first.rows, row), first.work)
            return
        self._tasks.append(Task((row,), _work(step, node, changer)))

    def _plan_engine(self, context: Context) -> Definition:
        """The engine's own builder: there is nothing to create, but rules to write into daemon.json."""
        request = self._request
        check_context(self._docker, request.name)
        place = context if request.name == DEFAULT else find_context(self._docker, request.name)
        if request.gc is not None:
            if not place.host.startswith("unix://"):
                raise PolicyError(
                    "gc: the engine at %s is on another machine, and its daemon.json with it; run this there"
                    % shown_endpoint(place.host)
                )
            self._plan_rules(place, request.gc)
        else:
            self._findings += daemon_gc.lint_file(request.daemon_config_path)
        return Definition(request.name, DOCKER, (Node(request.name, place.endpoint),))

    def _plan_rules(self, place: Context, gc: Gc) -> None:
        request = self._request
        engine = daemon_gc.engine_version(self._docker, request.name)
        change = daemon_gc.plan_rules(request.daemon_config_path, gc, engine)
        if change.action == UNCHANGED:
            return

        def plain(argv: List[str]) -> Tuple[int, str, str]:
            return self._run(argv, {}, None)

        process = daemon_gc.daemon_process(place.host, plain)
        daemon_gc.refuse_unread(process, request.daemon_config_path)
        problem = daemon_gc.proven(change, engine, process, plain)
        if problem is not None:
            self._findings.append(Finding(change.path, "not_validated", problem))
        self._restart_required = True
        self._diff.append(dict(change.as_diff()))
        reason = (
            "write the rules of its garbage collection into %s; the engine takes them when it is restarted"
            % change.path
        )
        self._add(ENGINE_RULES, "", reason, lambda: self._write_rules(change))

    def _plan_use(self, wanted: Definition, context: Context) -> None:
        if self._request.use and not self._is_current(context):
            self._add(USE, "", "make %s the builder in use" % wanted.name, lambda: self._call(words.use(wanted.name)))

    def _plan_boot(self) -> None:
        request = self._request
        if not request.bootstrap:
            return
        changed = bool(self._tasks) and request.driver != DOCKER
        idle = self._idle() if not changed else []
        if changed or idle is None or idle:
            what = "start BuildKit of builder %s" % request.name
            self._add(BOOT, "", "%s%s" % (what, ": %s" % ", ".join(idle) if idle else ""), self._boot)

    def _plan_emulators(self) -> None:
        """First in the order of work: a builder that starts looks at what its kernel can run."""
        request = self._request
        if not request.emulators:
            return
        planned = Emulators(self._run, self._root)
        self._emulators = planned.ensure(request.emulators, False)
        if not planned.changes:
            return
        rows = tuple(Row(EMULATE, "", reason) for reason in planned.changes)
        self._rows[:0] = rows
        self._tasks.insert(0, Task(rows, self._emulate))

    def _add(self, action: str, node: str, reason: str, work: Callable[[], None]) -> None:
        row = Row(action, node, reason)
        self._rows.append(row)
        self._tasks.append(Task((row,), work))

    def _show(self, before: Optional[Definition], after: Optional[Definition]) -> None:
        header = "builder %s" % self._request.name
        self._diff.append(
            {
                "before_header": header,
                "after_header": header,
                "before": shown_definition(before),
                "after": shown_definition(after),
            }
        )

    # Doing ------------------------------------------------------------------------------------------------------------

    def _finish(
        self, apply: bool, found: Optional[Definition], wanted: Optional[Definition], context: Optional[Context]
    ) -> Dict[str, Any]:
        problem = self._carry_out() if apply else None
        result = self._result(wanted if not apply or wanted is None else self._now(wanted), context)
        if problem is not None:
            raise PartialFailure(problem, result)
        return result

    def _carry_out(self) -> Optional[str]:
        """What went wrong; the rest is then not done, as each change builds on the one before."""
        for place, task in enumerate(self._tasks):
            try:
                task.work()
            except FleetError as error:
                for row in task.rows:
                    row.outcome = FAILED
                for later in self._tasks[place + 1 :]:
                    for row in later.rows:
                        row.outcome = NOT_DONE
                self._states.forget()
                return str(error)
            for row in task.rows:
                row.outcome = DONE
            self._states.forget()
        return None

    def _call(self, arguments: List[str]) -> None:
        self._docker(*arguments)

    def _remove(self, name: str) -> None:
        """buildx forgets a builder also when its nodes could not be cleaned, and says so."""
        try:
            self._docker(*words.remove(name, self._request.keep_state))
        except ToolError as error:
            if self._store.read(name) is None:
                raise ToolError(
                    "builder %s is removed here, but what runs on its nodes may be there still: %s" % (name, error)
                ) from error
            raise

    def _boot(self) -> None:
        """Raises ToolError; the builder stays defined."""
        name = self._request.name
        code, output, errors = self._docker.attempt(*words.boot(name))
        self._states.forget()
        idle = self._idle() if code == 0 else None
        if code != 0 or idle:
            told = last_lines(errors or output) if code != 0 else ", ".join(idle or ())
            raise ToolError(
                "builder %s is defined, but its BuildKit does not run: %s. Are its nodes and the image of BuildKit reachable from where "
                "they are?" % (name, told)
            )

    def _emulate(self) -> None:
        self._emulators = Emulators(self._run, self._root).ensure(self._request.emulators, True)

    def _write_rules(self, change: Change) -> None:
        if self._request.backup and change.before is not None:
            self._backup = save_aside(change, time.time())
        apply_change(change)

    # Telling ----------------------------------------------------------------------------------------------------------

    def _idle(self) -> Optional[List[str]]:
        """Nodes whose BuildKit does not run, with the reason where there is one; None when nobody knows."""
        state = self._states.of(self._request.name)
        if state is None:
            return None
        return [
            "%s is %s%s" % (node.name, node.status, " (%s)" % node.error if node.error else "")
            for node in state.nodes
            if node.status != RUNNING
        ]

    def _is_current(self, context: Context) -> bool:
        """As buildx decides it: what was chosen counts for the endpoint at which it was, else the engine's own builder does."""
        name, current = self._request.name, self._store.current()
        here = current is not None and (current.everywhere or current.key == context.endpoint)
        chosen = current.name if current is not None and here else ""
        if self._request.driver == DOCKER:
            return chosen == "" and name in (DEFAULT, context.name)
        return chosen == name

    def _now(self, wanted: Definition) -> Definition:
        """What buildx keeps after the work; the engine's own builder is kept nowhere."""
        if self._request.driver == DOCKER:
            return wanted
        return self._store.find(wanted.name) or Definition(wanted.name, wanted.driver, ())

    def _result(self, builder: Optional[Definition], context: Optional[Context]) -> Dict[str, Any]:
        failed = any(row.outcome == FAILED for row in self._rows)
        done = any(row.outcome == DONE for row in self._rows)
        rules = [row for row in self._rows if row.action == ENGINE_RULES]
        return {
            "changed": done if failed else bool(self._rows),
            "builder": self._builder(builder, context),
            "changes": [asdict(row) for row in self._rows],
            "findings": [finding.as_row() for finding in self._findings],
            "emulators": self._emulators,
            "restart_required": self._restart_required and all(row.outcome in (PLANNED, DONE) for row in rules),
            "backup_file": self._backup,
            "diff": self._diff,
        }

    def _builder(self, builder: Optional[Definition], context: Optional[Context]) -> Dict[str, Any]:
        request = self._request
        nodes = [self._node(node) for node in builder.nodes] if builder is not None else []
        return {
            "name": request.name,
            "driver": builder.driver if builder is not None else request.driver,
            "nodes": nodes,
            "platforms": sorted({platform for node in nodes for platform in node["platforms"]}),
            "current": context is not None and self._is_current(context),
        }

    def _node(self, node: Node) -> Dict[str, Any]:
        state = self._states.node(self._request.name, node.name)
        missing = self._states.of(self._request.name) is not None or self._store.read(self._request.name) is None
        return {
            "name": node.name,
            "endpoint": shown_endpoint(node.endpoint or ""),
            "platforms": list(state.platforms if state is not None and state.platforms else node.platforms),
            "status": state.status if state is not None else INACTIVE if missing else UNKNOWN,
            "version": state.version if state is not None else None,
        }


def _told(request: BuilderRequest, store: str) -> Dict[str, str]:
    """Variables for the command line. The folder of builders is named where one is, or its own variable would lead elsewhere."""
    told = {"DOCKER_HOST": request.docker_host, "DOCKER_CONFIG": request.config_dir, "KUBECONFIG": request.kubeconfig}
    if request.config_dir is not None:
        told["BUILDX_CONFIG"] = store
    return {name: value for name, value in told.items() if value is not None}


def _work(step: Step, node: Optional[Node], changer: Changer) -> Callable[[], None]:
    if step.action == LEAVE:
        name = step.node or ""
        return lambda: changer.leave(name)
    if node is None:
        return changer.create if step.action == CREATE else changer.recreate
    there = node
    return (lambda: changer.append(there)) if step.action == APPEND else (lambda: changer.update(there))
