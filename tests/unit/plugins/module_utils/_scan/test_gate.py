# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate that is asked before an image is brought or updated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.gate import (
    ALLOW,
    PASSED,
    REFUSE,
    Gate,
    parse_gate,
)

DAY = 86400
NOW = 1_790_000_000
DIGEST = "sha256:" + "a" * 64


def verdict(status="passed", age=0, **more):
    return {"status": status, "scanned": iso_time(NOW - age), "scanner": "trivy 0.58.1", "reasons": [], **more}


def ask(told, unscanned=REFUSE):
    return Gate(7 * DAY, unscanned).ask(DIGEST, told, NOW)


@pytest.mark.parametrize(
    "told, kind, words",
    [
        (verdict(), "passed", "it passed a scan by trivy 0.58.1 at 2026-09-21T"),
        (verdict(age=7 * DAY), "passed", "it passed a scan"),
        (verdict(age=-300), "passed", "it passed a scan"),
        (
            verdict(age=7 * DAY + 1),
            "too_old",
            "it passed a scan by trivy 0.58.1 7d ago, which counts for 7d; scan it again",
        ),
        (verdict(age=9 * DAY), "too_old", "9d ago, which counts for 7d; scan it again"),
        (verdict(age=-301), "too_old", "which is no time before now; set clocks right"),
        (verdict(scanned="yesterday"), "too_old", "at yesterday, which is no time before now"),
        (verdict(scanned=None), "too_old", "at None, which is no time before now"),
        (None, "never_scanned", DIGEST + " was never scanned; scan it with scout_scan"),
        (verdict("not_scanned", reasons=["0 packages"]), "not_scanned", "could not tell (0 packages); scan it"),
        (verdict("clean"), "not_scanned", "could not tell; scan it"),
        ({}, "not_scanned", "could not tell"),
        (
            verdict("failed", reasons=["a", "b", "c", "d"]),
            "failed",
            "it failed a scan by trivy 0.58.1 at 2026-09-21T14:13:20Z (a; b; and 2 more); rebuild it",
        ),
        (verdict("failed", age=90 * DAY), "failed", "; rebuild it"),
    ],
)
def test_what_may_go_on_and_why_not(told, kind, words):
    answer = ask(told)
    assert (answer.allowed, answer.kind) == (kind == PASSED, kind)
    assert words in answer.reason


@pytest.mark.parametrize(
    "told, allowed",
    [
        (None, True),
        (verdict("not_scanned"), True),
        (verdict(age=9 * DAY), True),
        (verdict(), True),
        (verdict("failed"), False),
        (verdict("failed", age=90 * DAY), False),
    ],
)
def test_only_what_failed_is_kept_back_when_the_rest_may_go(told, allowed):
    assert ask(told, ALLOW).allowed == allowed
    assert ask(told, ALLOW).kind == ask(told).kind


@given(
    st.dictionaries(
        st.sampled_from(["status", "scanned", "scanner", "reasons"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3),
    )
)
def test_nothing_but_a_passed_scan_opens_it(told):
    told = {**told, "reasons": told.get("reasons") if isinstance(told.get("reasons"), list) else []}
    assert ask(told).allowed <= (told.get("status") == PASSED)


def test_options():
    assert parse_gate("scan_gate", {}) == Gate(7 * DAY, REFUSE)
    assert parse_gate("scan_gate", {"max_age": "36h", "unscanned": "allow"}) == Gate(36 * 3600, ALLOW)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"max_age": "7"}, "scan_gate.max_age: 7 has no unit; write 7d"),
        ({"max_age": "0"}, "scan_gate.max_age: with 0 no scan is ever young enough"),
        ({"max_age": True}, "scan_gate.max_age: True is not a duration"),
        ({"unscanned": "warn"}, "scan_gate.unscanned: 'warn' is none of refuse, allow"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(PolicyError) as caught:
        parse_gate("scan_gate", options)
    assert words in str(caught.value)
