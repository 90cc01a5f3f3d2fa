# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digests that base images have now: in the registry, or in the engine where the builder takes them from there."""

from __future__ import annotations

import json
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RegistryError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference, parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def resolve_base(image: str, docker: DockerCli, registries: RegistriesByHost, engine_first: bool) -> str:
    """The digest of an image as it is written. `engine_first`: the builder takes what the engine has (driver docker without pull).

    Raises PolicyError for what is no image, StateError when neither knows it: what the build would make is not known then.
    """
    try:
        reference = parse_reference(image).with_default_tag()
    except PolicyError as error:
        raise PolicyError("dockerfile: base image %s" % error) from error
    return reference.digest or _resolve(reference, docker, registries, engine_first)


def _resolve(reference: Reference, docker: DockerCli, registries: RegistriesByHost, engine_first: bool) -> str:
    if engine_first:
        local = _in_engine(reference, docker)
        if local is not None:
            return local
    try:
        head = registries.client(reference.domain).head(reference.path, str(reference.tag))
    except RegistryError as error:
        raise StateError(
            "What base image %s is now cannot be told: %s To build all the same, say rebuild: always"
            % (reference.familiar, error)
        ) from error
    if head is None:
        raise StateError(
            "Base image %s is not in its registry%s. Push it there%s"
            % (
                reference.familiar,
                " and not in the engine" if engine_first else "",
                "" if engine_first else ", or say pull: false if it is only in the engine of the builder",
            )
        )
    return head.digest


def _in_engine(reference: Reference, docker: DockerCli) -> Optional[str]:
    code, output, _errors = docker.attempt(
        "image", "inspect", "--format", "{{json .RepoDigests}} {{.Id}}", reference.familiar
    )
    if code != 0:
        return None
    listed, _space, own = output.strip().rpartition(" ")
    for name in json.loads(listed) or ():
        repository, _at, digest = name.partition("@")
        if parse_reference(repository).repository == reference.repository:
            return str(digest)
    return own
