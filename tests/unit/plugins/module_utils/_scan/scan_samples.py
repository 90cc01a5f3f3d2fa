# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, images, waivers and statements for the tests of what is decided and shown."""

from __future__ import annotations

import hypothesis.strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import (
    SEVERITIES,
    Finding,
    Scanned,
    sort_key,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.listing import EVERYTHING
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.policy import parse_policy
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.subject import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.verdict import judge
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import STATUSES, Product, Statement
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.waivers import parse_waivers

DAY = 86400
NOW = 1795000000  # 2026-11-18T11:06:40Z
DIGEST = "sha256:" + "a" * 64
NAME = "registry.example.com/team/app:1"
APP = Subject(NAME, (NAME,), DIGEST, ("web1",), "linux/amd64")
HOSTILE = (
    "a\nb", "a|b", "<script>alert(1)</script>", "\x1b[31mred\x1b[0m", "# head", "- list", "1. one", "[x](javascript:y)", "`code`",
    "*bold* _it_ ~~no~~", "a\\|b", 'quote"s', "\u202eesrever", "\ud800", "&lt;", "https://evil.example.com", "@team", "![i](x)", "\r\n\r\n## x",
    "a\u2028b", "$(x)",
)  # fmt: skip


def finding(identifier="CVE-2026-1", package="openssl", severity="critical", **more):
    given = {"installed": "3.0.1", "fixed": "3.0.2", "purl": "pkg:deb/debian/%s@3.0.1" % package}
    return Finding(identifier, package, severity, **{**given, **more})


def scanned(*findings, packages=12, **more):
    return Scanned(tuple(sorted(findings, key=sort_key)), packages, scanner="trivy 0.58.1", **more)


def waiver(identifier="CVE-2026-1", expires="2026-12-31", where="waivers", **more):
    entry = {"id": identifier, "owner": "alice", "reason": "not reachable", "expires": expires, **more}
    return parse_waivers([entry], where)[0]


def statement(
    identifier="CVE-2026-1",
    product="pkg:deb/debian/openssl",
    status="not_affected",
    made=0,
    where="v.json: statements[0]",
):
    because = "component_not_present" if status == "not_affected" else None
    return Statement((identifier,), status, because, made, "Team", "doc", where, (Product((parse_purl(product),)),))


def verdict(
    *findings, policy=None, waivers=(), statements=(), memory=None, now=NOW, subject=APP, listing=EVERYTHING, **more
):
    found = more.pop("found", None) or scanned(*findings, **more)
    return judge(subject, found, None, parse_policy(policy), waivers, statements, memory or {}, now, listing)


IDS = st.sampled_from(["CVE-2026-%d" % number for number in range(1, 6)])
PACKAGES = st.sampled_from(["openssl", "curl", "zlib"])
FINDINGS = st.builds(finding, IDS, PACKAGES, st.sampled_from(SEVERITIES), fixed=st.sampled_from([None, "3.0.2"]))
WAIVERS = st.builds(
    waiver,
    IDS,
    st.sampled_from(["2026-01-01", "2026-11-18", "2026-11-30", "2028-01-01"]),
    st.integers(0, 999).map("waivers {0}".format),
    package=st.none() | PACKAGES,
    images=st.sampled_from([None, ["team/*"], ["other/*"]]),
)
STATEMENTS = st.builds(
    statement,
    IDS,
    PACKAGES.map("pkg:deb/debian/{0}".format) | st.just("pkg:oci/app@" + DIGEST),
    st.sampled_from(STATUSES),
    st.integers(0, 3),
    st.integers(0, 999).map("v.json: statements[{0}]".format),
)
POLICIES = st.fixed_dictionaries(
    {"max": st.dictionaries(st.sampled_from(SEVERITIES), st.integers(0, 2), min_size=1)},
    optional={
        "fixable_only": st.booleans(),
        "grace": st.dictionaries(st.sampled_from(SEVERITIES), st.sampled_from(["0", "1d", "7d"])),
    },
)
MEMORIES = st.dictionaries(
    IDS, st.dictionaries(PACKAGES, st.integers(0, 20).map(lambda days: [NOW - days * DAY, NOW - DAY]))
).map(lambda seen: {"first_seen": {"registry.example.com/team/app": seen}})


def fleet():
    """Verdicts of every kind: failed with all parts and changes, passed, not scanned."""
    memory = {
        "scanned": {"registry.example.com/team/app": NOW - DAY},
        "first_seen": {"registry.example.com/team/app": {"CVE-2026-1": {"openssl": [NOW - 30 * DAY, NOW - DAY]}}},
        "last": {
            NAME: {
                "at": NOW - DAY,
                "findings": [["CVE-2026-1", "openssl", "critical", True], ["CVE-2026-8", "curl", "low", False]],
            }
        },
    }
    waivers = [
        waiver("CVE-2026-2", "2026-11-25", package="curl"),
        waiver("CVE-2026-9", "2026-11-01", "old"),
        waiver("CVE-2026-9", "2027-01-01", "idle", package="zlib", images=["team/app"]),
    ]
    statements = [
        statement("CVE-2026-3", "pkg:deb/debian/zlib"),
        statement("CVE-2026-7", "pkg:oci/app", where="idle.json: statements[0]"),
    ]
    failed = verdict(
        finding(score=9.8, title="Overflow", url="https://example.com/CVE-2026-1", locations=("usr/lib/a b",), epss=0.25, kev=True),
        finding("CVE-2026-1", "libssl", "high", fixed=None, score=7.5),
        finding("CVE-2026-2", "curl", "critical"),
        finding("CVE-2026-3", "zlib", "critical"),
        finding("CVE-2026-4", "bash", "critical"),
        finding("CVE-2026-5", "tar", "high", fixed=None),
        finding("CVE-2026-6", "perl", "unknown", installed=None),
        policy={"max": {"high": 1}, "grace": {"critical": "7d"}, "fixable_only": True},
        waivers=waivers,
        statements=statements,
        memory=memory,
        system="debian 12",
    )  # fmt: skip
    blind = judge(
        Subject("registry.example.com/team/blind:1", digest="sha256:" + "c" * 64),
        None,
        "logged out",
        parse_policy({}),
        (),
        (),
        {},
        NOW,
    )
    verdicts = [failed, verdict(subject=Subject("registry.example.com/team/clean:1")), blind]
    return verdicts, waivers, statements
