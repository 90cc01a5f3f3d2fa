# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the garbage collection: written for each version, and what is wrong with others."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import (
    Gc,
    buildkit_rules,
    dockerd_rules,
    image_version,
    parse_gc,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint import lint_buildkit
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.lint_dockerd import lint_dockerd
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

FULL = {"reserved_space": "10GB", "max_used_space": "50GB", "min_free_space": "20GiB", "unused_for": "14d"}


def test_a_rule_by_age_comes_first_and_one_that_takes_anything_last():
    assert buildkit_rules(parse_gc(FULL), None) == [
        {"keepDuration": 1209600, "reservedSpace": 10 * 10**9},
        {"all": True, "reservedSpace": 10 * 10**9, "maxUsedSpace": 50 * 10**9, "minFreeSpace": 20 * 2**30},
    ]
    assert dockerd_rules(parse_gc(FULL), (28, 5)) == [
        {"filter": ["unused-for=336h"], "reservedSpace": "10000000000"},
        {"all": True, "reservedSpace": "10000000000", "maxUsedSpace": "50000000000", "minFreeSpace": "21474836480"},
    ]


def test_shares_of_the_disk_are_for_buildkit_alone():
    found = parse_gc({"max_used_space": "60 %"})
    assert buildkit_rules(found, (0, 17, 1)) == [{"all": True, "maxUsedSpace": "60%"}]
    with pytest.raises(PolicyError, match="gc.max_used_space: 60%: dockerd takes sizes"):
        dockerd_rules(found, (28, 0))


def test_older_versions_are_told_the_floor_by_its_older_name():
    found = parse_gc({"reserved_space": "1GB", "unused_for": "90m"})
    assert buildkit_rules(found, (0, 16, 0)) == [
        {"keepDuration": 5400, "keepBytes": 10**9},
        {"all": True, "keepBytes": 10**9},
    ]
    assert dockerd_rules(found, (26, 1)) == [
        {"filter": ["unused-for=5400s"], "keepStorage": "1000000000"},
        {"all": True, "keepStorage": "1000000000"},
    ]


@pytest.mark.parametrize("field", ["max_used_space", "min_free_space"])
def test_older_versions_know_no_cap(field):
    found = parse_gc({"reserved_space": "1GB", field: "2GB"})
    with pytest.raises(
        PolicyError, match="gc.%s: BuildKit 0.12.5 does not know it, BuildKit 0.17 does.*keepBytes alone" % field
    ):
        buildkit_rules(found, (0, 12, 5))
    with pytest.raises(PolicyError, match="gc.%s: Docker Engine 27.3 does not know it, Docker Engine 28 does" % field):
        dockerd_rules(found, (27, 3))


def test_saying_nothing_is_no_rules():
    assert parse_gc(None) is None and parse_gc({"unused_for": None}) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"unused_for": "14d"}, "say max_used_space"),
        ({"min_free_space": "10GB"}, "say max_used_space"),
        ({"max_used_space": "0"}, "0 is no limit"),
        ({"max_used_space": "101%"}, "not a share of the disk"),
        ({"max_used_space": "much"}, "gc.max_used_space: 'much' is not a size.*or a share"),
        ({"max_used_space": "1GB", "unused_for": "14"}, "gc.unused_for: 14 has no unit"),
        ({"max_used_space": "1GB", "unused_for": "0"}, "keep nothing at all"),
        ({"max_used_space": "1GB", "reserved_space": "2GB"}, "is more than max_used_space"),
    ],
)
def test_what_makes_no_sense_is_refused(value, says):
    with pytest.raises(PolicyError, match=says):
        parse_gc(value)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("moby/buildkit:v0.12.5", (0, 12)),
        ("registry:5000/moby/buildkit:v0.17.0-rootless", (0, 17)),
        ("moby/buildkit:buildx-stable-1", None),
        ("moby/buildkit", None),
        ("", None),
    ],
)
def test_the_version_in_the_name_of_an_image(image, version):
    assert image_version(image) == version


def codes(findings):
    return [finding.code for finding in findings]


