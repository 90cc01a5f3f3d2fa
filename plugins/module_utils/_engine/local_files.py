# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine's own files tell root on the same machine and its API does not: arrival times, holders of layers, blobs.

Everything here is read only, and only believed when the files are proven to belong to the engine that was asked: a unix
socket may lead into a container whose data directory has the same path as this machine's.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence

MAX_DATABASE = 512 * 1024 * 1024
MAX_DOCUMENT = 16 * 1024 * 1024
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
_BLOBS = "io.containerd.content.v1.content/blobs/sha256"
_CONTAINERD_ROOTS = ("containerd/daemon", "/var/lib/containerd")


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _read(path: str, limit: int) -> Optional[bytes]:
    try:
        if os.path.getsize(path) > limit:
            return None
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


class LocalFiles:
    """The data directory of one engine; `driver` is its graph driver, None with the containerd store."""

    def __init__(self, root: str, driver: Optional[str], content: Optional[str]) -> None:
        self._root = root
        self._driver = driver
        self._content = content

    def arrival(self, image: str) -> Optional[int]:
        """When the engine stored the image: the time of its first file, which a repeated pull leaves alone."""
        if self._driver is not None:
            path = _config_file(self._root, self._driver, image)
        elif self._content is not None:
            path = os.path.join(self._content, _hex(image))
        else:
            return None
        try:
            return int(os.stat(path).st_mtime)
        except OSError:
            return None

    def layer_size(self, chain: str) -> Optional[int]:
        """Bytes of one layer as the graph driver recorded them."""
        if self._driver is None:
            return None
        text = _read(os.path.join(self._layerdb(), "sha256", _hex(chain), "size"), 100)
        return int(text) if text is not None and text.strip().isdigit() else None

    def chains_below(self, container: str) -> Optional[List[str]]:
        """The layer chains below a container's own layer, top first (graph drivers only); None when not readable."""
        if self._driver is None:
            return None
        chains: List[str] = []
        text = _read(os.path.join(self._layerdb(), "mounts", container, "parent"), 1000)
        while text is not None:
            chains.append(text.decode("ascii", "replace").strip())
            text = _read(os.path.join(self._layerdb(), "sha256", _hex(chains[-1]), "parent"), 1000)
        return chains or None

    def cache_digests(self) -> Optional[FrozenSet[str]]:
        """Every digest named in BuildKit's databases: a superset of the layers and blobs that the build cache holds.

        The databases are searched for digests, not decoded; a digest in a freed page only widens the interval.
        None when they cannot be read.
        """
        found = set()
        folder = os.path.join(self._root, "buildkit")
        for directory, _folders, files in os.walk(folder):
            for name in files:
                if name.endswith(".db") and not name.startswith(("history", "cache")):
                    data = _read(os.path.join(directory, name), MAX_DATABASE)
                    if data is None:
                        return None
                    found.update(_DIGEST.findall(data))
        return frozenset(digest.decode("ascii") for digest in found)

    def blobs(self, target: str) -> Optional[Dict[str, int]]:
        """Digest -> bytes of all present content of an image, from its index or manifest down; None when not readable."""
        if self._content is None:
            return None
        blobs: Dict[str, int] = {}
        queue: List[str] = [target]
        while queue:
            digest = queue.pop()
            if digest in blobs:
                continue
            path = os.path.join(self._content, _hex(digest))
            try:
                blobs[digest] = os.path.getsize(path)
            except OSError:
                if digest == target:
                    return None
                continue  # a platform that was not pulled
            document = self._document(path)
            if document is None:
                continue
            entries = list(document.get("manifests") or []) + list(document.get("layers") or [])
            if isinstance(document.get("config"), dict):
                entries.append(document["config"])
            queue += [
                entry["digest"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("digest"), str)
            ]
        return blobs

    def members(self, target: str) -> List[str]:
        """Digests of the manifests and configurations below an index or manifest."""
        if self._content is None:
            return []
        found: List[str] = []
        queue = [target]
        while queue:
            document = self._document(os.path.join(self._content, _hex(queue.pop()))) or {}
            for entry in document.get("manifests") or []:
                if isinstance(entry, dict) and isinstance(entry.get("digest"), str) and entry["digest"] not in found:
                    found.append(entry["digest"])
                    queue.append(entry["digest"])
            config = document.get("config")
            if isinstance(config, dict) and isinstance(config.get("digest"), str):
                found.append(config["digest"])
        return found

    def _document(self, path: str) -> Optional[Dict[str, Any]]:
        """The JSON object in a blob that is an index or a manifest; None for anything else (layers, configurations)."""
        try:
            with open(path, "rb") as stream:
                if stream.read(1) != b"{":
                    return None
            text = _read(path, MAX_DOCUMENT)
            document = json.loads(text) if text else None
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) and ("manifests" in document or "layers" in document) else None

    def _layerdb(self) -> str:
        return os.path.join(self._root, "image", self._driver or "", "layerdb")


def _config_file(root: str, driver: str, image: str) -> str:
    return os.path.join(root, "image", driver, "imagedb", "content", "sha256", _hex(image))


def open_local_files(root: str, engine_id: str, driver: Optional[str], images: Sequence[str]) -> Optional[LocalFiles]:
    """The engine's files, or None when they are not here, not readable, or not proven to be this engine's.

    Proof: the engine's id file (23.0 and newer) names it; before that, every image it lists has its file here.
    """
    if not os.path.isdir(root) or not os.access(os.path.join(root, "buildkit"), os.R_OK | os.X_OK):
        return None
    told = _read(os.path.join(root, "engine-id"), 1000)
    if told is not None:
        if told.decode("utf-8", "replace").strip() != engine_id:
            return None
    elif driver is None or not all(os.path.exists(_config_file(root, driver, image)) for image in images):
        return None
    return LocalFiles(root, driver, _find_content(root, images) if driver is None else None)


def _find_content(root: str, images: Iterable[str]) -> Optional[str]:
    """The content store: the engine's own containerd keeps it in the data directory, the system's in its own."""
    wanted = list(images)
    for candidate in _CONTAINERD_ROOTS:
        folder = os.path.join(root, candidate, _BLOBS)
        if os.path.isdir(folder) and all(os.path.exists(os.path.join(folder, _hex(image))) for image in wanted):
            return folder
    return None
