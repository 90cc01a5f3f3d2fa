# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of one builder that is wanted, each with the builder put back when it fails: buildx itself loses settings then.

When a node cannot be reached, docker/buildx writes all others back without platforms, flags and configuration (store/nodegroup.go,
Node.Copy, from 0.13 to 0.36).
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from typing import Any, Collection, Iterator, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder import words
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import canonical
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import CONTAINER
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_endpoint
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.stored import parse_instance
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import no_answer
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import MAXIMUM_BYTES, BuilderStore
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_text import render
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

#: The host name that Docker's client puts into requests over ssh and sockets; there is none of that name.
_PLACEHOLDER = re.compile(r'[A-Z][a-z]+ "http://docker\.example\.com\S*": ')


class Changer:
    """Carries out what was planned. `config` is the text of a buildkitd.toml as plain data, with paths on this host."""

    def __init__(
        self, docker: DockerCli, store: BuilderStore, wanted: Definition, config: Optional[Mapping[str, Any]]
    ) -> None:
        self._docker = docker
        self._store = store
        self._wanted = wanted
        self._config = config

    def create(self) -> None:
        """Raises ToolError; nodes that were made stay."""
        with self._config_file() as path:
            for number, node in enumerate(self._wanted.nodes):
                self._node(node, path, number > 0)

    def recreate(self, given_up: Collection[str] = ()) -> None:
        """Away with its cache kept, and made anew. `given_up`: nodes that it has and that give no answer.

        Raises ToolError with the definition as it was before.
        """
        name = self._wanted.name
        self._reach()
        with self._kept("it was not made anew", True), self._in_use():
            self._store.drop_nodes(name, given_up)
            self._docker(*words.remove(name, True))
            with self._config_file() as path:
                for number, node in enumerate(self._wanted.nodes):
                    self._docker(*words.create(name, self._wanted.driver, node, path, number > 0))

    def _reach(self) -> None:
        """A builder is not taken away for one that could not be made. Raises ToolError."""
        for node in self._wanted.nodes if self._wanted.driver == CONTAINER else ():
            problem = no_answer(self._docker, node)
            if problem is not None:
                raise ToolError(
                    "builder %s was not touched: node %s at %s gives no answer: %s"
                    % (self._wanted.name, node.name, shown_endpoint(node.endpoint or "its default endpoint"), problem)
                )

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """A builder in use stays it: buildx turns to another one when it goes for a moment."""
        before = read_capped(self._store.current_path, MAXIMUM_BYTES)
        try:
            yield
        finally:
            if before is not None:
                self._store.put_back(self._store.current_path, before)

    def append(self, node: Node) -> None:
        with self._config_file() as path:
            self._node(node, path, True)

    def update(self, node: Node) -> None:
        with self._config_file() as path, self._kept("node %s was not changed" % node.name):
            self._docker(*words.create(self._wanted.name, self._wanted.driver, node, path))

    def leave(self, node: str) -> None:
        with self._kept("node %s did not leave" % node):
            self._docker(*words.leave(self._wanted.name, node))

    def _node(self, node: Node, path: Optional[str], append: bool) -> None:
        what = "node %s was not added" % node.name if append else "it was not created"
        with self._kept(what):
            self._docker(*words.create(self._wanted.name, self._wanted.driver, node, path, append))

    @contextmanager
    def _kept(self, what: str, always: bool = False) -> Iterator[None]:
        """Raises ToolError telling what did not happen and what was put back."""
        name = self._wanted.name
        before = self._store.read(name)
        try:
            yield
        except ToolError as error:
            told = self._put_back(before, always)
            cause = _PLACEHOLDER.sub("", str(error)).rstrip(" .\n")
            raise ToolError("builder %s: %s: %s.%s" % (name, what, cause, told)) from error

    def _put_back(self, before: Optional[bytes], always: bool) -> str:
        name = self._wanted.name
        after = self._store.read(name)
        if after == before:
            return " Builder %s keeps its settings." % name if before is not None else ""
        try:
            self._store.put_back(self._store.path(name), before)
        except (OSError, StateError) as error:
            return " What buildx left of builder %s could not be put back: %s" % (name, error)
        if before is None:
            return " What buildx left of it was removed."
        if always:
            return " Its definition was put back; the cache is kept, and its BuildKit starts again with the next build."
        return " Builder %s keeps its settings: buildx had lost %s, which were put back." % (
            name,
            _lost(self._store.path(name), before, after),
        )

    @contextmanager
    def _config_file(self) -> Iterator[Optional[str]]:
        """A file that is there as long as buildx reads it; None when there is no configuration."""
        if self._config is None:
            yield None
            return
        handle, path = tempfile.mkstemp(prefix="imagefleet-", suffix=".toml")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(render(self._config))
            yield path
        finally:
            os.unlink(path)


def _lost(path: str, before: bytes, after: Optional[bytes]) -> str:
    """In plain words what of the nodes is not there any more."""
    if after is None:
        return "all of it"
    try:
        old, new = parse_instance(path, before), parse_instance(path, after)
    except StateError:
        return "its definition"
    texts: List[str] = []
    for node in old.nodes:
        left = new.node(node.name)
        if left is None:
            texts.append("node %s" % node.name)
            continue
        pairs = (
            ("platforms", node.platforms, left.platforms),
            ("flags", node.flags, left.flags),
            ("driver options", node.driver_opts, left.driver_opts),
            ("configuration", node.config or {}, left.config or {}),
        )
        gone = [what for what, had, has in pairs if canonical(had) != canonical(has)]
        if gone:
            texts.append("%s of %s" % (_joined(gone), node.name))
    return " and ".join(texts) or "nothing that counts"


def _joined(names: List[str]) -> str:
    return names[0] if len(names) == 1 else "%s and %s" % (", ".join(names[:-1]), names[-1])