def worker(**more):
    return {"worker": {"oci": more}}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, []),
        (worker(gc=True), []),
        (worker(gc=False), ["gc_off"]),
        (worker(gckeepstorage=1), ["deprecated_key"]),
        (worker(gcpolicy=[{"keepDuration": 3600, "reservedSpace": 1}]), ["defaults_replaced", "no_catch_all"]),
        (worker(gcpolicy=[{"all": True, "keepBytes": 1}]), ["defaults_replaced", "deprecated_key", "floor_only"]),
        (worker(gcpolicy=[{"all": True}]), ["defaults_replaced", "takes_everything"]),
        (
            worker(gcpolicy=[{"all": True, "filters": ["type==regular"], "maxUsedSpace": 1}]),
            ["defaults_replaced", "no_catch_all"],
        ),
        (worker(gcpolicy=[{"all": True, "maxUsedSpace": 1}]), ["defaults_replaced"]),
        (worker(gcpolicy=[{"all": True, "reservedSpace": 1, "minFreeSpace": 1}]), ["defaults_replaced"]),
    ],
)
def test_what_is_wrong_with_a_buildkitd_toml(config, expected):
    assert codes(lint_buildkit("ci", config)) == expected


def gc(**more):
    return {"builder": {"gc": more}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, []),
        ({"builder": []}, []),
        (gc(enabled=False), ["gc_off"]),
        (gc(defaultKeepStorage="10GB"), ["deprecated_key"]),
        (gc(enabled=True, defaultReservedSpace="1GB", spelt="x"), ["unknown_key"]),
        (
            gc(policy=[{"filter": ["unused-for=1h"], "keepStorage": "1GB"}]),
            ["defaults_replaced", "no_catch_all", "deprecated_key"],
        ),
        (
            gc(policy=[{"all": True, "keepDuration": "48h", "maxUsedSpace": "1GB"}]),
            ["unknown_key", "defaults_replaced"],
        ),
        (gc(Policy=[{"All": True, "MaxUsedSpace": "1GB"}]), ["defaults_replaced"]),
    ],
)
def test_what_is_wrong_with_a_daemon_json(document, expected):
    assert codes(lint_dockerd("/etc/docker/daemon.json", document, (28, 5))) == expected
    assert codes(lint_dockerd("/etc/docker/daemon.json", document, None)) == expected


SIZED = [{"all": True, "keepStorage": "1GB"}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ["gc_off"]),
        (gc(policy=SIZED), ["gc_off"]),
        (gc(enabled=False, policy=SIZED), ["gc_off"]),
        (gc(enabled=True), []),
        (gc(enabled=True, defaultKeepStorage="1GB"), []),
        (gc(enabled=True, defaultReservedSpace="1GB"), ["too_new_key"]),
        (gc(enabled=True, policy=SIZED), ["defaults_replaced"]),
        (
            gc(Enabled=True, policy=[{"all": True, "maxUsedSpace": "1GB"}]),
            ["too_new_key", "no_start", "defaults_replaced"],
        ),
        (
            gc(enabled=True, policy=[{"filter": ["unused-for=1h"], "keepStorage": "0"}]),
            ["defaults_replaced", "no_catch_all"],
        ),
    ],
)
def test_an_older_engine_collects_only_when_told_and_knows_one_size(document, expected):
    found = lint_dockerd("d.json", document, (26, 1))
    assert codes(found) == expected
    assert not any("maxUsedSpace" in one.message for one in found if one.code != "too_new_key")


@pytest.mark.parametrize("engine", [(26, 1), (28, 5)])
def test_rules_that_this_collection_wrote_for_an_engine_are_as_it_needs_them(engine):
    rules = dockerd_rules(parse_gc({"reserved_space": "1GB", "unused_for": "48h"}), engine)
    found = codes(lint_dockerd("d.json", gc(enabled=True, policy=rules), engine))
    assert found == ["defaults_replaced"] + (["floor_only"] if engine[0] == 28 else [])


def test_findings_name_the_place_and_what_to_write_instead():
    findings = lint_dockerd(
        "d.json",
        gc(defaultKeepStorage="1GB", policy=[{"keepDuration": "48h"}, {"all": True, "keepStorage": "1"}]),
        (28, 0),
    )
    told = {finding.code: finding for finding in findings}
    assert 'an age is written "filter": ["unused-for=336h"]' in told["unknown_key"].message
    assert "defaultKeepStorage of the same place count for the default rules alone" in told["defaults_replaced"].message
    assert told["floor_only"].where == "d.json, builder.gc, rule 1" and "maxUsedSpace" in told["floor_only"].message


@pytest.mark.parametrize("value", [FULL, {"max_used_space": "1GB"}, {"max_used_space": "5%", "unused_for": "1h"}])
def test_our_own_rules_have_nothing_wrong_but_that_they_are_own_ones(value):
    assert codes(lint_buildkit("ci", worker(gcpolicy=buildkit_rules(parse_gc(value), None)))) == ["defaults_replaced"]
    assert Gc(max_used_space=1) == parse_gc({"max_used_space": "1"})
