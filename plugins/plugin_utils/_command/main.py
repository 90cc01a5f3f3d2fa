# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`imagefleet`: arguments in, lines and an exit code out."""

from __future__ import annotations

import argparse
import json
import sys
from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_unused
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PolicyError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command import scheduled
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import read_config
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.exit_codes import ExitCode, help_text
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.jobs import JOBS
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.report import make_report
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.unused import unused_lines, unused_rows
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.version import VERSION
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.printable import printable

MESSAGE_LIMIT = 4000
ROWS = 50


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns the exit code; wrong arguments exit with 2 on their own (argparse)."""
    options = _parser().parse_args(arguments)
    if options.command == "unused":
        return int(_unused(options.docker_host, options.json))
    return int(_scheduled(options.command, options.config, options.dry_run, options.json))


def _scheduled(command: str, path: str, dry_run: bool, as_json: bool) -> ExitCode:
    try:
        config = read_config(path)
    except PolicyError as error:
        _complain(str(error))
        return ExitCode.USAGE
    if config.command != command:
        _complain(f"{path} is a configuration of 'imagefleet {config.command}', not of 'imagefleet {command}'")
        return ExitCode.USAGE
    outcome = scheduled.run(config, dry_run, _say if sys.stderr.isatty() else None)
    # A dry run by hand must not pass for the last scheduled run.
    problems = [] if dry_run else scheduled.record(config, outcome)
    if as_json:
        _say_json(make_report(config, outcome, {}))
    elif outcome.result is not None:
        print("\n".join(JOBS[command].lines(outcome.result, ROWS)))
    for message in ([outcome.message] if outcome.message else []) + problems:
        _complain(message)
    return ExitCode.STATE if problems and outcome.code == ExitCode.OK else outcome.code


def _unused(docker_host: Optional[str], as_json: bool) -> ExitCode:
    try:
        result = run_unused(parse_options({"docker_host": docker_host} if docker_host else {}))
    except FleetError as error:
        _complain(str(error))
        return scheduled.exit_code(error)
    if as_json:
        _say_json({**result, "plan": unused_rows(result)})
    else:
        print("\n".join(unused_lines(result)))
    return ExitCode.OK


def _say(message: str) -> None:
    print(printable(message), file=sys.stderr)


def _complain(message: str) -> None:
    print(f"imagefleet: {printable(message, MESSAGE_LIMIT)}", file=sys.stderr)


def _say_json(document: object) -> None:
    """Escaped to ASCII, so that names cannot play tricks with the terminal."""
    print(json.dumps(document, sort_keys=True, indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imagefleet",
        description="Cleans Docker images on this host, and registries, by policy, and brings images to regions. Nothing that is in use is ever deleted.",
        epilog=help_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"imagefleet {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    for name, job in JOBS.items():
        run = commands.add_parser(name, help=job.help)
        run.add_argument(
            "--config", required=True, metavar="FILE", help="JSON configuration, for example /etc/imagefleet/NAME.json"
        )
        run.add_argument("--dry-run", action="store_true", help="only plan; writes no state, report, log or metrics")
        run.add_argument("--json", action="store_true", help="print the report as JSON")
    unused = commands.add_parser(
        "unused", help="list every unused image with its bytes; needs no policy, deletes nothing"
    )
    unused.add_argument("--docker-host", metavar="URL", help="engine to ask, the local socket when not given")
    unused.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser
