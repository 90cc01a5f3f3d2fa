# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After retention and garbage collection real engines, crane and skopeo pull all that was kept, and nothing that went."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
import registry_content as content
from archive import BUSYBOX, Layer
from clients import PULLS, missing
from janitor import outcomes, tidy
from lab import LabError
from own_registry import OwnRegistry
from plain_http import digest
from registry_content import Manifest
from registry_pushing import push, sign
from workbench import LABEL, Workbench

#: Of the images in engines, by which they are found and removed.
PREFIX = "t-retention-pulls"
REPOSITORY = PREFIX + "/app"
NATIVE, FOREIGN = "linux/amd64", "linux/arm64"
BASE = Layer(PREFIX + "-base", 4096, BUSYBOX)
RULES: dict[str, Any] = {"keep": [{"tags": ["2.0.0", "plain", "production", "signed"]}]}
GONE = ("1.0.0", "1.1.0", "older-plain")


def image(seed: str, platform: str = NATIVE) -> Manifest:
    """Of a layer that all have, and one of its own."""
    layers = [BASE, Layer("%s-%s-%s" % (PREFIX, seed, platform))]
    return content.image(layers, labels={LABEL: PREFIX}, platform=platform, note=seed)


def release(seed: str) -> Manifest:
    return content.index([image(seed), image(seed, FOREIGN)])


def gone_digests() -> list[str]:
    """An index, and a part of it that was of no other."""
    return [release("1.1.0").digest, release("1.1.0").children[1].digest]


@dataclass(frozen=True)
class Kept:
    """What is in the registry after all of that: by tag, and what was attached."""

    registry: OwnRegistry
    images: dict[str, Manifest]
    attached: dict[str, Manifest]

    def name(self, reference: str = "") -> str:
        joint = "@" if reference.startswith("sha256:") else ":"
        return "%s/%s%s%s" % (self.registry.address, REPOSITORY, joint if reference else "", reference)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: Any) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("pulls")
    shared = release("production")
    images = {
        # Its native image was part of 1.1.0 too.
        "2.0.0": content.index([image("1.1.0"), image("2.0.0", FOREIGN)]),
        "plain": image("plain"),
        "1.2.0": shared,
        "production": shared,
        "signed": release("signed"),
    }
    with OwnRegistry(folder / "registry") as registry:
        for tag, manifest in {**images, "1.0.0": release("1.0.0"), "1.1.0": release("1.1.0")}.items():
            push(registry.address, REPOSITORY, manifest, tag)
        push(registry.address, REPOSITORY, image("older-plain"), "older-plain")
        attached = {}
        for subject in (images["signed"], release("1.0.0")):
            sign(registry.address, REPOSITORY, subject)
        attached[content.cosign_tag(images["signed"].digest)] = content.cosign(images["signed"])
        before = registry.blob_bytes()
        done = tidy(folder, registry.address, **RULES)
        assert outcomes(done) == {**dict.fromkeys(images, "keep"), **dict.fromkeys(GONE, "done")}
        registry.collect()
        assert before - registry.blob_bytes() == done["summary"]["reclaimed_bytes"] > 0
        yield Kept(registry, images, attached)


# Clients -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", PULLS)
def test_clients_get_all_of_everything_that_stays(kept: Kept, tmp_path: Path, client: str) -> None:
    for tag, manifest in {**kept.images, **kept.attached}.items():
        for reference in (tag, manifest.digest):
            folder = tmp_path / reference.replace(":", "-")
            PULLS[client](kept.name(reference), folder)
            assert missing(folder, manifest) == set(), reference


@pytest.mark.parametrize("client", PULLS)
def test_clients_get_nothing_of_what_went(kept: Kept, tmp_path: Path, client: str) -> None:
    signature = content.cosign_tag(release("1.0.0").digest)
    for reference in (*GONE, *gone_digests(), signature):
        with pytest.raises(LabError, match="(?i)manifest.unknown"):
            PULLS[client](kept.name(reference), tmp_path / reference.replace(":", "-"))


# Engines -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def puller(bench: Workbench) -> Iterator[Workbench]:
    """An engine that has none of these images, before and afterwards."""
    own = bench.prefix
    bench.prefix = PREFIX
    bench.sweep()
    assert ours(bench) == []
    yield bench
    bench.sweep()
    assert ours(bench) == []
    bench.prefix = own


def ours(bench: Workbench) -> list[str]:
    """The names of these images that the engine has."""
    names = [
        name for one in bench.api.images(all=True) for name in (one["RepoTags"] or []) + (one["RepoDigests"] or [])
    ]
    return [name for name in names if "/%s/" % PREFIX in name]


def test_engines_pull_and_run_everything_that_stays(puller: Workbench, kept: Kept) -> None:
    for tag, manifest in kept.images.items():
        native, *others = manifest.children or (manifest,)
        for reference in (manifest.digest, tag):
            pull(puller, kept, reference, native)
            check_runs(puller, kept.name(reference), native)
        # On top of the native one: without that a containerd store hands out nothing of an index.
        for other in others:
            pull(puller, kept, tag, other)
        puller.sweep()
        assert ours(puller) == []


def pull(bench: Workbench, kept: Kept, reference: str, image: Manifest) -> None:
    """The engine hands all layers out again."""
    told = bench.api.pull(kept.name(), tag=reference, platform=image.platform)
    assert '"error"' not in told, told
    assert layers(image) <= saved(bench, kept.name(reference))


def layers(image: Manifest) -> set[str]:
    return {digest(tar) for tar in image.blobs[1:]}


def check_runs(bench: Workbench, name: str, image: Manifest) -> None:
    found = bench.api.inspect_image(name)
    assert "%(Os)s/%(Architecture)s" % found == NATIVE and set(found["RootFS"]["Layers"]) == layers(image)
    container = bench.container(found["Id"], "exited")
    assert bench.api.inspect_container(container)["State"]["ExitCode"] == 0
    bench.api.remove_container(container)


def saved(bench: Workbench, name: str) -> set[str]:
    """Digests of all files of the archive that `docker save` makes."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(bench.api.get_image(name)))) as archive:
        files = [archive.extractfile(member) for member in archive.getmembers()]
        return {digest(one.read()) for one in files if one is not None}


def test_engines_get_nothing_of_what_went(puller: Workbench, kept: Kept) -> None:
    for reference in (*GONE, *gone_digests()):
        with pytest.raises(docker.errors.NotFound):
            puller.api.pull(kept.name(), tag=reference)
