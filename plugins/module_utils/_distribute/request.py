# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of registry_sync and registry_drift_info, parsed and checked before anything is contacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.platform import parse_platforms
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.limits import parse_count
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList, compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import (
    RegistryOptions,
    make_registry_options,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import Gate, parse_gate
from ansible_collections.imagefleet.docker.plugins.module_utils._store.names import is_run_id
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_memory import (
    DEFAULT_STATE_DIR as DEFAULT_SCAN_DIR,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.sync_memory import DEFAULT_STATE_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._store.undo import DEFAULT_UNDO_DIR
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import Selection, parse_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.removal import DEFAULT_MAXIMUM
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.shard import Shard, parse_shard
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.tags import TagSelection, parse_tags

NAME = "{name}"
ALL, REGION = "all", "region"
LAST = "last"
SCOPES = (ALL, REGION)
# Names that are meant to move.
FLOATING = (
    *("latest", "latest-*", "stable", "edge", "main", "master", "develop"),
    *("dev", "test", "staging", "production", "prod", "regex:v?[0-9]+([.][0-9]+)?(-[a-z][a-z0-9.]*)?"),
)


@dataclass(frozen=True)
class Destination:
    """One region."""

    name: str
    registry: RegistryOptions


@dataclass(frozen=True)
class Order:
    """What of the source is copied, and what it is called in the regions; `{name}` in `to` is the repository's name."""

    repositories: Selection
    tags: TagSelection
    platforms: Tuple[str, ...] = ()
    to: str = NAME

    def target(self, name: str) -> str:
        return self.to.replace(NAME, name)


@dataclass(frozen=True)
class GateRequest:
    """Whose verdicts are asked, a folder, and what for."""

    state_dir: str
    gate: Gate


@dataclass(frozen=True)
class SyncRequest:
    """The options of one run."""

    source: RegistryOptions
    destinations: Tuple[Destination, ...]
    orders: Tuple[Order, ...]
    referrers: bool = True
    floating: Optional[PatternList] = None
    floating_scope: str = ALL
    immutable: Optional[PatternList] = None
    shard: Optional[Shard] = None
    remove: bool = False
    max_removals: int = DEFAULT_MAXIMUM
    ledger: Optional[str] = None
    undo_dir: str = DEFAULT_UNDO_DIR
    rollback: Optional[str] = None
    resume: bool = False
    state_dir: str = DEFAULT_STATE_DIR
    scan_gate: Optional[GateRequest] = None


def parse_sync_options(options: Mapping[str, Any]) -> SyncRequest:
    """Raises PolicyError naming option, value, cause and what is accepted."""
    source = _registry(options.get("source"), "source.")
    destinations = _destinations(options.get("destinations"))
    floating = options.get("floating_tags")
    immutable = options.get("immutable_tags")
    scope = str(options.get("floating_scope") or ALL)
    if scope not in SCOPES:
        raise PolicyError("floating_scope: %r is none of %s" % (scope, ", ".join(SCOPES)))
    orders = tuple(
        _order(source, "repositories[%d]" % place, entry) for place, entry in enumerate(_list(options, "repositories"))
    )
    _not_onto_itself(source, destinations, orders)
    return SyncRequest(
        source=source,
        destinations=destinations,
        orders=orders,
        referrers=options.get("referrers") is not False,
        floating=compile_patterns("floating_tags", list(FLOATING) if floating is None else floating)
        if floating != []
        else None,
        floating_scope=scope,
        immutable=compile_patterns("immutable_tags", immutable) if immutable not in (None, "", []) else None,
        shard=parse_shard(options.get("shard")),
        remove=options.get("remove") is True,
        max_removals=_maximum(options.get("max_removals")),
        ledger=_ledger(options),
        undo_dir=options.get("undo_dir") or DEFAULT_UNDO_DIR,
        rollback=_rollback(options.get("rollback")),
        resume=options.get("resume") is True,
        state_dir=options.get("state_dir") or DEFAULT_STATE_DIR,
        scan_gate=_scan_gate(options.get("scan_gate")),
    )


_GATE = ("state_dir", "max_age", "unscanned", "platforms")


def _scan_gate(value: Any) -> Optional[GateRequest]:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise PolicyError("scan_gate: %r is no mapping with %s" % (value, ", ".join(_GATE)))
    unknown = sorted(set(value) - set(_GATE))
    if unknown:
        raise PolicyError("scan_gate: there is no %s; it has %s" % (unknown[0], ", ".join(_GATE)))
    return GateRequest(str(value.get("state_dir") or DEFAULT_SCAN_DIR), parse_gate("scan_gate", value))


def _maximum(value: Any) -> int:
    found = parse_count("max_removals", value)
    return DEFAULT_MAXIMUM if found is None else found


def _ledger(options: Mapping[str, Any]) -> Optional[str]:
    """What the fleet uses must be known before anything is removed from a region."""
    if options.get("remove") is True and not options.get("ledger"):
        raise PolicyError(
            "remove: without a ledger nothing tells what the fleet uses; keep one by fleet_ledger and write its file into ledger"
        )
    return options.get("ledger") or None


def _rollback(value: Any) -> Optional[str]:
    if value in (None, ""):
        return None
    if value != LAST and not is_run_id(str(value)):
        raise PolicyError(
            "rollback: %r is neither 'last' nor the run_id of a run, such as 20260730T031502Z-0c1d2e3f" % (value,)
        )
    return str(value)


def _list(options: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = options.get(name)
    if not isinstance(value, (list, tuple)) or not value:
        raise PolicyError("%s: %r is no list with at least one entry" % (name, value))
    return value


def _registry(entry: Any, where: str) -> RegistryOptions:
    if not isinstance(entry, Mapping):
        raise PolicyError("%s: %r is no mapping with registry and how to reach it" % (where.rstrip("."), entry))
    return make_registry_options(entry, where)


def _not_onto_itself(source: RegistryOptions, destinations: Sequence[Destination], orders: Sequence[Order]) -> None:
    """What has fewer platforms would take the place of what it was made from."""
    for place, order in enumerate(orders):
        same = order.to == NAME or any(order.target(name) == name for name in order.repositories.exact or ())
        for one in destinations:
            if same and one.registry.base_url == source.base_url:
                raise PolicyError(
                    "repositories[%d].to: %r in region %r is the source itself; write another name, such as 'copy/{name}'"
                    % (place, order.to, one.name)
                )


def _destinations(value: Any) -> Tuple[Destination, ...]:
    found: List[Destination] = []
    for place, entry in enumerate(_list({"destinations": value}, "destinations")):
        where = "destinations[%d]." % place
        registry = _registry(entry, where)
        name = str(entry.get("name") or registry.registry)
        if any(one.name == name for one in found):
            raise PolicyError("%sname: there are two regions %r; give each a name of its own" % (where, name))
        found.append(Destination(name, registry))
    return tuple(found)


def _order(source: RegistryOptions, where: str, entry: Any) -> Order:
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, Mapping):
        raise PolicyError("%s: %r is no mapping with name, tags, platforms, to" % (where, entry))
    unknown = sorted(set(entry) - {"name", "tags", "platforms", "to"})
    if unknown:
        raise PolicyError("%s: there is no %s; it has name, tags, platforms, to" % (where, unknown[0]))
    if not entry.get("name"):
        raise PolicyError("%s: name is missing, the repository or a pattern" % where)
    selection = parse_repositories(source.registry, entry["name"])
    to = str(entry.get("to") or NAME)
    several = selection.exact is None or len(selection.exact) > 1
    if several and NAME not in to:
        raise PolicyError(
            "%s.to: %r would put several repositories into one; write {name} where the name belongs" % (where, to)
        )
    return Order(
        selection,
        parse_tags(where + ".tags", entry.get("tags")),
        tuple(parse_platforms(where + ".platforms", entry.get("platforms"))),
        to,
    )
