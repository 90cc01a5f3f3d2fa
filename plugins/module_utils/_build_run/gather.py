# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that decides what a build makes, looked at now."""

from __future__ import annotations

import os.path
from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._build.dockerfile import base_images
from ansible_collections.imagefleet.docker.plugins.module_utils._build.ignore import parse_ignore
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import Inputs, digest_of_value
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import IMAGE_CONTEXT, BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.bases import resolve_bases
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.context import (
    digest_of_folder,
    read_dockerfile,
    read_ignore,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def gather(order: BuildOrder, builder: Builder, docker: DockerCli, registries: RegistriesByHost) -> Inputs:
    """Raises PolicyError for what is not there or cannot be read, StateError for a base image that nobody has."""
    dockerfile = read_dockerfile(order.dockerfile)
    images = set(base_images(order.dockerfile, dockerfile, order.build_args, order.platforms, order.build_contexts))
    contexts: Dict[str, str] = {}
    for name, value in order.build_contexts.items():
        if value.startswith(IMAGE_CONTEXT):
            images.add(value[len(IMAGE_CONTEXT) :])
            contexts[name] = value
        elif os.path.isdir(value):
            contexts[name] = digest_of_folder(value, parse_ignore("", ""))
        else:
            contexts[name] = value
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
    return Inputs(parts, resolve_bases(sorted(images), docker, registries, builder.in_engine and not order.pull))
