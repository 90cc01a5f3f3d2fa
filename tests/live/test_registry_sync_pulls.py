# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What registry_sync brought is pulled and run on hosts of the fleet, region by region, and by other people's clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from archive import BUSYBOX, Layer
from clients import PULLS, missing
from fleet_host import FleetHost
from lab import load
from registry_content import Manifest
from registry_pushing import delete_manifest, head_manifest, list_tags, push, retag

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync

LAB = load()
SOURCE, *REGIONS = LAB["registries"]
REPOSITORY = "t-sync-pulls/app"
TAGS = ("1.0.0", "1.1.0")
# One of each image store.
HOSTS = ("host-1", "host-3")


def release(version: str) -> Manifest:
    """Two platforms with a program that runs, and what a build attests of each."""
    images = []
    for platform in ("linux/amd64", "linux/arm64"):
        layers = [Layer("t-sync-pulls-program", 4096, BUSYBOX), Layer("t-sync-pulls-%s-%s" % (version, platform))]
        images.append(content.image(layers, platform=platform, note=version))
    return content.index([*images, *map(content.attestation, images)])


@pytest.fixture(scope="module")
def brought(tmp_path_factory: Any) -> Iterator[dict[str, Manifest]]:
    """The releases by tag; they are in both regions, and gone at the end."""
    folder = tmp_path_factory.mktemp("sync-pulls")
    releases = {tag: release(tag) for tag in TAGS}
    for tag, manifest in releases.items():
        push(SOURCE["address"], REPOSITORY, manifest, tag)
    retag(SOURCE["address"], REPOSITORY, TAGS[-1], "latest")
    access = {"insecure": True, "cache_dir": str(folder / "cache")}
    options = {
        "source": {"registry": SOURCE["address"], **access},
        "destinations": [{"name": one["name"], "registry": one["address"], **access} for one in REGIONS],
        "repositories": [REPOSITORY],
        "state_dir": str(folder / "state"),
    }
    try:
        run_sync(parse_sync_options(options), True)
        yield {**releases, "latest": releases[TAGS[-1]]}
    finally:
        for one in LAB["registries"]:
            for tag in list_tags(one["address"], REPOSITORY):
                delete_manifest(one["address"], REPOSITORY, head_manifest(one["address"], REPOSITORY, tag)[1])
        for name in HOSTS:
            FleetHost(name).sweep("*/%s" % REPOSITORY)


@pytest.mark.parametrize("region", [one["name"] for one in REGIONS])
@pytest.mark.parametrize("host", HOSTS)
def test_hosts_pull_and_run_every_image_in_their_region(brought: dict[str, Manifest], host: str, region: str) -> None:
    (place,) = [one for one in REGIONS if one["name"] == region]
    machine = FleetHost(host)
    for tag, manifest in brought.items():
        name = "%s/%s:%s" % (place["name_in_fleet"], REPOSITORY, tag)
        machine.run("docker pull --quiet " + name)
        told = machine.run("docker run --rm --network=none %s /bin/busybox echo it-runs" % name)
        assert told.split() == ["it-runs"]
        digests = machine.run("docker image inspect --format '{{join .RepoDigests \" \"}}' " + name).split()
        # Of the source, although it was pulled from a region.
        assert "%s/%s@%s" % (place["name_in_fleet"], REPOSITORY, manifest.digest) in digests


@pytest.mark.parametrize("region", [one["name"] for one in REGIONS])
@pytest.mark.parametrize("client", PULLS)
def test_clients_get_both_platforms_and_all_else(
    brought: dict[str, Manifest], tmp_path: Path, client: str, region: str
) -> None:
    (place,) = [one for one in REGIONS if one["name"] == region]
    for tag, manifest in brought.items():
        assert head_manifest(place["address"], REPOSITORY, tag) == (200, manifest.digest)
        folder = tmp_path / tag
        PULLS[client]("%s/%s:%s" % (place["address"], REPOSITORY, tag), folder)
        assert missing(folder, manifest) == set()
