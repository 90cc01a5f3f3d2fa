# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule may ask of scan, how it is run, and how its runs end."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.protection import ledger_problem
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import FAILED, NOT_SCANNED
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import (
    SCOUT,
    ScanRequest,
    parse_scan_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.run import run_scan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import load_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.judged import named
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.programs import run_program, tool_runner

# As the module has them.
DEFAULTS: Mapping[str, Any] = {"scan_timeout": 900, "state_dir": DEFAULT_STATE_DIR}
# scout_scan has a place for metrics of its own.
ELSEWHERE = {"metrics_path": "a schedule writes them to metrics_file", "name": "a schedule has a name of its own"}
# Beyond scan_timeout, which ends a scanner in good order.
SLACK = 60


def parse_scheduled_scan(options: Mapping[str, Any]) -> ScanRequest:
    """Raises PolicyError before anything is started or contacted."""
    for name, instead in ELSEWHERE.items():
        if options.get(name) is not None:
            raise PolicyError("%s: leave it out, %s" % (name, instead))
    given = {name: value for name, value in options.items() if value is not None}
    return parse_scan_options({**DEFAULTS, **given}, run_program)


def check_scheduled_scan(options: Mapping[str, Any]) -> None:
    """The same as far as it can be told on another machine: files and folders that are named are those of the host."""
    here = {name: value for name, value in options.items() if name != "waivers_file"}
    if isinstance(here.get("vex"), (list, tuple)):
        here["vex"] = [one for one in here["vex"] if not isinstance(one, str)]
    if here.get("database_dir") and here.get("backend", SCOUT) != SCOUT:
        here["offline"] = False
    parse_scheduled_scan(here)


def run_scheduled_scan(options: Mapping[str, Any], remember: bool) -> Dict[str, Any]:
    """The result of scout_scan with `ledger_problem`, why the fleet may run more than the ledger tells, None without any.

    Raises what run_scan() raises, except that images without a verdict are in the result.
    """
    request = parse_scheduled_scan(options)
    now = int(time.time())
    try:
        result = run_scan(request, tool_runner(request.settings.seconds + SLACK), run_program, now, remember)
    except PartialFailure as error:
        result = error.result
    ledger = options.get("ledger")
    return {**result, "ledger_problem": ledger_problem(load_ledger(str(ledger)), now) if ledger else None}


def scan_ending(result: Mapping[str, Any]) -> Tuple[ExitCode, str]:
    """An image that does not pass comes before one that nobody knows about."""
    told = []
    rows = result["results"]
    failed = [row for row in rows if row["status"] == FAILED]
    unknown = [row for row in rows if row["status"] == NOT_SCANNED]
    if failed:
        told.append("%d of %d images do not pass the policy: %s" % (len(failed), len(rows), _named(failed)))
    if unknown:
        told.append("%d of %d images are not scanned: %s" % (len(unknown), len(rows), _named(unknown)))
    if not rows:
        told.append("there was no image to scan; look at images, repositories and ledger of the configuration")
    if result.get("ledger_problem"):
        told.append("the fleet may run more than was scanned: %s" % result["ledger_problem"])
    code = ExitCode.SCAN if failed else ExitCode.ITEMS_FAILED if told else ExitCode.OK
    return code, "; ".join(told)


def _named(rows: List[Mapping[str, Any]]) -> str:
    return named([(row, "; ".join(row["reasons"])) for row in rows])
