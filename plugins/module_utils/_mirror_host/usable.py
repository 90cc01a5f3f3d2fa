# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mirrors are left when those that do not serve as they should are left out."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import RESOLVE, Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.account import Account
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.engine_now import Engine
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.probe import NOT_PROBED, Probe, probe
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.request import CONTAINERD, MirrorRequest


def usable_mirrors(
    request: MirrorRequest, mirrors: Sequence[Mirror], engine: Engine, account: Account
) -> Tuple[Mirror, ...]:
    """Asks each endpoint, unless that is switched off. Raises RefusedError when nothing of a registry is left."""
    if not request.probe:
        account.probes = [
            Probe(mirror.registry, one.url, NOT_PROBED, "probe is off")
            for mirror in mirrors
            for one in mirror.endpoints
        ]
        return tuple(mirrors)
    names_registry = CONTAINERD in request.clients or bool(engine.kind and engine.kind.reads_hosts_toml)
    kept: List[Mirror] = []
    for mirror in mirrors:
        image = mirror.probe_image or request.probe_image
        found = [
            (one, probe(mirror, one, image, request.probe_timeout, request.accept_private_names, names_registry))
            for one in mirror.endpoints
        ]
        account.probes += [result for _one, result in found]
        kept.append(replace(mirror, endpoints=tuple(one for one, result in found if result.usable)))
    for mirror in kept:
        _refuse_without(mirror, account)
    return tuple(kept)


def _refuse_without(mirror: Mirror, account: Account) -> None:
    reasons = [
        "%s: %s" % (one.url, one.reason) for one in account.probes if one.registry == mirror.registry and not one.usable
    ]
    told = "; ".join(reasons)
    if not mirror.endpoints:
        account.refuse("no mirror of %s can be used, so nothing was changed on this host. %s" % (mirror.registry, told))
    if not mirror.fallback and not any(RESOLVE in mirror.capabilities(one) for one in mirror.endpoints):
        account.refuse(
            "no mirror of %s that can be used says what a tag means, and fallback is off, so nothing was changed on this host. %s"
            % (mirror.registry, told)
        )
    if reasons:
        account.notes.append("left out of the mirrors of %s: %s" % (mirror.registry, told))
