# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, RefusedError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import compile_patterns
from ansible_collections.imagefleet.docker.plugins.module_utils._tag_run.request import parse_tag_options
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.findings import findings
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.judge import (
    judge,
    judge_removal,
    refuse_changes,
    refuse_skipped_stages,
    tags_for,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.labels import labels_of, parse_labels
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.names import sanitise
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import parse_schemes
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.wanted import parse_convention, wanted_tags

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "version, existing, tags",
    [
        ("1.2.3", [], ["1.2.3", "1.2", "1", "latest"]),
        ("v1.2.3", [], ["v1.2.3", "v1.2", "v1", "latest"]),
        # docker/metadata-action#80 and #326: a backport.
        ("1.9.1", ["1.9.0", "1.9", "1", "2.0.1", "2.0", "2", "latest"], ["1.9.1", "1.9", "1"]),
        ("1.2.1", ["1.2.2", "1.10.0"], ["1.2.1"]),
        ("1.2.10", ["1.2.9", "1.10.0"], ["1.2.10", "1.2"]),
        ("1.2.3", ["v1.2.4"], ["1.2.3"]),
        ("1.2.3", ["1.2.3", "1.2", "1", "latest"], ["1.2.3", "1.2", "1", "latest"]),
        # What does not count: prereleases, variants, other kinds of tags.
        (
            "1.2.3",
            ["1.2.4-rc.1", "2.0.0-alpine", "20261127", "main", "9999999", "2026.11.1"],
            ["1.2.3", "1.2", "1", "latest"],
        ),
        ("1.2.3-rc.1", [], ["1.2.3-rc.1"]),
        ("1.2.3-foo.1", [], ["1.2.3-foo.1"]),
        # Semantic versioning 2.0.0, item 9: a number or a commit alone is a prerelease too, as `git describe` writes them.
        ("1.2.3-2", [], ["1.2.3-2"]),
        ("1.2.3-5-g1a2b3c4", [], ["1.2.3-5-g1a2b3c4"]),
        ("1.2.3", ["1.2.4-5-g1a2b3c4", "1.2.4-2"], ["1.2.3", "1.2", "1", "latest"]),
        ("1.2.3+build.5", ["1.2.3_build.9"], ["1.2.3_build.5", "1.2", "1", "latest"]),
        ("1.2.3+build.5", ["1.2.4_build.1"], ["1.2.3_build.5"]),
        ("1.2.3+a-b", ["1.2.4_7-alpine"], ["1.2.3_a.b", "1.2", "1", "latest"]),
        ("0.3.0", [], ["0.3.0", "0.3", "latest"]),
    ],
)
def test_tags_of_a_semantic_version(version, existing, tags):
    assert tags_for(version, existing) == tags


def test_a_variant_is_a_line_of_its_own():
    alpine = [{"type": "semver", "suffix": "-alpine"}]
    assert tags_for("1.2.3", ["2.0.0", "1.2.4-slim"], schemes=alpine) == [
        "1.2.3-alpine",
        "1.2-alpine",
        "1-alpine",
        "latest-alpine",
    ]
    assert tags_for("1.2.3", ["1.2.4-alpine"], schemes=alpine) == ["1.2.3-alpine"]
    assert tags_for("1.2.3", ["2.0.0-slim-alpine"], schemes=alpine)[-1] == "latest-alpine"


def test_prefixes_levels_and_metadata():
    prefixed = [{"type": "semver", "prefix": "app-", "levels": ["patch", "minor"], "build_metadata": "drop"}]
    assert tags_for("1.2.3+5", ["1.2.9", "api-1.2.9"], schemes=prefixed) == ["app-1.2.3", "app-1.2", "app-latest"]


@pytest.mark.parametrize("version", ["1.2.3", "v1.2.3"])
def test_a_prefix_v_is_no_line_of_its_own(version):
    scheme = [{"type": "semver", "prefix": "v"}]
    assert tags_for(version, schemes=scheme) == ["v1.2.3", "v1.2", "v1", "latest"]
    assert tags_for(version, ["2.0.0", "v1.2.4"], schemes=scheme) == ["v1.2.3"]
    assert tags_for(version, schemes=[{"type": "semver", "prefix": "app-v"}])[::3] == ["app-v1.2.3", "app-latest"]
    assert tags_for("1.2.3", schemes=[{"type": "semver", "prefix": "dev"}])[0] == "dev1.2.3"


