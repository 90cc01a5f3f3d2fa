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
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.database import database_problem
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.digests import digests_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned, unread_system
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.program import (
    NOT_STARTED,
    TIMED_OUT,
    check_program,
    find_plugin,
    find_program,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.secrets import Secrets
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.trust import VARIABLE, write_bundle
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped, write_atomic
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run, last_lines
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    REGISTRY,
    Access,
    Call,
    Scanner,
    Subject,
    Surroundings,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_packages import is_of_system
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import (
    Version,
    check_version,
    dotted,
    find_version,
    no_version,
)

_MAXIMUM_REPORT = 512 * 1024 * 1024
_PROBE_SECONDS = 60
# What calls itself a system and has no package manager.
_NO_PACKAGES = "busybox"

#: Text of a report and the name to call it by -> what it says. Raises ToolError.
Reader = Callable[[str, str], Scanned]


@dataclass(frozen=True)
class ScannerSettings:
    """How a scanner is run. `checksum` is sha256:HEX of the program that scans; `environment` may hold secrets.

    `database` is a folder that is kept; without it the database lives as long as the run. `oldest` is the age in seconds that it may
    have.
    """

    program: str
    seconds: int
    oldest: int
    checksum: Optional[str] = None
    refused: Tuple[Version, ...] = ()
    offline: bool = False
    database: Optional[str] = None
    repository: Optional[str] = None
    config_dir: Optional[str] = None
    environment: Optional[Mapping[str, str]] = None


class ScanProgram:
    """Use as context: its working folder, which only its user may read, is removed however the run ends."""

    def __init__(
        self, scanner: Scanner, read: Reader, settings: ScannerSettings, run: Run, secrets: Secrets, now: int
    ) -> None:
        """`now` in epoch seconds. Raises ToolMissing, ToolError, StateError when it is not there, not what was pinned, or refused."""
        self._scanner = scanner
        self._read = read
        self._settings = settings
        self._run = run
        self._secrets = secrets
        self._now = now
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
            environment = self._access(access, folder)
            call = self._scanner.scan(subject, around, self.version)
            text, output = self._report(call, subject, around, environment)
            scanned = self._read(text, "the report of %s" % self.label)
            self._check_database(scanned.database, around)
            packages = self._scanner.told(output) if scanned.packages is None else scanned.packages
            scanned = replace(scanned, scanner=self.label, packages=packages)
            if (
                scanned.packages is None
                and not any(is_of_system(one.purl) for one in scanned.findings)
                and (scanned.system or not scanned.findings)
            ):
                scanned = self._counted(scanned, subject, around, environment)
            return scanned
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _check_database(self, built: Optional[str], around: Surroundings) -> None:
        """After the scan, which may have fetched a newer one. Raises ToolError for a database that is too old."""
        if not self._scanner.has_database:
            return
        call = self._scanner.database_age(around)
        if call is not None:
            code, output, errors = self._start(call, around.cache, _PROBE_SECONDS, {})
            if code != 0:
                raise self._failure("cannot tell how old its database is", code, output, errors)
            built = self._scanner.database_built(output)
        problem = database_problem(built, around.oldest, self._now)
        if problem is not None:
            raise ToolError("%s %s" % (self.label, problem))

    def _counted(
        self, scanned: Scanned, subject: Subject, around: Surroundings, environment: Mapping[str, str]
    ) -> Scanned:
        """Nothing found, or nothing in the packages of the system that it names, is clean only when they were read, so the scanner is asked
        for what it reads."""
        around = replace(around, report=around.report + ".packages")
        try:
            call = self._scanner.packages(subject, around, self.version)
            text, _output = self._report(call, subject, around, environment)
            listed = self._scanner.listed(text, "the package list of %s" % self.label)
        except ToolError as error:
            told = "how many packages were read cannot be told: %s" % error
            # Without findings it is not clean anyway.
            unknown = (told,) if scanned.findings else ()
            return replace(scanned, notes=(*scanned.notes, told), gaps=(*scanned.gaps, *unknown))
        gaps = scanned.gaps
        if scanned.system and not listed.of_system and not scanned.system.startswith(_NO_PACKAGES):
            gaps += (unread_system(self.label, scanned.system),)
        image = scanned.image
        # Nobody knows how it calls an image that came from no registry.
        if listed.digest and subject.source == REGISTRY:
            image = replace(image, manifests=(*image.manifests, *digests_of([listed.digest])))
        return replace(scanned, packages=listed.packages, gaps=gaps, image=image)

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
            if code in TIMED_OUT:
                raise ToolError(
                    "%s gave no answer within %d seconds when asked for its version" % (self._path, _PROBE_SECONDS)
                )
            version = find_version(output) or find_version(errors) if code == 0 else None
            if version is not None:
                return version
            printed.append(errors or output)
        raise no_version(self._scanner.name, self._path, self._secrets.hide("\n".join(printed)))

    def _surroundings(self, folder: str, access: Optional[Access]) -> Surroundings:
        cache, settings = os.path.join(folder, "cache"), os.path.join(folder, "settings.yaml")
        os.mkdir(cache, 0o700)
        write_atomic(settings, b"{}\n")
        around = Surroundings(
            report=os.path.join(folder, "report.json"),
            cache=cache,
            settings=settings,
            database=self._settings.database or os.path.join(self._folder, "database"),
            seconds=self._settings.seconds,
            oldest=self._settings.oldest,
            repository=self._settings.repository,
            offline=self._settings.offline,
            fetched=self._fetched,
        )
        self._link_database(around)
        if access is not None and access.has_credentials and not around.offline:
            around = replace(around, fetched=self._fetch(around))
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

    def _access(self, access: Optional[Access], folder: str) -> Dict[str, str]:
        environment = dict(self._settings.environment or {})
        if access is not None:
            self._secrets.add(access.password or "", access.username or "")
            self._secrets.add(access.token or "")
            environment.update(self._scanner.access(access))
            if access.ca_path and self._scanner.trusts_by_bundle:
                environment[VARIABLE] = os.path.join(folder, "trusted.pem")
                write_bundle(environment[VARIABLE], access.ca_path)
        return environment

    def _report(
        self, call: Call, subject: Subject, around: Surroundings, environment: Mapping[str, str]
    ) -> Tuple[str, str]:
        """What it wrote, and what it printed. Raises ToolError with the cause when it wrote nothing, or failed."""
        code, output, errors = self._start(call, os.path.dirname(around.report), around.seconds, environment)
        what = "cannot scan %s" % subject.name
        if code in TIMED_OUT:
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
        told = {"TMPDIR": folder, **self._common(), **environment, **call.environment}
        argv = [
            "timeout",
            "--kill-after=10",
            str(seconds),
            "env",
            "--chdir=" + folder,
            *self._dropped(told),
            self._path,
            *call.words,
        ]
        try:
            code, output, errors = self._run(argv, told, None)
        except OSError as error:
            raise ToolError("there is no program timeout on this host (package coreutils): %s" % error) from error
        if code in NOT_STARTED and ("env: " in errors or "timeout: " in errors):
            raise self._failure("cannot be started", code, output, errors)
        return code, output, errors

    def _dropped(self, told: Mapping[str, str]) -> List[str]:
        """Words for env(1) that take away what it must not see of the environment of this process."""
        names = sorted(name for name in os.environ if name.startswith(self._scanner.variables) and name not in told)
        return [word for name in names if not name.startswith(self._scanner.kept_variables) for word in ("-u", name)]

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
