# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers and archives of images read as they come: nothing is unpacked, and only what is wanted is kept in memory."""

from __future__ import annotations

import json
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import platform_of
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import normalised
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.overlay import (
    FILE,
    FOLDER,
    HARD_LINK,
    LINK,
    OTHER,
    Entry,
    Wanted,
    normal,
    overlay,
)

PIECE = 256 * 1024
#: Bytes of a single file that is kept, and of all of them: a status file of 3000 packages has 3 MB.
MAX_FILE = 64 * 1024 * 1024
MAX_KEPT = 256 * 1024 * 1024
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_KINDS = {tarfile.DIRTYPE: FOLDER, tarfile.SYMTYPE: LINK, tarfile.LNKTYPE: HARD_LINK}
_MANIFEST = "manifest.json"


@dataclass
class Budget:
    """How many bytes may still be kept."""

    left: int = MAX_KEPT

    def take(self, size: int, what: str) -> None:
        """Raises ContentError."""
        self.left -= size
        if size > MAX_FILE or self.left < 0:
            raise ContentError(
                "%s is too large to be read: more than %d bytes, or all together more than %d"
                % (what, MAX_FILE, MAX_KEPT)
            )


def read_layer(chunks: Iterable[bytes], wanted: Wanted, where: str, budget: Budget) -> List[Entry]:
    """What a layer (a tar, plain or of gzip) has to say about what is wanted. Read to its end, so that who sends it can verify it.

    Raises ContentError for what is no such layer; errors of `chunks` pass through.
    """
    source = iter(chunks)
    found: List[Entry] = []
    files: Dict[str, bytes] = {}
    try:
        with _opened(source, where) as tar:
            for member in _members(tar):
                path = normal(member.name)
                if wanted.concerns(path):
                    entry = _entry(tar, member, path, wanted, files, where, budget)
                    files[path] = entry.data
                    found.append(entry)
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError) as error:
        raise ContentError("%s cannot be read as a layer: %s" % (where, error)) from error
    for _rest in source:
        pass
    return found


def _entry(
    tar: tarfile.TarFile,
    member: tarfile.TarInfo,
    path: str,
    wanted: Wanted,
    files: Mapping[str, bytes],
    where: str,
    budget: Budget,
) -> Entry:
    kind = FILE if member.isreg() else _KINDS.get(member.type, OTHER)
    if kind == HARD_LINK:
        # Its content stands earlier in the same layer; where that was not wanted, there is none to show.
        data = files.get(normal(member.linkname))
        return Entry(path, OTHER) if data is None else Entry(path, FILE, data)
    if kind != FILE or not wanted.holds(path):
        return Entry(path, kind, target=member.linkname)
    budget.take(member.size, "%s of %s" % (path, where))
    stream = tar.extractfile(member)
    return Entry(path, FILE, stream.read() if stream is not None else b"")


@dataclass
class _Archive:
    """What stands in an archive, by name; which of it is a layer, its manifest tells, which may come last."""

    layers: Dict[str, List[Entry]] = field(default_factory=dict)
    documents: Dict[str, bytes] = field(default_factory=dict)
    same: Dict[str, str] = field(default_factory=dict)

    def layer(self, name: str) -> List[Entry]:
        name = normal(name)
        # Archives of older engines have a layer once, and links to it.
        found = self.layers.get(self.same.get(name, name))
        if found is None:
            raise ContentError("it has no layer %s that could be read" % name)
        return found


