# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that go: in which order, what others did meanwhile, and a registry that takes the image along."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.registry_tags import RegistryTags
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.removal import take_away
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import judge_removal
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import parse_convention, wanted_tags

ALL = ("1.2.3", "1.2", "1", "latest")


class Place:
    """Tags as a registry has them; what is in `broken` cannot be deleted."""

    def __init__(self, staying=(), broken=()):
        self.tags = dict.fromkeys(ALL, "image")
        self.staying, self.broken, self.removed = dict(staying), broken, []

    def digest(self, name):
        return self.tags.get(name)

    def why_staying(self, _names):
        return self.staying

    def remove(self, name, digest):
        if name in self.broken:
            raise RegistryError("no answer")
        assert self.tags.pop(name) == digest
        self.removed.append(name)


def take(place, apply=True, meanwhile=()):
    wanted = wanted_tags(parse_convention({"version": "1.2.3"}, 0))
    rows = judge_removal(wanted, place.tags, "image")
    place.tags.update(meanwhile)
    return {one.row.name: (one.outcome, one.error) for one in take_away(place, rows, apply)}


def test_the_version_goes_last():
    place = Place()
    assert take(place, apply=False) == dict.fromkeys(ALL, ("planned", None)) and not place.removed
    assert take(place) == dict.fromkeys(ALL, ("done", None))
    assert place.removed == list(reversed(ALL))


def test_what_cannot_go_is_refused_in_check_mode_too():
    for apply in (False, True):
        place = Place(staying={"1.2.3": "why"})
        told = take(place, apply)
        assert told["1.2.3"] == ("refused", "why") and place.tags["1.2.3"] == "image"


def test_what_others_did_meanwhile():
    place = Place(broken=["1"])
    told = take(place, meanwhile={"1.2": "theirs", "latest": None})
    assert told["1.2"] == ("refused", "somebody else moved it to theirs meanwhile, so it stays")
    assert told["latest"] == ("done", None) and told["1"] == ("failed", "no answer")
    assert place.removed == ["1.2.3"]


class Client:
    """A registry that deletes by tag as told, and may take the manifest along."""

    name = "registry.example.com"
    options = make_registry_options({"registry": name})

    def __init__(self, status=202, alone=True):
        self.status, self.alone, self.there, self.sent = status, alone, True, []

    def manifest(self, _repository, _reference):
        return Body("sha256:" + "1" * 64, "application/json", b"{}")

    def delete(self, _repository, reference):
        self.sent.append(("DELETE", reference))
        self.there = self.alone
        return self.status

    def head(self, _repository, _reference):
        return self.manifest("", "") if self.there else None

    def put_manifest(self, _repository, reference, _media_type, data):
        self.sent.append(("PUT", reference, data))


def test_a_registry_that_takes_the_image_along_gets_it_back():
    client = Client(alone=False)
    with pytest.raises(RegistryError, match="deleted the image with its tag latest; both were put back"):
        RegistryTags(client, "web").remove("latest", "sha256:" + "1" * 64)
    assert client.sent == [("DELETE", "latest"), ("PUT", "latest", b"{}")]
    good = Client()
    RegistryTags(good, "web").remove("latest", "sha256:" + "1" * 64)
    assert good.sent == [("DELETE", "latest")]


@pytest.mark.parametrize(
    "status, why",
    [
        (202, None),
        (404, None),
        (400, "registry registry.example.com cannot delete a tag alone, as the distribution registry before version 3"),
    ],
)
def test_what_a_registry_can_is_asked_with_tags_that_do_not_exist(status, why):
    client = Client(status)
    told = RegistryTags(client, "web").why_staying(["1.2", "1"])
    assert told == ({} if why is None else {"1.2": why, "1": why})
    assert all("latest" not in reference and reference not in ALL for _method, reference in client.sent)


def test_a_registry_that_refuses_one_tag_is_told():
    with pytest.raises(RegistryError, match="refuses to delete tag latest .405."):
        RegistryTags(Client(405), "web").remove("latest", "sha256:" + "1" * 64)
