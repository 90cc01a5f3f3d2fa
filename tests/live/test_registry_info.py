# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registry_info against what registries really hold: every figure, every request, no secret."""

from __future__ import annotations

import json
import subprocess
from itertools import count
from pathlib import Path
from typing import Any, Iterable, Mapping

import pytest
import registry_content as content
from archive import Image, Layer
from faults import FLIP, Fault, refuse
from lab import load
from own_registry import OwnRegistry
from plain_http import digest
from registry_content import Manifest, image, index, multi_platform, simple
from registry_pushing import attach, delete_manifest, push, sign
from stand_in_registry import StandInRegistry
from token_desk import TokenDesk
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import parse_survey_options
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.run import run_survey

APP = "team/app"
IMAGE_CONFIGS = (content.OCI_CONFIG, content.DOCKER_CONFIG)
BUILT = "2024-03-01T12:00:00Z"
NUMBERS = count(1)


def info(address: str, **options: Any) -> Mapping[str, Any]:
    return run_survey(parse_survey_options({"registry": address, "insecure": True, "retries": 0, **options}))


def tag_of(result: Mapping[str, Any], tag: str, repository: str = APP) -> Mapping[str, Any]:
    (found,) = [one for one in result["repositories"] if one["name"] == repository]
    row: Mapping[str, Any]
    (row,) = [one for one in found["tags"] if one["name"] == tag]
    return row


def below(roots: Iterable[Manifest]) -> dict[str, Manifest]:
    found: dict[str, Manifest] = {}
    for root in roots:
        found.update(root.everything())
    return found


def configs(manifests: Iterable[Manifest]) -> set[str]:
    """Digests of the configs of images, from the bytes of their manifests."""
    named = [json.loads(one.body).get("config") or {} for one in manifests]
    return {one["digest"] for one in named if one.get("mediaType") in IMAGE_CONFIGS}


def distinct_bytes(root: Manifest) -> int:
    everything = root.everything().values()
    found = {one.digest: len(one.body) for one in everything}
    found.update({digest(blob): len(blob) for one in everything for blob in one.blobs})
    return sum(found.values())


def tagged() -> dict[str, Manifest]:
    """One of everything, by tag."""
    attested = multi_platform("attested", attested=True)
    nested = index([multi_platform("nested"), simple("beside", platform="linux/s390x")])
    return {
        "1.0": simple("plain"),
        "same": simple("plain"),
        "attested": attested,
        "again": attested,
        "nested": nested,
        "list": multi_platform("list", ("linux/amd64", "linux/arm64/v8", "windows/amd64"), docker=True),
        "docker": simple("docker", docker=True),
        "cache": content.build_cache("old"),
        "cache-image": content.build_cache_image("new"),
        content.cosign_tag(attested.digest): content.cosign(attested),
        content.fallback_tag(attested.digest): content.fallback_index([content.referrer(attested)]),
    }


def fill(server: Any, tags: Mapping[str, Manifest], repository: str = APP) -> None:
    for tag, manifest in tags.items():
        push(server.address, repository, manifest, tag)


# Requests -----------------------------------------------------------------------------------------------------------


def test_names_cost_the_pages_of_the_lists(stand_in: StandInRegistry) -> None:
    for number in range(25):
        stand_in.content.put("team/app-%02d" % number, simple("one"), "1", "2", "3")
    stand_in.habits.page_size = 2
    found = info(stand_in.address, details="names")
    assert found["requests"] == len(stand_in.requests()) == 13 + 25 * 2
    assert {one.path.rpartition("/")[2] for one in stand_in.requests()} == {"_catalog", "list"}
    assert found["repositories"] == [
        {"name": "team/app-%02d" % number, "tags": [{"name": tag} for tag in "123"]} for number in range(25)
    ]
    assert found["problems"] == [] and found["changed"] is False and found["registry"] == stand_in.address


def test_digests_cost_one_head_per_tag(own: OwnRegistry) -> None:
    tags = tagged()
    fill(own, tags)
    own.mark()
    found = info(own.address, details="digests", repositories=APP)
    assert found["requests"] == len(own.requests()) == 1 + len(tags)
    assert [one.method for one in own.requests()].count("HEAD") == len(tags)
    rows = found["repositories"][0]["tags"]
    assert {row["name"]: row["digest"] for row in rows} == {tag: one.digest for tag, one in tags.items()}
    assert all(set(row) == {"name", "digest"} for row in rows)


