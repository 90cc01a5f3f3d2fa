# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that decides what a build makes, looked at now."""

from __future__ import annotations

import os.path
from typing import Any, Dict, List, Set, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.dockerfile import base_images
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import Inputs, digest_of_value
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import ALWAYS, IMAGE_CONTEXT, BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.bases import resolve_base
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.context import (
    digest_of_folder,
    read_dockerfile,
    read_ignore,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def gather(
    order: BuildOrder, builder: Builder, docker: DockerCli, registries: RegistriesByHost
) -> Tuple[Inputs, List[str]]:
    """The inputs, and what of them is not known, which only `rebuild: always` builds with.

    Raises PolicyError for what is not there or cannot be read, StateError for a base image that nobody has.
    """
    if not os.path.isdir(order.context):
        raise PolicyError("context: there is no folder %s on this host" % order.context)
    dockerfile = read_dockerfile(order.dockerfile)
    contexts = {name: _context(order, name, value) for name, value in order.build_contexts.items()}
    bases, unknown = _bases(order, dockerfile, builder, docker, registries)
    parts: Dict[str, str] = {
        "context": digest_of_folder(
            order.context,
            read_ignore(order.context, order.dockerfile),
            os.path.relpath(order.dockerfile, order.context),
        ),
        "dockerfile": digest_of_value(dockerfile),
    }
    told: Dict[str, Any] = {
        "target": order.target,
        "platforms": ",".join(sorted(order.platforms)),
        "network": order.network,
        "provenance": order.provenance,
        "sbom": order.sbom,
    }
    parts.update({name: value for name, value in told.items() if value})
    hidden: Dict[str, Any] = {
        "build_args": order.published_args,
        "labels": order.labels,
        "annotations": order.annotations,
        "build_contexts": contexts,
        "secrets": sorted(secret.id for secret in order.secrets),
    }
    parts.update({name: digest_of_value(value) for name, value in hidden.items() if value})
    return Inputs(parts, bases), unknown


def _context(order: BuildOrder, name: str, value: str) -> str:
    """What tells whether a further context changed. Raises PolicyError."""
    if os.path.isdir(value):
        return digest_of_folder(value, read_ignore(value))
    if value.startswith(IMAGE_CONTEXT) or order.rebuild == ALWAYS:
        return value
    raise PolicyError(
        "build_contexts.%s: %r is neither a folder on this host nor %sIMAGE, so nobody can tell whether it changed. Check it out first "
        "(ansible.builtin.git), or say rebuild: always" % (name, value, IMAGE_CONTEXT)
    )


def _bases(
    order: BuildOrder, dockerfile: str, builder: Builder, docker: DockerCli, registries: RegistriesByHost
) -> Tuple[Dict[str, str], List[str]]:
    """Base image as written -> its digest, and why some are not known."""
    values = order.build_contexts.values()
    images: Set[str] = {value[len(IMAGE_CONTEXT) :] for value in values if value.startswith(IMAGE_CONTEXT)}
    found: Dict[str, str] = {}
    unknown: List[str] = []
    try:
        images.update(
            base_images(order.dockerfile, dockerfile, order.build_args, order.platforms, order.build_contexts)
        )
    except PolicyError as error:
        if order.rebuild != ALWAYS:
            raise
        unknown.append(str(error))
    for image in sorted(images):
        try:
            found[image] = resolve_base(image, docker, registries, builder.in_engine and not order.pull)
        except (PolicyError, StateError) as error:
            if order.rebuild != ALWAYS:
                raise
            unknown.append(str(error))
    return found, unknown
