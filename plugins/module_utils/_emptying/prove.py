# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cache serves: images read through it, byte by byte. `/v2/` answers 200 whatever is wrong behind it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._collect.links import read_repositories
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.place import Place
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    ContentError,
    FleetError,
    RegistryError,
    RegistryRefusal,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    Descriptor,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import Reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient

START_TIMEOUT, POLL = 60, 0.2
# Of what the cache held, so many tags are tried until one is there: an upstream deletes as well.
CANDIDATES = 5
Target = Tuple[str, str]


@dataclass
class Proof:
    """What was read through the cache: images, bytes, and by which name."""

    images: int = 0
    bytes: int = 0
    gone: List[str] = field(default_factory=list)


def answers(client: RegistryClient) -> Optional[str]:
    """Why a registry does not answer, None when it does: a question about content that nobody has."""
    try:
        client.has_blob("library/imagefleet-nothing", digest_of(b"nothing"))
    except RegistryRefusal as error:
        # It wants a user, or does not know the repository: it is there.
        return str(error) if error.status >= 500 else None
    except RegistryError as error:
        return str(error)
    return None


def wait_until_it_answers(new_client: Callable[[], RegistryClient]) -> None:
    """Raises RegistryError when it does not within a minute of its start."""
    until = time.monotonic() + START_TIMEOUT
    while True:
        problem = answers(new_client())
        if problem is None:
            return
        if time.monotonic() > until:
            raise RegistryError("it does not answer %d seconds after its restart: %s" % (START_TIMEOUT, problem))
        time.sleep(POLL)


def candidates(place: Place, probe: Optional[Reference]) -> List[Target]:
    """What to pull as proof: the probe that was given, else tags that the cache holds. Raises StateError."""
    if probe is not None:
        return [(probe.path, probe.digest or probe.tag or "latest")]
    found = [(one.name, tag) for one in read_repositories(place.storage) for tag in sorted(one.tags)[-1:]]
    return found[:CANDIDATES]


def prove(client: TransferClient, targets: Sequence[Target], must: bool) -> Proof:
    """Read the first of the targets that is there: its manifest, and the smallest piece of content below it.

    With `must` none of them may be missing. Raises RegistryError, naming what could not be read.
    """
    proof = Proof()
    for repository, reference in targets:
        try:
            smallest = _smallest(client, repository, reference)
            if smallest is None:
                proof.gone.append("%s:%s" % (repository, reference))
                if must:
                    raise RegistryError("the probe is not there")
                continue
            proof.bytes += client.check_blob(repository, smallest.digest, smallest.size)
        except (RegistryError, ContentError) as error:
            raise RegistryError("%s:%s cannot be pulled through it: %s" % (repository, reference, error)) from error
        proof.images += 1
        return proof
    return proof


def _smallest(client: TransferClient, repository: str, reference: str) -> Optional[Descriptor]:
    """None when there is no such manifest. Raises RegistryError and ContentError."""
    body = client.manifest(repository, reference)
    while body is not None:
        manifest = parse_manifest(body.data, body.media_type)
        if manifest.blobs:
            return min(manifest.blobs, key=lambda blob: (blob.size, blob.digest))
        if not manifest.children:
            raise ContentError("manifest %s names no content" % manifest.digest)
        body = client.manifest(repository, manifest.children[0].digest)
    return None


def told(error: FleetError) -> str:
    """One line for a plan."""
    return str(error).replace("\n", " ")
