# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's facts, made up in few words."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    ContainerFacts,
    EngineFacts,
    HostFacts,
    ImageFacts,
    Layer,
)

NOW = 1_700_000_000
DAY = 86400
APP = "docker.io/team/app"


def image(name, *tags, days=100, layers=(), **more):
    """An image that arrived `days` ago; `layers` are (chain, size)."""
    fields = {
        "id": "sha256:" + name,
        "tags": tuple(tags),
        "arrived": None if days is None else NOW - days * DAY,
        "layers": tuple(Layer(chain, size) for chain, size in layers),
        "size": sum(size for _chain, size in layers),
    }
    fields.update(more)
    return ImageFacts(**fields)


def host(*images, containers=(), store="overlay2", **more):
    engine = EngineFacts("engine", "host", "24.0", "1.43", store, NOW, "/var/lib/docker")
    return HostFacts(engine, tuple(images), tuple(containers), **more)


def container(name, of, **more):
    return ContainerFacts(name, name, "sha256:" + of, state="running", **more)
