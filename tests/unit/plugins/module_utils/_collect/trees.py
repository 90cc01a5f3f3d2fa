# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The storage of a registry as docker-registry 2.8 lays it on a disk, and a collector that works as its own does."""

from __future__ import annotations

import json
import os
import shutil
import time

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"


def described(media_type, data, **more):
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}


class Tree:
    """`path` is the registry's root directory; all times are epoch seconds."""

    def __init__(self, path):
        self.path = str(path)
        self._root = os.path.join(self.path, "docker", "registry", "v2")
        os.makedirs(os.path.join(self._root, "blobs"))
        os.makedirs(os.path.join(self._root, "repositories"))

    # Places ---------------------------------------------------------------------------------------------------------

    def blob_path(self, digest):
        kind, _colon, name = digest.partition(":")
        return os.path.join(self._root, "blobs", kind, name[:2], name, "data")

    def place(self, repository, *parts):
        return os.path.join(self._root, "repositories", repository, *parts)

    def layer_link(self, repository, digest):
        return self.place(repository, "_layers", *digest.split(":"), "link")

    def manifest_link(self, repository, digest):
        return self.place(repository, "_manifests", "revisions", *digest.split(":"), "link")

    # Content --------------------------------------------------------------------------------------------------------

    def blob(self, repository, data, digest=None):
        """Pushed by its sha256, or by another digest; what is there already keeps its time."""
        stored = digest_of(data)
        if not os.path.exists(self.blob_path(stored)):
            write(self.blob_path(stored), data)
        for name in sorted({stored, digest or stored}):
            write(self.layer_link(repository, name), stored.encode())
        return stored

    def manifest(self, repository, document, *tags):
        """Pushed as it is, or as JSON; its digest."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = digest_of(data)
        write(self.blob_path(digest), data)
        write(self.manifest_link(repository, digest), digest.encode())
        for tag in tags:
            write(self.place(repository, "_manifests", "tags", tag, "current", "link"), digest.encode())
            write(
                self.place(repository, "_manifests", "tags", tag, "index", *digest.split(":"), "link"), digest.encode()
            )
        return digest

    def image(self, repository, name, *tags, layers=1, more=()):
        """An image of which every byte is made of its name; `more` are descriptors of further layers."""
        parts = [("layer %d of %s" % (number, name)).encode() for number in range(layers)]
        config = ("config of %s" % name).encode()
        for data in (config, *parts):
            self.blob(repository, data)
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": described(CONFIG_TYPE, config),
            "layers": [*(described(LAYER_TYPE, data) for data in parts), *more],
        }
        return self.manifest(repository, document, *tags)

    def index(self, repository, children, *tags):
        entries = [{"mediaType": OCI_MANIFEST, "digest": child, "size": 1} for child in children]
        return self.manifest(repository, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}, *tags)

    def parts(self, name, layers=1):
        """Digests of config and layers of an image."""
        data = ["config of %s" % name, *("layer %d of %s" % (number, name) for number in range(layers))]
        return {digest_of(one.encode()) for one in data}

    def delete(self, repository, digest, when=None):
        """As a DELETE of the manifest does."""
        link = self.manifest_link(repository, digest)
        os.unlink(link)
        tags = self.place(repository, "_manifests", "tags")
        for tag in os.listdir(tags) if os.path.isdir(tags) else []:
            if read(os.path.join(tags, tag, "current", "link")) == digest.encode():
                shutil.rmtree(os.path.join(tags, tag))
        if when is not None:
            os.utime(os.path.dirname(link), (when, when))

    def upload(self, repository, when=None):
        folder = self.place(repository, "_uploads", "0b8b0d1e")
        for name in ("startedat", "data"):
            write(os.path.join(folder, name), b"2026")
            if when is not None:
                os.utime(os.path.join(folder, name), (when, when))

    def age(self, seconds):
        """All of it is so much older than now."""
        moment = int(time.time()) - seconds
        for folder, _folders, files in os.walk(self.path, topdown=False):
            for name in [".", *files]:
                os.utime(os.path.join(folder, name), (moment, moment))

    def stored(self):
        """Digests of all that is there."""
        found = set()
        for folder, _folders, files in os.walk(os.path.join(self._root, "blobs")):
            if "data" in files:
                kind, _prefix, name = folder.split(os.sep)[-3:]
                found.add("%s:%s" % (kind, name))
        return found

    # The collector --------------------------------------------------------------------------------------------------

    def collect(self, dry_run, forgotten=(), only=None):
        """What it prints. `forgotten` manifests are not marked; with `only`, it deletes these alone."""
        lines, marked = [], set()
        repositories = os.path.join(self._root, "repositories")
        for folder, folders, _files in sorted(os.walk(repositories)):
            if "_manifests" not in folders:
                continue
            name = os.path.relpath(folder, repositories)
            lines.append(name)
            for digest in self._linked(name):
                if digest in forgotten or not os.path.exists(self.blob_path(digest)):
                    continue
                marked.add(digest)
                lines.append("%s: marking manifest %s " % (name, digest))
                for part in _named(json.loads(read(self.blob_path(digest)))):
                    marked.add(part)
                    lines.append("%s: marking blob %s" % (name, part))
        going = sorted(self.stored() - marked)
        lines += ["", "%d blobs marked, %d blobs and 0 manifests eligible for deletion" % (len(marked), len(going))]
        for digest in going:
            lines.append("blob eligible for deletion: " + digest)
            if not dry_run and (only is None or digest in only):
                shutil.rmtree(os.path.dirname(self.blob_path(digest)))
        return "\n".join(lines) + "\n"

    def _linked(self, repository):
        revisions = self.place(repository, "_manifests", "revisions", "sha256")
        names = sorted(os.listdir(revisions)) if os.path.isdir(revisions) else []
        return ["sha256:" + name for name in names if os.path.exists(os.path.join(revisions, name, "link"))]


def _named(document):
    entries = document.get("manifests") or [document["config"], *document["layers"]]
    return [entry["digest"] for entry in entries]


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)


def read(path):
    with open(path, "rb") as stream:
        return stream.read()
