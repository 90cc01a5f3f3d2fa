# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifications of signatures for people to read, in a terminal and on the page."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.signatures import signature_lines
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import signature_samples as made
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)


def page(told, name="shop"):
    return fleet_page({}, None, signatures={name: told})


def test_everything_is_signed():
    assert signature_lines("shop", made.good()) == [
        "Signatures of shop: 2 images in use on 2 hosts: 2 verified, 0 not signed, 0 not known."
    ]
    shown = page(made.good())
    assert '<div class="tile good"><dt>Signatures</dt><dd class="figure">2 verified</dd>' in shown
    assert "<summary>Verified (2)</summary>" in shown and "release" in shown


def test_what_is_not_signed_comes_first_then_what_nobody_knows():
    assert signature_lines("shop", made.mixed()) == [
        "Signatures of shop: 3 images in use on 3 hosts: 1 verified, 1 not signed, 1 not known.",
        "Not signed, and in use:",
        "  IMAGE                             DIGEST               HOSTS        WHY",
        "  registry.example.com/shop/tool:1  %s  web-1, db-1  no signature was found in registry.example.com/shop/tool"
        % digest("shop/tool:1")[:19],
        "Not known whether signed:",
        "  IMAGE                            DIGEST               HOSTS  WHY",
        "  registry.example.com/shop/job:7  %s  db-1   the registry did not answer" % digest("shop/job:7")[:19],
    ]
    shown = page(made.mixed())
    assert "Unsigned images are in use" in shown and "registry.example.com/shop/tool:1 on web-1, db-1: no sign" in shown
    assert '<div class="tile bad"><dt>Signatures</dt><dd class="figure">1 not signed</dd>' in shown


@pytest.mark.parametrize("verified", [None, "yes", "true", 1, 0, "", [], {}, [True]])
def test_what_is_not_known_is_never_verified(verified):
    told = [made.row("shop/web:1", verified)]
    lines, shown = signature_lines("shop", told), page(told)
    assert "0 verified, 0 not signed, 1 not known." in lines[0]
    assert "tile good" not in shown and "Verified (" not in shown and "1 not known" in shown


@pytest.mark.parametrize(
    "told, words",
    [
        ({}, "It gave no result."),
        (None, "It gave no result."),
        ({"failed": True, "msg": "there is no cosign on PATH"}, "there is no cosign on PATH"),
        ([], "no image was verified, so nothing is known"),
        ({"images": []}, "no image was verified, so nothing is known"),
    ],
)
def test_nothing_known_is_never_good(told, words):
    lines, shown = "\n".join(signature_lines("shop", told)), page(told)
    assert words in lines and words in shown
    assert "tile good" not in shown and "no result" in shown


def test_a_verification_of_one_image():
    told = made.row("shop/web:1", False, "no signature")
    del told["image"]
    lines = signature_lines("registry.example.com/shop/web:1", told)
    assert "1 not signed" in lines[0] and "registry.example.com/shop/web:1" in lines[3]


def test_keys_stand_for_signers_without_a_name():
    signatures = [{"method": "cosign", "key": "SHA256:abc"}, {"method": "docker_trust", "signer": "alice", "key": "x"}]
    shown = page([made.row("shop/web:1", signers=[], signatures=signatures)])
    assert "SHA256:abc, alice" in shown


def test_long_lists_are_cut_and_say_so():
    lines = signature_lines("shop", [made.row("shop/%d" % at, False, "no") for at in range(30)], top=5)
    assert len(lines) == 9 and lines[-1] == "  and 25 more"


def test_hostile_text_is_text_and_secrets_are_not_shown():
    lines, shown = signature_lines(HOSTILE[0], made.hostile(), top=1000), page(made.hostile(), HOSTILE[1])
    assert all(line.isprintable() for line in lines)
    assert not [text for text in HOSTILE[:3] if text in shown]
    assert not [secret for secret in SECRETS if secret in shown + "\n".join(lines)]
