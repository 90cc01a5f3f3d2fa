# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another policy on facts that were gathered before: verdicts without asking any host again."""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.times import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import Item, decide

POLICY_OPTIONS = ("keep", "delete", "protect", "minimum_age")


def judge_again(told: Any, now: Any = None, **options: Any) -> list[dict[str, Any]]:
    """The rows of `told`, each with action, rule, reason and kept_by by the given policy.

    `told` is what image_prune_policy returned, or a list of mappings with reference, id, arrived, created, last_used, labels
    and used_by. `now` is an ISO time; by default the engine's own time in `told`, else this machine's. Raises PolicyError.
    """
    unknown = sorted(set(options) - set(POLICY_OPTIONS))
    if unknown:
        raise PolicyError("image_plan: %s is no option; known are %s" % (unknown[0], ", ".join(POLICY_OPTIONS)))
    result = told if isinstance(told, Mapping) else {}
    rows = result.get("plan") if result else told
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Sequence):
        raise PolicyError(
            "image_plan: the result of image_prune_policy or a list of images is needed, not %r" % (told,)
        )
    policy = parse_policy(target="host", **options)
    moment = _moment("now", now) or _moment("engine.now", (result.get("engine") or {}).get("now")) or int(time.time())
    sampled = _moment("sampled_since", result.get("sampled_since"))
    items = [_item(position, row, sampled) for position, row in enumerate(rows)]
    verdicts = decide(items, policy, moment, result.get("clocks_distrusted"))
    return [
        {
            **dict(row),
            "action": verdict.action,
            "rule": verdict.rule,
            "reason": verdict.reason,
            "kept_by": verdict.kept_by or None,
            "unused": verdict.unused,
        }
        for row, verdict in zip(rows, verdicts)
    ]


def _item(position: int, row: Any, sampled: int | None) -> Item:
    if not isinstance(row, Mapping):
        raise PolicyError("image_plan: entry %d is %r, a mapping is needed" % (position, row))
    name = row.get("reference")
    reference = parse_reference(str(name)) if name else None
    identity = str(row.get("id") or name or "")
    digest = reference.digest if reference is not None else None
    last_used = _moment("last_used", row.get("last_used"))
    return Item(
        key="%d" % position,
        repository=reference.repository if reference else None,
        tag=reference.tag if reference else None,
        tagged=reference is not None,
        digest=identity,
        digests=tuple(one for one in (identity, digest) if one),
        labels=row.get("labels") or {},
        arrived=Clock(_moment("arrived", row.get("arrived"))),
        created=Clock(_moment("created", row.get("created"))),
        last_used=Clock(last_used) if last_used is not None else Clock(sampled, exact=False),
        used_by=tuple(map(str, row.get("used_by") or ())),
    )


def _moment(field: str, text: Any) -> int | None:
    if text in (None, ""):
        return None
    moment = parse_time(str(text))
    if moment is None:
        raise PolicyError("image_plan: %s is %r, an ISO time like 2026-12-31T00:00:00Z is needed" % (field, text))
    return moment
