# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of image_tag_convention tells."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.apply import Outcome
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import TagRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.findings import findings
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    CREATE,
    FAILED,
    HOLD,
    KEEP,
    MOVE,
    REFUSED,
    REMOVE,
)

# Each with the place that it is of, engine or registry.
Told = Sequence[Tuple[str, Outcome]]


def tag_result(
    request: TagRequest, digest: Optional[str], told: Told, listed: Iterable[str], digests: Mapping[str, Optional[str]]
) -> Dict[str, Any]:
    """`listed` are the tags before, `digests` what some of them meant. Raises PartialFailure with the same when a tag failed."""
    existing = {name: digests.get(name) for name in listed}
    failed = failed_tags(told)
    result = {
        "changed": any(one.changed for _where, one in told),
        "digest": digest,
        "tags": [_plain(where, one) for where, one in told],
        "labels": dict(request.labels),
        "annotations": dict(request.labels),
        "findings": findings(
            existing,
            request.convention.schemes,
            request.convention.latest,
            made={one.name for one in request.wanted},
        ),
        "summary": _summary([one for _where, one in told]),
        "diff": {
            "before": "".join(_line(where, one.row.name, one.row.previous) for where, one in told),
            "after": "".join(_line(where, one.row.name, one.digest) for where, one in told),
        },
    }
    if failed:
        where, first = failed[0]
        raise PartialFailure(
            "%d of %d tags of %s could not be %s; first: %s in the %s: %s"
            % (
                len(failed),
                len(told),
                request.repository.familiar,
                "taken away" if first.row.action == REMOVE else "set",
                first.row.name,
                where,
                first.error,
            ),
            result,
        )
    return result


def failed_tags(told: Told) -> List[Tuple[str, Outcome]]:
    return [pair for pair in told if pair[1].outcome == FAILED]


def _summary(outcomes: Sequence[Outcome]) -> Dict[str, int]:
    actions = [one.row.action for one in outcomes if one.outcome not in (FAILED, REFUSED)]
    words = {"created": CREATE, "moved": MOVE, "kept": KEEP, "held": HOLD, "removed": REMOVE}
    found = {word: actions.count(action) for word, action in words.items()}
    found["refused"] = sum(one.outcome == REFUSED for one in outcomes)
    found["failed"] = sum(one.outcome == FAILED for one in outcomes)
    return found


def _line(where: str, name: str, digest: Optional[str]) -> str:
    return "%s %s %s\n" % (where, name, digest) if digest else ""


def _plain(where: str, one: Outcome) -> Dict[str, Any]:
    return {
        "name": one.row.name,
        "where": where,
        "action": one.row.action,
        "digest": one.digest,
        "previous_digest": one.row.previous,
        "reason": one.row.reason,
        "outcome": one.outcome,
        "error": one.error,
    }
