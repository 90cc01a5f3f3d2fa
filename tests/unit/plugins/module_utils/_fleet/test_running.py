# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that hosts run, out of a ledger: one for each that was pulled, whatever digests mean it."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import RunningImage, running_images
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import (
    DAY,
    NOW,
    UNREACHABLE,
    digest,
    image,
    ledger_of,
    run,
    usage,
)

RUNS = ["container c (running)"]
INDEX = digest("index app")
PULLED = ("registry.example.com/app@" + INDEX,)
TAGS = ("registry.example.com/app:1",)


def containerd(name, *children):
    members = [digest("index " + name), *(digest(child) for child in children), digest(name)]
    return image(name, RUNS, id=digest("index " + name), digests=members)


def test_index_child_and_configuration_are_one_image():
    ledger = ledger_of({"a": usage("app"), "b": usage(containerd("app", "child"))})
    assert running_images(ledger) == [RunningImage(INDEX, PULLED, TAGS, ("a", "b"))]


def test_every_repository_it_was_pulled_from():
    mirrored = image("app", RUNS, repo_digests=["mirror.example.com/app@" + INDEX])
    ledger = ledger_of({"a": usage("app"), "b": usage(mirrored)})
    assert running_images(ledger) == [
        RunningImage(INDEX, ("mirror.example.com/app@" + INDEX, *PULLED), TAGS, ("a", "b"))
    ]


def test_two_images_that_share_a_child_are_two():
    one, other = containerd("one", "shared"), containerd("other", "shared")
    found = running_images(ledger_of({"a": usage(one), "b": usage(other)}))
    assert {(image.digest, image.hosts) for image in found} == {
        (digest("index one"), ("a",)),
        (digest("index other"), ("b",)),
    }


def test_an_image_that_nobody_runs_any_more_is_none_though_it_shares_a_child():
    one, other = containerd("one", "shared"), containerd("other", "shared")
    ledger = ledger_of({"a": usage(one)})
    later = NOW + DAY
    ledger = run(ledger, {"a": usage(other, at=later)}, ["a"], later).ledger
    assert digest("index one") in ledger.digests
    assert [image.digest for image in running_images(ledger)] == [digest("index other")]


def test_what_was_made_on_a_host_is_one_image_by_its_id():
    handmade = image("made", RUNS, repo_digests=[], digests=[digest("made"), digest("child"), digest("config")])
    assert running_images(ledger_of({"a": usage(handmade)})) == [
        RunningImage(digest("made"), (), ("registry.example.com/made:1",), ("a",))
    ]


def test_a_silent_host_still_runs_what_it_ran():
    ledger = ledger_of({"a": usage("app"), "b": usage()})
    later = NOW + DAY
    ledger = run(ledger, {"a": UNREACHABLE, "b": usage(at=later)}, ["a", "b"], later).ledger
    assert running_images(ledger) == [RunningImage(INDEX, PULLED, TAGS, ("a",))]


def test_a_ledger_without_names_still_tells_every_digest():
    ledger = replace(ledger_of({"a": usage("app")}), names={})
    assert {image.digest for image in running_images(ledger)} == {digest("app"), INDEX}
    assert all(not image.pulled and image.hosts == ("a",) for image in running_images(ledger))
