# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own rules for its build cache: `builder.gc` of daemon.json, everything else in it byte for byte as it was."""

from __future__ import annotations

import json
import os
import re
from typing import Any, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import canonical
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import Gc, dockerd_rules
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import Finding
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint_dockerd import lint_dockerd
from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import CONFIG_FILE, parse_flags
from ansible_collections.imagefleet.docker.plugins.module_utils._config.json_text import ObjectText, parse_object
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.process import DaemonProcess, find_process
from ansible_collections.imagefleet.docker.plugins.module_utils._daemon.validate import validate
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import Change, read_file
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

CLIENT = "dockerd"
BUILDER, GC = "builder", "gc"
_SERVICE = "docker.service"
_VALIDATE_SINCE = 23
_VERSION = re.compile(r"([0-9]+)\.([0-9]+)")


def engine_version(docker: DockerCli, context: str) -> Tuple[int, int]:
    """Raises ToolError when the engine does not tell."""
    where = [] if context == DEFAULT else ["--context", context]
    told = docker(*where, "version", "--format", "{{.Server.Version}}").strip()
    match = _VERSION.match(told)
    if match is None:
        raise ToolError("the engine tells %r as its version, so what it can be told about gc is not known" % told)
    return int(match.group(1)), int(match.group(2))


def plan_rules(path: str, gc: Gc, engine: Tuple[int, int]) -> Change:
    """Raises PolicyError for what the engine cannot be told, StateError for a file that is not understood."""
    path = os.path.realpath(path)
    data = read_file(path)
    document = parse_object(path, data if data is not None else b"")
    wanted = {"enabled": True, "policy": dockerd_rules(gc, engine)}
    member = document.get(BUILDER)
    if member is None:
        return Change(path, CLIENT, data, document.add(BUILDER, {GC: wanted}).text.encode("utf-8"))
    if not isinstance(member.value, dict):
        raise StateError('%s: "builder" is not an object. It was left as it is; mend it and run again' % path)
    if canonical(member.value.get(GC)) == canonical(wanted):
        return Change(path, CLIENT, data, data)
    changed: ObjectText = document.with_inner(BUILDER, document.inner(BUILDER).put(GC, wanted))
    return Change(path, CLIENT, data, changed.text.encode("utf-8"))


def lint_file(path: str, engine: Optional[Tuple[int, int]]) -> List[Finding]:
    """Of the rules that are there; nothing for a file that is no JSON, which is none of our business here.

    `engine` None: its version is not known.
    """
    data = read_file(path)
    try:
        document: Any = json.loads((data or b"{}").decode("utf-8"))
    except ValueError:
        return []
    return lint_dockerd(path, document, engine) if isinstance(document, Mapping) else []


def daemon_process(endpoint: str, run: Run) -> Optional[DaemonProcess]:
    """The engine of a unix socket as a process of this host, None when it cannot be seen from here."""
    scheme, _colon, rest = endpoint.partition("://")
    return find_process(rest if scheme == "unix" else None, _SERVICE, None, run)


def told_file(process: Optional[DaemonProcess]) -> Optional[str]:
    """The configuration that the engine was started with, None when it was told none, or is not known."""
    told = parse_flags(process.argv).get(CONFIG_FILE, ()) if process is not None else ()
    return told[-1] if told and told[-1].startswith("/") else None


def refuse_unread(process: Optional[DaemonProcess], path: str) -> None:
    """Raises PolicyError when the engine was started with another file."""
    told = told_file(process)
    if told is not None and os.path.realpath(told) != os.path.realpath(path):
        raise PolicyError(
            "daemon_config_path: the engine reads %s, not %s, so it would never see what is written there. Name that file"
            % (told, path)
        )


def proven(change: Change, engine: Tuple[int, int], process: Optional[DaemonProcess], run: Run) -> Optional[str]:
    """Why the file could not be validated, None when it was. Raises RefusedError when the engine would not take it."""
    if change.after is None or engine[0] < _VALIDATE_SINCE:
        return "daemon.json was not validated: engines before %d have no --validate" % _VALIDATE_SINCE
    return validate(process, run, change.path, change.after)