def read_archive(chunks: Iterable[bytes], wanted: Wanted, platform: Optional[str], where: str) -> Dict[str, Entry]:
    """What is wanted out of an archive of `docker save`, of its image for `platform` where it has several.

    Raises ContentError saying what is wrong with it.
    """
    archive = _Archive()
    budget = Budget()
    source = iter(chunks)
    try:
        with _opened(source, where) as tar:
            for member in _members(tar):
                _take(tar, member, archive, wanted, where, budget)
        for _rest in source:
            pass
        entry = _image(archive, platform)
        return overlay(archive.layer(str(name)) for name in entry["Layers"])
    except (
        tarfile.TarError,
        zlib.error,
        EOFError,
        UnicodeError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ) as error:
        raise ContentError("%s cannot be read as an archive of docker save: %s" % (where, error)) from error


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, archive: _Archive, wanted: Wanted, where: str, budget: Budget
) -> None:
    name = normal(member.name)
    if member.issym():
        archive.same[name] = normal(name.rpartition("/")[0] + "/" + member.linkname)
        return
    if not member.isreg():
        return
    stream = tar.extractfile(member)
    if stream is None:
        return
    first = stream.read(1)
    if first in (b"{", b"["):
        budget.take(member.size, "%s of %s" % (name, where))
        archive.documents[name] = first + stream.read()
    elif member.size >= tarfile.BLOCKSIZE or name.startswith("blobs/"):
        pieces = _after(first, iter(lambda: stream.read(PIECE), b""))
        try:
            archive.layers[name] = read_layer(pieces, wanted, name, budget)
        except ContentError as error:
            # It matters only when the manifest counts it among the layers, which it may say later.
            archive.documents[name] = str(error).encode("utf-8")


def _image(archive: _Archive, platform: Optional[str]) -> Mapping[str, Any]:
    if _MANIFEST not in archive.documents:
        raise ContentError("it has no %s" % _MANIFEST)
    entries = json.loads(archive.documents[_MANIFEST].decode("utf-8"))
    if len(entries) > 1 and platform is not None:
        entries = [entry for entry in entries if _platform(archive, entry) == normalised(platform)] or entries
    if len(entries) != 1:
        raise ContentError("it holds %d images; save each into an archive of its own" % len(entries))
    found: Mapping[str, Any] = entries[0]
    told = json.loads(archive.documents[normal(str(found["Config"]))].decode("utf-8"))
    chain = (told.get("rootfs") or {}).get("diff_ids") or []
    if len(chain) != len(found["Layers"]):
        raise ContentError("its manifest has %d layers and its configuration %d" % (len(found["Layers"]), len(chain)))
    return found


def _platform(archive: _Archive, entry: Mapping[str, Any]) -> str:
    document = archive.documents.get(normal(str(entry["Config"])), b"{}")
    return normalised(platform_of(json.loads(document.decode("utf-8"))))


def _opened(source: Iterator[bytes], where: str) -> tarfile.TarFile:
    pieces: Any = _Pieces(_plain(source, where))
    return tarfile.open(fileobj=pieces, mode="r|", bufsize=PIECE)


def _members(tar: Any) -> Iterator[tarfile.TarInfo]:
    """One after the other; the list that tarfile keeps of them would grow with the image."""
    member: Optional[tarfile.TarInfo] = tar.next()
    while member is not None:
        yield member
        tar.members = []
        member = tar.next()


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _plain(chunks: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Without the compression, of one gzip member or several, as builders write them."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(_ZSTD):
            break
    if head.startswith(_ZSTD):
        raise ContentError(
            "%s is compressed with zstd, which cannot be read here; scan the image from an engine, or push it with gzip"
            % where
        )
    whole = _after(head, chunks)
    return _inflated(whole) if head.startswith(_GZIP) else whole


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        data = chunk
        while data:
            if inflate.eof:
                if not data.startswith(_GZIP[:1]):
                    return
                inflate = zlib.decompressobj(wbits=31)
            # What expands without end must not do so in memory.
            piece = inflate.decompress(data, PIECE)
            if piece:
                yield piece
            data = inflate.unconsumed_tail or inflate.unused_data
    if not inflate.eof:
        raise EOFError("it ends in the middle")


class _Pieces:
    """A file object over pieces, for tarfile, which reads as many bytes as it asks for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int) -> bytes:
        found: List[bytes] = []
        missing = size
        while missing > 0:
            if not self._rest:
                self._rest = next(self._pieces, b"")
                if not self._rest:
                    break
            piece, self._rest = self._rest[:missing], self._rest[missing:]
            found.append(piece)
            missing -= len(piece)
        return b"".join(found)
