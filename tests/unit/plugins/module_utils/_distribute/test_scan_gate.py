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
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time


@pytest.fixture
def scanned(tmp_path):
    """Writes verdicts, digest -> status, and gives the option."""
    folder = tmp_path / "scan"

    def write(**more):
        verdicts = {
            digest: {
                "status": status,
                "scanned": iso_time(int(time.time())),
                "scanner": "x 1",
                "reasons": [],
                "images": [],
            }
            for digest, status in more.pop("verdicts", {}).items()
        }
        folder.mkdir(exist_ok=True)
        (folder / "scans.json").write_text(json.dumps({"schema": 1, "seen": {}, "images": verdicts}))
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


@pytest.mark.parametrize("damage", [None, "{", '{"schema": 2}', '{"schema": 1, "seen": {}, "images": {"x": 1}}'])
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


def test_the_index_counts_also_where_a_region_gets_some_platforms(world, scanned):
    children = [world.source.hold("app", "child-%s" % name, name) for name in ("amd64", "arm64")]
    listed = [
        {"mediaType": OCI_MANIFEST, "digest": child, "size": 1, "platform": {"os": "linux", "architecture": name}}
        for child, name in zip(children, ("amd64", "arm64"))
    ]
    data = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).encode()
    index = digest_of(data)
    world.source.manifests[("app", index)] = data
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
        ("strict", "scan_gate: 'strict' is no mapping with state_dir, max_age, unscanned"),
        ({"age": "7d"}, "scan_gate: there is no age; it has state_dir, max_age, unscanned"),
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
