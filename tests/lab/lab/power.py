# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug of a host of a running lab: pulled out, and put back in."""

from __future__ import annotations

from .addresses import block_from
from .errors import LabError
from .fleet import HOSTS, Fleet, HostKind
from .paths import cache, instance
from .state import read_state
from .up import Lab


def power_off(lab: str, host: str) -> None:
    """Every process of the host ends at once; its disks stay as they are. Returns when its ssh does not answer any more."""
    _fleet(lab).power_off(_kind(host))


def power_on(lab: str, host: str) -> None:
    """Boot it from those disks; returns when ssh and its Docker answer."""
    _fleet(lab).power_on(_kind(host))


def _fleet(name: str) -> Fleet:
    found = instance(name)
    known = read_state(found).get("block")
    if not known:
        raise LabError("lab %r is not up: run python3 tests/lab/cli.py up --name %s" % (name, name))
    return Lab(found, cache(), block_from(known)).fleet


def _kind(host: str) -> HostKind:
    for kind in HOSTS:
        if kind.name == host:
            return kind
    raise LabError("no host %r: there are %s" % (host, ", ".join(kind.name for kind in HOSTS)))
