# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's short memory of what happened: the last 256 events, lost when it restarts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi

USES = ("create", "start", "pull", "tag", "load", "import", "mount")
NAME_MOVES = ("pull", "tag", "load", "import")
REMOVALS = ("untag", "delete", "prune")


@dataclass(frozen=True)
class Event:
    """Something touched an image.

    `names` are what the engine calls it (reference as typed, id), `time` whole epoch seconds, `moment` the same exactly.
    """

    kind: str
    action: str
    names: Tuple[str, ...]
    time: int
    moment: float = 0.0


#: `since` of everything that the engine remembers: the last 256 events, fewer after it was restarted.
REMEMBERED = "0"


def read_events(api: EngineApi, since: str, until: str) -> Tuple[Event, ...]:
    """`GET /events` between two moments of the engine's clock (epoch seconds, fractions allowed), of containers and images."""
    found = []
    filters = {"type": ["container", "image"]}
    for entry in api.lines("/events", {"since": since, "until": until, "filters": filters}):
        action = str(entry.get("Action") or "").partition(":")[0]
        actor = entry.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        kind = str(entry.get("Type") or "")
        names = [attributes.get("image")] if kind == "container" else [actor.get("ID"), attributes.get("name")]
        seconds = int(entry.get("time") or 0)
        moment = int(entry.get("timeNano") or 0) / 1e9 or float(seconds)
        found.append(Event(kind, action, tuple(str(name) for name in names if name), seconds, moment))
    return tuple(found)


def count_reloads(api: EngineApi, since: str, until: str) -> int:
    """How often the engine took its configuration anew between two moments of its clock (epoch seconds, fractions allowed)."""
    filters = {"type": ["daemon"], "event": ["reload"]}
    return len(api.lines("/events", {"since": since, "until": until, "filters": filters}))
