# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sync that asks the scan gate: what it keeps back, what goes on beside it."""

from __future__ import annotations

import json
import os
import time

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time


@pytest.fixture
def scanned(tmp_path):
    """Writes verdicts, digest (or "digest platform") -> status, and gives the option."""
    folder = tmp_path / "scan"

    def write(**more):
        now = int(time.time())
        verdicts = {}
        for named, status in more.pop("verdicts", {}).items():
            digest, _at, platform = named.partition(" ")
            verdicts.setdefault(digest, {})[platform] = {
                "at": now,
                "status": status,
                "scanned": iso_time(now),
                "scanner": "x 1",
                "reasons": [],
                "images": [],
            }
        folder.mkdir(exist_ok=True)
        (folder / "scans.json").write_text(json.dumps({"schema": 1, "verdicts": verdicts}))
        return {"state_dir": str(folder), **more}

    return write


def held(result):
    return sorted({row["tag"] for row in result["plan"] if row["action"] == "hold"})


def test_a_passed_tag_goes_and_the_others_stay_with_their_reason(world, scanned):
    good = world.source.hold("app", "1.0.0", "good")
    bad = world.source.hold("app", "1.1.0", "bad")
    world.source.hold("app", "1.2.0", "unknown")
    world.source.hold("app", "latest", "bad")
    before = world.eu.hold("app", "latest", "before")
    gate = scanned(verdicts={good: "passed", bad: "failed"})
    planned = world.run(apply=False, scan_gate=gate)
    result = world.run(scan_gate=gate)
    assert world.eu.tagged["app"] == {"1.0.0": good, "latest": before} and world.us.tagged["app"] == {"1.0.0": good}
    assert result["plan_digest"] == planned["plan_digest"]
    assert held(result) == ["1.1.0", "1.2.0", "latest"]
    why = {row["tag"]: (row["outcome"], row["error"]) for row in result["plan"] if row["region"] == "eu"}
    assert why["1.1.0"][0] == "deferred" and why["1.1.0"][1].startswith("scan gate: it failed a scan by x 1 at 20")
    assert why["1.2.0"][1].startswith("scan gate: sha256:") and "was never scanned" in why["1.2.0"][1]
    summary = result["summary"]
    assert (summary["copied"], summary["deferred"], summary["kept_back_by_scan"], summary["failed"]) == (2, 6, 6, 0)
    assert result["notes"] == [] and [one["tag"] for one in result["previous_digests"]] == []


def test_what_a_region_has_already_is_not_asked_for(world, scanned):
    bad = world.source.hold("app", "1.0.0", "bad")
    world.eu.hold("app", "1.0.0", "bad")
    result = world.run(scan_gate=scanned(verdicts={bad: "failed"}))
    assert [(row["region"], row["action"]) for row in result["plan"]] == [("us", "hold")]


def test_allow_lets_the_unknown_go_and_not_what_failed(world, scanned):
    bad = world.source.hold("app", "1.0.0", "bad")
    unknown = world.source.hold("app", "1.1.0", "unknown")
    result = world.run(scan_gate=scanned(verdicts={bad: "failed"}, unscanned="allow"))
    assert world.eu.tagged["app"] == {"1.1.0": unknown} and held(result) == ["1.0.0"]


def test_an_old_scan_does_not_count(world, scanned):
    world.source.server_time = int(time.time()) + 8 * 86400
    good = world.source.hold("app", "1.0.0", "good")
    assert held(world.run(scan_gate=scanned(verdicts={good: "passed"}))) == ["1.0.0"]
    assert held(world.run(scan_gate=scanned(verdicts={good: "passed"}, max_age="9d"))) == []


@pytest.mark.parametrize("damage", [None, "{", '{"schema": 2}', '{"schema": 1, "verdicts": {"x": 1}}'])
def test_without_a_memory_nothing_counts_as_scanned(world, scanned, damage):
    world.source.hold("app", "1.0.0", "good")
    gate = scanned()
    path = os.path.join(gate["state_dir"], "scans.json")
    if damage is None:
        os.unlink(path)
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(damage)
    result = world.run(scan_gate=gate)
    assert held(result) == ["1.0.0"] and world.eu.tagged == {}
    (note,) = result["notes"]
    assert path in note and "every image counts as never scanned" in note


