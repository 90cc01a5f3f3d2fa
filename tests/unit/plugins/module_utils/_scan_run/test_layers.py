# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers and archives as they come: plain, compressed, linked, torn, too large."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, EngineUnreachable
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.overlay import FILE, LINK, OTHER, Wanted, content
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import ARCHIVE
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.archive import identify_archive
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.layers import Budget, read_archive, read_layer

STATUS = "var/lib/dpkg/status"
WANTED = Wanted((STATUS, "etc/os-release"))


def tar(*entries):
    """Of (name, bytes), (name, "-> target"), (name, "= target") and (name, None) for a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, what in entries:
            entry = tarfile.TarInfo(name)
            if isinstance(what, bytes):
                entry.size = len(what)
                made.addfile(entry, io.BytesIO(what))
                continue
            entry.type = (
                tarfile.DIRTYPE if what is None else tarfile.SYMTYPE if what.startswith("->") else tarfile.LNKTYPE
            )
            entry.linkname = "" if what is None else what.partition(" ")[2]
            made.addfile(entry)
    return buffer.getvalue()


def pieces(data, size=1000):
    return [data[at : at + size] for at in range(0, len(data), size)]


def read(data, size=1000, budget=None):
    return read_layer(pieces(data, size), WANTED, "the layer", budget or Budget())


LAYER = tar(
    ("./var/", None), ("./" + STATUS, b"x" * 5000), ("usr/bin/large", b"y" * 30000), ("etc/.wh.os-release", b"")
)
FOUND = [("var", "folder"), (STATUS, FILE), ("etc/.wh.os-release", FILE)]


@pytest.mark.parametrize(
    "data",
    [
        LAYER,
        gzip.compress(LAYER),
        # Builders write several members, and some pad the end.
        gzip.compress(LAYER[:7000]) + gzip.compress(LAYER[7000:]),
        gzip.compress(LAYER) + b"\0" * 512,
    ],
)
@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_plain_and_compressed_in_pieces_of_any_size(data, size):
    found = read(data, size)
    assert [(entry.path, entry.kind) for entry in found] == FOUND
    assert found[1].data == b"x" * 5000


def test_links():
    found = read(tar((STATUS, b"same"), ("etc/os-release", "= " + STATUS), (STATUS, "-> ../elsewhere")))
    assert [(one.path, one.kind, one.data, one.target) for one in found] == [
        (STATUS, FILE, b"same", ""),
        ("etc/os-release", FILE, b"same", ""),
        (STATUS, LINK, b"", "../elsewhere"),
    ]
    (unknown,) = read(tar(("other", b"x"), (STATUS, "= other")))
    assert unknown.kind == OTHER


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(LAYER)[:-200], "the layer cannot be read as a layer"),
        (LAYER[:3000], "the layer cannot be read as a layer"),
        (b"\x28\xb5\x2f\xfd" + b"rest", "the layer is compressed with zstd"),
        (b"no tar at all" * 1000, "the layer cannot be read as a layer"),
        (b"", "the layer cannot be read as a layer"),
    ],
)
def test_what_is_no_layer(data, says):
    with pytest.raises(ContentError, match=says):
        read(data)


def test_it_is_read_to_its_end_so_that_its_digest_can_be_told():
    data, told = gzip.compress(LAYER) + b"\0" * 5000, hashlib.sha256()

    def source():
        for piece in pieces(data):
            told.update(piece)
            yield piece

    read_layer(source(), WANTED, "the layer", Budget())
    assert told.digest() == hashlib.sha256(data).digest()


def test_what_breaks_on_the_way_is_told_as_it_is():
    def source():
        yield LAYER[:3000]
        raise EngineUnreachable("gone")

    with pytest.raises(EngineUnreachable, match="gone"):
        read_layer(source(), WANTED, "the layer", Budget())


def test_files_that_are_too_large_are_refused_before_they_are_read():
    with pytest.raises(ContentError, match="%s of the layer is too large" % STATUS):
        read(LAYER, budget=Budget(4999))
    assert len(read(LAYER, budget=Budget(5000))) == 3


@given(st.binary(max_size=3000), st.integers(0, 20000))
def test_any_bytes_are_a_layer_or_refused(noise, at):
    for whole in (LAYER, gzip.compress(LAYER)):
        try:
            read(whole[:at] + noise + whole[at + len(noise) :])
        except ContentError as error:
            assert "the layer" in str(error)


# Archives -------------------------------------------------------------------------------------------------------------


def config(*layers, architecture="amd64"):
    chain = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    return json.dumps({"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": chain}}).encode()


FIRST = tar((STATUS, b"first"), ("etc/os-release", b"ID=debian"))
SECOND = tar((STATUS, b"second"))
ENTRY = {"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["1/layer.tar", "2/layer.tar"]}


def archive(entries=(ENTRY,), *more):
    documents = [("c.json", config(FIRST, SECOND)), ("manifest.json", json.dumps(list(entries)).encode())]
    # The manifest comes last, the layers in any order.
    return tar(("2/layer.tar", SECOND), ("1/layer.tar", FIRST), *more, *documents)


def taken(data, platform=None):
    return read_archive(pieces(data), WANTED, platform, "app.tar")


@pytest.mark.parametrize("data", [archive(), gzip.compress(archive())])
def test_layers_count_in_the_order_of_the_manifest(data):
    assert content(taken(data), STATUS) == b"second"
    assert content(taken(data), "etc/os-release") == b"ID=debian"
    turned = archive([{**ENTRY, "Layers": ENTRY["Layers"][::-1]}])
    assert content(taken(turned), STATUS) == b"first"


def test_a_layer_may_be_a_link_to_that_of_another_image():
    linked = archive([{**ENTRY, "Layers": ["1/layer.tar", "3/layer.tar"]}], ("3/layer.tar", "-> ../2/layer.tar"))
    assert content(taken(linked), STATUS) == b"second"


def test_of_images_for_several_platforms_the_one_that_is_asked_for():
    arm = {"Config": "arm.json", "Layers": ["1/layer.tar"]}
    both = archive([ENTRY, arm], ("arm.json", config(FIRST, architecture="arm64")))
    assert content(taken(both, "linux/arm64/v8"), STATUS) == b"first"
    assert content(taken(both, "linux/amd64"), STATUS) == b"second"
    with pytest.raises(ContentError, match="holds 2 images"):
        taken(both)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (tar(("1/layer.tar", FIRST)), "it has no manifest.json"),
        (archive([]), "it holds 0 images"),
        (archive([ENTRY, ENTRY]), "it holds 2 images"),
        (archive([{**ENTRY, "Layers": ["1/layer.tar"]}]), "its manifest has 1 layers and its configuration 2"),
        (archive([{**ENTRY, "Layers": ["1/layer.tar", "9/layer.tar"]}]), "it has no layer 9/layer.tar"),
        (archive([{**ENTRY, "Config": "d.json"}]), "app.tar cannot be read as an archive of docker save"),
        (archive([7]), "app.tar cannot be read as an archive of docker save"),
        (archive()[:6000], "app.tar cannot be read as an archive of docker save"),
        (b"text", "app.tar cannot be read as an archive of docker save"),
    ],
)
def test_archives_that_are_refused(data, says):
    with pytest.raises(ContentError, match=says):
        taken(data)


def test_which_image_an_archive_holds(tmp_path):
    path = tmp_path / "app.tar"
    path.write_bytes(archive())
    draft = identify_archive(str(path))
    assert draft.digest == "sha256:" + hashlib.sha256(config(FIRST, SECOND)).hexdigest()
    assert (draft.source, draft.platform, draft.problem) == (ARCHIVE, "linux/amd64", None)
    assert draft.references == {"docker.io/library/app:1"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (archive([ENTRY, ENTRY]), "it holds 2 images; save each"),
        (archive([]), "it holds no image"),
        (b"text", "cannot be read as an archive of docker save"),
        (tar(("a", b"")), "it has no manifest.json"),
        (None, "No such file"),
    ],
)
def test_an_archive_that_tells_no_image_has_a_problem(tmp_path, data, says):
    path = tmp_path / "app.tar"
    if data is not None:
        path.write_bytes(data)
    draft = identify_archive(str(path))
    assert draft.problem is not None and says in draft.problem and str(path) in draft.problem
    assert draft.digest is None
