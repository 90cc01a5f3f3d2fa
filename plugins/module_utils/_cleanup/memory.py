# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves for the next one."""

from __future__ import annotations

from typing import AbstractSet, Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.machine import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import EngineState, ImageRecord


def next_state(look: Look, removed: AbstractSet[str]) -> EngineState:
    """The state after this run: every image that is still there, with what is now known of it."""
    facts, clock = look.facts, read_clock(look.facts.engine.now)
    now = facts.engine.now
    return EngineState(
        started=look.state.started or now,
        last_run=now,
        sampled_since=facts.sampled_since or now,
        boot_id=clock.boot,
        boot_seconds=clock.uptime,
        images={image.id: _record(image, now) for image in facts.images if image.id not in removed},
    )


def _record(image: ImageFacts, now: int) -> ImageRecord:
    arrived = image.arrived if image.arrived is not None else now
    content: Dict[str, Any] = {"total": sum(layer.size or 0 for layer in image.layers or ())}
    if image.parent:
        content["parent"] = image.parent
    return ImageRecord(
        arrived=arrived,
        last_used=image.last_used,
        layers=None if image.layers is None else [(layer.chain, layer.size) for layer in image.layers],
        content=content,
        names={name: image.tag_arrived.get(name, arrived) for name in (*image.tags, *image.digests)},
    )
