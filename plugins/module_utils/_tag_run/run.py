# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""image_tag_convention: one run, in a registry, in an engine, or in an engine and from there in a registry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.apply import Outcome, Place, planned, set_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.engine_tags import EngineTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.registry_tags import RegistryTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import ENGINE, REGISTRY, TagRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.findings import findings
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    CREATE,
    FAILED,
    HOLD,
    KEEP,
    MOVE,
    Row,
    judge,
    names_to_ask,
    refuse_changes,
    refuse_skipped_stages,
)

Told = List[Tuple[str, Outcome]]
# Stands for the digest that a registry will give to an image of the engine: it is known when it was pushed.
UNKNOWN = "(known after the push)"


def run_tagging(request: TagRequest, apply: bool, run_program: Optional[RunProgram] = None) -> Dict[str, Any]:
    """Raises RefusedError before the first change, PartialFailure after changes, other FleetErrors when there is no answer."""
    remote = None
    if request.registry is not None:
        remote = RegistryTags(RegistryClient(request.registry, run_program=run_program), request.repository.path)
    if request.where == REGISTRY and remote is not None:
        return _in_registry(request, remote, apply)
    api = EngineApi(request.engine)
    api.info()
    return _in_engine(request, EngineTags(api, request.repository), remote, apply, run_program)


def _in_registry(request: TagRequest, remote: RegistryTags, apply: bool) -> Dict[str, Any]:
    digest = remote.body(request.source).digest
    listed = remote.names()
    digests = _digests(remote, request)
    rows = judge(request.wanted, listed, digests, digest)
    refuse_changes(rows, request.immutable)
    refuse_skipped_stages(request.wanted, digests, digest)
    outcomes = set_tags(remote, rows) if apply else planned(rows)
    return _result(request, digest, [(REGISTRY, one) for one in outcomes], listed, digests)


def _in_engine(
    request: TagRequest,
    local: EngineTags,
    remote: Optional[RegistryTags],
    apply: bool,
    run_program: Optional[RunProgram],
) -> Dict[str, Any]:
    image = local.image(request.source)
    identity = str(image["Id"])
    here, digests = local.names(), _digests(local, request)
    there: List[str] = []
    remote_rows: List[Row] = []
    if remote is not None:
        there = remote.names()
        remote_digests = _digests(remote, request)
        ours = _digest_there(remote, local.registry_digests(image), identity, remote_digests)
        remote_rows = judge(request.wanted, {*here, *there}, remote_digests, ours or UNKNOWN)
        refuse_changes(remote_rows, request.immutable)
        refuse_skipped_stages(request.wanted, remote_digests, ours or UNKNOWN)
    rows = judge(request.wanted, {*here, *there}, digests, identity)
    refuse_changes(rows, request.immutable)
    if remote is None:
        refuse_skipped_stages(request.wanted, digests, identity)
    if not apply:
        told = [(ENGINE, one) for one in planned(rows)] + [(REGISTRY, one) for one in planned(remote_rows)]
        return _result(request, identity, told, {*here, *there}, digests)
    told = [(ENGINE, one) for one in set_tags(local, rows)]
    if remote is not None and request.registry is not None and not _failed(told):
        told += [(REGISTRY, one) for one in _push(local, remote, remote_rows, identity, request.registry, run_program)]
    return _result(request, identity, told, {*here, *there}, digests)


