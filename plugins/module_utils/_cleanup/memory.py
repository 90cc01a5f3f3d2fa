# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves for the next one."""

from __future__ import annotations

from typing import AbstractSet, Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.gather import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import digests_of
from ansible_collections.imagefleet.docker.plugins.module_utils._store.clock import read_clock
from ansible_collections.imagefleet.docker.plugins.module_utils._store.state import EngineState, ImageRecord

KEEP_RELEASED = 90 * 86400


def next_state(look: Look, removed: AbstractSet[str], released: AbstractSet[str] = frozenset()) -> EngineState:
    """The state after this run: every image that is still there, with what is now known of it.

    `removed` are gone, `released` went (or are about to go) because a registry still serves them: their digests are
    remembered, so that the registry does not drop what may now be the last copy (S1).
    """
    facts, clock = look.facts, read_clock(look.facts.engine.now)
    now = facts.engine.now
    return EngineState(
        started=look.state.started or now,
        last_run=now,
        sampled_since=facts.sampled_since or now,
        boot_id=clock.boot,
        boot_seconds=clock.uptime,
        images={image.id: _record(image, now) for image in facts.images if image.id not in removed},
        released=_released(look, released),
    )


def _released(look: Look, these: AbstractSet[str]) -> Dict[str, int]:
    """Digest -> when it went, of this run and of earlier ones of the last 90 days."""
    now = look.facts.engine.now
    released = {digest: moment for digest, moment in look.state.released.items() if now - moment <= KEEP_RELEASED}
    for image in look.facts.images:
        if image.id in these:
            released.update((digest, now) for digest in digests_of(image))
    return released


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
