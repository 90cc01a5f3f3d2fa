# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages of an image, wherever the image is: engine, registry, archive or bill of materials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Mapping, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi, image_path
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    EngineError,
    RegistryError,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest, parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.transfer import TransferClient
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.bill import read_bill
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import choose, contents_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.dpkg import DebianPackage, parse_status
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.os_release import parse_os_release
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.overlay import (
    Entry,
    Wanted,
    content,
    listed,
    overlay,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import (
    ARCHIVE,
    ENGINE,
    REGISTRY,
    SBOM,
    Target,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.layers import (
    PIECE,
    Budget,
    read_archive,
    read_layer,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

STATUS = "var/lib/dpkg/status"
# Images without dpkg have a file for each package.
STATUS_FOLDER = "var/lib/dpkg/status.d"
RELEASES = ("etc/os-release", "usr/lib/os-release")
WANTED = Wanted((STATUS, *RELEASES), (STATUS_FOLDER,))
MAX_BILL = 512 * 1024 * 1024


@dataclass(frozen=True)
class DebianImage:
    """`packages` that are installed; `release` as its os-release has it, empty when it has none; `image` tells what was read."""

    packages: Tuple[DebianPackage, ...]
    release: Mapping[str, str]
    image: Identity = Identity()


def read_debian_image(target: Target, engine: Callable[[], EngineApi], registries: RegistriesByHost) -> DebianImage:
    """Raises EngineError, RegistryError, StateError, ContentError or ToolError, naming the image and what is wrong."""
    if target.source == SBOM:
        return _from_bill(target.name)
    image = Identity()
    if target.source == ENGINE:
        found = _from_engine(engine(), target)
    elif target.source == ARCHIVE:
        found = read_archive(_file(target.name), WANTED, target.platform, target.name)
    elif target.source == REGISTRY:
        found, image = _from_registry(registries, target)
    else:
        raise StateError("%s: nothing tells where it is to be read" % target.name)
    release = next((data for data in (content(found, path) for path in RELEASES) if data is not None), b"")
    return DebianImage(
        tuple(_packages(found, target.name)), parse_os_release(release.decode("utf-8", "replace")), image
    )


def _packages(found: Mapping[str, Entry], name: str) -> Iterator[DebianPackage]:
    status = content(found, STATUS)
    if status is not None:
        yield from parse_status(status.decode("utf-8", "replace"), "%s: /%s" % (name, STATUS))
    for path in listed(found, STATUS_FOLDER):
        if not path.endswith(".md5sums"):
            text = (content(found, path) or b"").decode("utf-8", "replace")
            yield from parse_status(text, "%s: /%s" % (name, path), assume_installed=True)


# Where images are ----------------------------------------------------------------------------------------------------


def _from_engine(api: EngineApi, target: Target) -> Dict[str, Entry]:
    info = api.info()
    platform = target.platform or "%s/%s" % (info.get("OSType") or "linux", info.get("Architecture") or "")
    try:
        return read_archive(api.chunks(image_path(target.name, "/get")), WANTED, platform, target.name)
    except EngineError as error:
        raise EngineError("%s cannot be read from the engine: %s" % (target.name, error)) from error


def _from_registry(registries: RegistriesByHost, target: Target) -> Tuple[Dict[str, Entry], Identity]:
    reference = parse_reference(target.name).with_default_tag()
    client = registries.transfer(reference.domain)
    manifest = _image(client, reference.path, reference.digest or str(reference.tag), target)
    budget = Budget()
    layers: List[List[Entry]] = []
    for blob in manifest.blobs:
        if blob == manifest.config:
            continue
        where = "layer %s of %s" % (blob.digest, target.name)
        layers.append(read_layer(client.read_blob(reference.path, blob.digest, blob.size), WANTED, where, budget))
    config = (manifest.config.digest,) if manifest.config else ()
    return overlay(layers), Identity(config, (manifest.digest,))


def _image(client: TransferClient, repository: str, reference: str, target: Target) -> Manifest:
    """The manifest of one image; of an index that of the platform. By digest, and verified."""
    manifests: Dict[str, Manifest] = {}
    root = _read(client, repository, reference)
    waiting = [root]
    while waiting:
        manifest = waiting.pop()
        manifests[manifest.digest] = manifest
        for child in manifest.children:
            if child.attests is None and child.digest not in manifests:
                waiting.append(_read(client, repository, child.digest))
    contents = contents_of(manifests, root.digest)
    if len(contents) > 1 and target.platform is None:
        raise RegistryError("%s has images for %d platforms; say with platform which" % (target.name, len(contents)))
    chosen = contents[0] if len(contents) == 1 else choose(contents, target.platform or "")
    if chosen is None:
        raise RegistryError("%s has no image for %s" % (target.name, target.platform))
    return manifests[chosen.manifest]


def _read(client: TransferClient, repository: str, reference: str) -> Manifest:
    body = client.manifest(repository, reference)
    if body is None:
        raise RegistryError("registry %s has no %s in %s (any more)" % (client.name, reference, repository))
    return parse_manifest(body.data, body.media_type)


def _file(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb") as stream:
            chunk = stream.read(PIECE)
            while chunk:
                yield chunk
                chunk = stream.read(PIECE)
    except OSError as error:
        raise StateError("cannot read %s: %s" % (path, error.strerror or error)) from error


def _from_bill(path: str) -> DebianImage:
    data = read_capped(path, MAX_BILL)
    if data is None:
        raise StateError("there is no file %s on this host" % path)
    bill = read_bill(data.decode("utf-8", "replace"), path)
    return DebianImage(bill.packages, bill.release)
