# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scanner on this host: found, checked, asked for its version, then run once for each image, without leaving anything behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.program import (
    check_program,
    find_plugin,
    find_program,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.secrets import Secrets
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run, last_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    Access,
    Call,
    Scanner,
    Subject,
    Surroundings,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import (
    Version,
    check_version,
    dotted,
    find_version,
    no_version,
)

_MAXIMUM_REPORT = 512 * 1024 * 1024
_PROBE_SECONDS = 60
# coreutils' timeout(1): its own code, and that of what it had to kill.
_TIMED_OUT = (124, 137)
_NOT_STARTED = (126, 127)

#: Text of a report and the name to call it by -> what it says. Raises ToolError.
Reader = Callable[[str, str], Scanned]


@dataclass(frozen=True)
class ScannerSettings:
    """How a scanner is run. `checksum` is sha256:HEX of the program that scans; `environment` may hold secrets.

    `database` is a folder that is kept; without it the database lives as long as the run.
    """

    program: str
    seconds: int
    checksum: Optional[str] = None
    refused: Tuple[Version, ...] = ()
    offline: bool = False
    database: Optional[str] = None
    repository: Optional[str] = None
    config_dir: Optional[str] = None
    environment: Optional[Mapping[str, str]] = None


class ScanProgram:
    """Use as context: its working folder, which only its user may read, is removed however the run ends."""

    def __init__(self, scanner: Scanner, read: Reader, settings: ScannerSettings, run: Run, secrets: Secrets) -> None:
        """Raises ToolMissing, ToolError, StateError when it is not there, not what was pinned, or refused."""
        self._scanner = scanner
        self._read = read
        self._settings = settings
        self._run = run
        self._secrets = secrets
        self._fetched = False
        self._path = find_program(settings.program, scanner.name)
        self._folder = tempfile.mkdtemp(prefix="imagefleet-scan-")
        try:
            self._check_pin()
            self.version = self._find_version()
            check_version(scanner.name, self._path, self.version, scanner.oldest, settings.refused)
        except BaseException:
            self._clean()
            raise

    def __enter__(self) -> ScanProgram:
        return self

    def __exit__(self, *_error: object) -> None:
        self._clean()

    @property
    def label(self) -> str:
        """Its name and version."""
        return "%s %s" % (self._scanner.title, dotted(self.version))

    def scan(self, subject: Subject, access: Optional[Access]) -> Scanned:
        """What it found; `packages` None when nothing tells that it read any. Raises ToolError, ToolMissing, StateError."""
        folder = tempfile.mkdtemp(dir=self._folder)
        try:
            around = self._surroundings(folder, access)
            environment = self._access(access)
            call = self._scanner.scan(subject, around, self.version)
            text, output = self._report(call, subject, around, environment)
            scanned = self._read(text, "the report of %s" % self.label)
            packages = self._scanner.told(output) if scanned.packages is None else scanned.packages
            scanned = replace(scanned, scanner=self.label, packages=packages)
            if scanned.packages is None and not scanned.findings:
                scanned = self._counted(scanned, subject, around, environment)
            return scanned
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _counted(
        self, scanned: Scanned, subject: Subject, around: Surroundings, environment: Mapping[str, str]
    ) -> Scanned:
        """Nothing found is clean only when something was read, so the scanner is asked for what it reads."""
        around = replace(around, report=around.report + ".packages")
        try:
            call = self._scanner.packages(subject, around, self.version)
            text, _output = self._report(call, subject, around, environment)
            count = self._scanner.count(text, "the package list of %s" % self.label)
        except ToolError as error:
            return replace(scanned, notes=(*scanned.notes, "how many packages were read cannot be told: %s" % error))
        return replace(scanned, packages=count)

    def _check_pin(self) -> None:
        if self._settings.checksum is None:
            return
        path: Optional[str] = self._path
        if self._scanner.name == "scout":
            path = find_plugin(self._settings.config_dir)
        check_program(path or self._path, self._settings.checksum)

    def _find_version(self) -> Version:
        printed: List[str] = []
        for words in self._scanner.version_calls():
            code, output, errors = self._start(Call(words), self._folder, _PROBE_SECONDS, {})
            if code in _TIMED_OUT:
                raise ToolError(
                    "%s gave no answer within %d seconds when asked for its version" % (self._path, _PROBE_SECONDS)
                )
            version = find_version(output) or find_version(errors) if code == 0 else None
            if version is not None:
                return version
            printed.append(errors or output)
        raise no_version(self._scanner.name, self._path, self._secrets.hide("\n".join(printed)))

    def _surroundings(self, folder: str, access: Optional[Access]) -> Surroundings:
        cache = os.path.join(folder, "cache")
        os.mkdir(cache, 0o700)
        around = Surroundings(
            report=os.path.join(folder, "report.json"),
            cache=cache,
            database=self._settings.database or os.path.join(self._folder, "database"),
            seconds=self._settings.seconds,
            repository=self._settings.repository,
            offline=self._settings.offline,
            has_database=self._fetched,
        )
        self._link_database(around)
        if access is not None and access.has_credentials and not around.offline:
            around = replace(around, has_database=self._fetch(around))
        return around

    def _link_database(self, around: Surroundings) -> None:
        """The database is kept apart from what belongs to one image."""
        try:
            for name in self._scanner.database_folders:
                place = os.path.join(around.database, name)
                if not around.offline:
                    os.makedirs(place, mode=0o755, exist_ok=True)
                if os.path.isdir(place):
                    os.symlink(place, os.path.join(around.cache, name))
        except OSError as error:
            raise StateError(
                "database_dir: cannot use %s: %s" % (error.filename or around.database, error.strerror or error)
            ) from error

    def _fetch(self, around: Surroundings) -> bool:
        """Once a run, without the credentials of an image's registry, which the registry of the database must not see."""
        call = None if self._fetched else self._scanner.fetch_database(around)
        if call is not None:
            code, output, errors = self._start(call, around.cache, self._settings.seconds, {})
            if code != 0:
                raise self._failure("cannot fetch its database", code, output, errors)
            self._fetched = True
        return self._fetched

    def _access(self, access: Optional[Access]) -> Dict[str, str]:
        environment = dict(self._settings.environment or {})
        if access is not None:
            self._secrets.add(access.password or "", access.username or "")
            self._secrets.add(access.token or "")
            environment.update(self._scanner.access(access))
        return environment

    def _report(
        self, call: Call, subject: Subject, around: Surroundings, environment: Mapping[str, str]
    ) -> Tuple[str, str]:
        """What it wrote, and what it printed. Raises ToolError with the cause when it wrote nothing, or failed."""
        code, output, errors = self._start(call, os.path.dirname(around.report), around.seconds, environment)
        what = "cannot scan %s" % subject.name
        if code in _TIMED_OUT:
            raise ToolError(
                "%s %s within scan_timeout, %d seconds, and was ended: %s"
                % (self.label, what, around.seconds, self._said(output, errors))
            )
        data = read_capped(around.report, _MAXIMUM_REPORT)
        if code not in self._scanner.finished or (code != 0 and not data):
            raise self._failure(what, code, output, errors)
        if not data:
            raise self._failure("%s: it wrote no report" % what, code, output, errors)
        return data.decode("utf-8", "replace"), errors + "\n" + output

    def _start(self, call: Call, folder: str, seconds: int, environment: Mapping[str, str]) -> Tuple[int, str, str]:
        """In a folder of its own, since scanners read configurations and lists of ignored findings where they are started."""
        dropped = [word for name in self._scanner.unwanted for word in ("-u", name)]
        argv = [
            "timeout",
            "--kill-after=10",
            str(seconds),
            "env",
            "--chdir=" + folder,
            *dropped,
            self._path,
            *call.words,
        ]
        told = {"TMPDIR": folder, **self._common(), **environment, **call.environment}
        try:
            code, output, errors = self._run(argv, told, None)
        except OSError as error:
            raise ToolError("there is no program timeout on this host (package coreutils): %s" % error) from error
        if code in _NOT_STARTED and ("env: " in errors or "timeout: " in errors):
            raise self._failure("cannot be started", code, output, errors)
        return code, output, errors

    def _common(self) -> Dict[str, str]:
        return {"DOCKER_CONFIG": self._settings.config_dir} if self._settings.config_dir else {}

    def _failure(self, what: str, code: int, output: str, errors: str) -> ToolError:
        advice = self._scanner.advice(errors + "\n" + output)
        said = self._said(output, errors)
        label = self.label if hasattr(self, "version") else self._path
        return ToolError(
            "%s %s (exit code %d): %s" % (label, what, code, "%s. %s" % (advice, said) if advice else said)
        )

    def _said(self, output: str, errors: str) -> str:
        return self._secrets.hide(last_lines(errors) or last_lines(output)) or "it printed nothing"

    def _clean(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
