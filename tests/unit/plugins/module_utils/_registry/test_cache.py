# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content on disk by digest: verified, bounded, safe for several writers, never the reason of a failure."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import cache as module
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache

DATA = b'{"schemaVersion": 2}'
DIGEST = digest_of(DATA)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path):
    return ContentCache(str(tmp_path / "cache"))


def test_what_was_put_is_there_for_the_next_run(cache, tmp_path):
    assert cache.get(DIGEST) is None
    cache.put(DIGEST, DATA)
    cache.put(DIGEST, DATA)
    assert ContentCache(str(tmp_path / "cache")).get(DIGEST) == DATA
    (name,) = files(tmp_path / "cache")
    assert name == "content/%s/%s" % (DIGEST[7:9], DIGEST[7:])
    assert stat.S_IMODE(os.stat(str(tmp_path / "cache" / name)).st_mode) == 0o600


def test_facts_are_apart_from_content(cache, tmp_path):
    cache.put_facts(DIGEST, b'{"a": 1}')
    assert cache.get_facts(DIGEST) == b'{"a": 1}' and cache.get(DIGEST) is None
    cache.put(DIGEST, DATA)
    assert cache.get_facts(DIGEST) == b'{"a": 1}' and cache.get(DIGEST) == DATA
    assert [name.partition("/")[0] for name in files(tmp_path / "cache")] == ["content", "facts"]


@pytest.mark.parametrize("damage", [b"", b"x", DATA[:-1], DATA + b" ", b"\n", b"sha256:0\n"])
def test_damage_is_found_and_mended(cache, tmp_path, damage):
    cache.put(DIGEST, DATA)
    cache.put_facts(DIGEST, b"facts")
    for name in files(tmp_path / "cache"):
        (tmp_path / "cache" / name).write_bytes(damage)
    assert cache.get(DIGEST) is None and cache.get_facts(DIGEST) is None
    assert files(tmp_path / "cache") == []
    cache.put(DIGEST, DATA)
    cache.put_facts(DIGEST, b"facts")
    assert cache.get(DIGEST) == DATA and cache.get_facts(DIGEST) == b"facts"


def test_facts_whose_content_was_changed_are_damage(cache, tmp_path):
    cache.put_facts(DIGEST, b'{"created": 5}')
    (name,) = files(tmp_path / "cache")
    path = tmp_path / "cache" / name
    path.write_bytes(path.read_bytes().replace(b"5", b"6"))
    assert cache.get_facts(DIGEST) is None


def test_nothing_is_kept_without_a_folder_or_by_other_digests(cache, tmp_path):
    nowhere = ContentCache(None)
    nowhere.put(DIGEST, DATA)
    nowhere.put_facts(DIGEST, b"x")
    assert nowhere.get(DIGEST) is None and nowhere.get_facts(DIGEST) is None
    other = "sha512:" + "0" * 128
    cache.put(other, DATA)
    assert cache.get(other) is None and not (tmp_path / "cache").exists()


def test_it_is_bounded_and_what_was_used_last_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MEASURE_EVERY", 1)
    cache = ContentCache(str(tmp_path), max_bytes=10000)
    entries = [b"%04d" % number + b"x" * 996 for number in range(10)]
    for number, data in enumerate(entries):
        cache.put(digest_of(data), data)
        path = tmp_path / "content" / digest_of(data)[7:9] / digest_of(data)[7:]
        os.utime(str(path), (number, number))
    assert len(files(tmp_path)) == 10
    assert cache.get(digest_of(entries[0])) == entries[0]  # used just now
    cache.put(DIGEST, DATA * 10)
    kept = [data for data in entries if cache.get(digest_of(data))]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 8000
    assert kept == [entries[0], *entries[-len(kept) + 1 :]] and len(kept) == 7


def test_it_is_measured_when_a_run_begins_and_seldom_after(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr(ContentCache, "_tidy", lambda _self: measured.append(1))
    cache = ContentCache(str(tmp_path))
    for number in range(20):
        data = b"%d" % number
        cache.put(digest_of(data), data)
    assert len(measured) == 1
    data = b"x" * module.MEASURE_EVERY
    cache.put(digest_of(data), data)
    assert len(measured) == 2


def test_many_writers_and_readers(tmp_path, monkeypatch):
    """Also while others tidy: what is read is whole or absent."""
    monkeypatch.setattr(module, "MEASURE_EVERY", 1)
    entries = [b"%04d" % number * 250 for number in range(40)]
    wrong = []
    begin = threading.Barrier(8)

    def work():
        cache = ContentCache(str(tmp_path), max_bytes=20000)
        begin.wait()
        try:
            for data in entries:
                cache.put(digest_of(data), data)
                cache.put_facts(digest_of(data), data[:8])
                if cache.get(digest_of(data)) not in (None, data):
                    wrong.append(data)
                if cache.get_facts(digest_of(data)) not in (None, data[:8]):
                    wrong.append(data)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    names = files(tmp_path)
    assert names and all(len(name.rpartition("/")[2]) == 64 for name in names)  # no temporary file is left


def test_a_folder_that_cannot_be_used_is_not_used(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cache = ContentCache(str(tmp_path / "file" / "cache"))
    cache.put(DIGEST, DATA)
    cache.put_facts(DIGEST, b"x")
    assert cache.get(DIGEST) is None and cache.get_facts(DIGEST) is None


def test_a_full_disk_leaves_nothing_behind(cache, tmp_path, monkeypatch):
    def full(*_what):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    cache.put(DIGEST, DATA)
    assert files(tmp_path) == [] and cache.get(DIGEST) is None
