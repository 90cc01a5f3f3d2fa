# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to an image: by digest where the builder can, through the engine where it cannot, platform by platform where it must.

In all of them what is run is what the tags mean afterwards, and they mean it only then.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._build.expectation import Expectation
from ansible_collections.imagefleet.docker.plugins.module_utils._build.join import join
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.builder import Builder
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.execute import Building, Say
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.existing import inspect, read_built
from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.verify import Verified, verify
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError, ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.docker_cli import DockerCli

# Said aloud, since buildx annotates only what it is told to make.
_KEEP, _LOAD = {"type": "image"}, {"type": "docker"}
_PUSHED = re.compile(r"(?m)\bdigest: (sha256:[0-9a-f]{64})\b")
# An annotation of the index, as buildx is told it.
_OF_INDEX = "index:"


class Maker:
    """One image. `verified` is what was run of it so far."""

    def __init__(self, order: BuildOrder, builder: Builder, building: Building, docker: DockerCli, say: Say) -> None:
        self._order = order
        self._builder = builder
        self._building = building
        self._docker = docker
        self._say = say
        self.verified: List[Verified] = []

    def for_engine(self) -> str:
        """The image is in the engine, without a name; its ID."""
        return self._in_engine(self._order)

    def for_outputs(self) -> Optional[str]:
        """Written where the order says; its digest when that has one."""
        tags = [self._order.reference(tag) for tag in self._order.tags] if self._order.repository is not None else []
        return self._building.build(self._order, tags, None)

    def for_registry(self, client: RegistryClient) -> str:
        """The image is in the registry; its digest."""
        order = self._order
        if not self._builder.in_engine:
            return self._by_digest(client)
        if self._builder.multi_platform or len(order.platforms) < 2:
            return self._push(self._in_engine(order), order.tags[0])
        return self._one_by_one(client)

    def _by_digest(self, client: RegistryClient) -> str:
        order = self._order
        output = {"type": "image", "name": "%s/%s" % (client.name, order.path), "push": "true"}
        output.update({"push-by-digest": "true", "name-canonical": "true"})
        digest = self._building.build(order, (), output)
        if digest is None:
            raise ToolError("docker buildx build told no digest of what it pushed; update buildx")
        if order.expectation is not None:
            self._verify(read_built(client, order.path, digest).images, order.expectation)
        return digest

    def _one_by_one(self, client: RegistryClient) -> str:
        """The store of this engine holds one platform of an image at a time: each is pushed by a tag of its own, then they are joined."""
        order = self._order
        own = {key: text for key, text in order.annotations.items() if not key.startswith(_OF_INDEX)}
        of_index = {key[len(_OF_INDEX) :]: order.annotations[key] for key in order.annotations if key not in own}
        part = replace(order, annotations=own)
        made = [(platform, self._in_engine(replace(part, platforms=(platform,)))) for platform in order.platforms]
        images = []
        for platform, image in made:
            tag = "%s-%s" % (order.tags[0][: 127 - len(platform)], platform.replace("/", "-"))
            images.append(_parts(client, order.path, self._push(image, tag)))
        data = join(images, of_index)
        client.put_manifest(order.path, digest_of(data), OCI_INDEX, data)
        return digest_of(data)

    def _in_engine(self, order: BuildOrder) -> str:
        """Built without any name, and run; the ID by which the engine has it."""
        output = _KEEP if self._builder.in_engine else _LOAD
        digest = self._building.build(order, (), output)
        # One that was loaded goes by its configuration where images are kept by graph drivers.
        for made in (digest, self._building.metadata.get("containerimage.config.digest")):
            built = inspect(str(made), self._docker) if made else None
            if built is None:
                continue
            if order.expectation is not None:
                images: Sequence[Tuple[str, str]] = [(one, str(made)) for one in order.platforms] or built.images
                self._verify(images, order.expectation)
            return str(made)
        raise ToolError(
            "the engine does not have the image that was just built (%s); is it the builder's engine?" % digest
        )

    def _verify(self, images: Sequence[Tuple[str, str]], expectation: Expectation) -> None:
        self._say("running what was built for %s" % ", ".join(platform for platform, _image in images))
        self.verified += verify(images, expectation, self._docker)

    def _push(self, image: str, tag: str) -> str:
        """The engine pushes what was run, byte for byte, and it pushes by a tag; the digest that it was pushed by.

        By one tag: of several that are pushed at the same time, docker-registry 2.8 answers 500 to one.
        """
        name = self._order.reference(tag)
        self._say("pushing %s" % tag)
        self._docker("tag", image, name)
        found = _PUSHED.search(self._docker("push", name, timeout=self._order.timeout))
        if found is None:
            raise ToolError("docker push of %s told no digest of what it pushed" % name)
        return found.group(1)


def _parts(client: RegistryClient, repository: str, digest: str) -> Dict[str, object]:
    body = client.manifest(repository, digest)
    if body is None:
        raise RegistryError(
            "Registry %s does not have %s of %s, which was just pushed" % (client.name, digest, repository)
        )
    manifest = parse_manifest(body.data, body.media_type)
    config = client.blob(repository, manifest.config.digest) if manifest.config is not None else None
    return {"digest": digest, "media_type": body.media_type, "data": body.data, "config": config or b"{}"}