def test_signatures_wait_with_their_image_and_go_with_another(world, scanned):
    bad = world.source.hold("app", "1.0.0", "bad")
    good = world.source.hold("app", "2.0.0", "good")
    signature = {one: one.replace(":", "-") + ".sig" for one in (bad, good)}
    world.source.hold("app", signature[good], "signature of good")
    of_signature = world.source.hold("app", signature[bad], "signature of bad").replace(":", "-") + ".att"
    attestation = world.source.hold("app", of_signature, "attestation of the signature of bad")
    of_attestation = attestation.replace(":", "-") + ".sbom"
    world.source.hold("app", of_attestation, "SBOM of the attestation")
    result = world.run(scan_gate=scanned(verdicts={bad: "failed", good: "passed"}))
    assert sorted(world.eu.tagged["app"]) == sorted(["2.0.0", signature[good]])
    assert held(result) == sorted(["1.0.0", signature[bad], of_signature, of_attestation])
    (row,) = [row for row in result["plan"] if row["region"] == "eu" and row["tag"] == signature[bad]]
    assert row["error"] == "it is attached to %s, which the scan gate keeps back" % bad


def test_a_signature_that_is_there_already_is_none_that_waits(world, scanned):
    bad = world.source.hold("app", "1.0.0", "bad")
    signature = bad.replace(":", "-") + ".sig"
    for one in (world.source, world.eu, world.us):
        one.hold("app", signature, "signature of bad")
    result = world.run(scan_gate=scanned(verdicts={bad: "failed"}))
    assert held(result) == ["1.0.0"] and result["summary"]["kept_back_by_scan"] == 2


def hold_index(world, names=("amd64", "arm64"), **more):
    """Digests of the index and its images; `more` are fields of the last entry."""
    children = [world.source.hold("app", "child-%s" % name, name) for name in names]
    listed = [
        {"mediaType": OCI_MANIFEST, "digest": child, "size": 1, "platform": {"os": "linux", "architecture": name}}
        for child, name in zip(children, names)
    ]
    listed[-1].update(more)
    data = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).encode()
    index = digest_of(data)
    world.source.manifests[("app", index)] = data
    world.source.tagged["app"] = {"1.0.0": index}
    return index, children


def why(result):
    return {row["error"] for row in result["plan"] if row["action"] == "hold"}


@pytest.mark.parametrize("referrers", [True, False])
def test_an_index_goes_when_each_of_its_images_passed(world, scanned, referrers):
    index, children = hold_index(world)
    known = {index + " linux/amd64": "passed"}
    result = world.run(referrers=referrers, scan_gate=scanned(verdicts=known))
    assert held(result) == ["1.0.0"] and world.eu.tagged == {}
    (told,) = why(result)
    assert told.startswith("scan gate: %s holds an image for linux/arm64: %s was never scanned" % (index, children[1]))
    assert "with platform linux/arm64; or name in scan_gate.platforms those whose scan suffices" in told
    # By the verdict of the index for this platform, or by that of the image itself.
    for name in (index + " linux/arm64/v8", children[1] + " linux/arm64", children[1]):
        assert held(world.run(apply=False, scan_gate=scanned(verdicts={**known, name: "passed"}))) == []


@pytest.mark.parametrize("status", ["failed", "not_scanned"])
def test_an_index_waits_for_the_worst_of_its_images(world, scanned, status):
    index, children = hold_index(world)
    known = {index + " linux/amd64": "passed", children[1] + " linux/arm64": status}
    (told,) = why(world.run(scan_gate=scanned(verdicts=known)))
    assert told.startswith("scan gate: %s holds an image for linux/arm64: " % index)
    lenient = held(world.run(apply=False, scan_gate=scanned(verdicts=known, unscanned="allow")))
    assert lenient == (["1.0.0"] if status == "failed" else [])
    # What failed stays, whichever platforms suffice.
    some = held(world.run(apply=False, scan_gate=scanned(verdicts=known, platforms=["amd64"])))
    assert some == (["1.0.0"] if status == "failed" else [])


def test_a_verdict_of_the_index_that_names_no_platform_is_for_none_of_several(world, scanned):
    index, _children = hold_index(world)
    assert held(world.run(scan_gate=scanned(verdicts={index: "passed"}))) == ["1.0.0"]
    some = [{"name": "app", "platforms": "linux/arm64"}]
    assert held(world.run(repositories=some, scan_gate=scanned(verdicts={index: "passed"}))) == ["1.0.0"]
    alone, _children = hold_index(world, ("amd64",))
    assert held(world.run(scan_gate=scanned(verdicts={alone: "passed"}))) == []


