# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docker command line as this collection calls it: environment, a time limit for every call, errors of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing

#: Argument vector, additions to the environment, standard input -> exit code, standard output, standard error.
#: Raises OSError when there is no such program.
Run = Callable[[Sequence[str], Mapping[str, str], Optional[str]], Tuple[int, str, str]]

# coreutils' timeout(1) exits so when the time is over.
_TIMED_OUT = 124
_LAST_LINES = 12


@dataclass(frozen=True)
class DockerCli:
    """One docker command line. `environment`: what it is told by variables (DOCKER_HOST, DOCKER_CONFIG); `timeout` in seconds.

    Secrets go into `environment` or files, never into an argument: arguments are seen by every user of the host.
    """

    run: Run
    program: str = "docker"
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: int = 60

    def attempt(
        self, *words: str, timeout: Optional[int] = None, secrets: Optional[Mapping[str, str]] = None
    ) -> Tuple[int, str, str]:
        """Exit code, output, errors. Raises ToolMissing when it is not there, ToolError when its time is over."""
        seconds = self.timeout if timeout is None else timeout
        argv = ["timeout", "--kill-after=10", str(seconds), self.program, *words]
        try:
            code, output, errors = self.run(argv, {**self.environment, **(secrets or {})}, None)
        except OSError as error:
            raise ToolMissing("there is no program timeout on this host (package coreutils): %s" % error) from error
        if code in (126, 127) and ("failed to run command" in errors):
            raise ToolMissing(
                "the docker command line %s cannot be started: %s. Install it (Debian: docker-cli, or docker.io), or say with "
                "docker_cli where it is" % (self.program, last_lines(errors))
            )
        if code == _TIMED_OUT:
            raise ToolError(
                "%s gave no answer within %d seconds. Is the engine or node that it needs reachable? %s"
                % (shown(self.program, words), seconds, last_lines(errors))
            )
        return code, output, errors

    def __call__(self, *words: str, timeout: Optional[int] = None) -> str:
        """What it printed. Raises ToolError with its own words when it fails."""
        code, output, errors = self.attempt(*words, timeout=timeout)
        if code != 0:
            raise ToolError("%s failed (%d): %s" % (shown(self.program, words), code, last_lines(errors or output)))
        return output


def shown(program: str, words: Sequence[str]) -> str:
    """A command line for a message: the words before its first option."""
    head: List[str] = [program.rpartition("/")[2]]
    for word in words:
        if word.startswith("-"):
            break
        head.append(word)
    return " ".join(head)


def last_lines(text: str) -> str:
    """The end of what a program printed, where its cause is, without the frame that it puts around."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])
