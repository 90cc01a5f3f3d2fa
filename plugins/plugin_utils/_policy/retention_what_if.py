# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What another policy would do with the tags of a registry that were listed before."""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.times import parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import OCI_MANIFEST, Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import (
    FleetUse,
    RegistryFacts,
    RepositoryFacts,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.make import make_plan

POLICY_OPTIONS = ("keep", "delete", "protect", "minimum_age")
# Looks like a host, so that names are read as those of a registry.
PLACE = "registry.invalid"


def plan_again(told: Any, now: Any = None, minimum_kept: int = 3, **options: Any) -> list[dict[str, Any]]:
    """Rows with repository, tag, digest, action, rule, reason and kept_by, by the given policy, without asking anybody.

    `told` is what registry_retention or registry_info returned. Tags only: what goes along with them is not known here, so bytes are
    not either. Raises PolicyError.
    """
    unknown = sorted(set(options) - set(POLICY_OPTIONS))
    if unknown:
        raise PolicyError("retention_plan: %s is no option; known are %s" % (unknown[0], ", ".join(POLICY_OPTIONS)))
    rows = _rows(told)
    moment = _moment("now", now) or int(time.time())
    alone = bool((told.get("capabilities") or told.get("registry") or {}).get("tag_delete"))
    facts = RegistryFacts(PLACE, moment, tuple(_repositories(rows)), use=_use(rows), tag_delete=alone)
    policy = parse_policy(target="registry", **{**options, "protect": _protect(options.get("protect"))})
    plan = make_plan(facts, policy, minimum_kept, count_bytes=False)
    return [
        {
            "repository": row.repository,
            "tag": row.tag,
            "digest": row.digest,
            "action": row.action,
            "rule": row.rule,
            "reason": row.reason,
            "kept_by": row.kept_by,
        }
        for row in plan.rows
    ]


def _rows(told: Any) -> list[Mapping[str, Any]]:
    """The tags of either result, each with repository, tag, digest, arrived, created and used_by."""
    if not isinstance(told, Mapping) or not ("plan" in told or "repositories" in told):
        raise PolicyError(
            "retention_plan: the result of registry_retention or registry_info is needed, not %r" % (told,)
        )
    if "plan" in told:
        return [row for row in told["plan"] if row.get("tag")]
    return [
        {**tag, "tag": tag["name"], "repository": repository["name"]}
        for repository in told["repositories"]
        for tag in repository["tags"]
        if tag.get("digest")
    ]


def _repositories(rows: Sequence[Mapping[str, Any]]) -> list[RepositoryFacts]:
    names = dict.fromkeys(row["repository"] for row in rows)
    return [_repository(name, [row for row in rows if row["repository"] == name]) for name in names]


def _repository(name: str, rows: Sequence[Mapping[str, Any]]) -> RepositoryFacts:
    created = {row["digest"]: Clock(_moment("created", row.get("created"))) for row in rows}
    return RepositoryFacts(
        name=name,
        tags={row["tag"]: row["digest"] for row in rows},
        manifests={row["digest"]: Manifest(row["digest"], OCI_MANIFEST, 0) for row in rows},
        arrived={row["tag"]: Clock(_moment("arrived", row.get("arrived") or row.get("created"))) for row in rows},
        created=created,
        labels={row["digest"]: row.get("labels") or {} for row in rows},
    )


def _use(rows: Sequence[Mapping[str, Any]]) -> FleetUse:
    return FleetUse(digests={row["digest"]: row["used_by"][0] for row in rows if row.get("used_by")})


def _protect(entries: Any) -> list[str]:
    return [entry if entry.startswith("sha256:") else "%s/%s" % (PLACE, entry) for entry in entries or ()]


def _moment(field: str, text: Any) -> int | None:
    if text in (None, ""):
        return None
    moment = parse_time(str(text))
    if moment is None:
        raise PolicyError("retention_plan: %s is %r, an ISO time like 2026-12-31T00:00:00Z is needed" % (field, text))
    return moment
