# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage collections for people to read, in a terminal and on the page."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.collection import collection_lines
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import collection_samples
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    MB,
    SECRETS,
    digest,
)


def page(result):
    return fleet_page({}, [], collections={"registry.example.com": result})


def test_a_plan():
    lines = collection_lines(collection_samples.planned())
    assert lines == [
        "Registry registry.example.com, garbage collection: 182 pieces of content stay, 3 go (9.00 MB).",
        "Disk: content in /var/lib/docker-registry takes 400.00 MB; 21.00 GB of 53.00 GB are free.",
        "Goes, the largest first:",
        "  CONTENT                BYTES  REASON                                         OUTCOME",
        "  %s  8.00 MB  no manifest needs it                           planned" % digest("layer")[:19],
        "  %s  1.00 MB  no manifest needs it                           planned" % digest("config")[:19],
        "  %s    500 B  deleted from shop/web on 2026-11-01T02:00:00Z  planned" % digest("manifest")[:19],
        "Good to know:",
        "  2 pieces of content that manifests name were not there before",
        "Audit: plan %s, 0 requests" % digest("plan")[:19],
    ]


def test_what_was_done_and_proven():
    lines = "\n".join(collection_lines(collection_samples.done()))
    for words in (
        "182 pieces of content stay, 3 go (9.00 MB): 3 deleted.",
        "takes 391.00 MB, before 400.00 MB; 21.00 GB of 53.00 GB are free.",
        "Proven: closed for pushes for 3.4 s; 10 images read whole afterwards (44.00 MB)",
        "74 requests",
    ):
        assert words in lines
    assert "Wrong" not in lines


def test_what_is_wrong_is_told():
    lines = collection_lines(collection_samples.failed())
    assert "182 pieces of content stay, 2 go (9.00 MB): 1 deleted, 1 failed." in lines[0]
    at = lines.index("Wrong:")
    assert lines[at + 1].startswith("  garbage-collect failed, or took longer") and lines[at + 2].startswith("  app:1:")
    # Where nothing was read, nothing is said to be proven by it.
    assert "Proven: closed for pushes for 3600.0 s" in lines


@pytest.mark.parametrize("outcome, words", [("deferred", ": 1 deferred."), ("refused", ": 1 refused.")])
def test_every_outcome_is_counted(outcome, words):
    made = collection_samples.result([collection_samples.entry("layer", MB, outcome)], {outcome: 1})
    assert collection_lines(made)[0].endswith(words)


def test_nothing_to_do():
    lines = collection_lines(collection_samples.result([]))
    assert len(lines) == 3 and "0 go (" in lines[0] and not lines[0].endswith(": .")


def test_long_lists_are_cut_and_say_so():
    rows = [collection_samples.entry(str(number), number) for number in range(30)]
    lines = collection_lines(collection_samples.result(rows), top=5)
    shown = [line for line in lines if "sha256:" in line and "Audit" not in line]
    assert len(shown) == 5 and "29 B" in shown[0] and "  and 25 more" in lines
    assert not [line for line in collection_lines(collection_samples.result(rows[:5]), top=5) if "more" in line]


def test_equal_sizes_are_in_a_stable_order():
    rows = [collection_samples.entry(str(number), 7) for number in range(9)]
    assert collection_lines(collection_samples.result(rows)) == collection_lines(collection_samples.result(rows[::-1]))


def test_hostile_names_stay_on_their_line():
    assert all(line.isprintable() for line in collection_lines(collection_samples.hostile(), top=1000))


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_a_page_escapes_what_it_shows(text):
    assert text not in page(collection_samples.hostile())


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_shown(secret):
    shown = "\n".join(collection_lines(collection_samples.hostile(), top=1000))
    assert secret not in shown + page(collection_samples.hostile())


def test_a_page_tells_what_lines_tell():
    shown = page(collection_samples.done())
    for words in (
        "3 go (9.00 MB): 3 deleted",
        "before 400.00 MB",
        "10 images read whole afterwards",
        "no manifest needs it",
    ):
        assert words in shown


def test_a_page_tells_what_is_wrong():
    shown = page({**collection_samples.failed(), "failed": True, "msg": "garbage collection of r: no such device"})
    for words in ("garbage collection of r: no such device", "app:1: manifest is not there", "1 deleted, 1 failed"):
        assert words in shown
    empty = page({})
    assert "It was not asked." in empty