def test_two_products_in_one_repository_share_no_floating_tag():
    lines = {name: [{"type": "semver", "prefix": name + "-"}] for name in ("api", "web")}
    tags = {name: set(tags_for("1.0.0", schemes=scheme)) for name, scheme in lines.items()}
    assert not tags["api"] & tags["web"]


def test_latest_auto_always_and_never():
    assert "latest" not in tags_for("1.2.3", latest="never")
    assert tags_for("1.2.3", ["2.0.0"], latest="always") == ["1.2.3", "latest", "1.2", "1"]
    assert tags_for(None, schemes=["git"], git={"branch": "main", "commit": COMMIT}, latest="always")[-1] == "latest"
    alpine = ["git", {"type": "semver", "suffix": "-alpine"}]
    tags = tags_for("1.2.3", schemes=alpine, git={"branch": "main", "commit": COMMIT}, latest="always")
    assert [tag for tag in tags if "latest" in tag] == ["latest-alpine"]


def test_calendar_versions_and_dates():
    monthly = [{"type": "calver", "levels": ["patch", "minor"]}]
    assert tags_for("2026.04.1", ["2026.04.0", "2025.12.9"], schemes=monthly) == ["2026.04.1", "2026.04", "latest"]
    assert tags_for("2026.04.1", ["2026.10.0"], schemes=monthly) == ["2026.04.1", "2026.04"]
    assert tags_for("24.04", ["23.10"], schemes=["calver"]) == ["24.04", "latest"]
    assert tags_for(None, now=1795737600, schemes=[{"type": "date"}, {"type": "raw", "value": "edge"}]) == [
        "20261127",
        "edge",
    ]


def test_git():
    scheme = [{"type": "git", "of": ["branch", "short", "long"]}]
    assert tags_for(None, schemes=scheme, git={"branch": "feature/Login", "commit": COMMIT}) == [
        "feature-Login",
        COMMIT[:12],
        COMMIT,
    ]


def test_what_is_cut_stays_unique():
    one, other = sanitise("x", "a/" * 200 + "1"), sanitise("x", "a/" * 200 + "2")
    assert len(one) == len(other) == 128 and one != other
    assert len(sanitise("x", "b" * 300, "pre-", "-post")) == 128
    assert sanitise("x", ".-weird  näme") == "weird-n-me"