@pytest.mark.parametrize("kind", ["own", "stand-in"])
def test_everything_costs_what_is_documented(
    own: OwnRegistry, stand_in: StandInRegistry, tmp_path: Path, kind: str
) -> None:
    server: Any = own if kind == "own" else stand_in
    tags = tagged()
    fill(server, tags)
    manifests = below(tags.values())
    wanted = configs(manifests.values())
    referrers = 0 if kind == "own" else len(manifests)
    options = {"repositories": APP, "cache_dir": str(tmp_path / "cache")}
    for warm in (False, True, True):
        server.mark()
        found = info(server.address, **options)
        assert found["problems"] == []
        paths = [one.path.partition(APP)[2] for one in server.requests()]
        methods = [one.method for one in server.requests()]
        read = [path for path, method in zip(paths, methods) if method == "GET" and path.startswith("/manifests/")]
        assert paths.count("/tags/list") == 1 and methods.count("HEAD") == len(tags)
        assert sorted(read) == ([] if warm else sorted("/manifests/" + one for one in manifests))
        assert sorted(path for path in paths if path.startswith("/blobs/")) == sorted("/blobs/" + one for one in wanted)
        # The question whether there is such an API is answered for a day.
        asked = [path for path in paths if path.startswith("/referrers/")]
        assert len(asked) == referrers + (0 if warm else 1) and len(set(asked)) == len(asked)
        assert found["requests"] == len(paths) == 1 + len(tags) + len(read) + len(wanted) + len(asked)
        assert found["capabilities"]["referrers"] is (kind != "own")


def test_a_damaged_cache_costs_what_is_damaged(own: OwnRegistry, tmp_path: Path) -> None:
    fill(own, tagged())
    options = {"repositories": APP, "cache_dir": str(tmp_path / "cache")}
    first = info(own.address, **options)
    damaged = sorted((tmp_path / "cache" / "content").glob("*/*"))[:3]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-1])
    second, third = info(own.address, **options), info(own.address, **options)
    assert first["repositories"] == second["repositories"] == third["repositories"]
    assert second["requests"] == third["requests"] + 3


