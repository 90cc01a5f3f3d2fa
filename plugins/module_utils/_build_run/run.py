# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""buildx_build from order to result: look, decide, build, run, tag."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._build.decide import BUILD, KEEP, Decision, decide
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import LABEL, Inputs
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import ALWAYS, BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder, find_builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.execute import Building
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.existing import (
    Built,
    in_engine,
    in_registry,
    read_built,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.gather import gather
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.make import Maker
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError, PartialFailure, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import find_version
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def run_build(order: BuildOrder, registries: RegistriesByHost, docker: DockerCli, apply: bool) -> Dict[str, Any]:
    """The result as plain data; without `apply` what would be done.

    Raises PolicyError, StateError and ToolMissing before anything is built; PartialFailure (`.result`) afterwards, with what was done.
    """
    find_version(docker)
    builder = find_builder(docker, order.builder)
    _check(order, builder)
    return _Run(order, registries, docker, builder).work(apply)


def _check(order: BuildOrder, builder: Builder) -> None:
    if not order.push and not order.outputs and len(order.platforms) > 1 and not builder.multi_platform:
        raise PolicyError(
            "platforms: the store of this engine holds one platform of an image at a time. Push the image (push: true), name one "
            "platform, or switch the engine to the containerd image store"
        )


class _Run:
    def __init__(self, order: BuildOrder, registries: RegistriesByHost, docker: DockerCli, builder: Builder) -> None:
        self._order = order
        self._docker = docker
        self._builder = builder
        self._client: Optional[RegistryClient] = (
            registries.client(order.repository.domain) if order.push and order.repository is not None else None
        )
        self._inputs = gather(order, builder, docker, registries)
        self._building = Building(docker, order, {LABEL: self._inputs.as_label()})
        self._maker = Maker(order, builder, self._building, docker)
        self._before = self._look()

    def work(self, apply: bool) -> Dict[str, Any]:
        decision = decide(
            self._inputs,
            {tag: (built.digest, built.inputs) if built is not None else None for tag, built in self._before.items()},
            self._order.rebuild == ALWAYS,
        )
        digest = decision.digest
        if apply and decision.action != KEEP:
            try:
                digest = self._build() if decision.action == BUILD else self._tag(str(decision.digest), decision.tags)
            except FleetError as error:
                raise PartialFailure(str(error), self._result(decision, None, True)) from error
        return self._result(decision, digest, apply)

    def _look(self) -> Dict[str, Optional[Built]]:
        if self._order.repository is None or self._order.outputs:
            return {}
        if self._client is not None:
            return in_registry(self._order, self._client)
        return in_engine(self._order, self._docker)

    def _build(self) -> Optional[str]:
        if self._client is not None:
            return self._tag(self._maker.for_registry(self._client), self._order.tags)
        return self._maker.for_outputs() if self._order.outputs else self._maker.for_engine()

    def _tag(self, digest: str, tags: Sequence[str]) -> str:
        order = self._order
        if self._client is None:
            for tag in tags:
                self._docker("tag", digest, order.reference(tag))
            return digest
        body = self._client.manifest(order.path, digest)
        if body is None:
            raise PolicyError("%s is no longer in %s/%s; run again" % (digest, self._client.name, order.path))
        for tag in tags:
            head = self._client.head(order.path, tag)
            if head is None or head.digest != digest:
                self._client.put_manifest(order.path, tag, body.media_type, body.data)
        return digest

    def _result(self, decision: Decision, digest: Optional[str], apply: bool) -> Dict[str, Any]:
        order = self._order
        return {
            "changed": decision.action != KEEP,
            "action": decision.action,
            "reason": decision.reason,
            "image": {
                "name": order.repository.familiar if order.repository is not None else None,
                "digest": digest,
                "platforms": self._platforms(digest),
            },
            "tags": [
                {
                    "name": tag,
                    "digest": digest,
                    "previous_digest": built.digest if built is not None else None,
                }
                for tag, built in self._before.items()
            ],
            "inputs_digest": self._inputs.digest,
            "base_images": dict(self._inputs.bases),
            "builder": {"name": self._builder.name, "driver": self._builder.driver},
            "steps": dict(self._building.steps),
            "metadata": self._building.metadata,
            "verified": [one.as_dict() for one in self._maker.verified],
            "notes": self._notes(),
            "diff": self._diff(),
        }

    def _platforms(self, digest: Optional[str]) -> List[str]:
        """Of the image that is there, else those that were asked for."""
        known = next((built for built in self._before.values() if built is not None and built.digest == digest), None)
        if known is None and digest is not None and self._client is not None and self._order.repository is not None:
            known = read_built(self._client, self._order.path, digest)
        if known is not None and (self._client is not None or len(self._order.platforms) < 2):
            return list(known.platforms)
        return list(self._order.platforms)

    def _notes(self) -> List[str]:
        hidden = sorted(set(self._order.build_args) - set(self._order.published_args))
        return [
            "build_args.%s is named like a secret. Build arguments stay in the image's history, so hand it over as one of secrets; "
            "it does not count when it changes" % name
            for name in hidden
        ]

    def _diff(self) -> Dict[str, Mapping[str, Any]]:
        recorded = [built.inputs for built in self._before.values() if built is not None and built.inputs is not None]
        before: Mapping[str, Any] = recorded[0].as_dict() if recorded else Inputs().as_dict()
        return {"before": before, "after": self._inputs.as_dict()}
