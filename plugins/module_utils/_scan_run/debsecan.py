# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debsecan (Debian's own scanner) over the dpkg status of an image, read without a container and without a network."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Callable, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    ContentError,
    PolicyError,
    ToolError,
    ToolMissing,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.debsecan_text import read_debsecan
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.dpkg import render_status
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.os_release import debian_suite
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.debian_image import read_debian_image
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.program import (
    NOT_STARTED,
    TIMED_OUT,
    find_program,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import write_atomic
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run, last_lines

_SUITE = re.compile(r"[a-z][a-z0-9-]*")
# What would change where it looks, or add what it must not print.
_UNWANTED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")


def check_suite(suite: Optional[str]) -> None:
    """Raises PolicyError."""
    if suite is not None and not _SUITE.fullmatch(suite):
        raise PolicyError("suite: %r is not the code name of a Debian release, such as bookworm" % suite)


@dataclass(frozen=True)
class Debsecan:
    """`program` is its path; `database` what --source takes (a URL; file:///DIR for a copy), None for Debian's own; `suite` None for
    that of the image; `timeout` in seconds for one scan."""

    run: Run
    program: str
    database: Optional[str]
    suite: Optional[str]
    timeout: int

    def __post_init__(self) -> None:
        """Raises PolicyError: the suite becomes a part of a URL."""
        check_suite(self.suite)

    def version(self) -> str:
        """As Debian numbers its package; empty when it is there and did not come with one. Raises ToolMissing.

        It has no option that tells (0.4.20.1).
        """
        program = find_program(self.program, "debsecan")
        try:
            code, output, _errors = self.run(["dpkg-query", "--search", os.path.realpath(program)], {}, None)
            package = output.partition(":")[0].strip() if code == 0 else ""
            if not package:
                return ""
            code, output, _errors = self.run(["dpkg-query", "--show", "--showformat=${Version}", package], {}, None)
        except OSError:
            return ""
        return output.strip() if code == 0 else ""

    def scan(
        self, target: Target, engine: Callable[[], EngineApi], registries: RegistriesByHost, folder: str
    ) -> Scanned:
        """Files go into `folder`, which the caller removes. Raises ToolError, EngineError, RegistryError, StateError.

        An image of another system, or without packages, has `packages` 0 and a note that says why.
        """
        label = " ".join(("debsecan", self.version())).strip()
        try:
            image = read_debian_image(target, engine, registries)
        except ContentError as error:
            raise ToolError("%s cannot be scanned: %s" % (target.name, error)) from error
        told = Scanned(packages=0, image=image.image, scanner=label, system=image.release.get("PRETTY_NAME"))
        if not image.packages:
            return replace(told, notes=("It has no packages of Debian, which are all that debsecan knows",))
        try:
            suite = self.suite if self.suite and not image.release else debian_suite(image.release)
        except ContentError as error:
            return replace(told, notes=("It cannot be judged: %s" % _sentence(error),))
        found = read_debsecan(
            self._ask(target, self.suite or suite, render_status(image.packages), folder), "what %s printed" % label
        )
        return replace(
            told,
            findings=found.findings,
            packages=len(image.packages),
            system=told.system or found.system,
            notes=(*found.notes, *self._doubt(suite)),
        )

    def _doubt(self, suite: str) -> Tuple[str, ...]:
        if self.suite is None or self.suite == suite:
            return ()
        return ("The image says that it is %s, and was judged by the data of %s" % (suite, self.suite),)

    def _ask(self, target: Target, suite: str, status: str, folder: str) -> str:
        """What debsecan prints. Files of this host, which could hide findings, are not asked."""
        # A file that does not exist stands for a configuration and a list of what to hide: both are empty then.
        path, nothing = os.path.join(folder, "status"), os.path.join(folder, "nothing")
        write_atomic(path, status.encode("utf-8"))
        words: List[str] = ["--config", nothing, "--whitelist", nothing, "--status", path, "--suite", suite]
        if self.database is not None:
            words += ["--source", self.database]
        drop = [word for name in _UNWANTED for word in ("-u", name)]
        argv = ["timeout", "--kill-after=10", str(self.timeout), "env", "--chdir=" + folder, *drop]
        argv += [find_program(self.program, "debsecan"), *words, "--format", "detail"]
        try:
            code, output, errors = self.run(
                argv, {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"}, None
            )
        except OSError as error:
            raise ToolMissing("there is no program timeout on this host (package coreutils): %s" % error) from error
        what = "debsecan cannot scan %s" % target.name
        if code in TIMED_OUT:
            raise ToolError("%s within %d seconds, and was ended: %s" % (what, self.timeout, _said(errors)))
        if code in NOT_STARTED:
            raise ToolMissing("%s cannot be started: %s" % (self.program, _said(errors)))
        if code != 0 or any(line.startswith("error:") for line in errors.splitlines()):
            # It complains of versions that it cannot compare and goes on without the package: then nothing is certain.
            raise ToolError(
                "%s%s: %s%s"
                % (what, " (exit code %d)" % code if code else "", _said(errors or output), self._advice(errors, suite))
            )
        return output

    def _advice(self, errors: str, suite: str) -> str:
        if "apt_pkg" in errors:
            return ". Install the Debian package python3-apt"
        if "downloading" in errors:
            return ". Its data for %s is fetched from %s; put a copy there that has this suite" % (
                suite,
                self.database or "Debian's security tracker",
            )
        return ""


def _sentence(error: Exception) -> str:
    return str(error).rstrip(".")


def _said(text: str) -> str:
    return last_lines(text) or "it printed nothing"
