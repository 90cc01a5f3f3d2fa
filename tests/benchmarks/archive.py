# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many small images as one docker-save style archive: a shared base, ten shared middle layers, one own layer each."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path

MIDDLES = 10
MIDDLE_BYTES = 512 * 1024
OWN_BYTES = 256 * 1024
BUILT = "2024-%02d-%02dT12:00:00Z"


@dataclass(frozen=True)
class Layer:
    """One layer as a tar file, and where it lies in the archive."""

    path: str
    data: bytes

    @property
    def diff_id(self) -> str:
        return "sha256:" + hashlib.sha256(self.data).hexdigest()


def write_archive(target: Path, names: list[list[str]], shell: Path) -> None:
    """Write one image per list of names; image number i has middle layer i modulo ten. `shell` is a static busybox."""
    base = _layer("base", {"bin/busybox": (shell.read_bytes(), 0o755)})
    middles = [_layer("middle-%d" % i, {"middle.bin": (_noise(i, MIDDLE_BYTES), 0o644)}) for i in range(MIDDLES)]
    manifest = []
    with tarfile.open(target, "w") as tar:
        for layer in (base, *middles):
            _add(tar, layer.path, layer.data)
        for number, tags in enumerate(names):
            own = _layer("own-%d" % number, {"own.bin": (_noise(1000 + number, OWN_BYTES), 0o644)})
            _add(tar, own.path, own.data)
            layers = [base, middles[number % MIDDLES], own]
            config = _config(number, layers)
            path = hashlib.sha256(config).hexdigest() + ".json"
            _add(tar, path, config)
            manifest.append({"Config": path, "RepoTags": tags, "Layers": [layer.path for layer in layers]})
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _noise(seed: int, length: int) -> bytes:
    return random.Random(seed).randbytes(length)


def _layer(name: str, files: dict[str, tuple[bytes, int]]) -> Layer:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, (data, mode) in files.items():
            _add(tar, path, data, mode)
    return Layer(name + "/layer.tar", stream.getvalue())


def _add(tar: tarfile.TarFile, path: str, data: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode, entry.mtime = len(data), mode, 1704067200
    tar.addfile(entry, io.BytesIO(data))


def _config(number: int, layers: list[Layer]) -> bytes:
    created = BUILT % (1 + number % 12, 1 + number % 28)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "config": {"Cmd": ["/bin/busybox", "true"]},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": created, "created_by": "COPY %s" % layer.path} for layer in layers],
    }
    return json.dumps(config).encode()