def _push(
    local: EngineTags,
    remote: RegistryTags,
    rows: Sequence[Row],
    identity: str,
    options: RegistryOptions,
    run_program: Optional[RunProgram],
) -> List[Outcome]:
    """One tag carries the image to the registry, the others are set there."""
    carrier = next((row for row in rows if row.changes), None)
    if carrier is None or carrier.digest != UNKNOWN:
        return set_tags(remote, rows)
    try:
        now = remote.digest(carrier.name)
        if now != carrier.previous:
            why = "somebody else moved it from %s to %s meanwhile; run again to compare it anew"
            return _all_failed(rows, why % (carrier.previous, now))
        if local.digest(carrier.name) != identity:
            return _all_failed(rows, "somebody else moved it in the engine meanwhile; run again")
        digest = local.push(carrier.name, options, run_program)
        if digest is None:
            # The containerd store names an image by the digest that it is pushed by, and tells nothing more.
            digest = remote.digest(carrier.name)
            if digest != identity:
                why = "the engine pushed it, and the registry has %s there and not %s; run again to compare it anew"
                return _all_failed(rows, why % (digest, identity))
    except FleetError as error:
        return _all_failed(rows, str(error))
    known = [replace(row, digest=digest) if row.digest == UNKNOWN else row for row in rows]
    return set_tags(remote, known)


def _all_failed(rows: Sequence[Row], why: str) -> List[Outcome]:
    return [Outcome(row, FAILED, why) if row.changes else Outcome(row, None) for row in rows]


def _digests(place: Place, request: TagRequest) -> Dict[str, Optional[str]]:
    return {name: place.digest(name) for name in names_to_ask(request.wanted)}


def _digest_there(
    remote: RegistryTags, known: Any, identity: str, digests: Mapping[str, Optional[str]]
) -> Optional[str]:
    """The digest that the registry has the engine's image by, if one of the tags already means it, or the engine knows it."""
    for digest in dict.fromkeys(one for one in digests.values() if one):
        if digest in known or digest == identity:
            return digest
        # Graph drivers name an image by its configuration.
        body = remote.body(digest)
        config = parse_manifest(body.data, body.media_type).config
        if config is not None and config.digest == identity:
            return digest
    return next((one for one in sorted(known) if remote.digest(one) is not None), None)


def _failed(told: Told) -> List[Tuple[str, Outcome]]:
    return [pair for pair in told if pair[1].outcome == FAILED]


def _result(
    request: TagRequest, digest: str, told: Told, listed: Any, digests: Mapping[str, Optional[str]]
) -> Dict[str, Any]:
    existing = {name: digests.get(name) for name in listed}
    rows = [one.row for _where, one in told]
    changed = any(one.outcome not in (None, FAILED) for _where, one in told)
    result = {
        "changed": changed,
        "digest": digest,
        "tags": [_plain(where, one) for where, one in told],
        "labels": dict(request.labels),
        "annotations": dict(request.labels),
        "findings": findings(existing, request.convention.schemes, request.convention.latest),
        "summary": {
            "created": _count(told, CREATE),
            "moved": _count(told, MOVE),
            "kept": sum(row.action == KEEP for row in rows),
            "held": sum(row.action == HOLD for row in rows),
            "failed": len(_failed(told)),
        },
        "diff": {
            "before": "".join(_line(where, one.row.name, one.row.previous) for where, one in told),
            "after": "".join(_line(where, one.row.name, _after(one)) for where, one in told),
        },
    }
    failed = _failed(told)
    if failed:
        where, first = failed[0]
        raise PartialFailure(
            "%d of %d tags of %s could not be set; first: %s in the %s: %s"
            % (len(failed), len(told), request.repository.familiar, first.row.name, where, first.error),
            result,
        )
    return result


def _count(told: Told, action: str) -> int:
    return sum(one.row.action == action and one.outcome != FAILED for _where, one in told)


def _after(one: Outcome) -> Optional[str]:
    return one.row.previous if one.outcome == FAILED else one.row.digest


def _line(where: str, name: str, digest: Optional[str]) -> str:
    return "%s %s %s\n" % (where, name, digest) if digest else ""


def _plain(where: str, one: Outcome) -> Dict[str, Any]:
    return {
        "name": one.row.name,
        "where": where,
        "action": one.row.action,
        "digest": _after(one),
        "previous_digest": one.row.previous,
        "reason": one.row.reason,
        "outcome": one.outcome,
        "error": one.error,
    }
