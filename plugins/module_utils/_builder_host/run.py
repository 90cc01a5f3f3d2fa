# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""buildx_setup from options to result: look, plan, carry out, tell."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder import words
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import (
    APPEND,
    CREATE,
    LEAVE,
    RECREATE,
    UPDATE,
    Step,
    plan,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER, DOCKER, STARTING
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import Finding, lint_buildkit
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shared import refuse_shared
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_definition, shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.boot import boot, boot_reason
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.change import Changer
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.changes import DONE, PLANNED, Changes
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.configuration import choose_config
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.emulators import Emulators
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.engine_rules import (
    plan_engine_rules,
    write_rules,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.in_use import chosen, is_in_use
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import (
    Context,
    States,
    check_context,
    find_context,
    oldest_buildkit,
    placed,
    silent_nodes,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.removal import remove
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import ABSENT, BuilderRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.result import Outlook, told_builder
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import BuilderStore, store_folder
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import Change
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import find_version
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli, Run

EMULATE, ENGINE_RULES, USE, BOOT, REMOVE = "emulators", "daemon_json", "use", "bootstrap", "remove"


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
        self._changes = Changes()
        self._findings: List[Finding] = []
        self._emulators: List[Dict[str, str]] = []
        self._diff: List[Dict[str, Any]] = []
        self._backup: Optional[str] = None
        self._before = self._store.read(request.name)

    def work(self, apply: bool) -> Dict[str, Any]:
        request = self._request
        found = self._store.find(request.name)
        if request.state == ABSENT:
            self._plan_absence(found)
            return self._finish(apply, None, None)
        find_version(self._docker)
        context = find_context(self._docker)
        wanted = self._plan_engine(context) if request.driver == DOCKER else self._plan_builder(found)
        self._plan_use(context)
        self._plan_boot()
        self._plan_emulators()
        return self._finish(apply, wanted, context)

    # Planning ---------------------------------------------------------------------------------------------------------

    def _plan_absence(self, found: Optional[Definition]) -> None:
        if found is None:
            return
        find_version(self._docker)
        keep = self._request.keep_state
        kept = "its cache is kept" if keep else "its cache goes with it"
        reason = "remove builder %s (%s), %s" % (found.name, found.driver, kept)
        self._changes.add(REMOVE, "", reason, lambda: remove(self._docker, self._store, found, keep))
        self._show(found, None)

    def _plan_builder(self, found: Optional[Definition]) -> Definition:
        """Raises PolicyError for what cannot be, all before anything is changed."""
        request = self._request
        nodes = placed(self._docker, request.driver, request.name, request.nodes, request.kubeconfig)
        refuse_shared(Definition(request.name, request.driver, nodes), self._store.others(request.name))
        plain, config = choose_config(request, self._store, self._buildkit(nodes), found)
        wanted = Definition(request.name, request.driver, tuple(node.configured(config) for node in nodes))
        told = Definition(request.name, request.driver, request.nodes)
        changer = Changer(self._docker, self._store, told, plain)
        steps = plan(wanted, found)
        silent = self._silent(steps, wanted, found)
        for step in steps:
            self._add_step(step, told, changer, tuple(silent))
        for text in silent.values():
            self._changes.add_reason(RECREATE, "", text)
        if plain is not None and request.gc is None:
            self._findings += lint_buildkit("builder %s" % request.name, plain)
        if steps:
            self._show(found, wanted)
        return wanted

    def _buildkit(self, nodes: Tuple[Node, ...]) -> Optional[Tuple[int, ...]]:
        if self._request.gc is None or self._request.driver not in STARTING:
            return None
        return oldest_buildkit(self._request.name, nodes, self._states)

    def _silent(self, steps: Tuple[Step, ...], wanted: Definition, found: Optional[Definition]) -> Dict[str, str]:
        """Nodes that go when the builder is made anew, and give no answer -> what comes of them."""
        if found is None or found.driver != CONTAINER or not any(step.action == RECREATE for step in steps):
            return {}
        stay = {node.endpoint for node in wanted.nodes} if wanted.driver == CONTAINER else set()
        going = {node.name: node for node in found.nodes if node.endpoint not in stay}
        text = "node %s at %s gives no answer and is given up; a BuildKit that runs there stays"
        return {
            name: text % (name, shown_endpoint(going[name].endpoint or ""))
            for name in silent_nodes(self._docker, going.values())
        }

    def _add_step(self, step: Step, told: Definition, changer: Changer, given_up: Tuple[str, ...]) -> None:
        if step.action == RECREATE and self._changes.has(RECREATE):
            # All reasons for it are one piece of work.
            self._changes.add_reason(step.action, step.node or "", step.reason)
            return
        node = told.node(step.node) if step.node is not None else None
        self._changes.add(step.action, step.node or "", step.reason, _work(step, node, changer, given_up))

    def _plan_engine(self, context: Context) -> Definition:
        """The engine's own builder: there is nothing to create, but rules to write into daemon.json."""
        request = self._request
        check_context(self._docker, request.name)
        place = context if request.name == DEFAULT else find_context(self._docker, request.name)
        rules = plan_engine_rules(request, self._docker, self._run, place)
        self._findings += rules.findings
        change = rules.change
        if change is not None:
            self._diff.append(dict(change.as_diff()))
            writing = change
            self._changes.add(ENGINE_RULES, "", rules.reason, lambda: self._write_rules(writing))
        return Definition(request.name, DOCKER, (Node(request.name, place.endpoint),))

    def _write_rules(self, change: Change) -> None:
        self._backup = write_rules(change, self._request.backup)

    def _plan_use(self, context: Context) -> None:
        name = self._request.name
        if not self._request.use or self._is_in_use(context):
            return
        self._changes.add(USE, "", "make %s the builder in use" % name, lambda: self._call(words.use(name)))
        self._show_texts("builder in use", chosen(self._store, context) or DEFAULT, name)

    def _plan_boot(self) -> None:
        request = self._request
        if not request.bootstrap:
            return
        changed = bool(self._changes.rows) and request.driver != DOCKER
        reason = boot_reason(self._states, request.name, changed)
        if reason is not None:
            self._changes.add(BOOT, "", reason, lambda: boot(self._docker, self._states, request.name))

    def _plan_emulators(self) -> None:
        """First in the order of work: a builder that starts looks at what its kernel can run."""
        request = self._request
        if not request.emulators:
            return
        planned = Emulators(self._run, self._root)
        self._emulators = planned.ensure(request.emulators, False)
        if planned.changes:
            self._changes.add_first(EMULATE, planned.changes, self._emulate)
            missing = {row["architecture"] for row in self._emulators if row["state"] == PLANNED}
            served = [name for name in request.emulators if name not in missing]
            self._show_texts("architectures that run here", " ".join(served), " ".join(request.emulators))

    def _emulate(self) -> None:
        self._emulators = Emulators(self._run, self._root).ensure(self._request.emulators, True)

    def _call(self, arguments: List[str]) -> None:
        self._docker(*arguments)

    def _show(self, before: Optional[Definition], after: Optional[Definition]) -> None:
        self._show_texts("builder %s" % self._request.name, shown_definition(before), shown_definition(after))

    def _show_texts(self, header: str, before: Any, after: Any) -> None:
        self._diff.append({"before_header": header, "after_header": header, "before": before, "after": after})

    # Doing ------------------------------------------------------------------------------------------------------------

    def _finish(self, apply: bool, wanted: Optional[Definition], context: Optional[Context]) -> Dict[str, Any]:
        problem = self._changes.carry_out(self._states.forget) if apply else None
        result = self._result(wanted if not apply or wanted is None else self._now(wanted), context)
        if problem is not None:
            raise PartialFailure(problem, result)
        return result

    # Telling ----------------------------------------------------------------------------------------------------------

    def _is_in_use(self, context: Context) -> bool:
        return is_in_use(self._store, context, self._request.name, self._request.driver == DOCKER)

    def _now(self, wanted: Definition) -> Definition:
        """What buildx keeps after the work; the engine's own builder is kept nowhere."""
        if self._request.driver == DOCKER:
            return wanted
        return self._store.find(wanted.name) or Definition(wanted.name, wanted.driver, ())

    def _result(self, builder: Optional[Definition], context: Optional[Context]) -> Dict[str, Any]:
        request, changes = self._request, self._changes
        in_use = context is not None and (changes.has(USE, (PLANNED,)) or self._is_in_use(context))
        return {
            "changed": bool(changes.rows) if not changes.failed else changes.any_done or self._is_other_than_before(),
            "builder": told_builder(request.name, request.driver, builder, self._states, in_use, self._outlook()),
            "changes": changes.told(),
            "findings": [finding.as_row() for finding in self._findings],
            "emulators": self._emulators,
            "restart_required": changes.has(ENGINE_RULES, (PLANNED, DONE)),
            "backup_file": self._backup,
            "diff": self._diff,
        }

    def _is_other_than_before(self) -> bool:
        """What failed may have come half way: a first node made, a builder removed with something left on a node."""
        return self._store.read(self._request.name) != self._before

    def _outlook(self) -> Outlook:
        planned = [row for row in self._changes.rows if row.outcome == PLANNED]
        made_anew = any(row.action in (CREATE, RECREATE) for row in planned)
        return Outlook(made_anew, tuple(row.node for row in planned if row.action in (UPDATE, APPEND)))


def _told(request: BuilderRequest, store: str) -> Dict[str, str]:
    """Variables for the command line. The folder of builders is named where one is, or its own variable would lead elsewhere."""
    told = {"DOCKER_HOST": request.docker_host, "DOCKER_CONFIG": request.config_dir, "KUBECONFIG": request.kubeconfig}
    if request.config_dir is not None:
        told["BUILDX_CONFIG"] = store
    return {name: value for name, value in told.items() if value is not None}


def _work(step: Step, node: Optional[Node], changer: Changer, given_up: Tuple[str, ...]) -> Callable[[], None]:
    if step.action == LEAVE:
        name = step.node or ""
        return lambda: changer.leave(name)
    if node is None:
        return changer.create if step.action == CREATE else lambda: changer.recreate(given_up)
    there = node
    return (lambda: changer.append(there)) if step.action == APPEND else (lambda: changer.update(there))
