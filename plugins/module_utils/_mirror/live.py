# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running engine has of both lists, from `GET /info`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, FrozenSet, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import same


@dataclass(frozen=True)
class Live:
    """Mirrors of docker.io in their order, and what may be asked without proof of who it is: hosts and networks."""

    mirrors: Tuple[str, ...]
    insecure: FrozenSet[str]


def live_lists(info: Mapping[str, Any]) -> Live:
    registry = info.get("RegistryConfig") or {}
    indexes = registry.get("IndexConfigs") or {}
    hub = indexes.get("docker.io") or {}
    open_hosts = {str(name) for name, index in indexes.items() if not (index or {}).get("Secure", True)}
    networks = {str(network) for network in registry.get("InsecureRegistryCIDRs") or []}
    return Live(
        tuple(same(str(mirror)) for mirror in hub.get("Mirrors") or []),
        frozenset(same(name) for name in open_hosts | networks),
    )


def not_live(
    live: Live,
    mirrors: Sequence[str],
    insecure: Sequence[str],
    gone_mirrors: Sequence[str] = (),
    gone_insecure: Sequence[str] = (),
    whole: Optional[Sequence[str]] = None,
) -> Optional[str]:
    """What the engine has not taken yet, in plain words; None when it has all.

    `mirrors` and `insecure` must be there, in that order, `gone_*` must not. With `whole` its mirrors are exactly these.
    """
    wanted = [same(mirror) for mirror in mirrors]
    if [mirror for mirror in live.mirrors if mirror in wanted] != wanted:
        return "its mirrors are %s, without %s in that order" % (_listed(live.mirrors), _listed(wanted))
    if whole is not None and list(live.mirrors) != [same(mirror) for mirror in whole]:
        return "its mirrors are %s, not %s" % (_listed(live.mirrors), _listed(whole))
    for mirror in map(same, gone_mirrors):
        if mirror in live.mirrors:
            return "it still has mirror %s" % mirror
    for host in map(same, insecure):
        if host not in live.insecure:
            return "it does not take %s as insecure yet" % host
    for host in map(same, gone_insecure):
        if host in live.insecure:
            return "it still takes %s as insecure" % host
    return None


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts) or "none"
