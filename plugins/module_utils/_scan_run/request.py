# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scout_scan is asked for."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import (
    EngineOptions,
    parse_engine_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import parse_list
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.database import parse_database_age
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import Listing, parse_listing
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import Policy, parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import AUTO
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import Statement, parse_vex
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import (
    Waiver,
    parse_waivers,
    parse_waivers_text,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.debsecan import check_suite
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.scanner import ScannerSettings
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.target_request import (
    TargetRequest,
    parse_target_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.scanner_version import parse_refused

SCOUT, TRIVY, GRYPE, DEBSECAN = "scout", "trivy", "grype", "debsecan"
BACKENDS = (SCOUT, TRIVY, GRYPE, DEBSECAN)
PROGRAMS = {SCOUT: "docker", TRIVY: "trivy", GRYPE: "grype", DEBSECAN: "debsecan"}
_MAXIMUM_FILE = 64 * 1024 * 1024
# With a registry that nobody described, the scanner may fare better than we do.
_PATIENCE = {"retries": 1, "timeout": 15}
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}")
_USER_IN_URL = re.compile(r"[a-z]+://[^/]*@", re.IGNORECASE)
_DATABASE_REPOSITORY_OF = (TRIVY, DEBSECAN)


@dataclass(frozen=True)
class ScanRequest:
    """`name` tells this scan from others of the host in metrics; `suite` is for debsecan; paths are None when nothing is kept there."""

    name: str
    backend: str
    targets: TargetRequest
    policy: Policy
    waivers: Tuple[Waiver, ...]
    statements: Tuple[Statement, ...]
    listing: Listing
    fail_on_policy: bool
    settings: ScannerSettings
    suite: Optional[str]
    engine: EngineOptions
    registries: RegistriesByHost
    state_dir: str
    report_dir: Optional[str] = None
    metrics_path: Optional[str] = None


def parse_scan_options(options: Mapping[str, Any], run_program: Optional[RunProgram] = None) -> ScanRequest:
    """Raises PolicyError naming option, value, cause and what is accepted, before anything is started or contacted."""
    backend = options.get("backend") or SCOUT
    if backend not in BACKENDS:
        raise PolicyError("backend: %r is none of %s" % (backend, ", ".join(BACKENDS)))
    policy = parse_policy(options.get("policy"))
    targets = parse_target_options(options)
    engine = parse_engine_options(options)
    suite = options.get("suite") or None
    if suite is not None and backend != DEBSECAN:
        raise PolicyError("suite: it is for backend debsecan, not %s" % backend)
    check_suite(suite)
    return ScanRequest(
        name=str(options.get("name") or "default"),
        backend=backend,
        targets=targets,
        policy=policy,
        waivers=_waivers(options),
        statements=_statements(options.get("vex")),
        listing=parse_listing(options.get("severities"), bool(options.get("only_fixed")), policy),
        fail_on_policy=bool(options.get("fail_on_policy")),
        settings=_settings(backend, options, engine),
        suite=suite,
        engine=engine,
        registries=RegistriesByHost(
            parse_list("registries", options.get("registries")),
            options.get("config_path"),
            run_program,
            _PATIENCE if targets.source == AUTO else None,
        ),
        state_dir=str(options["state_dir"]),
        report_dir=options.get("report_dir"),
        metrics_path=options.get("metrics_path"),
    )


def _settings(backend: str, options: Mapping[str, Any], engine: EngineOptions) -> ScannerSettings:
    seconds = options.get("scan_timeout")
    if not isinstance(seconds, int) or seconds <= 0:
        raise PolicyError("scan_timeout: %r is not a positive number of seconds" % (seconds,))
    checksum = str(options["scanner_checksum"]).strip().lower() if options.get("scanner_checksum") else None
    if checksum is not None and not _CHECKSUM.fullmatch(checksum):
        raise PolicyError(
            "scanner_checksum: %r is no checksum; write sha256: and the 64 digits that sha256sum prints" % (checksum,)
        )
    environment = _hub(backend, options)
    if engine.docker_host != EngineOptions().docker_host:
        environment["DOCKER_HOST"] = engine.docker_host
    offline, database = bool(options.get("offline")), options.get("database_dir")
    _check_database(backend, offline, database, options.get("database_repository"))
    return ScannerSettings(
        program=options.get("scanner") or PROGRAMS[backend],
        seconds=seconds,
        oldest=parse_database_age(options.get("max_database_age")),
        checksum=checksum,
        refused=parse_refused("refuse_versions", options.get("refuse_versions")),
        offline=offline,
        database=str(database) if database else None,
        repository=options.get("database_repository"),
        config_dir=options.get("config_dir"),
        environment=environment,
    )


def _hub(backend: str, options: Mapping[str, Any]) -> Dict[str, str]:
    username, password = options.get("hub_username"), options.get("hub_password")
    if not username and not password:
        return {}
    if backend != SCOUT:
        raise PolicyError(
            "hub_username: it logs docker scout in; backend %s takes credentials of registries from registries and config_path"
            % backend
        )
    if not username or not password:
        given, missing = ("hub_username", "hub_password") if username else ("hub_password", "hub_username")
        raise PolicyError("%s: given without %s; docker scout needs both" % (given, missing))
    return {"DOCKER_SCOUT_HUB_USER": str(username), "DOCKER_SCOUT_HUB_PASSWORD": str(password)}


def _check_database(backend: str, offline: bool, database: Any, repository: Any) -> None:
    if offline and backend == SCOUT:
        raise PolicyError("offline: docker scout cannot work without Docker Hub; take backend trivy, grype or debsecan")
    if offline and not database:
        raise PolicyError(
            "offline: without database_dir %s has no database to scan with; say where a copy of it is" % backend
        )
    if offline and not os.path.isdir(str(database)):
        raise PolicyError("database_dir: there is no folder %s on this host, and offline fetches none" % database)
    if database and backend == SCOUT:
        raise PolicyError("database_dir: docker scout has no database on this host; leave it out")
    if repository and _USER_IN_URL.match(str(repository)):
        raise PolicyError(
            "database_repository: a user or password in the URL would be an argument that every user of the host sees; take a copy that "
            "needs none, or keep one in database_dir"
        )
    if repository and backend not in _DATABASE_REPOSITORY_OF:
        raise PolicyError(
            "database_repository: it is for backend %s, not %s" % (" and ".join(_DATABASE_REPOSITORY_OF), backend)
        )


def _waivers(options: Mapping[str, Any]) -> Tuple[Waiver, ...]:
    given = parse_waivers(options.get("waivers"))
    path = options.get("waivers_file")
    return given + parse_waivers_text(_read("waivers_file", path), str(path)) if path else given


def _statements(listed: Any) -> Tuple[Statement, ...]:
    """Of documents given as paths, or as they are."""
    statements: List[Statement] = []
    for position, entry in enumerate(parse_list("vex", listed)):
        where = "vex[%d]" % position
        if isinstance(entry, Mapping):
            statements.extend(parse_vex(json.dumps(entry), where))
        elif isinstance(entry, str) and entry.strip():
            statements.extend(parse_vex(_read(where, entry), entry))
        else:
            raise PolicyError("%s: %r is neither the path of an OpenVEX document nor one" % (where, entry))
    return tuple(statements)


def _read(where: str, path: Any) -> str:
    try:
        data = read_capped(str(path), _MAXIMUM_FILE)
    except StateError as error:
        raise PolicyError("%s: %s" % (where, error)) from error
    if data is None:
        raise PolicyError("%s: there is no %s on this host" % (where, path))
    try:
        return data.decode("utf-8")
    except ValueError as error:
        raise PolicyError("%s: %s is not UTF-8: %s" % (where, path, error)) from error
