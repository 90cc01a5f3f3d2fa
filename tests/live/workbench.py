# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine as tests see it: loading images, making containers, running a clean-up, and the truth afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Mapping

import docker
from archive import Image, Layer, archive

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.run import parse_options, run_cleanup

LABEL = "imagefleet.test"


class Workbench:
    """`folder` holds the state, brake and lock of the runs; `prefix` starts every repository and scopes every rule."""

    def __init__(self, engine: Mapping[str, Any], folder: Path, prefix: str) -> None:
        self.engine = engine
        self.kind = engine["kind"]
        self.docker_host = engine["docker_host"]
        self.folder = folder
        self.prefix = prefix
        self.api = docker.APIClient(base_url=self.docker_host, version="auto", timeout=120)

    # What is there -------------------------------------------------------------------------------------------------

    def name(self, text: str) -> str:
        """`app:1` -> the name that this test uses for it."""
        return "%s/%s" % (self.prefix, text)

    def load(self, *images: Image) -> None:
        """Load images, their names given without the prefix; all carry the label of this test."""
        named = [
            Image(
                [self.name(name) for name in image.names],
                image.layers,
                {**image.labels, LABEL: self.prefix},
                image.created,
                image.note,
            )
            for image in images
        ]
        for _line in self.api.load_image(archive(named)):
            pass

    def tag(self, source: str, target: str) -> None:
        repository, _colon, tag = self.name(target).rpartition(":")
        assert self.api.tag(self.name(source), repository, tag)

    def container(self, image: str, state: str = "created", name: str | None = None, **config: Any) -> str:
        """A container in the given state: created, running, paused or exited."""
        host = self.api.create_host_config(network_mode="none", **config.pop("host", {}))
        reference = image if image.startswith("sha256:") else self.name(image)
        command = ["/bin/busybox", "true"] if state == "exited" else None
        made = self.api.create_container(
            reference, command=command, name=name, host_config=host, labels={LABEL: self.prefix}, **config
        )["Id"]
        if state != "created":
            self.api.start(made)
        if state == "paused":
            self.api.pause(made)
        if state == "exited":
            self.api.wait(made)
        return str(made)

    def names(self) -> set[str]:
        """The names of this test that the engine has, without the prefix."""
        found = set()
        for image in self.api.images(all=True):
            for name in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]:
                if name.startswith(self.prefix + "/"):
                    found.add(name[len(self.prefix) + 1 :])
        return {name for name in found if "@" not in name}

    def id_of(self, name: str) -> str:
        return str(self.api.inspect_image(self.name(name))["Id"])

    def has_image(self, identity: str) -> bool:
        try:
            self.api.inspect_image(identity)
        except docker.errors.ImageNotFound:
            return False
        return True

    # Runs ----------------------------------------------------------------------------------------------------------

    def options(self, **options: Any) -> dict[str, Any]:
        """Options of a run that may delete all of this test's images, unless `options` say otherwise."""
        base = {
            "docker_host": self.docker_host,
            "state_file": str(self.folder / "state.json"),
            "minimum_age": "0",
            "delete": [{"name": "all of the test", "labels": LABEL + "=" + self.prefix}],
        }
        return {**base, **options}

    def plan(self, **options: Any) -> dict[str, Any]:
        return self._run(False, options)

    def clean(self, **options: Any) -> dict[str, Any]:
        return self._run(True, options)

    def _run(
        self, apply: bool, options: Mapping[str, Any], progress: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        return run_cleanup(
            parse_options(self.options(**options)),
            apply,
            progress,
            hold_file=str(self.folder / "hold"),
            lock_file=str(self.folder / "lock"),
        )

    def rows(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The rows of this test by name (without the prefix); what has no name by its id."""
        found = {}
        for row in result["plan"]:
            reference = row["reference"]
            if reference is None:
                found[row["id"]] = row
            elif reference.startswith(self.prefix + "/"):
                found[reference[len(self.prefix) + 1 :]] = row
        return found

    def actions(self, result: Mapping[str, Any]) -> dict[str, str]:
        return {name: row["action"] for name, row in self.rows(result).items() if not name.startswith("sha256:")}

    # Truth ---------------------------------------------------------------------------------------------------------

    def layer_bytes(self) -> int:
        """What the engine itself counts for all layers, each once (graph driver only)."""
        return int(self.api.df()["LayersSize"])

    def content_bytes(self) -> int:
        """The blobs in the content store of a containerd engine, from its files."""
        root = Path(self.engine["data_root"])
        blobs = next(root.glob("containerd/daemon/io.containerd.content.v1.content/blobs/sha256"))
        return sum(entry.stat().st_size for entry in os.scandir(blobs))

    def store_bytes(self) -> int:
        """What all images take: by the engine's own count of layers, or by its files."""
        return self.layer_bytes() if self.kind == "overlay2" else self.content_bytes() + self._snapshot_bytes()

    def _snapshot_bytes(self) -> int:
        """The disk space of all snapshots, those of containers too."""
        root = Path(self.engine["data_root"])
        snapshots = next(root.glob("containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots"))
        return sum(_disk_usage(entry.path + "/fs") for entry in os.scandir(snapshots))

    def settle(self) -> None:
        """Wait for the collection of garbage: on the containerd store the deletion of a name returns after one."""
        if self.kind == "containerd":
            name = "anchor-%s/settle:1" % self.prefix
            for _line in self.api.load_image(archive([Image([name], [Layer("anchor")])])):
                pass
            self.api.remove_image(name)

    def sweep(self) -> None:
        """Remove what the test made."""
        for container in self.api.containers(all=True, filters={"label": LABEL + "=" + self.prefix}):
            self.api.remove_container(container["Id"], force=True)
        for image in self.api.images(all=True, filters={"label": LABEL + "=" + self.prefix}):
            names = [name for name in image["RepoTags"] or [] if "<none>" not in name]
            for name in [*names, image["Id"]]:
                try:
                    self.api.remove_image(name, force=True)
                except docker.errors.APIError as error:
                    if error.status_code not in (404, 409):
                        raise


def _disk_usage(folder: str) -> int:
    """Disk space of a folder with all below it, as the snapshotter counts it: every inode once."""
    found: dict[int, int] = {os.lstat(folder).st_ino: os.lstat(folder).st_blocks * 512}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            status = os.lstat(os.path.join(path, name))
            found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())
