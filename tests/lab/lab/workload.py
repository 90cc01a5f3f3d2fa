# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real images and containers on the fleet: host-1 builds and pushes, the others pull, each runs something of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from .commands import run
from .fleet import HOSTS, HostKind
from .registry import REGIONS
from .say import say

if TYPE_CHECKING:
    from .up import Lab

_SCRIPTS = Path(__file__).with_name("workload")


def ensure(lab: Lab) -> None:
    """Put images and containers on every host; a host that has them is left alone."""
    registry = "%s.test:%d" % (REGIONS[0], lab.block.registry_port)
    builder, *others = HOSTS
    say("building and pushing images on %s" % builder.name)
    _on(lab, builder, "build.sh", registry)
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        list(pool.map(lambda kind: _on(lab, kind, "pull.sh", registry), others))
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        list(pool.map(lambda kind: _on(lab, kind, "containers.sh", registry), HOSTS))
    say("ready: images and containers on %d hosts" % len(HOSTS))


def _on(lab: Lab, kind: HostKind, script: str, registry: str) -> None:
    """Run a script on a host, once in the host's life."""
    mark = "/var/lib/lab-%s.done" % script
    command = "test -e %s || { sh -s %s %s && touch %s; }" % (mark, registry, kind.name, mark)
    run(lab.fleet.ssh(kind, command), input_bytes=(_SCRIPTS / script).read_bytes(), timeout=300)
