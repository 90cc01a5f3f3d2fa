# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the registry's program, as the registry's own user, through systemd."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.process import Running
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import (
    Task,
    environment_text,
    task_command,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._install.systemd import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic

MAX_OUTPUT = 1024 * 1024 * 1024


def run_task(
    run: Run, task: Task, running: Running, arguments: Sequence[str], seconds: int, only_with: Optional[str] = None
) -> str:
    """What the program printed. Raises RegistryError when it failed, or when systemd ended it after so many seconds.

    With `only_with` it is not begun unless that file is there.
    """
    try:
        _prepare(task, environment_text(running.environment))
        argv = [running.program, *arguments]
        code, output, errors = attempt(run, task_command(task, running.owner, argv, seconds, only_with))
        if code != 0:
            raise RegistryError(last_lines(_read(task.errors_file) or errors or output))
        return _read(task.output_file)
    finally:
        _remove(task)


def attempt(run: Run, argv: Sequence[str]) -> Tuple[int, str, str]:
    """Raises StateError when there is no such program, or no more processes."""
    try:
        return run(list(argv))
    except OSError as error:
        raise StateError("cannot run %s: %s" % (argv[0], error.strerror or error)) from error


def last_lines(text: str) -> str:
    """The end of what a program said, in one line; the registry's shows how it is used after what is wrong."""
    lines = [line.strip() for line in text.partition("\nUsage:")[0].splitlines() if line.strip()]
    return " | ".join(lines[-3:])[-600:] or "it said nothing"


def _prepare(task: Task, environment: str) -> None:
    """For root alone: settings may be secrets, and what is printed names repositories. systemd keeps modes of files that are there."""
    folder = os.path.dirname(task.environment_file)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise StateError("cannot make %s: %s" % (folder, error.strerror or error)) from error
    write_atomic(task.environment_file, environment.encode("utf-8", "surrogateescape"))
    for path in (task.output_file, task.errors_file):
        write_atomic(path, b"")


def _read(path: str) -> str:
    return (read_capped(path, MAX_OUTPUT) or b"").decode("utf-8", "replace")


def _remove(task: Task) -> None:
    for path in task.files:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateError("cannot remove %s: %s" % (path, error.strerror or error)) from error
    with suppress(OSError):
        os.rmdir(os.path.dirname(task.environment_file))  # another run may have files there