def test_without_a_cache_nothing_is_written(own: OwnRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(own, {"1": simple("one")})
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    folders = (None, "", str(tmp_path / "file" / "x"))
    found = [info(own.address, cache_dir=folder)["repositories"] for folder in folders]
    assert found[0] == found[1] == found[2] and sorted(one.name for one in tmp_path.iterdir()) == ["file", "own"]


def test_parts_that_were_deleted_are_seen_without_a_cache(own: OwnRegistry, tmp_path: Path) -> None:
    """With one, what was read before is not asked for again; the tag is, and tells nothing of its parts."""
    several = multi_platform("broken")
    fill(own, {"1": several})
    cache = str(tmp_path / "cache")
    assert tag_of(info(own.address, cache_dir=cache), "1")["absent"] == []
    assert delete_manifest(own.address, APP, several.children[0].digest) == 202
    assert tag_of(info(own.address, cache_dir=cache), "1")["absent"] == []
    assert tag_of(info(own.address, cache_dir=""), "1")["absent"] == [several.children[0].digest]


# Answers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["own", "stand-in"])
def test_what_is_told_of_every_kind(own: OwnRegistry, stand_in: StandInRegistry, kind: str) -> None:
    server: Any = own if kind == "own" else stand_in
    tags = tagged()
    fill(server, tags)
    found = info(server.address, repositories=APP)
    for tag, manifest in tags.items():
        row = tag_of(found, tag)
        assert (row["digest"], row["media_type"]) == (manifest.digest, manifest.media), tag
        assert row["size"] == distinct_bytes(manifest), tag
        assert row["absent"] == []
    platforms = {
        tag: tag_of(found, tag)["platforms"] for tag in ("1.0", "attested", "nested", "list", "docker", "cache")
    }
    assert platforms == {
        "1.0": ["linux/amd64"],
        "attested": ["linux/amd64", "linux/arm64"],
        "nested": ["linux/amd64", "linux/arm64", "linux/s390x"],
        "list": ["linux/amd64", "linux/arm64/v8", "windows/amd64"],
        "docker": ["linux/amd64"],
        "cache": [],
    }
    created = {
        tag: tag_of(found, tag)["created"] for tag in ("1.0", "attested", "nested", "list", "cache", "cache-image")
    }
    assert created == {**dict.fromkeys(created, BUILT), "cache": None, "cache-image": None}


def row_of(server: StandInRegistry, manifest: Manifest) -> Mapping[str, Any]:
    """What is told of a manifest that has a repository of its own."""
    name = "team/one-%d" % next(NUMBERS)
    server.content.put(name, manifest, "1")
    return tag_of(info(server.address, repositories=name), "1", name)


@pytest.mark.parametrize("fixed", [content.EPOCH, content.YEAR_1980, content.YEAR_ONE, None, "yesterday", ""])
def test_dates_that_tell_nothing(stand_in: StandInRegistry, fixed: str | None) -> None:
    told = {"org.opencontainers.image.created": "2025-06-01T00:00:00+02:00"}
    assert row_of(stand_in, simple("a", created=fixed))["created"] is None
    assert row_of(stand_in, simple("a", created=fixed, annotations=told))["created"] == "2025-05-31T22:00:00Z"
    several = [simple("a", created=fixed), simple("b", created=BUILT, platform="linux/arm64")]
    assert row_of(stand_in, index(several))["created"] == BUILT
    assert row_of(stand_in, index(several[:1], annotations=told))["created"] == "2025-05-31T22:00:00Z"


def test_an_index_is_as_old_as_its_newest_image(stand_in: StandInRegistry) -> None:
    dates = ("2024-01-01T00:00:00.123456789Z", "2024-09-01T02:00:00+02:00", "2023-01-01T00:00:00Z")
    several = [simple(date, created=date) for date in dates]
    assert row_of(stand_in, index(several))["created"] == "2024-09-01T00:00:00Z"
    assert row_of(stand_in, simple("far", created="9999-12-31T23:59:59Z"))["created"] == "9999-12-31T23:59:59Z"


def test_shared_content_counts_once(stand_in: StandInRegistry) -> None:
    base = Layer("base", 100000)
    several = [image([base, Layer(one)], platform=one) for one in ("linux/amd64", "linux/arm64")]
    assert distinct_bytes(index(several)) < sum(distinct_bytes(one) for one in several)
    assert row_of(stand_in, index(several))["size"] == distinct_bytes(index(several))


def test_labels_are_those_of_the_first_image(stand_in: StandInRegistry) -> None:
    labels = ({"who": "first", "a": "1"}, {"who": "second", "b": "2"}, {"who": "third", "b": "3"})
    several = [simple(one["who"], labels=one) for one in labels]
    assert row_of(stand_in, index(several))["labels"] == {"who": "first", "a": "1", "b": "2"}


SECRET = "hunter2hunter2"
PLANTED = {
    "db_password": SECRET,
    "note": "connect with password=" + SECRET,
    "url": "https://robot:%s@db.example.com/x" % SECRET,
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "com.example.api-key": SECRET,
    "header": "Authorization: Bearer " + SECRET,
    "json": '{"token": "%s"}' % SECRET,
    "long": "x" * 5000 + SECRET,
    "version": "1.2.3",
}


def test_no_secret_is_returned_and_none_of_a_label_is_kept(stand_in: StandInRegistry, tmp_path: Path) -> None:
    labelled = simple("labelled", labels=PLANTED)
    annotated = simple("annotated", annotations=PLANTED)
    several = index([labelled, annotated], annotations=PLANTED)
    for tag, one in (("labelled", labelled), ("annotated", annotated), ("index", several)):
        stand_in.content.put(APP, one, tag)
    attached = content.referrer(labelled, "application/vnd.example; token=" + SECRET)
    stand_in.content.put(APP, attached)
    found = info(stand_in.address, cache_dir=str(tmp_path / "cache"))
    assert found["problems"] == []
    for row, place in (
        ("labelled", "labels"),
        ("annotated", "annotations"),
        ("index", "labels"),
        ("index", "annotations"),
    ):
        shown = tag_of(found, row)[place]
        assert set(shown) == set(PLANTED) and shown["version"] == "1.2.3" and len(shown["long"]) < 600
    assert [one["digest"] for one in tag_of(found, "labelled")["referrers"]] == [attached.digest]
    assert SECRET not in json.dumps(found) and PLANTED["aws"] not in json.dumps(found)
    # Labels and environment are in configs, of which only dates and platforms are kept.
    known = {"sha256:" + path.name for path in (tmp_path / "cache" / "content").glob("*/*")}
    assert known == {labelled.digest, annotated.digest, several.digest}
    assert all(SECRET.encode() not in path.read_bytes() for path in (tmp_path / "cache" / "facts").glob("*/*"))
    again = info(stand_in.address, cache_dir=str(tmp_path / "cache"))
    assert again["repositories"] == found["repositories"]


# Attachments --------------------------------------------------------------------------------------------------------


def attachments(row: Mapping[str, Any]) -> set[tuple[str, str, str, str]]:
    return {(one["digest"], one["kind"], one["subject"], one["how"]) for one in row["referrers"]}


def test_attachments_by_tag(own: OwnRegistry) -> None:
    root = multi_platform("signed")
    child = root.children[1]
    push(own.address, APP, root, "1")
    signatures = sign(own.address, APP, root, "sig", "att", "sbom")
    of_child = sign(own.address, APP, child)
    documents = [attach(own.address, APP, content.referrer(root, kind)) for kind in (content.SBOM, content.IN_TOTO)]
    push(own.address, APP, simple("other"), "2")
    found = info(own.address)
    assert found["problems"] == []
    assert attachments(tag_of(found, "1")) == {
        *((one, kind, root.digest, "tag") for one, kind in zip(signatures, ("sig", "att", "sbom"))),
        (of_child[0], "sig", child.digest, "tag"),
        *((one, kind, root.digest, "tag") for one, kind in zip(documents, (content.SBOM, content.IN_TOTO))),
    }
    assert tag_of(found, "2")["referrers"] == []
    sizes = {one["digest"]: one["size"] for one in tag_of(found, "1")["referrers"]}
    assert sizes[documents[0]] == len(content.referrer(root, content.SBOM).body)
    assert sizes[signatures[0]] == len(content.cosign(root).body)


def test_attachments_by_api_and_field(stand_in: StandInRegistry) -> None:
    root = multi_platform("signed")
    untagged, of_child = content.referrer(root), content.referrer(root.children[0], content.IN_TOTO)
    named = content.referrer(root, "application/vnd.example.tagged")
    stand_in.content.put(APP, root, "1")
    for one in (untagged, of_child):
        stand_in.content.put(APP, one)
    stand_in.content.put(APP, named, "sbom")
    expected = {
        (untagged.digest, content.SBOM, root.digest, "referrers API"),
        (of_child.digest, content.IN_TOTO, root.children[0].digest, "referrers API"),
        (named.digest, "application/vnd.example.tagged", root.digest, "subject"),
    }
    assert attachments(tag_of(info(stand_in.address), "1")) == expected
    # Without the API that is known which is read anyway.
    stand_in.habits.referrers_api = False
    assert attachments(tag_of(info(stand_in.address), "1")) == {one for one in expected if one[3] == "subject"}


def test_all_pages_of_the_api(stand_in: StandInRegistry) -> None:
    subject = simple("subject")
    stand_in.content.put(APP, subject, "1")
    wanted = {stand_in.content.put(APP, content.referrer(subject, seed=str(number))) for number in range(7)}
    stand_in.habits.page_size = 3
    found = tag_of(info(stand_in.address), "1")["referrers"]
    assert len(found) == 7 and {one["digest"] for one in found} == wanted


@pytest.mark.parametrize("status", [401, 403, 406, 501])
def test_an_api_that_is_refused_is_not_known(stand_in: StandInRegistry, status: int) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    stand_in.faults.add(refuse(status, "DENIED"), path="/referrers/")
    found = info(stand_in.address)
    assert (
        found["problems"] == [] and found["capabilities"]["referrers"] is None and tag_of(found, "1")["referrers"] == []
    )


# What is missing ----------------------------------------------------------------------------------------------------


def test_children_that_are_gone(own: OwnRegistry, tmp_path: Path) -> None:
    root = multi_platform("broken")
    push(own.address, APP, root, "1")
    assert delete_manifest(own.address, APP, root.children[1].digest) == 202
    found = info(own.address)
    row = tag_of(found, "1")
    assert row["absent"] == [root.children[1].digest] and found["problems"] == []
    assert row["platforms"] == ["linux/amd64", "linux/arm64"]  # as the index says
    assert row["size"] == len(root.body) + distinct_bytes(root.children[0])


def test_what_garbage_collection_of_untagged_manifests_breaks(own: OwnRegistry) -> None:
    """With --delete-untagged 2.8 takes the children of tagged indexes; the tag still answers."""
    root = multi_platform("collected")
    push(own.address, APP, root, "1")
    own.collect(delete_untagged=True)
    assert sorted(tag_of(info(own.address), "1")["absent"]) == sorted(one.digest for one in root.children)


def problems(found: Mapping[str, Any]) -> dict[tuple[str, str | None], str]:
    return {(one["repository"], one["reference"]): one["problem"] for one in found["problems"]}


def test_missing_repositories_are_told(own: OwnRegistry) -> None:
    push(own.address, APP, simple("one"), "1")
    for details in ("names", "digests", "all"):
        found = info(own.address, repositories=["team/none", APP], details=details)
        assert [one["name"] for one in found["repositories"]] == [APP]
        assert problems(found) == {("team/none", None): "there is no such repository"}


@pytest.mark.parametrize("details", ["digests", "all"])
def test_tags_without_a_manifest_are_told(stand_in: StandInRegistry, details: str) -> None:
    stand_in.content.put(APP, simple("one"), "1", "gone")
    stand_in.faults.add(Fault(status=404), path="manifests/gone")
    found = info(stand_in.address, details=details)
    assert [row["name"] for row in found["repositories"][0]["tags"]] == ["1"]
    assert problems(found) == {(APP, "gone"): "the registry lists this tag and does not have it"}


def test_unreadable_manifests_are_told(stand_in: StandInRegistry) -> None:
    good, bad, worse = simple("good"), simple("bad"), content.index([simple("child")])
    for tag, one in (("good", good), ("bad", bad), ("worse", worse)):
        stand_in.content.put(APP, one, tag)
    nonsense = b'{"schemaVersion": 2, "manifests": [{"digest": "nonsense"}]}'
    stand_in.content.put(APP, Manifest(content.OCI_INDEX, nonsense), "nonsense")
    stand_in.faults.add(FLIP, "GET", "manifests/" + bad.digest)
    stand_in.faults.add(refuse(500), "GET", "manifests/" + worse.children[0].digest)
    found = info(stand_in.address, repositories=APP)
    told = problems(found)
    assert sorted(row["name"] for row in found["repositories"][0]["tags"]) == ["good", "worse"]
    assert set(told) == {
        (APP, "bad"),
        (APP, bad.digest),
        (APP, "nonsense"),
        (APP, digest(nonsense)),
        (APP, worse.children[0].digest),
    }
    assert told[(APP, "bad")] == "its manifest %s cannot be read" % bad.digest
    assert "what it sent for %s is not" % bad.digest in told[(APP, bad.digest)]
    assert "manifests[0] names no digest" in told[(APP, digest(nonsense))]
    assert "answered 500" in told[(APP, worse.children[0].digest)]


def test_configs_that_cannot_be_read(stand_in: StandInRegistry) -> None:
    one = simple("one", labels={"a": "b"})
    stand_in.content.put(APP, one, "1")
    stand_in.faults.add(FLIP, "GET", "/blobs/")
    found = info(stand_in.address)
    row = tag_of(found, "1")
    assert (row["created"], row["platforms"], row["labels"]) == (None, [], {}) and row["size"] == distinct_bytes(one)
    assert list(problems(found)) == [(APP, digest(one.blobs[0]))]


def test_documents_of_other_kinds(stand_in: StandInRegistry) -> None:
    """Docker's schema 1 and whatever else registries may hold: digest and size are known of it."""
    body = b'{"schemaVersion": 1, "name": "old"}'
    media = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    row = row_of(stand_in, Manifest(media, body))
    assert (row["digest"], row["media_type"], row["size"]) == (digest(body), media, len(body))
    assert (row["platforms"], row["created"], row["labels"]) == ([], None, {})


def test_a_refused_repository_does_not_hide_the_others(stand_in: StandInRegistry) -> None:
    for name in ("team/a", "team/b"):
        stand_in.content.put(name, simple("one"), "1")
    stand_in.faults.add(refuse(403, "DENIED"), path="team/a/")
    found = info(stand_in.address)
    assert [one["name"] for one in found["repositories"]] == ["team/b"]
    assert "answered 403" in problems(found)[("team/a", None)]
    # Where nothing can be read, that is a failure.
    with pytest.raises(RegistryError, match="answered 403 to GET of team/a/tags/list"):
        info(stand_in.address, repositories="team/a")


def test_wrong_credentials_fail(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    stand_in.habits.challenge, stand_in.habits.admits = 'Basic realm="x"', lambda header: header == "Basic eDp5"
    for repositories in ([], APP):
        with pytest.raises(RegistryError, match="answered 401 .*give username and password") as caught:
            info(stand_in.address, repositories=repositories, username="x", password=SECRET)
        assert SECRET not in str(caught.value)
    assert info(stand_in.address, username="x", password="y")["problems"] == []


def test_tokens_count_as_requests(stand_in: StandInRegistry) -> None:
    stand_in.content.put(APP, simple("one"), "1")
    with TokenDesk() as desk:
        stand_in.habits.challenge, stand_in.habits.admits = desk.challenge, desk.admits
        found = info(stand_in.address, details="digests")
        assert desk.scopes == ["registry:catalog:*", "repository:team/app:pull"]
        # The list of repositories, refused at first; that of the tags; one tag.
        assert found["requests"] == 2 + 1 + 1 + len(desk.asked) == len(stand_in.requests()) + len(desk.asked)


# Selection ----------------------------------------------------------------------------------------------------------

NAMES = ("alpine", "team/app", "team/app-debug", "team/sub/app", "other/app")


@pytest.fixture
def many(stand_in: StandInRegistry) -> StandInRegistry:
    for name in NAMES:
        stand_in.content.put(name, simple("one"), "1.0", "1.1", "1.1-rc1", "latest")
    return stand_in


@pytest.mark.parametrize(
    "repositories, expected",
    [
        ([], NAMES),
        (None, NAMES),
        ("**", NAMES),
        ("team/*", ("team/app", "team/app-debug")),
        ("team/**", ("team/app", "team/app-debug", "team/sub/app")),
        (["team/**", "!**/app"], ("team/app-debug",)),
        ("!team/**", ("alpine", "other/app")),
        ("*", ("alpine",)),
        ("regex:(team|other)/app", ("team/app", "other/app")),
        ("HOST/team/*", ("team/app", "team/app-debug")),
        ("elsewhere.example.com/**", ()),
        (["team/app", "other/*"], ("team/app", "other/app")),
    ],
)
def test_patterns_ask_for_the_list(many: StandInRegistry, repositories: Any, expected: tuple[str, ...]) -> None:
    asked = repositories.replace("HOST", many.address) if isinstance(repositories, str) else repositories
    found = info(many.address, repositories=asked, details="names")
    assert [one["name"] for one in found["repositories"]] == sorted(expected)
    assert found["requests"] == 1 + len(expected)


@pytest.mark.parametrize("repositories", ["team/app", ["team/app", "alpine"], "HOST/team/app", ["alpine", "alpine"]])
def test_exact_names_need_no_list(many: StandInRegistry, repositories: Any) -> None:
    many.faults.add(refuse(401, "UNAUTHORIZED"), path="_catalog")
    asked = repositories.replace("HOST", many.address) if isinstance(repositories, str) else repositories
    found = info(many.address, repositories=asked, details="names")
    wanted = sorted({repositories} if isinstance(repositories, str) else set(repositories))
    assert [one["name"] for one in found["repositories"]] == [one.replace("HOST/", "") for one in wanted]
    assert found["requests"] == len(wanted)


@pytest.mark.parametrize(
    "tags, expected",
    [
        ([], ["1.0", "1.1", "1.1-rc1", "latest"]),
        ("1.0", ["1.0"]),
        ("1.*", ["1.0", "1.1", "1.1-rc1"]),
        (["1.*", "!*-rc*"], ["1.0", "1.1"]),
        (r"regex:\d+\.\d+", ["1.0", "1.1"]),
        ("!latest", ["1.0", "1.1", "1.1-rc1"]),
        ("none", []),
    ],
)
def test_patterns_for_tags(many: StandInRegistry, tags: Any, expected: list[str]) -> None:
    found = info(many.address, repositories="team/app", tags=tags, details=False)
    assert [row["name"] for row in found["repositories"][0]["tags"]] == expected
    many.mark()
    info(many.address, repositories="team/app", tags=tags, details="digests")
    assert len(many.requests()) == 1 + len(expected)


@pytest.mark.parametrize(
    "options, says",
    [
        (
            {"repositories": "team/app:1"},
            "repositories: 'team/app:1' names a tag or digest; write the repository alone",
        ),
        ({"repositories": "Team/app/x y"}, "repositories: .* is not an image reference"),
        (
            {"repositories": "elsewhere.example.com/app"},
            "repositories: 'elsewhere.example.com/app' is of another registry",
        ),
        ({"repositories": "regex:("}, "repositories: 'regex:.' is not a regular expression"),
        ({"repositories": 5}, "repositories: 5 is not text"),
        ({"tags": 1.1}, "tags: 1.1 is not text.*quote it"),
        ({"tags": "regex:(a+)+"}, "tags: .* repeats a group"),
        ({"tags": ["a", ""]}, "tags: an empty pattern matches nothing"),
        ({"details": "some"}, "details: 'some' is none of names, digests, all"),
        ({"details": 1}, "details: 1 is none of"),
    ],
)
def test_bad_options(options: Mapping[str, Any], says: str) -> None:
    with pytest.raises(PolicyError, match="^" + says):
        parse_survey_options({"registry": "r.example.com:5000", **options})


def test_details_by_truth() -> None:
    found = [
        parse_survey_options({"registry": "r.example.com", "details": one}).details for one in (True, False, None, "")
    ]
    assert found == ["all", "names", "all", "all"]


# Engines ------------------------------------------------------------------------------------------------------------


def test_what_engines_push_is_what_they_say(bench: Workbench) -> None:
    """The registry's digest is the one that the engine knows the image by; sizes are those of the command line."""
    lab = load()
    address = lab["registries"][0]["address"]
    labels = {"imagefleet.test": bench.prefix, "version": "1"}
    bench.load(Image(["app:1"], [Layer("%s-%s" % (bench.prefix, one)) for one in "ab"], labels))
    repository = "%s/%s-%s" % (address, bench.prefix, bench.engine["name"])
    assert bench.api.tag(bench.name("app:1"), repository, "1")
    try:
        assert "digest: sha256:" in bench.api.push(repository, tag="1")
        name = repository.partition("/")[2]
        found = info(address, repositories=name)
        row = tag_of(found, "1", name)
        assert found["problems"] == []
        known = bench.api.inspect_image(repository + ":1")
        assert "%s@%s" % (repository, row["digest"]) in known["RepoDigests"]
        assert (row["platforms"], row["created"], row["absent"]) == (["linux/amd64"], BUILT, [])
        assert row["labels"] == labels

        said = inspect(lab, repository + ":1")
        assert said["Descriptor"]["digest"] == row["digest"]
        assert said["Descriptor"]["mediaType"] == row["media_type"]
        (manifest,) = [said[key] for key in ("SchemaV2Manifest", "OCIManifest") if key in said]
        blobs = {one["digest"]: one["size"] for one in [manifest["config"], *manifest["layers"]]}
        assert row["size"] == said["Descriptor"]["size"] + sum(blobs.values())
        assert delete_manifest(address, name, row["digest"]) == 202
    finally:
        bench.api.remove_image(repository + ":1", force=True)


def inspect(lab: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """`docker manifest inspect --verbose` asks the registry itself."""
    command = [lab["docker_cli"], "--config", lab["docker_config"], "manifest", "inspect", "--insecure", "--verbose"]
    done = subprocess.run([*command, reference], check=True, capture_output=True, timeout=60)
    return dict(json.loads(done.stdout))
