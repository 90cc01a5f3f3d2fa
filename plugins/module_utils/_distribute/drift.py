# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_drift_info: in what regions differ from the source, tag by tag."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.job import Job
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import SyncRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.seen import Look
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import COPY, KEEP, Row

MISSING, DIFFERENT, PLATFORM, SIGNATURE, EXTRA, UNKNOWN = (
    *("missing", "different", "missing_platform", "missing_signature", "extra", "unknown"),
)


def run_drift(request: SyncRequest, run_program: Optional[RunProgram] = None) -> Dict[str, Any]:
    """Compare and change nothing. Raises RegistryError when the source does not answer."""
    job = Job(request, lambda _line: None, run_program)
    job.compare()
    drift: List[Dict[str, Any]] = []
    for seen in job.looks:
        differing = [row for row in seen.rows if row.action != KEEP]
        with ThreadPoolExecutor(request.source.concurrency) as pool:
            drift += pool.map(lambda row, seen=seen: _entry(row, *_status(job, seen, row)), differing)
        drift += _extra(job, seen)
        drift += [
            {"region": region, "repository": seen.target, "tag": None, "status": UNKNOWN, "reason": why}
            for region, why in sorted(seen.problems.items())
        ]
    drift.sort(key=lambda entry: (entry["region"], entry["repository"], entry["tag"] or ""))
    regions = [_region(job, region, drift) for region in job.regions]
    return {
        "changed": False,
        "drift": drift,
        "regions": regions,
        "summary": {
            **{count: sum(one[count] for one in regions) for count in ("tags", "equal", *_STATUSES)},
            "requests": job.source.requests + sum(region.client.requests for region in job.regions),
        },
        "problems": job.problems,
    }


_STATUSES = (MISSING, DIFFERENT, PLATFORM, SIGNATURE, EXTRA, UNKNOWN)


def _region(job: Job, region: Region, drift: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """The figures of one region. What was only looked up in its list, and found there, is equal."""
    rows = [row for row in job.rows if row.region == region.name]
    listed = sum(
        tag not in seen.digests
        for seen in job.looks
        for tag in seen.believed.get(region.name, ())
        if tag not in seen.survey.problems
    )
    return {
        "region": region.name,
        "tags": len(rows) + listed,
        "equal": sum(row.action == KEEP for row in rows) + listed,
        **{
            status: sum(one["region"] == region.name and one["status"] == status for one in drift)
            for status in _STATUSES
        },
    }


def _entry(row: Row, status: str, reason: str) -> Dict[str, Any]:
    return {
        "region": row.region,
        "repository": row.repository,
        "tag": row.tag,
        "status": status,
        "reason": reason,
        "digest": row.digest,
        "held": row.previous,
    }


def _status(job: Job, seen: Look, row: Row) -> Tuple[str, str]:
    owner = attached_to(row.tag)
    if owner is not None:
        return SIGNATURE, "what is attached to %s (%s) is %s" % (owner[0], owner[1], row.reason)
    if row.action == COPY:
        return MISSING, "the region has no such tag"
    lacking = _platforms(job, seen, row)
    if lacking:
        return PLATFORM, "it lacks %s" % ", ".join(sorted(lacking))
    return DIFFERENT, "it points at %s, at the source at %s" % (row.previous, row.digest)


def _platforms(job: Job, seen: Look, row: Row) -> Set[str]:
    """The platforms that the region's index lacks, when it has no others: one GET there, and one at the source."""
    (region,) = [one for one in job.regions if one.name == row.region]
    try:
        held = _manifest_of(region, row)
        manifest = job.surveyor.reader.by_digest(seen.source, row.origin)
    except FleetError:
        return set()
    if held is None or manifest is None:
        return set()
    there, here = ({one.platform for one in each.children if one.platform} for each in (held, manifest))
    return here - there if there < here else set()


def _manifest_of(region: Region, row: Row) -> Optional[Manifest]:
    body = region.client.manifest(row.repository, str(row.previous))
    return None if body is None else parse_manifest(body.data, body.media_type)


def _extra(job: Job, seen: Look) -> List[Dict[str, Any]]:
    """Tags that a region has and the source does not: one list for each region. What the source lists by its API has no tag there."""
    known = {*seen.listed, *seen.digests}

    def of(region: Region) -> List[Dict[str, Any]]:
        if region.down is not None or region.name in seen.problems:
            return []
        try:
            tags = region.tags(seen.target) or []
        except FleetError as error:
            seen.problems[region.name] = region.gave_up(error)
            return []
        return [
            {
                "region": region.name,
                "repository": seen.target,
                "tag": tag,
                "status": EXTRA,
                "reason": "the source has no such tag",
                "digest": None,
                "held": None,
            }
            for tag in tags
            if tag not in known
        ]

    with ThreadPoolExecutor(max(len(job.regions), 1)) as pool:
        return [entry for entries in pool.map(of, job.regions) for entry in entries]
