# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""image_tag_convention: one run, in a registry, in an engine, or in an engine and from there in a registry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.apply import Outcome, Place, planned, set_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.engine_tags import ENGINE, EngineTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.registry_tags import REGISTRY, RegistryTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.removal import take_away
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import ABSENT, TagRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.result import failed_tags, tag_result
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    FAILED,
    Row,
    judge,
    judge_removal,
    names_to_ask,
    refuse_changes,
    refuse_skipped_stages,
)

# Stands for the digest that a registry will give to an image of the engine: it is known when it was pushed.
UNKNOWN = "(known after the push)"


def run_tagging(request: TagRequest, apply: bool, run_program: Optional[RunProgram] = None) -> Dict[str, Any]:
    """Raises RefusedError before the first change, PartialFailure after changes, other FleetErrors when there is no answer."""
    remote = None
    if request.registry is not None:
        remote = RegistryTags(RegistryClient(request.registry, run_program=run_program), request.repository.path)
    if request.where == REGISTRY and remote is not None:
        return _absent(request, remote, apply) if request.state == ABSENT else _in_registry(request, remote, apply)
    api = EngineApi(request.engine)
    api.info()
    local = EngineTags(api, request.repository)
    if request.source == request.repository.familiar and local.is_id(request.source):
        # It reads like a name: the tags would go to a repository that is called like it.
        raise PolicyError("repository: ID %s does not say where; give the repository of the tags" % request.source)
    if request.state == ABSENT:
        return _absent(request, local, apply)
    return _in_engine(request, local, remote, apply, run_program)


def _absent(request: TagRequest, place: Place, apply: bool) -> Dict[str, Any]:
    digest = place.find(request.source)
    listed, digests = place.names(), _digests(place, request)
    rows = judge_removal(request.wanted, digests, digest, request.immutable)
    outcomes = take_away(place, rows, apply)
    return tag_result(request, digest, [(place.where, one) for one in outcomes], listed, digests)


def _in_registry(request: TagRequest, remote: RegistryTags, apply: bool) -> Dict[str, Any]:
    digest = remote.body(request.source).digest
    listed = remote.names()
    digests = _digests(remote, request)
    rows = judge(request.wanted, listed, digests, digest, request.immutable)
    refuse_changes(rows)
    refuse_skipped_stages(request.wanted, digests, digest)
    outcomes = set_tags(remote, rows) if apply else planned(rows)
    return tag_result(request, digest, [(REGISTRY, one) for one in outcomes], listed, digests)


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
        remote_rows = judge(request.wanted, {*here, *there}, remote_digests, ours or UNKNOWN, request.immutable)
        new = None if ours else "what the push of image %s makes" % identity
        refuse_changes(remote_rows, new)
        refuse_skipped_stages(request.wanted, remote_digests, ours or UNKNOWN, new)
    rows = judge(request.wanted, {*here, *there}, digests, identity, request.immutable)
    refuse_changes(rows)
    if remote is None:
        refuse_skipped_stages(request.wanted, digests, identity)
    if not apply:
        told = [(ENGINE, one) for one in planned(rows)] + [(REGISTRY, one) for one in planned(remote_rows)]
        return tag_result(request, identity, told, {*here, *there}, digests)
    told = [(ENGINE, one) for one in set_tags(local, rows)]
    if remote is not None and request.registry is not None and not failed_tags(told):
        told += [(REGISTRY, one) for one in _push(local, remote, remote_rows, identity, request.registry, run_program)]
    return tag_result(request, identity, told, {*here, *there}, digests)


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
