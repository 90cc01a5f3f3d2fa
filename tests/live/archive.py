# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images made by hand: an archive as `docker save` writes it, which one call loads."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Mapping, Sequence

from lab.paths import cache

#: A program that needs nothing else, of the lab.
BUSYBOX = cache().tools("bookworm") / "bin" / "busybox"


@dataclass(frozen=True)
class Layer:
    """One layer with a file of `size` bytes that no other seed has; `program` also carries busybox, to run something."""

    seed: str
    size: int = 4096
    program: Path | None = None

    def tar(self) -> bytes:
        return _layer_tar(self)


@lru_cache(maxsize=512)
def _layer_tar(layer: Layer) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        content = random.Random(layer.seed).randbytes(layer.size)
        _add(tar, "data-%s" % hashlib.sha256(layer.seed.encode()).hexdigest()[:12], content, 0o644)
        if layer.program is not None:
            _add(tar, "bin/busybox", layer.program.read_bytes(), 0o755)
    return buffer.getvalue()


@dataclass(frozen=True)
class Image:
    """What to load: the names, the layers from the bottom, labels, and the build date."""

    names: Sequence[str]
    layers: Sequence[Layer]
    labels: Mapping[str, str] = field(default_factory=dict)
    created: str = "2024-03-01T12:00:00Z"
    note: str = ""

    def config(self) -> bytes:
        document = {
            "architecture": "amd64",
            "os": "linux",
            "created": self.created,
            "config": {"Labels": dict(self.labels), "Cmd": ["/bin/busybox", "sleep", "2000000000"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _digest(layer.tar()) for layer in self.layers]},
            "history": [{"created": self.created, "created_by": "layer"} for _layer in self.layers],
            "comment": self.note,
        }
        return json.dumps(document, sort_keys=True).encode()


def archive(images: Sequence[Image]) -> bytes:
    """The archive of all images."""
    buffer = io.BytesIO()
    manifest = []
    written: set[str] = set()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for image in images:
            config = image.config()
            layers = []
            for layer in image.layers:
                name = _digest(layer.tar()) + "/layer.tar"
                layers.append(name)
                if name not in written:
                    written.add(name)
                    _add(tar, name, layer.tar(), 0o644)
            config_name = _digest(config) + ".json"
            if config_name not in written:
                written.add(config_name)
                _add(tar, config_name, config, 0o644)
            manifest.append({"Config": config_name, "RepoTags": list(image.names), "Layers": layers})
        _add(tar, "manifest.json", json.dumps(manifest).encode(), 0o644)
    return buffer.getvalue()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))
