# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cleanup by this collection's core in a process of its own, as a module runs on a host; the result as JSON.

python ours.py SOCKET FOLDER preview|remember|apply
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure


def main(socket: str, folder: str, mode: str) -> int:
    """Everything unused may go, at any age; state, hold and lock lie below `folder`."""
    place = Path(folder)
    request = parse_options(
        {
            "docker_host": "unix://%s" % socket,
            "delete": [{"repositories": "**"}, {"tagged": False}],
            "minimum_age": "0",
            "state_file": str(place / "state.json"),
            "timeout": 600,
        }
    )
    try:
        result = run_cleanup(
            request,
            mode == "apply",
            remember=True if mode == "remember" else None,
            hold_file=str(place / "hold"),
            lock_file=str(place / "lock"),
        )
    except PartialFailure as error:
        print(str(error), file=sys.stderr)
        result = error.result
    listed = sorted({row["id"] for row in result["plan"] if row["action"] == "delete"})
    json.dump({"summary": result["summary"], "images": listed, "notes": result["notes"]}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
