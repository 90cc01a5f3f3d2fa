# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to an image: by digest where the builder can, through the engine where it cannot, platform by platform where it must.

In all of them the image is run before any tag means it.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.expectation import Expectation
from ansible_collections.imagefleet.docker.plugins.module_utils._build.join import join
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.execute import Building
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.existing import inspect, read_built
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.verify import Verified, verify
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body, RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

_LOAD = {"type": "docker"}
_PUSH = {"type": "registry"}


class Maker:
    """One image. `verified` is what was run of it so far."""

    def __init__(self, order: BuildOrder, builder: Builder, building: Building, docker: DockerCli) -> None:
        self._order = order
        self._builder = builder
        self._building = building
        self._docker = docker
        self.verified: List[Verified] = []

    def for_engine(self) -> None:
        """The image is in the engine, and its tags are set."""
        output = None if self._builder.in_engine or self._order.outputs else _LOAD
        platforms = self._order.platforms
        if self._order.expectation is not None:
            self._verify_in_engine(self._order.expectation, platforms, output)
        self._building.build(platforms, self._references(self._order.tags), output)

    def for_registry(self, client: RegistryClient) -> str:
        """The image is in the registry; its digest. What may set tags sets them last."""
        if not self._builder.in_engine:
            return self._by_digest(client)
        if self._builder.multi_platform or len(self._order.platforms) < 2:
            return self._through_engine(client)
        return self._one_by_one(client)

    def _by_digest(self, client: RegistryClient) -> str:
        order = self._order
        output = {"type": "image", "name": "%s/%s" % (client.name, order.path), "push": "true"}
        output.update({"push-by-digest": "true", "name-canonical": "true"})
        digest = self._building.build(order.platforms, (), output)
        if digest is None:
            raise ToolError("docker buildx build told no digest of what it pushed; update buildx")
        if order.expectation is not None:
            images = read_built(client, order.path, digest).images
            self.verified += verify(images, order.expectation, self._docker)
        return digest

    def _through_engine(self, client: RegistryClient) -> str:
        """A builder of the engine pushes only by tag, so what it made is run first, and pushed from its cache.

        By one tag: it pushes several at the same time, and docker-registry 2.8 then answers 500 to one of them.
        """
        order = self._order
        if order.expectation is not None:
            self._verify_in_engine(order.expectation, order.platforms, None)
        self._building.build(order.platforms, self._references(order.tags[:1]), _PUSH)
        return _digest_of_tag(client, order.path, order.tags[0])

    def _one_by_one(self, client: RegistryClient) -> str:
        """The store of this engine holds one platform of an image at a time: each is pushed by a tag of its own, then they are joined."""
        order = self._order
        if order.expectation is not None:
            for platform in order.platforms:
                self._verify_in_engine(order.expectation, (platform,), None)
        images = []
        for platform in order.platforms:
            tag = "%s-%s" % (order.tags[0][: 127 - len(platform)], platform.replace("/", "-"))
            self._building.build((platform,), self._references((tag,)), _PUSH)
            body = _body(client, order.path, tag)
            images.append({**_parts(client, order.path, body), "digest": body.digest})
        data = join(images, order.annotations)
        client.put_manifest(order.path, digest_of(data), OCI_INDEX, data)
        return digest_of(data)

    def _verify_in_engine(
        self, expectation: Expectation, platforms: Sequence[str], output: Optional[Mapping[str, str]]
    ) -> None:
        made = self._building.build(platforms, (), output)
        built = inspect(made, self._docker) if made is not None else None
        if made is None or built is None:
            raise ToolError(
                "verify: the engine does not have the image that was just built (%s); is it the builder's engine?"
                % made
            )
        images: Sequence[Tuple[str, str]] = [(platform, made) for platform in platforms] or built.images
        try:
            self.verified += verify(images, expectation, self._docker)
        except ToolError:
            self._docker.attempt("image", "rm", made)
            raise

    def _references(self, tags: Sequence[str]) -> List[str]:
        return [self._order.reference(tag) for tag in tags] if self._order.repository is not None else []


def _digest_of_tag(client: RegistryClient, repository: str, tag: str) -> str:
    return _body(client, repository, tag).digest


def _body(client: RegistryClient, repository: str, reference: str) -> Body:
    body = client.manifest(repository, reference)
    if body is None:
        raise RegistryError(
            "Registry %s does not have %s of %s, which was just pushed" % (client.name, reference, repository)
        )
    return body


def _parts(client: RegistryClient, repository: str, body: Body) -> Dict[str, object]:
    manifest = parse_manifest(body.data, body.media_type)
    config = client.blob(repository, manifest.config.digest) if manifest.config is not None else None
    return {"media_type": body.media_type, "data": body.data, "config": config or b"{}"}