def test_platforms_that_suffice(world, scanned):
    index, _children = hold_index(world)
    known = {index + " linux/amd64": "passed"}
    assert held(world.run(apply=False, scan_gate=scanned(verdicts=known, platforms=["linux/amd64"]))) == []
    assert held(world.run(apply=False, scan_gate=scanned(verdicts=known, platforms=["arm64", "amd64"]))) == ["1.0.0"]
    (told,) = why(world.run(apply=False, scan_gate=scanned(verdicts=known, platforms=["s390x"])))
    assert (
        "has no image for linux/s390x, of which scan_gate.platforms wants a scan; it has linux/amd64, linux/arm64"
        in told
    )


def test_only_what_is_copied_must_have_passed(world, scanned):
    index, _children = hold_index(world)
    known = {index + " linux/amd64": "passed"}
    for platform, stays in (("linux/amd64", []), ("linux/arm64", ["1.0.0"])):
        orders = [{"name": "app", "platforms": platform}]
        assert held(world.run(apply=False, repositories=orders, scan_gate=scanned(verdicts=known))) == stays


def test_an_image_that_calls_itself_an_attestation_is_pulled_all_the_same(world, scanned):
    index, children = hold_index(world, annotations={"vnd.docker.reference.digest": "sha256:" + "a" * 64})
    assert held(world.run(apply=False, scan_gate=scanned(verdicts={index + " linux/amd64": "passed"}))) == ["1.0.0"]
    index, children = hold_index(
        world,
        annotations={"vnd.docker.reference.digest": "sha256:" + "a" * 64},
        platform={"os": "unknown", "architecture": "unknown"},
    )
    assert held(world.run(apply=False, scan_gate=scanned(verdicts={index + " linux/amd64": "passed"}))) == []


def test_an_index_that_cannot_be_read_waits(world, scanned):
    index, _children = hold_index(world)

    def fault(method, _repository, what):
        if method == "GET" and what == index:
            raise RegistryRefusal("it broke", 500)

    world.source.fault = fault
    options = {"apply": False, "referrers": False}
    (told,) = why(world.run(scan_gate=scanned(verdicts={index: "passed"}), **options))
    assert told == "scan gate: %s could not be read, so nothing tells what is below it" % index


def test_the_index_counts_also_where_a_region_gets_some_platforms(world, scanned):
    index, children = hold_index(world)
    # What is below a kept back index goes on when it is released by itself.
    world.source.tagged["app"] = {"1.0.0": index, "1.0.0-arm64": children[1]}
    signature = children[1].replace(":", "-") + ".sig"
    world.source.hold("app", signature, "signature of the part")
    some = [{"name": "app", "platforms": "linux/arm64"}]
    result = world.run(repositories=some, scan_gate=scanned(verdicts={children[1]: "passed"}))
    assert held(result) == ["1.0.0"] and sorted(world.eu.tagged["app"]) == sorted(["1.0.0-arm64", signature])
    result = world.run(repositories=some, scan_gate=scanned(verdicts={children[1]: "passed", index: "passed"}))
    assert held(result) == [] and "1.0.0" in world.eu.tagged["app"]


@pytest.mark.parametrize(
    "given, words",
    [
        ("strict", "scan_gate: 'strict' is no mapping with state_dir, max_age, unscanned, platforms"),
        ({"age": "7d"}, "scan_gate: there is no age; it has state_dir, max_age, unscanned, platforms"),
        ({"platforms": ["linux/"]}, "scan_gate.platforms: 'linux/' is not a platform"),
        ({"max_age": "soon"}, "scan_gate.max_age: 'soon' is not a duration"),
    ],
)
def test_bad_input_is_told_before_anything_is_asked(world, given, words):
    with pytest.raises(PolicyError) as caught:
        world.run(scan_gate=given)
    assert words in str(caught.value) and world.source.log == []


def test_no_gate_without_the_option():
    options = {"source": {"registry": "a.example.com"}, "destinations": [{"registry": "b.example.com"}]}
    assert parse_sync_options({**options, "repositories": ["app"]}).scan_gate is None
    assert parse_sync_options({**options, "repositories": ["app"], "scan_gate": {}}).scan_gate is not None
