# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install stand-ins for scanners into a folder, with their orders.

python3 stand_ins.py FOLDER '{"scanner": "trivy", "sample": "findings.json", "version": "0.58.1", ...}'

`mode`: normal, noise (much on its standard error), exit (fails and prints its secrets), hang, stubborn (and takes no signal to end),
truncated, silent (writes nothing), found
(exit code 2 with a report), logged_out (scout without a login), rate (trivy's database is refused), stale (grype finds its database old),
undated (tells no time of its database). FOLDER/built holds the time when the database was built, this moment without it.
`tells`: subject (reports name the digest that was to be scanned) or sample (those of the sample); `image`: what they tell beyond that.
`samples`: file by image. `packages`: how many the package list has; `of_languages`: none of them (of grype) is of the system; `told`:
whether scout's progress tells that.
How it was called is in FOLDER/calls.jsonl: `program`, `argv`, the names in its `environment`, its `folder`, and processes of this host in
whose arguments its secrets are `exposed`, and whom it was told to have `trusted`.
"""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent / "samples" / "scanners"
#: Name of the program, file, function.
PROGRAMS = {
    "scout": (("docker", "scout", "docker"), ("docker-scout", "scout", "docker_scout")),
    "trivy": (("trivy", "trivy", "trivy"),),
    "grype": (("grype", "grype", "grype"),),
}
VERSIONS = {"scout": "1.23.0", "trivy": "0.58.1", "grype": "0.87.0"}
SHIM = """#!%(python)s
import sys
from pathlib import Path

sys.path.insert(0, %(here)r)
from stand_in import StandIn
from %(file)s import %(function)s

%(function)s(StandIn(%(program)r, Path(__file__).resolve().parent, sys.argv[1:]))
"""


def install(folder: Path, orders: Mapping[str, Any]) -> Dict[str, Path]:
    """Paths of the programs by name. Calls that were written down before are forgotten."""
    scanner = orders["scanner"]
    folder.mkdir(parents=True, exist_ok=True)
    complete = {"version": VERSIONS[scanner], "folder": str(SAMPLES / scanner), "tells": "subject", **orders}
    (folder / "orders.json").write_text(json.dumps(complete))
    (folder / "calls.jsonl").write_text("")
    paths = {}
    for program, file, function in PROGRAMS[scanner]:
        path = folder / program
        words = {"python": sys.executable, "here": str(HERE), "file": file, "function": function, "program": program}
        path.write_text(SHIM % words)
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        paths[program] = path
    return paths


def calls(folder: Path) -> List[Dict[str, Any]]:
    """How its programs were called since install()."""
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]


if __name__ == "__main__":
    install(Path(sys.argv[1]), json.loads(sys.argv[2]))
