# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule may ask of verify, how it is run, how its runs end, and what they tell."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet import run_fleet_verification
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet_request import (
    is_about_many,
    parse_fleet_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.judged import (
    Words,
    changed_verdicts,
    named,
    news_lines,
    result_before,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.programs import run_program, tool_runner
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.signatures import (
    UNKNOWN,
    UNSIGNED,
    VERIFIED,
    signature_lines,
)

# Seconds that one call of a program may take; what it is told itself is less.
LIMIT = 600
VERDICTS: Mapping[Any, str] = {True: VERIFIED, False: UNSIGNED, None: UNKNOWN}
WORDS: Words = {
    UNSIGNED: ("is not signed", "was not signed"),
    UNKNOWN: ("is not known to be signed", "was not known to be signed"),
    VERIFIED: ("is verified", "was verified"),
}


def check_scheduled_verification(options: Mapping[str, Any]) -> None:
    """Raises PolicyError before anything is started or contacted; files that are named are those of the host."""
    if not is_about_many(options):
        raise PolicyError(
            "ledger: name the ledger of a fleet, or say running: true for what this host runs, one of the two"
        )
    parse_fleet_options(options, Scratch(), tool_runner(LIMIT), run_program)


def run_scheduled_verification(options: Mapping[str, Any]) -> Dict[str, Any]:
    """The result of image_signature_info. Raises what run_fleet_verification() raises, and PolicyError."""
    check_scheduled_verification(options)
    with Scratch() as scratch:
        order, tools = parse_fleet_options(options, scratch, tool_runner(LIMIT), run_program)
        return run_fleet_verification(order, tools, int(time.time()))


def verification_ending(result: Mapping[str, Any]) -> Tuple[ExitCode, str]:
    """An image that is not signed comes before one that nobody knows about."""
    told = []
    rows, ledger = result["images"], result["ledger"]
    unsigned = [row for row in rows if row["verified"] is False]
    unknown = [row for row in rows if row["verified"] not in (True, False)]
    if unsigned:
        told.append("%d of %d images in use are not signed: %s" % (len(unsigned), len(rows), _named(unsigned)))
    if unknown:
        told.append("of %d of %d images in use nobody knows: %s" % (len(unknown), len(rows), _named(unknown)))
    if not rows and ledger["path"] is not None:
        told.append("there was no image to verify; look at repositories and ledger of the configuration")
    told += ["more may run than was verified: %s" % problem for problem in ledger["problems"]]
    return ExitCode.UNSIGNED if unsigned else ExitCode.ITEMS_FAILED if told else ExitCode.OK, "; ".join(told)


def with_signature_news(result: Mapping[str, Any], previous: Mapping[str, Any], _now: int) -> Dict[str, Any]:
    """The result with `news`, sentences: verdicts that changed. `previous` is the report before."""
    return {**result, "news": list(changed_verdicts(_judged(result), _judged(result_before(previous)), WORDS))}


def verification_lines(result: Mapping[str, Any], top: int) -> List[str]:
    """At most `top` rows of each kind."""
    return signature_lines("this configuration", result, top) + news_lines(result)


def _judged(result: Mapping[str, Any]) -> List[Tuple[Any, Any]]:
    rows = result.get("images")
    return [(row, _verdict(row)) for row in rows] if isinstance(rows, list) else []


def _verdict(row: Any) -> Any:
    verified = row.get("verified") if isinstance(row, Mapping) else ""
    return VERDICTS[verified] if verified is None or isinstance(verified, bool) else None


def _named(rows: List[Mapping[str, Any]]) -> str:
    return named([(row, str(row["reason"] or "")) for row in rows])
