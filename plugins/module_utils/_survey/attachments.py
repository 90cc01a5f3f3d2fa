# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is attached to manifests: referrers by API and fallback tag, signatures and attestations by tag (cosign)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.attachment import REFERRERS, attached_to
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey

API, TAG, FIELD = "referrers API", "tag", "subject"


@dataclass(frozen=True)
class Attachment:
    """Something about `subject`. `how` tells how it was found, `kind` what it is (artifact type, or `sig`, `att`, `sbom`)."""

    subject: str
    digest: str
    kind: str
    how: str
    size: int = 0


def attachments_by_tag(survey: Survey) -> List[Attachment]:
    """From tags like `sha256-<hex>.sig` and the referrers tag `sha256-<hex>`, whose index lists the referrers."""
    found: List[Attachment] = []
    for tag, digest in survey.tags.items():
        owner = attached_to(tag)
        if owner is None:
            continue
        subject, kind = owner
        manifest = survey.manifests.get(digest)
        if kind == REFERRERS and manifest is not None and manifest.is_index:
            found += [
                Attachment(subject, child.digest, child.artifact_type or child.media_type, TAG, child.size)
                for child in manifest.children
            ]
        else:
            found.append(Attachment(subject, digest, kind, TAG, manifest.size if manifest else 0))
    return found


def attachments_by_field(survey: Survey) -> List[Attachment]:
    """From the `subject` of manifests that were read."""
    return [
        Attachment(manifest.subject, manifest.digest, manifest.artifact_type, FIELD, manifest.size)
        for manifest in survey.manifests.values()
        if manifest.subject is not None
    ]


def ask_attachments(client: RegistryClient, repository: str, digest: str) -> List[Attachment]:
    """From the referrers API: one request."""
    data = client.referrers(repository, digest)
    if data is None:
        return []
    index = parse_manifest(data, "application/vnd.oci.image.index.v1+json")
    return [
        Attachment(digest, child.digest, child.artifact_type or child.media_type, API, child.size)
        for child in index.children
    ]


def by_subject(attachments: Sequence[Attachment]) -> Mapping[str, List[Attachment]]:
    """Subject digest -> what is attached to it, each digest once."""
    found: Dict[str, Dict[str, Attachment]] = {}
    for one in attachments:
        found.setdefault(one.subject, {}).setdefault(one.digest, one)
    return {subject: list(each.values()) for subject, each in found.items()}
