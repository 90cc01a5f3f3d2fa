# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Equal findings become one, and the order depends on nothing but the findings."""

from __future__ import annotations

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import SEVERITIES, Finding, sort_key
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.joined import joined

SOME = st.builds(
    Finding,
    id=st.sampled_from(["CVE-1", "CVE-2"]),
    package=st.sampled_from(["a", "b"]),
    severity=st.sampled_from(SEVERITIES),
    purl=st.sampled_from([None, "pkg:npm/a@1"]),
    installed=st.sampled_from([None, "1"]),
    fixed=st.sampled_from([None, "2", "3"]),
    score=st.sampled_from([None, 5.0, 9.8]),
    vector=st.sampled_from([None, "CVSS:3.1/a", "CVSS:4.0/b"]),
    epss=st.sampled_from([None, 0.1]),
    kev=st.sampled_from([None, True, False]),
    locations=st.lists(st.sampled_from(["/a", "/b"]), max_size=3).map(tuple),
    layer=st.sampled_from([None, "sha256:1"]),
    title=st.sampled_from([None, "x", "y"]),
    aliases=st.lists(st.sampled_from(["GHSA-1", "GHSA-2"]), max_size=2).map(tuple),
    sources=st.sampled_from([{}, {"severity": "a", "fixed": "b"}, {"score": "c"}]),
)


def key(finding: Finding) -> tuple:
    return (finding.id, finding.package, finding.installed, finding.purl)


@given(st.lists(SOME, max_size=8), st.randoms(use_true_random=False))
def test_any_order_gives_the_same(findings: List[Finding], random) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert joined(findings) == joined(shuffled)


@given(st.lists(SOME, max_size=8))
def test_nothing_is_lost_and_nothing_is_twice(findings: List[Finding]) -> None:
    result = joined(findings)
    assert [sort_key(one) for one in result] == sorted(sort_key(one) for one in result)
    assert len({key(one) for one in result}) == len(result)
    assert {key(one) for one in result} == {key(one) for one in findings}
    for one in result:
        group = [finding for finding in findings if key(finding) == key(one)]
        assert one.severity == min((finding.severity for finding in group), key=SEVERITIES.index)
        assert set(one.locations) == {path for finding in group for path in finding.locations}
        assert (one.fixed is None) == all(finding.fixed is None for finding in group)
        assert (one.kev is True) == any(finding.kev is True for finding in group)
        assert (one.score, one.vector) in {(finding.score, finding.vector) for finding in group}
    assert joined(result) == result


def test_what_one_leaves_out_comes_from_the_other() -> None:
    worse = Finding("CVE-1", "a", "high", sources={"severity": "here"})
    other = Finding(
        "CVE-1", "a", "low", fixed="2", score=3.1, vector="v", sources={"severity": "there", "fixed": "there"}
    )
    (one,) = joined([other, worse])
    assert (one.severity, one.fixed, one.score, one.vector) == ("high", "2", 3.1, "v")
    assert one.sources == {"severity": "here", "fixed": "there"}
