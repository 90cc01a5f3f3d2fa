# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What content is, is remembered for ever; whether a repository has it, only as far as it said so in this run."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.cache import ContentCache
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body, Head
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.reader import ContentReader
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Surveyor


def encoded(document):
    return json.dumps(document, sort_keys=True).encode()


def descriptor(media, data):
    return {"mediaType": media, "size": len(data), "digest": digest_of(data)}


PART = encoded({"mediaType": OCI_MANIFEST, "config": descriptor("x", b"{}"), "layers": []})
INDEX = encoded({"mediaType": OCI_INDEX, "manifests": [descriptor(OCI_MANIFEST, PART)]})
MEDIA = {digest_of(PART): (OCI_MANIFEST, PART), digest_of(INDEX): (OCI_INDEX, INDEX)}


class Client:
    """Has manifests and tags by repository, and remembers what it was asked; `broken` are digests that it cannot answer for."""

    def __init__(self):
        self.options = SimpleNamespace(concurrency=1)
        self.has = {name: {"1": digest_of(INDEX), **{digest: digest for digest in MEDIA}} for name in ("a", "b")}
        self.broken = set()
        self.asked = []

    def head(self, repository, reference):
        self.asked.append(("HEAD", repository, reference))
        if reference in self.broken:
            raise RegistryError("No answer")
        found = self.has[repository].get(reference)
        return None if found is None else Head(found, MEDIA[found][0])

    def has_manifest(self, repository, reference):
        return self.head(repository, reference) is not None

    def manifest(self, repository, reference):
        self.asked.append(("GET", repository, reference))
        found = self.has[repository].get(reference)
        return None if found is None else Body(found, *MEDIA[found])


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def survey_of(client, tmp_path):
    """Another run each time, with the cache of those before."""

    def run(repository="a", known=()):
        surveyor = Surveyor(client, ContentReader(client, ContentCache(str(tmp_path / "cache"))))
        survey = surveyor.graph(repository, ["1"], dict(known))
        client.asked.clear()
        return surveyor, survey

    return run


def test_what_was_read_in_this_run_is_there(client, survey_of):
    surveyor, survey = survey_of()
    assert not surveyor.forget_absent(survey, [digest_of(INDEX), digest_of(PART)]) and client.asked == []


def test_what_came_from_the_cache_is_asked_for_once(client, survey_of):
    survey_of()
    surveyor, survey = survey_of(known={"1": digest_of(INDEX)})
    for _time in range(2):
        assert not surveyor.forget_absent(survey, [digest_of(INDEX), digest_of(PART)])
    assert client.asked == [("HEAD", "a", digest_of(PART))]


def test_what_the_registry_lost_is_absent(client, survey_of):
    survey_of()
    del client.has["a"][digest_of(PART)]
    surveyor, survey = survey_of()
    assert digest_of(PART) in survey.manifests and survey.absent == set()
    assert surveyor.forget_absent(survey, [digest_of(INDEX), digest_of(PART)])
    assert set(survey.manifests) == {digest_of(INDEX)} and survey.absent == {digest_of(PART)}
    assert not surveyor.forget_absent(survey, [digest_of(PART)])


def test_one_repository_does_not_speak_for_another(client, survey_of):
    surveyor, _survey = survey_of()
    del client.has["b"][digest_of(PART)]
    other = surveyor.graph("b", ["1"], {})
    assert digest_of(PART) in other.manifests and other.absent == set()
    assert surveyor.forget_absent(other, list(other.manifests)) and other.absent == {digest_of(PART)}


def test_no_answer_is_not_absence(client, survey_of):
    survey_of()
    client.broken.add(digest_of(PART))
    surveyor, survey = survey_of()
    assert not surveyor.forget_absent(survey, [digest_of(PART)])
    assert digest_of(PART) in survey.manifests and survey.problems == {digest_of(PART): "No answer"}
