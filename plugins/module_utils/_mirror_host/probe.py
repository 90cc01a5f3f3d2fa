# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an image through a mirror before clients are sent to it.

That /v2/ answers says nothing: a cache may serve empty bodies with status 200 (distribution#2367), damaged ones, or another
registry. So a manifest and its content are read, and compared with their digests.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    ContentError,
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Descriptor, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.consent import private_refusal
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import Endpoint, Mirror
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import RegistryOptions
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient

PASSED, FAILED, REFUSED, NOT_PROBED = "passed", "failed", "refused", "not_probed"
# Small, and there as long as Docker Hub is.
HUB_IMAGES = ("library/hello-world:latest", "library/busybox:latest")
OFFICIAL = "library/"
#: More than that is not read of one image, but for its smallest layer.
MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 3
MAX_LISTED = 20


@dataclass(frozen=True)
class Probe:
    """What came of it. `image` is what was read, `bytes` how much of it."""

    registry: str
    url: str
    status: str
    reason: str
    image: Optional[str] = None
    digest: Optional[str] = None
    bytes: int = 0

    @property
    def usable(self) -> bool:
        return self.status in (PASSED, NOT_PROBED)

    def as_row(self) -> Dict[str, Any]:
        return asdict(self)


def probe(
    mirror: Mirror, endpoint: Endpoint, image: Optional[str], timeout: int, accept_private: bool, ns: bool
) -> Probe:
    """Ask as clients do, anonymously. `image` is what to read, None for what there is; `ns`: some client names the registry."""
    client = TransferClient(_options(mirror, endpoint, timeout, ns))
    told = Probe(mirror.registry, endpoint.url, FAILED, "")
    try:
        if mirror.is_hub and not accept_private:
            names = _private_names(client, endpoint)
            if names:
                return Probe(mirror.registry, endpoint.url, REFUSED, private_refusal(endpoint, names))
        for repository, reference in _candidates(client, mirror, endpoint, image):
            told = _read(client, mirror, endpoint, repository, reference)
            if told.status == PASSED:
                return told
    except (RegistryError, ContentError) as error:
        return Probe(mirror.registry, endpoint.url, FAILED, str(error))
    if told.reason:
        return told
    return Probe(
        mirror.registry,
        endpoint.url,
        FAILED,
        "it lists nothing that could be read as proof; name an image that it serves with probe_image",
    )


def _options(mirror: Mirror, endpoint: Endpoint, timeout: int, ns: bool) -> RegistryOptions:
    return RegistryOptions(
        registry=endpoint.host,
        insecure=endpoint.scheme == "http",
        validate_certs=not (endpoint.insecure and endpoint.scheme == "https"),
        ca_path=endpoint.ca_file,
        timeout=timeout,
        retries=1,
        concurrency=1,
        root_path=endpoint.root_path,
        namespace=mirror.registry if ns else "",
    )


def _candidates(
    client: TransferClient, mirror: Mirror, endpoint: Endpoint, image: Optional[str]
) -> List[Tuple[str, str]]:
    """What to read, in the order in which it is tried: what was named, else what every mirror of Hub has, else what it lists."""
    if image is not None:
        return [_split(image)]
    found = [_split(name) for name in HUB_IMAGES] if mirror.is_hub else []
    prefix = endpoint.repository_prefix
    listed = sorted(_listed(client, prefix), key=lambda name: not name.startswith(OFFICIAL))
    for repository in listed[:MAX_LISTED]:
        tags = client.tags(prefix + repository)
        if tags:
            found.append((repository, sorted(tags)[-1]))
            break
    return found


def _split(image: str) -> Tuple[str, str]:
    reference = parse_reference("registry.invalid/" + image)
    return reference.path, reference.digest or str(reference.tag)


def _listed(client: TransferClient, prefix: str) -> List[str]:
    """Repositories, none where the mirror does not tell."""
    try:
        return [name[len(prefix) :] for name in client.repositories() if name.startswith(prefix)]
    except RegistryRefusal:
        return []


def _private_names(client: TransferClient, endpoint: Endpoint) -> Sequence[str]:
    """Repositories that a mirror of Hub has of its own: it takes pushes, and they are no official images.

    A pull-through cache takes none, so what it lists came from Hub.
    """
    prefix = endpoint.repository_prefix
    names = [name for name in _listed(client, prefix) if not name.startswith(OFFICIAL)]
    if not names:
        return ()
    try:
        status = client.open_upload(prefix + names[0], {})
    except RegistryRefusal as error:
        status = error.status
    # Who may not push without a name may with one.
    return names if status in (202, 401, 403) else ()


def _read(client: TransferClient, mirror: Mirror, endpoint: Endpoint, repository: str, reference: str) -> Probe:
    shown = "%s%s%s" % (repository, "@" if ":" in reference else ":", reference)
    path = endpoint.repository_prefix + repository
    try:
        digest, size = _read_image(client, path, reference)
    except (RegistryError, ContentError) as error:
        return Probe(mirror.registry, endpoint.url, FAILED, str(error), shown)
    return Probe(
        mirror.registry,
        endpoint.url,
        PASSED,
        "%d bytes of %s are what their digests say" % (size, shown),
        shown,
        digest,
        size,
    )


def _read_image(client: TransferClient, repository: str, reference: str) -> Tuple[str, int]:
    """The digest that the name stands for, and the bytes that were read. Raises RegistryError, ContentError."""
    first: Optional[str] = None
    total = 0
    for _level in range(MAX_DEPTH):
        body = client.manifest(repository, reference)
        if body is None:
            raise RegistryError("it does not have %s of %s" % (reference, repository))
        if not body.data:
            raise RegistryError("it answers for %s of %s with an empty body" % (reference, repository))
        manifest = parse_manifest(body.data, body.media_type)
        first = first or manifest.digest
        total += len(body.data)
        if not manifest.children:
            return first, total + sum(
                client.check_blob(repository, one.digest, one.size) for one in _content(manifest.blobs)
            )
        reference = manifest.children[0].digest
    raise ContentError("%s of %s is an index of indexes" % (first, repository))


def _content(blobs: Sequence[Descriptor]) -> List[Descriptor]:
    """Everything of a small image, else what is smallest; what lies elsewhere is not asked for. Raises ContentError."""
    own = sorted((blob for blob in blobs if not blob.is_foreign and blob.size), key=lambda blob: blob.size)
    if not own:
        raise ContentError("the image has no content that could be read as proof")
    taken = [own[0]]
    for blob in own[1:]:
        if sum(one.size for one in taken) + blob.size > MAX_BYTES and len(taken) > 1:
            break
        taken.append(blob)
    return taken