@pytest.mark.parametrize(
    "options, told",
    [
        ({}, "version: schemes[0] (semver) needs it"),
        ({"version": 1.2}, "version: 1.2 is not text"),
        ({"version": "1.2"}, "version: '1.2' is no semver version"),
        ({"version": "1.02.3"}, "version: '1.02.3' is no semver version"),
        ({"version": "2026.11.1"}, "version: '2026.11.1' begins with a year, which is no semver version; use calver"),
        ({"version": "1.2.3", "state": "gone"}, "state: 'gone' is none of present, absent"),
        ({"version": "1.2.3", "state": "absent", "where": "engine", "push": True}, "push: nothing is pushed"),
        ({"version": "1.2.3", "latest": "yes"}, "latest: 'yes' is none of"),
        ({"schemes": [{"type": "semvar"}]}, "schemes[0].type: 'semvar' is none of"),
        ({"schemes": [{"type": "semver", "stages": ["a"]}]}, "schemes[0]: semver has no field 'stages'"),
        ({"schemes": [{"type": "semver", "suffix": "+x"}]}, "schemes[0].suffix: '+x' cannot be in a tag"),
        ({"schemes": [{"type": "raw", "value": 1.10}]}, "schemes[0].value: 1.1 is not text"),
        ({"schemes": ["semver", "calver"], "version": "1.2.3"}, "cannot be told apart"),
        ({"schemes": ["environment"]}, "environment: schemes[0] (environment) needs it"),
        (
            {"schemes": [{"type": "environment", "stages": ["dev"]}], "environment": "prod"},
            "environment: 'prod' is none of dev",
        ),
        (
            {"schemes": ["environment", "semver"], "environment": "2.0", "version": "1.9.1"},
            "environment: '2.0' would take the tag 2.0, which is for releases; give schemes[0] a prefix",
        ),
        ({"schemes": ["environment"], "environment": "latest"}, "would take the tag latest, which is for releases"),
        ({"schemes": ["environment"], "environment": True}, "environment: True is not text"),
        (
            {"schemes": [{"type": "git", "prefix": "br-"}], "git": {"branch": 1.10}},
            "git.branch: 1.1 is not text: YAML may already have changed it",
        ),
        ({"schemes": [{"type": "environment", "in_order": True}]}, "schemes[0].in_order: it needs at least two stages"),
        ({"schemes": ["git"], "git": {"branch": "1.2"}}, "the branch '1.2' would take the tag 1.2"),
        ({"schemes": ["git"], "git": {"branch": "latest"}}, "would take the tag latest"),
        (
            {"schemes": ["git", "environment"], "environment": "dev", "git": {"branch": "production"}},
            "the branch 'production' would take the tag production, which is for an environment",
        ),
        (
            {"schemes": [{"type": "git", "of": "long"}], "git": {"commit": "0123456"}},
            "git.commit: '0123456' is not whole (40 digits or more)",
        ),
        ({"schemes": ["git"], "git": {"branch": "///"}}, "git.branch: nothing of '///' can be in a tag"),
        ({"schemes": ["git"], "git": {"branch": "main", "commit": "xyz"}}, "git.commit: 'xyz' is not a commit"),
        ({"version": "1.2.3", "image": "registry.example.com/web"}, "has neither tag nor digest"),
        ({"version": "1.2.3", "image": "sha256:" + "0" * 64}, "does not say where"),
        ({"version": "1.2.3", "repository": "registry.example.com/api"}, "registry_sync brings images elsewhere"),
        ({"version": "1.2.3", "push": True}, "push: it is for where: engine"),
        ({"version": "1.2.3", "labels": {"tittle": "x"}}, "labels: 'tittle' is no label"),
        ({"version": "1.2.3", "registries": [{"registry": "https://x"}]}, "registries[0].registry: 'https://x'"),
    ],
)
def test_bad_input_is_told_before_anything_is_asked(options, told):
    with pytest.raises(PolicyError) as caught:
        parse_tag_options({"image": "registry.example.com/web:x", **options}, 0)
    assert told in str(caught.value)


def rows_of(tags, digest="new", version="1.2.3", immutable=None, **options):
    return judge(wanted_tags(parse_convention({"version": version, **options}, 0)), tags, tags, digest, immutable)


def test_rows_tell_what_was_and_why():
    rows = rows_of({"1.2.3": "new", "1.2": "old", "2.0.0": "two", "latest": "two"})
    assert [(row.name, row.action, row.digest, row.previous) for row in rows] == [
        ("1.2.3", "keep", "new", "new"),
        ("1.2", "move", "new", "old"),
        ("1", "create", "new", None),
        ("latest", "hold", "two", "two"),
    ]
    assert rows[-1].reason == "2.0.0 is higher, so it does not move"


def test_a_tag_that_one_scheme_holds_is_held():
    raw = [{"type": "raw", "value": "latest"}, {"type": "semver"}]
    assert [row.action for row in rows_of({"2.0.0": "two", "latest": "two"}, schemes=raw) if row.name == "latest"] == [
        "hold"
    ]


def test_immutable_names_both_digests():
    patterns = compile_patterns("immutable", "*.*.*")
    with pytest.raises(RefusedError, match="Nothing was changed: 1.2.3 is old and would become new"):
        refuse_changes(rows_of({"1.2.3": "old"}, immutable=patterns))
    refuse_changes(rows_of({"1.2.3": "new", "1.2": "old"}, immutable=patterns))


def test_an_image_whose_digest_is_not_known_yet_is_named():
    rows = rows_of({"1.2.3": "old"}, immutable=compile_patterns("immutable", "1.2.3"))
    with pytest.raises(RefusedError, match="1.2.3 is old and would become the push of it"):
        refuse_changes(rows, "the push of it")


