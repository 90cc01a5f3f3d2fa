# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every image scanned once: the scanner of the request, and what became of each target."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, StateError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.grype_json import read_grype
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import difference
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.scout_sarif import read_scout
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject as Judged
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import repository_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import ARCHIVE, AUTO, Target
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.trivy_json import read_trivy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.access import find_access
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.debsecan import Debsecan
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.engine_images import EngineImages
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.program import check_program, find_program
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import (
    DEBSECAN,
    GRYPE,
    SCOUT,
    TRIVY,
    ScanRequest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.scanner import Reader, ScanProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.secrets import Secrets
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import Run
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner import (
    ANYWHERE,
    ENGINE,
    REGISTRY,
    Access,
    Scanner,
    Subject,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_grype import Grype
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_scout import Scout
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_trivy import Trivy

_SCANNERS: Dict[str, Tuple[Scanner, Reader]] = {
    SCOUT: (Scout(), read_scout),
    TRIVY: (Trivy(), read_trivy),
    GRYPE: (Grype(), read_grype),
}
#: Scans one target. Raises FleetError.
ScanOne = Callable[[Target], Scanned]


@dataclass(frozen=True)
class Outcome:
    """One image. Without `scanned`, `problem` tells why, and `failed` that it is a failure of this run, not a property of the image."""

    subject: Judged
    scanned: Optional[Scanned]
    problem: Optional[str] = None
    failed: bool = False


def scan_all(
    targets: Sequence[Target],
    request: ScanRequest,
    run: Run,
    run_program: Optional[RunProgram],
    engine: Callable[[], EngineApi],
    now: int,
) -> Tuple[Outcome, ...]:
    """`now` in epoch seconds. Raises ToolMissing, ToolError or StateError when the scanner is not there, not what was pinned, or refused."""
    with ExitStack() as stack:
        if request.backend == DEBSECAN:
            scan = _debsecan(request, run, engine)
        else:
            scan = _program(request, run, run_program, stack, now)
        return _merged([_one(target, request, scan, engine) for target in targets])


def _program(request: ScanRequest, run: Run, run_program: Optional[RunProgram], stack: ExitStack, now: int) -> ScanOne:
    scanner, read = _SCANNERS[request.backend]
    secrets = Secrets(
        value for name, value in (request.settings.environment or {}).items() if name.endswith("_PASSWORD")
    )
    program = stack.enter_context(ScanProgram(scanner, read, request.settings, run, secrets, now))

    def scan(target: Target) -> Scanned:
        access: Optional[Access] = None
        if target.source in (REGISTRY, ANYWHERE):
            access = find_access(parse_reference(target.name), request.registries, run_program)
        return program.scan(Subject(target.source, target.name, target.platform), access)

    return scan


def _debsecan(request: ScanRequest, run: Run, engine: Callable[[], EngineApi]) -> ScanOne:
    settings = request.settings
    database = "file://" + settings.database if settings.database else settings.repository
    scanner = Debsecan(run, settings.program, database, request.suite, settings.seconds)
    path = find_program(settings.program, DEBSECAN)
    if settings.checksum is not None:
        check_program(path, settings.checksum)

    def scan(target: Target) -> Scanned:
        with tempfile.TemporaryDirectory(prefix="imagefleet-scan-") as folder:
            return scanner.scan(target, engine, request.registries, folder)

    return scan


def _one(target: Target, request: ScanRequest, scan: ScanOne, engine: Callable[[], EngineApi]) -> Outcome:
    notes: Tuple[str, ...] = ()
    if target.problem is not None and _may_find_itself(target, request):
        # Nobody who was asked has it, but the scanner may have ways of its own.
        notes = ("%s; the scanner was left to find the image itself" % target.problem.rstrip("."),)
        platform = request.targets.platform
        target = replace(
            target,
            source=ANYWHERE,
            platform=platform,
            problem=None,
            identity=replace(target.identity, platform=platform),
        )
    subject = Judged(target.name, target.references, target.digest, target.hosts, target.platform)
    if target.problem is not None:
        return Outcome(subject, None, target.problem, failed=True)
    try:
        scanned = scan(target)
        _check_unmoved(target, engine)
        _check_image(target, scanned)
    except FleetError as error:
        return Outcome(subject, None, "; ".join([str(error), *notes]), failed=True)
    if target.source == ANYWHERE:
        told = scanned.image
        digest = subject.digest or next(iter(told.digests), None)
        subject = replace(subject, digest=digest, platform=subject.platform or told.platform)
    return Outcome(subject, replace(scanned, notes=(*notes, *scanned.notes)))


def _check_unmoved(target: Target, engine: Callable[[], EngineApi]) -> None:
    """Raises StateError when a tag of the engine became another image while it was scanned: what was found may be of either."""
    if target.source != ENGINE or is_digest(target.name):
        return
    found = EngineImages(engine).find(target.name)
    if found is None or target.digest not in found.keys:
        raise StateError(
            "%s was %s in the engine, and was %s while it was scanned; scan it again"
            % (target.name, target.digest, "removed" if found is None else "moved to %s" % found.digest)
        )


def _check_image(target: Target, scanned: Scanned) -> None:
    """Raises ToolError when the scanner says that it read another image."""
    other = difference(target.identity, scanned.image, target.source in (ENGINE, ARCHIVE))
    if other is not None:
        raise ToolError(
            "%s: %s %s, so what it found is not of this image. Scan it again; if it stays so, look at what the scanner is, and at what "
            "stands between it and where the image is" % (target.name, scanned.scanner or "the scanner", other)
        )


def _may_find_itself(target: Target, request: ScanRequest) -> bool:
    """Only an image that was named, and that nobody has."""
    return (
        request.targets.source == AUTO
        and request.backend != DEBSECAN
        and target.name in request.targets.images
        and not is_digest(target.name)
    )


def _merged(outcomes: Sequence[Outcome]) -> Tuple[Outcome, ...]:
    """Names whose digest only the scanner knew, and which turn out to be one image of one repository."""
    found: List[Outcome] = []
    places: Dict[Tuple[str, str], int] = {}
    for outcome in outcomes:
        subject = outcome.subject
        key = (subject.digest, repository_of(subject.image)) if subject.digest is not None else None
        if key is None or key not in places:
            if key is not None:
                places[key] = len(found)
            found.append(outcome)
            continue
        first = found[places[key]]
        found[places[key]] = replace(
            first,
            subject=replace(
                first.subject,
                references=tuple(sorted({*first.subject.names, *subject.names})),
                hosts=tuple(sorted({*first.subject.hosts, *subject.hosts})),
            ),
        )
    return tuple(found)
