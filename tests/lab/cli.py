# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the lab: up, down, status, purge, prove."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lab.down import down, purge  # noqa: E402
from lab.errors import LabError  # noqa: E402
from lab.paths import instance  # noqa: E402
from lab.prove import PARTS as PROVE_PARTS  # noqa: E402
from lab.prove import prove  # noqa: E402
from lab.status import status  # noqa: E402
from lab.up import PARTS, up  # noqa: E402


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests/lab/cli.py", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in (
        ("up", "start what is missing (the first time fetches about 500 MB)"),
        ("down", "remove everything of the instance"),
        ("status", "show what runs"),
        ("purge", "down, and remove the cache of downloads too"),
        ("prove", "up and down of a fresh instance between two censuses of the machine; exit 1 if they differ"),
    ):
        command = verbs.add_parser(verb, help=text, description=text)
        name = "proof" if verb == "prove" else "demo"
        command.add_argument("--name", default=name, help="instance (default: %s); several can be up at once" % name)
        if verb in ("up", "prove"):
            parts = PROVE_PARTS if verb == "prove" else ",".join(PARTS)
            command.add_argument("--parts", default=parts, help="comma list of %s" % ", ".join(PARTS))
        if verb == "prove":
            text = "leave out paths like this, where other work goes on now (shell pattern; can be repeated)"
            command.add_argument("--ignore", action="append", default=[], metavar="PATTERN", help=text)
    options = parser.parse_args(argv)
    try:
        return _do(options)
    except LabError as exc:
        print("lab: %s" % exc, file=sys.stderr)
        return 1


def _do(options: argparse.Namespace) -> int:
    found = instance(options.name)
    if options.verb == "up":
        up(found, options.parts.split(","))
    elif options.verb == "status":
        return status(found)
    elif options.verb == "prove":
        return prove(found, options.parts, options.ignore)
    else:
        down(found)
        if options.verb == "purge":
            purge()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
