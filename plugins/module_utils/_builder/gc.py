# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage collection of a build cache in BuildKit's own terms, written for BuildKit or for dockerd.

What counts is one number (moby/buildkit cache/manager.go, calculateKeepBytes): a rule takes records, the least recently used
first, until the cache is at `maxUsedSpace`, or lower where the disk has less than `minFreeSpace` left, but never below
`reservedSpace`. So with `reservedSpace` alone it is cut to that; with `minFreeSpace` but no `maxUsedSpace` nothing is taken as long
as the disk has enough. A rule without any of them takes everything that it matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.duration import parse_duration
from ansible_collections.imagefleet.docker.plugins.module_utils._image.size import parse_size

FIELDS = ("reserved_space", "max_used_space", "min_free_space", "unused_for")
#: moby/buildkit 0.17 and moby 28 took the three sizes in; before, there was one.
BUILDKIT_SINCE = (0, 17)
LAST_OLD_BUILDKIT = (0, 16)
ENGINE_SINCE = 28
_PERCENT = re.compile(r"([0-9]{1,3})\s*%")
_IMAGE_VERSION = re.compile(r":(?:.*-)?v?([0-9]+)\.([0-9]+)(?:\.[0-9]+)?(?:-[A-Za-z0-9.]+)?(?:@.*)?$")

#: Bytes, or a share of the disk such as `10%`.
Space = Union[int, str]


@dataclass(frozen=True)
class Gc:
    """Sizes as Space, `unused_for` in seconds. None: not said."""

    reserved_space: Optional[Space] = None
    max_used_space: Optional[Space] = None
    min_free_space: Optional[Space] = None
    unused_for: Optional[int] = None


def parse_gc(value: Any) -> Optional[Gc]:
    """The option `gc`, None when it says nothing. Raises PolicyError naming field, value and what is accepted."""
    if value is None or not any(value.get(name) is not None for name in FIELDS):
        return None
    sizes = {name: _space(name, value.get(name)) for name in FIELDS[:3]}
    age = value.get("unused_for")
    try:
        seconds = parse_duration(age) if age is not None else None
    except PolicyError as error:
        raise PolicyError("gc.unused_for: %s" % error) from error
    if seconds == 0:
        raise PolicyError("gc.unused_for: 0 would keep nothing at all; leave it out, or write for example 14d")
    if sizes["reserved_space"] is None and sizes["max_used_space"] is None:
        raise PolicyError(
            "gc: say max_used_space, the size at which the cache is cut, or reserved_space at least. Without them the last rule has "
            "no size to stop at, and takes either nothing or everything"
        )
    floor, cap = sizes["reserved_space"], sizes["max_used_space"]
    if isinstance(floor, int) and isinstance(cap, int) and floor > cap:
        raise PolicyError(
            "gc: reserved_space (%d bytes) is more than max_used_space (%d bytes), which would then count for nothing"
            % (floor, cap)
        )
    return Gc(floor, cap, sizes["min_free_space"], seconds)


def _space(name: str, value: Any) -> Optional[Space]:
    if value is None:
        return None
    match = _PERCENT.fullmatch(str(value).strip())
    if match is not None:
        if not 0 < int(match.group(1)) <= 100:
            raise PolicyError("gc.%s: %s is not a share of the disk from 1%% to 100%%" % (name, value))
        return "%d%%" % int(match.group(1))
    try:
        size = parse_size(value)
    except PolicyError as error:
        raise PolicyError("gc.%s: %s, or a share of the disk such as 10%%" % (name, error)) from error
    if size <= 0:
        raise PolicyError("gc.%s: %s says nothing to BuildKit, for which 0 is no limit; leave it out" % (name, value))
    return size


def buildkit_rules(gc: Gc, version: Optional[Tuple[int, ...]]) -> List[Dict[str, Any]]:
    """Values of `[[worker.oci.gcpolicy]]`. `version` None: not known, and taken for a new one.

    Raises PolicyError for what an old one cannot be told.
    """
    is_old = version is not None and version[:2] < BUILDKIT_SINCE
    if is_old:
        _refuse_new(gc, "BuildKit %s" % ".".join(map(str, version or ())), "BuildKit 0.17", "keepBytes")
    rules: List[Dict[str, Any]] = []
    if gc.unused_for is not None:
        rules.append({"keepDuration": gc.unused_for, **_sizes(gc.reserved_space, None, None, is_old, "keepBytes")})
    rules.append({"all": True, **_sizes(gc.reserved_space, gc.max_used_space, gc.min_free_space, is_old, "keepBytes")})
    return rules


def dockerd_rules(gc: Gc, engine: Tuple[int, ...]) -> List[Dict[str, Any]]:
    """Values of `builder.gc.policy` in daemon.json. Raises PolicyError for what this engine cannot be told."""
    for name in FIELDS[:3]:
        if isinstance(getattr(gc, name), str):
            raise PolicyError("gc.%s: %s: dockerd takes sizes and no share of the disk" % (name, getattr(gc, name)))
    is_old = engine[0] < ENGINE_SINCE
    if is_old:
        _refuse_new(gc, "Docker Engine %s" % ".".join(map(str, engine)), "Docker Engine 28", "keepStorage")
    rules: List[Dict[str, Any]] = []
    if gc.unused_for is not None:
        # It knows no keepDuration, and silently leaves out what it does not know.
        age: Dict[str, Any] = {"filter": ["unused-for=%s" % _go_duration(gc.unused_for)]}
        # Engines before 28 do not start when a rule has no size.
        sizes = _sizes(gc.reserved_space, None, None, is_old, "keepStorage") or ({"keepStorage": 0} if is_old else {})
        rules.append({**age, **_texts(sizes)})
    sizes = _sizes(gc.reserved_space, gc.max_used_space, gc.min_free_space, is_old, "keepStorage")
    rules.append({"all": True, **_texts(sizes)})
    return rules


def _refuse_new(gc: Gc, found: str, needed: str, key: str) -> None:
    for name in ("max_used_space", "min_free_space"):
        if getattr(gc, name) is not None:
            raise PolicyError(
                "gc.%s: %s does not know it, %s does. The older one has %s alone, to which the cache is cut, and which "
                "reserved_space becomes. Update, or give reserved_space alone" % (name, found, needed, key)
            )


def _sizes(
    floor: Optional[Space], cap: Optional[Space], free: Optional[Space], is_old: bool, old_key: str
) -> Dict[str, Any]:
    if is_old:
        return {old_key: floor} if floor is not None else {}
    named = {"reservedSpace": floor, "maxUsedSpace": cap, "minFreeSpace": free}
    return {name: size for name, size in named.items() if size is not None}


def _texts(sizes: Mapping[str, Any]) -> Dict[str, str]:
    """daemon.json has sizes as texts; one without a unit is in bytes."""
    return {name: str(size) for name, size in sizes.items()}


def _go_duration(seconds: int) -> str:
    return "%dh" % (seconds // 3600) if seconds % 3600 == 0 else "%ds" % seconds


def image_version(image: str) -> Optional[Tuple[int, int]]:
    """BuildKit's version from a name such as `moby/buildkit:v0.12.5`; None when it does not tell."""
    match = _IMAGE_VERSION.search(image)
    return (int(match.group(1)), int(match.group(2))) if match else None
