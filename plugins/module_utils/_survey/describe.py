# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys as the plain data that registry_info returns."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._image.config import ConfigFacts, parse_moment
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Descriptor
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso
from ansible_collections.imagefleet.docker.plugins.module_utils._image.redact import redact, redact_labels
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import EPOCH_DATES
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.attachments import Attachment
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey

CREATED = "org.opencontainers.image.created"
UNKNOWN_PLATFORM = "unknown/unknown"


def describe_tag(survey: Survey, tag: str, attached: Mapping[str, Sequence[Attachment]]) -> Dict[str, Any]:
    """One tag with all that its manifests tell."""
    digest = survey.tags[tag]
    manifest = survey.manifests[digest]
    below = survey.below(digest)
    configs = [facts for facts in (_config(survey, one) for one in below) if facts is not None]
    labels: Dict[str, str] = {}
    for facts in reversed(configs):
        labels.update(facts.labels)
    return {
        "name": tag,
        "digest": digest,
        "media_type": manifest.media_type,
        "platforms": _platforms(survey, below, configs),
        "created": iso(created_of(survey, digest)),
        "size": size_of(survey, below),
        "labels": redact_labels(labels),
        "annotations": redact_labels(manifest.annotations),
        "referrers": [
            {"digest": one.digest, "kind": redact(one.kind), "subject": one.subject, "how": one.how, "size": one.size}
            for owner in below
            for one in attached.get(owner, ())
        ],
        "absent": [one for one in below if one in survey.absent],
    }


def created_of(survey: Survey, digest: str) -> Optional[int]:
    """The build time: newest config below it, else the annotation of the manifest itself; the fixed dates of reproducible
    builds tell nothing."""
    manifest = survey.manifests.get(digest)
    told = parse_moment(manifest.annotations.get(CREATED)) if manifest is not None else None
    known = [moment for moment in (survey.created(digest), told) if moment is not None and moment >= EPOCH_DATES]
    return known[0] if known else None


def size_of(survey: Survey, digests: Sequence[str]) -> int:
    """Bytes of the manifests and of all blobs that they name, each once, as the registry stores them (compressed).

    A foreign layer counts only where the registry has it.
    """
    sizes: Dict[str, int] = {}
    for digest in digests:
        manifest = survey.manifests.get(digest)
        if manifest is not None:
            sizes[digest] = manifest.size
            sizes.update(
                (blob.digest, blob.size)
                for blob in manifest.blobs
                if not blob.is_foreign or survey.foreign.get(blob.digest)
            )
    return sum(sizes.values())


def _config(survey: Survey, digest: str) -> Optional[ConfigFacts]:
    manifest = survey.manifests.get(digest)
    if manifest is None or manifest.config is None:
        return None
    return survey.configs.get(manifest.config.digest)


def _platforms(survey: Survey, below: Sequence[str], configs: Sequence[ConfigFacts]) -> List[str]:
    children: List[Descriptor] = []
    for digest in below:
        manifest = survey.manifests.get(digest)
        children += manifest.children if manifest else ()
    named = [child.platform for child in children if child.platform]
    found = named or [facts.platform for facts in configs if facts.platform]
    return sorted({one for one in found if one != UNKNOWN_PLATFORM})
