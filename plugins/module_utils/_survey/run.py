# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_info: what a registry holds, as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    Capabilities,
    CapabilityMemory,
    probe_deletion,
    probe_referrers,
    probe_uploads,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.attachments import (
    Attachment,
    ask_attachments,
    attachments_by_field,
    attachments_by_tag,
    by_subject,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.describe import describe_tag
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import ALL, NAMES, SurveyRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.select import select_repositories, select_tags
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey, Surveyor


def run_survey(request: SurveyRequest, run_program: Optional[RunProgram] = None) -> Dict[str, Any]:
    """Raises RegistryError when the registry does not answer; what concerns one tag is told in `problems`."""
    client = RegistryClient(request.registry, run_program=run_program)
    reader = ContentReader(client, ContentCache(request.registry.cache_dir))
    surveyor = Surveyor(client, reader)
    memory = CapabilityMemory(client)
    repositories: List[Dict[str, Any]] = []
    problems: List[Dict[str, Any]] = []
    refused: Optional[RegistryRefusal] = None
    for name in select_repositories(client, request.repositories):
        try:
            tags = client.tags(name)
        except RegistryRefusal as error:
            refused = refused or error
            problems.append({"repository": name, "reference": None, "problem": str(error)})
            continue
        if tags is None:
            problems.append({"repository": name, "reference": None, "problem": "there is no such repository"})
            continue
        rows, survey = _rows(surveyor, memory, name, select_tags(tags, request.tags), request.details)
        repositories.append({"name": name, "tags": rows})
        problems += [
            {"repository": name, "reference": one, "problem": why} for one, why in sorted(survey.problems.items())
        ]
        if request.probe and rows and None in (memory.known.delete, memory.known.mount):
            some = survey if survey.tags else surveyor.digests(name, [str(rows[0]["name"])])
            _probe(client, reader, memory, some)
    if refused is not None and not repositories:
        raise refused
    return {
        "changed": False,
        "registry": client.name,
        "repositories": repositories,
        "capabilities": asdict(memory.known),
        "problems": problems,
        "requests": client.requests,
    }


def _rows(
    surveyor: Surveyor, memory: CapabilityMemory, name: str, tags: Sequence[str], details: str
) -> Tuple[List[Dict[str, Any]], Survey]:
    if details == NAMES:
        return [{"name": tag} for tag in tags], Survey(name)
    survey = surveyor.digests(name, tags)
    heads = dict(survey.tags)
    for tag in tags:
        if tag not in heads and tag not in survey.problems:
            survey.problems[tag] = "the registry lists this tag and does not have it"
    if details != ALL:
        return [{"name": tag, "digest": digest} for tag, digest in heads.items()], survey
    survey = surveyor.graph_of(survey)
    for tag, digest in heads.items():
        if tag not in survey.tags:
            survey.problems[tag] = "its manifest %s cannot be read" % digest
    surveyor.read_configs(survey, labels=True)
    surveyor.ask_foreign(survey, survey.manifests)
    attached = _attachments(surveyor, memory, survey)
    return [describe_tag(survey, tag, attached) for tag in survey.tags], survey


def _attachments(surveyor: Surveyor, memory: CapabilityMemory, survey: Survey) -> Mapping[str, Sequence[Attachment]]:
    found = attachments_by_tag(survey) + attachments_by_field(survey)
    if survey.tags and memory.known.referrers is None:
        memory.learn(referrers=probe_referrers(surveyor.client, survey.name))
    if memory.known.referrers:
        asked = surveyor.each(
            list(survey.manifests),
            lambda digest: ask_attachments(surveyor.client, survey.name, digest),
            survey.problems,
        )
        found += [one for _digest, several in asked for one in several]
    return by_subject(found)


def _probe(client: RegistryClient, reader: ContentReader, memory: CapabilityMemory, survey: Survey) -> Capabilities:
    """What is not known yet, with the first image that has a config."""
    if memory.known.delete is None:
        found = probe_deletion(client, survey.name)
        memory.learn(delete=found.delete, tag_delete=found.tag_delete)
    if memory.known.mount is None:
        config = _some_config(reader, survey)
        data = client.blob(survey.name, config) if config else None
        if config is not None and data is not None:
            uploads = probe_uploads(client, survey.name, config, data)
            memory.learn(uploads=uploads.uploads, mount=uploads.mount, single_post=uploads.single_post)
    return memory.known


def _some_config(reader: ContentReader, survey: Survey) -> Optional[str]:
    for digest in survey.tags.values():
        waiting = [digest]
        while waiting:
            manifest = reader.by_digest(survey.name, waiting.pop())
            if manifest is None:
                continue
            if manifest.config is not None:
                return manifest.config.digest
            waiting += [child.digest for child in manifest.children]
    return None
