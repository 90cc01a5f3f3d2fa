# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not proven to be a cache of ours is refused, and its storage is read as it is."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._caching import names
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.look import look
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.place import find_place
from ansible_collections.imagefleet.docker.plugins.module_utils._emptying.request import parse_cache_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RefusedError

CONFIG = 'storage:\n  filesystem:\n    rootdirectory: "%s"\nproxy:\n  remoteurl: "http://127.0.0.1:5000"\n'


@pytest.fixture(name="cache")
def fixture_cache(tmp_path, monkeypatch):
    """A cache as the role makes it; returns the request for it."""
    monkeypatch.setattr(names, "CONFIG_FOLDER", str(tmp_path / "etc"))
    storage = tmp_path / "storage"
    storage.mkdir()
    (storage / names.MARKER).write_text('{"cache": "hub"}\n')
    config = tmp_path / "etc" / "hub" / "config.yml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG % storage)
    return parse_cache_options({"cache": "hub", "registry": "127.0.0.1:5001", "storage_path": str(storage)})


def test_a_cache_of_ours(cache):
    place = find_place(cache)
    assert place.upstream.registry == "127.0.0.1:5000" and place.upstream.insecure


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda cache: os.unlink(os.path.join(cache.storage_path, names.MARKER)), "no marker"),
        (lambda cache: _write(os.path.join(cache.storage_path, names.MARKER), '{"cache": "x"}'), "marker of cache x"),
        (lambda cache: _write(cache.names.config, CONFIG % "/var/lib/other"), "another place"),
        (lambda cache: _write(cache.names.config, 'rootdirectory: "%s"\n' % cache.storage_path), "no configuration"),
        (lambda cache: os.unlink(cache.names.config), "no configuration"),
        (lambda cache: _replace_by_link(cache.storage_path), "no folder"),
    ],
)
def test_everything_else_is_refused(cache, spoil, words):
    spoil(cache)
    with pytest.raises(RefusedError) as caught:
        find_place(cache)
    assert words in str(caught.value) and "Nothing was touched" in str(caught.value)


def test_storage_is_measured_with_what_was_set_aside_and_empty_files_are_found(cache):
    place = find_place(cache)
    digest = "ab" * 32
    blob = os.path.join(place.storage, "docker/registry/v2/blobs/sha256/ab", digest)
    os.makedirs(blob)
    _write(os.path.join(blob, "data"), "x" * 5000)
    one = look(place)
    assert 5000 <= one.used < 50000 and one.hollow == ()
    aside = os.path.join(place.storage, names.ASIDE)
    os.makedirs(aside)
    _write(os.path.join(aside, "old"), "x" * 100000)
    _write(os.path.join(blob, "data"), "")
    two = look(place)
    assert two.used >= 100000 and two.hollow == ("sha256:" + digest,)


def test_it_began_when_it_was_emptied_or_made(cache):
    place = find_place(cache)
    os.utime(place.path(names.MARKER), (1000, 1000))
    assert look(place).emptied == 1000
    _write(place.path(names.EMPTIED), "")
    os.utime(place.path(names.EMPTIED), (2000, 2000))
    assert look(place).emptied == 2000


@pytest.mark.parametrize("probe", ["library/debian", "UPPER:1"])
def test_a_probe_that_names_no_image(probe):
    with pytest.raises(PolicyError):
        parse_cache_options({"cache": "hub", "registry": "127.0.0.1:5001", "probe": probe})


def _write(path, text):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def _replace_by_link(path):
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)
