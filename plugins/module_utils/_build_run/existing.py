# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tags of a build mean now, and what that was built from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import LABEL, Inputs, parse_inputs
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.config import parse_config
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    Manifest,
    parse_manifest,
    platform_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


@dataclass(frozen=True)
class Built:
    """One image. `digest` of the registry, or the engine's ID; `images`: platform -> what to run for it; `inputs` None: no record."""

    digest: str
    images: Tuple[Tuple[str, str], ...]
    inputs: Optional[Inputs]

    @property
    def platforms(self) -> Tuple[str, ...]:
        return tuple(platform for platform, _name in self.images)


def in_registry(order: BuildOrder, client: RegistryClient) -> Dict[str, Optional[Built]]:
    """Tag -> image; one HEAD each, and three requests for each image among them."""
    known: Dict[str, Built] = {}
    found: Dict[str, Optional[Built]] = {}
    for tag in order.tags:
        head = client.head(order.path, tag)
        if head is not None and head.digest not in known:
            known[head.digest] = read_built(client, order.path, head.digest)
        found[tag] = known[head.digest] if head is not None else None
    return found


def read_built(client: RegistryClient, repository: str, digest: str) -> Built:
    """Raises RegistryError when it is not there."""
    manifest = _manifest(client, repository, digest)
    names: Dict[str, str] = {}
    if manifest.is_index:
        names = {child.platform: child.digest for child in manifest.children if not child.attests and child.platform}
        first = next(iter(names.values()), None)
        if first is None:
            return Built(digest, (), None)
        manifest = _manifest(client, repository, first)
    if manifest.config is None:
        return Built(digest, (), None)
    data = client.blob(repository, manifest.config.digest)
    try:
        facts = parse_config(manifest.config.digest, data or b"")
    except ContentError:
        return Built(digest, (), None)
    images = {platform: "%s/%s@%s" % (client.name, repository, name) for platform, name in names.items()}
    if not images:
        images = {facts.platform: "%s/%s@%s" % (client.name, repository, digest)}
    return Built(digest, tuple(sorted(images.items())), parse_inputs(facts.labels.get(LABEL)))


def in_engine(order: BuildOrder, docker: DockerCli) -> Dict[str, Optional[Built]]:
    """Tag -> image of the engine."""
    return {tag: inspect(order.reference(tag), docker) for tag in order.tags}


def inspect(name: str, docker: DockerCli) -> Optional[Built]:
    code, output, _errors = docker.attempt("image", "inspect", "--format", "{{json .}}", name)
    if code != 0:
        return None
    told: Dict[str, Any] = json.loads(output)
    labels = (told.get("Config") or {}).get("Labels") or {}
    platform = platform_of(
        {"os": told.get("Os"), "architecture": told.get("Architecture"), "variant": told.get("Variant")}
    )
    return Built(str(told["Id"]), ((platform, str(told["Id"])),), parse_inputs(labels.get(LABEL)))


def _manifest(client: RegistryClient, repository: str, digest: str) -> Manifest:
    body = client.manifest(repository, digest)
    if body is None:
        raise RegistryError("Registry %s no longer has %s in %s" % (client.name, digest, repository))
    return parse_manifest(body.data, body.media_type)