def test_what_goes_means_this_image_and_is_not_immutable():
    wanted = wanted_tags(parse_convention({"version": "1.2.3"}, 0))
    tags = {"1.2.3": "new", "1.2": "new", "latest": "two"}
    rows = judge_removal(wanted, tags, "new", compile_patterns("immutable", "*.*.*"))
    assert [(row.name, row.action, row.digest, row.previous, row.reason) for row in rows] == [
        ("1.2.3", "hold", "new", "new", "it matches 'immutable', so it stays"),
        ("1.2", "remove", None, "new", "it means this image"),
        ("1", "keep", None, None, "it is not there"),
        ("latest", "hold", "two", "two", "it means another image"),
    ]
    assert not [row for row in judge_removal(wanted, tags, None) if row.changes]


def test_stages_in_order():
    stages = [{"type": "environment", "stages": ["dev", "staging", "production"], "in_order": True}]
    wanted = wanted_tags(parse_convention({"schemes": stages, "environment": "production"}, 0))
    refuse_skipped_stages(wanted, {"staging": "new"}, "new")
    for digests in ({"staging": "old"}, {}):
        with pytest.raises(RefusedError, match="production comes after staging"):
            refuse_skipped_stages(wanted, digests, "new")
    refuse_skipped_stages(wanted_tags(parse_convention({"schemes": stages, "environment": "dev"}, 0)), {}, "new")


def test_labels():
    convention = parse_convention({"version": "1.2.3", "git": {"commit": COMMIT}}, 0)
    assert labels_of(convention, wanted_tags(convention), parse_labels({"title": "Web", "com.example.x": "y"})) == {
        "com.example.x": "y",
        "org.opencontainers.image.ref.name": "1.2.3",
        "org.opencontainers.image.revision": COMMIT,
        "org.opencontainers.image.title": "Web",
        "org.opencontainers.image.version": "1.2.3",
    }


def test_findings():
    schemes = parse_schemes(["semver", {"type": "git"}, {"type": "semver", "suffix": "-alpine"}])
    good = {
        "1.2.3": "a",
        "1.2.4": "b",
        "1.2": "b",
        "1": "b",
        "latest": "b",
        "main": "c",
        COMMIT[:12]: "c",
        "1.0.0-alpine": "d",
    }
    assert findings(good, schemes, "auto") == []
    told = {
        one["tag"]: one["finding"] for one in findings({**good, "1.2": "a", "final2": "x", "3": "b"}, schemes, "auto")
    }
    assert told == {
        "1.2": "it is not at 1.2.4, the highest of its line",
        "final2": "it fits no scheme",
        "3": "no release of its line is there",
    }
    assert [one["tag"] for one in findings(dict.fromkeys(good), schemes, "never")] == ["latest"]
    assert findings({**good, "latest": "c"}, schemes, "always") == []
    # What this run makes fits, and must still follow its line.
    more = {**good, "feature-x": "c", "1.2": "a"}
    assert [one["tag"] for one in findings(more, schemes, "auto", made={"feature-x", "1.2"})] == ["1.2"]


def test_signatures_and_prereleases_are_no_findings():
    signed = dict.fromkeys(("sha256-%s%s" % ("0" * 64, kind) for kind in ("", ".sig", ".att", ".sbom")), "s")
    assert findings(signed, parse_schemes(["semver"]), "auto") == []
    assert findings({"1.2.3-rc.1": "a"}, parse_schemes([{"type": "semver", "levels": "minor"}]), "auto") == []


@pytest.mark.parametrize(
    "schemes, tags, told",
    [
        # A full version of two numbers is none that floats, unless it is one of the levels.
        (["calver"], {"24.04": "a", "24.04.1": "b", "latest": "b"}, []),
        ([{"type": "calver", "levels": ["patch", "minor"]}], {"24.04": "a", "24.04.1": "b"}, ["24.04"]),
        (["calver"], {"24.04": "a", "24.10": "b", "latest": "a"}, ["latest"]),
        # What another scheme makes is no year.
        (["calver", "date"], {"24.04": "a", "20261127": "b"}, []),
        (["calver", {"type": "git", "of": "short"}], {"24.04": "a", "012345678901": "b", "0123456": "c"}, []),
    ],
)
def test_findings_of_calendar_versions(schemes, tags, told):
    assert [one["tag"] for one in findings(tags, parse_schemes(schemes), "auto")] == told
