# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cosign as this collection calls it: which of its two ways of keeping signatures it has, a time limit, errors of its own.

Everything here works with keys and without a transparency log; nothing outside the registry is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run, last_lines, shown

# coreutils' timeout(1) exits so when the time is over.
_TIMED_OUT = 124
_UNKNOWN_FLAG = re.compile(r"unknown (?:flag|shorthand flag|command):? (\S.*)")
_VERSION = re.compile(r"^GitVersion:\s*(\S+)", re.MULTILINE)
_ADVICE = "Install cosign 2.0 or newer (Debian: cosign), or say with the option cosign where it is"


@dataclass(frozen=True)
class Dialect:
    """`bundles`: it signs into bundles that refer to the image (version 3); else into manifests under `.sig` tags (version 2)."""

    bundles: bool


@dataclass(frozen=True)
class Cosign:
    """One cosign. `environment` holds its secrets and where its registry credentials are; `timeout` in seconds."""

    run: Run
    program: str = "cosign"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: int = 180

    def attempt(self, *words: str, secrets: Optional[Mapping[str, str]] = None) -> Tuple[int, str, str]:
        """Exit code, output, errors. Raises ToolMissing when it is not there or lacks a flag, ToolError when its time is over."""
        argv = ["timeout", "--kill-after=10", str(self.timeout), self.program, *words]
        try:
            code, output, errors = self.run(argv, {**self.environment, **(secrets or {})}, None)
        except OSError as error:
            raise ToolMissing("there is no program timeout on this host (package coreutils): %s" % error) from error
        if code in (126, 127) and "failed to run command" in errors:
            raise ToolMissing("%s cannot be started: %s. %s" % (self.program, last_lines(errors), _ADVICE))
        if code == _TIMED_OUT:
            raise ToolError(
                "%s gave no answer within %d seconds. Is the registry reachable? %s"
                % (shown(self.program, words), self.timeout, last_lines(errors))
            )
        unknown = _UNKNOWN_FLAG.search(errors) if code else None
        if unknown:
            raise ToolMissing(
                "%s of this version does not know %s. %s" % (shown(self.program, words), unknown.group(1), _ADVICE)
            )
        return code, output, errors

    def must(self, *words: str, secrets: Optional[Mapping[str, str]] = None) -> str:
        """What it printed. Raises ToolError with its own words when it fails."""
        code, output, errors = self.attempt(*words, secrets=secrets)
        if code != 0:
            raise ToolError("%s failed (%d): %s" % (shown(self.program, words), code, cause(errors or output)))
        return output

    def dialect(self) -> Dialect:
        """Read off its help, since distributions build it without a version. Raises ToolMissing when it is too old."""
        return read_dialect(self.must("sign", "--help"), self._version)

    def _version(self) -> str:
        _code, output, errors = self.attempt("version")
        found = _VERSION.search(output + "\n" + errors)
        return found.group(1) if found else "of unknown version"


def read_dialect(sign_help: str, version: Callable[[], str]) -> Dialect:
    """From what `cosign sign --help` prints; `version` is asked for the message alone.

    2.0 brought `--tlog-upload`; 2.6 and 3 have `--signing-config`, and 3 signs by such a file unless told otherwise.
    """
    log_flag, file_flag = "--tlog-upload" in sign_help, "--signing-config" in sign_help
    if file_flag and ("--use-signing-config=true" in sign_help or not log_flag):
        return Dialect(bundles=True)
    if log_flag:
        return Dialect(bundles=False)
    raise ToolMissing("cosign %s cannot sign without a transparency log as needed here. %s" % (version(), _ADVICE))


def cause(errors: str) -> str:
    """What cosign says went wrong, each line once: it prints its error twice and warnings before."""
    lines = []
    for line in errors.splitlines():
        text = re.sub(
            r"^(Error: |error during command execution: |main\.go:\d+: error during command execution: )", "", line
        )
        if text.strip() and not text.startswith("WARNING:") and text.strip() not in lines:
            lines.append(text.strip())
    return last_lines("\n".join(lines))
