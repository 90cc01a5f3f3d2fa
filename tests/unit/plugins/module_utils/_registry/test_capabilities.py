# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a registry can do is remembered for a day, and asked anew whenever the memory is in doubt."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._registry import capabilities as module
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    Capabilities,
    CapabilityMemory,
    probe_deletion,
    probe_referrers,
    probe_uploads,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

NOW = 1700000000.0


class Client:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, cache_dir=None, registry="r.example.com:5000", **answers):
        self.options = make_registry_options({"registry": registry, "cache_dir": cache_dir})
        self.name = self.options.registry
        self.answers = answers
        self.asked = []

    def _answer(self, name, *what):
        self.asked.append((name, *what))
        answer = self.answers[name]
        answer = answer.pop(0) if isinstance(answer, list) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def delete(self, repository, reference):
        return self._answer("delete", repository, reference)

    def referrers(self, repository, digest):
        return self._answer("referrers", repository, digest)

    def open_upload(self, repository, query, data=b""):
        return self._answer("open_upload", repository, dict(query), data)


@pytest.fixture
def clock(monkeypatch):
    now = [NOW]
    monkeypatch.setattr(module.time, "time", lambda: now[0])
    return now


def test_it_lasts_a_day(tmp_path, clock):
    folder = str(tmp_path / "cache")
    first = CapabilityMemory(Client(folder))
    assert first.known == Capabilities()
    first.learn(delete=True, tag_delete=False)
    first.learn(referrers=False)
    expected = Capabilities(delete=True, tag_delete=False, referrers=False)
    assert first.known == expected and os.listdir(folder + "/registries") == ["r.example.com_5000.json"]
    for later, known in ((0, expected), (86399, expected), (86400, Capabilities()), (-1, Capabilities())):
        clock[0] = NOW + later
        assert CapabilityMemory(Client(folder)).known == known
    clock[0] = NOW
    assert CapabilityMemory(Client(folder, registry="other.example.com")).known == Capabilities()


def test_nothing_new_is_not_written(tmp_path, clock):
    memory = CapabilityMemory(Client(str(tmp_path)))
    memory.learn(delete=None)
    assert list(tmp_path.iterdir()) == []
    memory.learn(delete=True)
    (path,) = (tmp_path / "registries").iterdir()
    clock[0] = NOW + 5
    memory.learn(delete=True)
    assert json.loads(path.read_text())["checked"] == NOW


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"delete": true}',
        b'{"delete": true, "checked": "then"}',
        b'{"delete": true, "checked": NaN}',
        b'{"delete": true, "checked": 1%s}' % (b"0" * 400),
        b"[" * 60000,
        b" " * (64 * 1024 + 1),
    ],
)
def test_damage_is_no_memory(tmp_path, clock, damage):
    memory = CapabilityMemory(Client(str(tmp_path)))
    memory.learn(delete=True)
    (path,) = (tmp_path / "registries").iterdir()
    path.write_bytes(damage)
    again = CapabilityMemory(Client(str(tmp_path)))
    assert again.known == Capabilities()
    again.learn(mount=True)
    assert CapabilityMemory(Client(str(tmp_path))).known == Capabilities(mount=True)


def test_only_yes_and_no_are_taken(tmp_path, clock):
    CapabilityMemory(Client(str(tmp_path))).learn(delete=True)
    (path,) = (tmp_path / "registries").iterdir()
    path.write_text(json.dumps({"checked": NOW, "delete": "yes", "mount": 1, "uploads": False, "unknown": True}))
    assert CapabilityMemory(Client(str(tmp_path))).known == Capabilities(uploads=False)


@pytest.mark.parametrize("folder", [None, "file"])
def test_what_cannot_be_written_is_known_for_this_run(tmp_path, clock, folder):
    (tmp_path / "file").write_bytes(b"")
    memory = CapabilityMemory(Client(folder and str(tmp_path / folder)))
    assert memory.learn(delete=True) == memory.known == Capabilities(delete=True)


# Questions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statuses, expected",
    [
        ([404, 404], Capabilities(delete=True, tag_delete=True)),
        ([202, 202], Capabilities(delete=True, tag_delete=True)),
        ([404, 400], Capabilities(delete=True, tag_delete=False)),
        ([405, 405], Capabilities(delete=False, tag_delete=False)),
        ([RegistryRefusal("no", 401)], Capabilities()),
        ([404, RegistryRefusal("no", 403)], Capabilities()),
    ],
)
def test_deletion(statuses, expected):
    client = Client(delete=list(statuses))
    assert probe_deletion(client, "app") == expected
    references = [one[2] for one in client.asked]
    assert references[0].startswith("sha256:") and len(references[0]) == 71
    other = Client(delete=[404, 404])
    probe_deletion(other, "app")
    assert other.asked[0] != client.asked[0]  # never one that could be there


@pytest.mark.parametrize(
    "statuses, expected",
    [
        ([201, 201], Capabilities(uploads=True, mount=True, single_post=True)),
        ([201, 202], Capabilities(uploads=True, mount=True, single_post=False)),
        ([202, 202], Capabilities(uploads=True, mount=False, single_post=False)),
        ([405, 405], Capabilities(uploads=False, mount=False, single_post=False)),
        ([RegistryRefusal("no", 403)], Capabilities()),
    ],
)
def test_uploads(statuses, expected):
    client = Client(open_upload=list(statuses))
    assert probe_uploads(client, "app", "sha256:x", b"data") == expected
    assert client.asked[0] == ("open_upload", "app", {"mount": "sha256:x", "from": "app"}, b"")
    assert client.asked[1:] in ([], [("open_upload", "app", {"digest": "sha256:x"}, b"data")])


def test_other_refusals_are_told():
    for probe in (lambda client: probe_deletion(client, "a"), lambda client: probe_uploads(client, "a", "b", b"")):
        with pytest.raises(RegistryRefusal):
            probe(Client(delete=RegistryRefusal("no", 409), open_upload=RegistryRefusal("no", 409)))


def test_referrers():
    assert probe_referrers(Client(referrers=b"{}"), "app") is True
    assert probe_referrers(Client(referrers=None), "app") is False
    assert probe_referrers(Client(referrers=RegistryRefusal("no", 403)), "app") is None
