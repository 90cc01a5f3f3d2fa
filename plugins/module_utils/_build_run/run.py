# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""buildx_build from order to result: look, decide, build, run, tag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._build.decide import BUILD, KEEP, TAG, Decision, decide
from ansible_collections.imagefleet.docker.plugins.module_utils._build.fields import is_optional
from ansible_collections.imagefleet.docker.plugins.module_utils._build.inputs import LABEL, Inputs
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import ALWAYS, BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder, find_builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.execute import Building, Say
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.existing import (
    Built,
    in_engine,
    in_registry,
    inspect,
    read_built,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.gather import gather
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.make import Maker
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    FleetError,
    PartialFailure,
    PolicyError,
    RegistryError,
    ToolError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.buildx import find_version
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli


def run_build(
    order: BuildOrder, registries: RegistriesByHost, docker: DockerCli, apply: bool, say: Optional[Say] = None
) -> Dict[str, Any]:
    """The result as plain data; without `apply` what would be done. `say` is told how far it is; no secret is in that.

    Raises PolicyError, StateError and ToolMissing before anything is built; PartialFailure (`.result`) afterwards, with what was done.
    """
    find_version(docker)
    builder = find_builder(docker, order.builder)
    _check(order, builder)
    usable = order if builder.multi_platform else replace(order, cache_to=tuple(filter(_is_inline, order.cache_to)))
    notes = [
        "cache_to (type=%s): not written, since builder %s of driver docker writes inline caches only"
        % (one["type"], builder.name)
        for one in order.cache_to
        if one not in usable.cache_to
    ]
    return _Run(usable, registries, docker, builder, say or _silent, notes).work(apply)


def _check(order: BuildOrder, builder: Builder) -> None:
    if not order.push and not order.outputs and len(order.platforms) > 1 and not builder.multi_platform:
        raise PolicyError(
            "platforms: the store of this engine holds one platform of an image at a time. Push the image (push: true), name one "
            "platform, or switch the engine to the containerd image store"
        )
    for target in order.cache_to:
        if not (builder.multi_platform or _is_inline(target) or is_optional(target)):
            raise PolicyError(
                "cache_to: a builder of driver docker writes a cache of type %s only where its engine has the containerd image store, and "
                "%s has not. Use type=inline or another builder, or leave ignore-error=false out"
                % (target["type"], builder.name)
            )


def _is_inline(target: Mapping[str, str]) -> bool:
    return target["type"] == "inline"


def _silent(_line: str) -> None:
    return


class _Run:
    def __init__(
        self,
        order: BuildOrder,
        registries: RegistriesByHost,
        docker: DockerCli,
        builder: Builder,
        say: Say,
        notes: List[str],
    ) -> None:
        self._order = order
        self._docker = docker
        self._builder = builder
        self._client: Optional[RegistryClient] = (
            registries.client(order.repository.domain) if order.push and order.repository is not None else None
        )
        self._inputs, unknown = gather(order, builder, docker, registries)
        self._told = notes + ["not in the record of what it is built from: %s" % why for why in unknown]
        self._building = Building(docker, order, {LABEL: self._inputs.as_label()}, say)
        self._maker = Maker(order, builder, self._building, docker, say)
        self._before = self._look()
        # What tags mean that were set.
        self._set: Dict[str, str] = {}

    def work(self, apply: bool) -> Dict[str, Any]:
        decision = decide(
            self._inputs,
            {tag: (built.digest, built.inputs) if built is not None else None for tag, built in self._before.items()},
            self._order.rebuild == ALWAYS,
        )
        if not apply or decision.action == KEEP:
            return self._result(decision, decision.digest, self._there(decision.digest))
        try:
            digest = self._build() if decision.action == BUILD else decision.digest
            self._tag(digest, decision.tags if decision.action == TAG else self._order.tags)
            return self._result(decision, digest, self._there(digest))
        except FleetError as error:
            done = self._result(decision, None, None)
            # What was built is somewhere, also without its names.
            done["changed"] = bool(self._set or self._building.metadata)
            raise PartialFailure(str(error), done) from error

    def _look(self) -> Dict[str, Optional[Built]]:
        if self._order.repository is None or self._order.outputs:
            return {}
        if self._client is not None:
            return in_registry(self._order, self._client)
        return in_engine(self._order, self._docker)

    def _build(self) -> Optional[str]:
        """Nothing has its name yet but what an engine had to push by."""
        if self._client is not None:
            return self._maker.for_registry(self._client)
        return self._maker.for_outputs() if self._order.outputs else self._maker.for_engine()

    def _tag(self, digest: Optional[str], tags: Sequence[str]) -> None:
        """Raises ToolError when some could not be set, after the others were; RegistryError when the image is not there."""
        if digest is None or self._order.repository is None or self._order.outputs:
            return
        put = self._in_engine(digest) if self._client is None else self._in_registry(self._client, digest)
        failed: Dict[str, FleetError] = {}
        for tag in tags:
            try:
                put(tag)
                self._set[tag] = digest
            except FleetError as error:
                failed[tag] = error
        if failed:
            raise ToolError("%s could not be set: %s" % (", ".join(failed), next(iter(failed.values()))))

    def _in_engine(self, image: str) -> Callable[[str], object]:
        return lambda tag: self._docker("tag", image, self._order.reference(tag))

    def _in_registry(self, client: RegistryClient, digest: str) -> Callable[[str], object]:
        path = self._order.path
        body = client.manifest(path, digest)
        if body is None:
            raise RegistryError("%s is no longer in %s/%s; run again" % (digest, client.name, path))
        media_type, data = body.media_type, body.data

        def put(tag: str) -> None:
            head = client.head(path, tag)
            if head is None or head.digest != digest:
                client.put_manifest(path, tag, media_type, data)

        return put

    def _there(self, digest: Optional[str]) -> Optional[Built]:
        """The image of that digest, as it was before or is now; None when it is nowhere."""
        known = next((built for built in self._before.values() if built is not None and built.digest == digest), None)
        if known is not None or digest is None or self._order.outputs:
            return known
        if self._client is not None:
            return read_built(self._client, self._order.path, digest)
        return inspect(digest, self._docker)

    def _result(self, decision: Decision, digest: Optional[str], there: Optional[Built]) -> Dict[str, Any]:
        """`digest` None: it is not known, or something failed."""
        order = self._order
        return {
            "changed": decision.action != KEEP,
            "action": decision.action,
            "reason": decision.reason,
            "image": {
                "name": order.repository.familiar if order.repository is not None else None,
                "digest": digest,
                "platforms": self._platforms(there),
            },
            "tags": [
                {
                    "name": tag,
                    "digest": digest or self._set.get(tag),
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

    def _platforms(self, there: Optional[Built]) -> List[str]:
        """Of the image that is there; an engine tells only one of several, so then those that were asked for."""
        if there is not None and (self._client is not None or len(self._order.platforms) < 2):
            return list(there.platforms)
        return list(self._order.platforms)

    def _notes(self) -> List[str]:
        hidden = sorted(set(self._order.build_args) - set(self._order.published_args))
        return self._told + [
            "build_args.%s is named like a secret. Build arguments stay in the image's history, so hand it over as one of secrets; "
            "it does not count when it changes" % name
            for name in hidden
        ]

    def _diff(self) -> Dict[str, Mapping[str, Any]]:
        recorded = [built.inputs for built in self._before.values() if built is not None and built.inputs is not None]
        before: Mapping[str, Any] = recorded[0].as_dict() if recorded else Inputs().as_dict()
        return {"before": before, "after": self._inputs.as_dict()}
