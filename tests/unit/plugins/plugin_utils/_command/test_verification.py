# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job `verify` of the command: its configuration, how its runs end, what is news, what its report shows."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import policy_hash
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.verification import (
    check_scheduled_verification,
    verification_ending,
    verification_lines,
    with_signature_news,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html_signatures import (
    signature_sections,
    signature_tiles,
)
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.signatures import read_signatures

LEDGER = "/var/lib/imagefleet/ledger.json"
OPTIONS = {"ledger": LEDGER, "method": "cosign", "public_key_paths": ["/etc/imagefleet/keys/release.pub"]}
WEB, API = "registry.example.com/shop/web", "registry.example.com/shop/api"


def result(path=LEDGER, problems=(), **verdicts):
    """Of images by the last part of their name."""
    rows = [
        {
            "image": "registry.example.com/shop/%s@sha256:%s" % (name, "a" * 64),
            "references": ["registry.example.com/shop/%s:1" % name],
            "digest": "sha256:" + "a" * 64,
            "hosts": ["host-1"],
            "verified": verified,
            "reason": None if verified else "because",
            "signers": [],
            "signatures": [],
        }
        for name, verified in verdicts.items()
    ]
    return {
        "images": rows,
        "summary": {},
        "ledger": {"path": path, "complete": not problems, "problems": list(problems)},
    }


@pytest.mark.parametrize(
    "found, code, message",
    [
        (result(web=True), 0, ""),
        (result(web=True, api=False), 14, "1 of 2 images in use are not signed: %s:1 (because)" % API),
        (result(web=None), 3, "of 1 of 1 images in use nobody knows: %s:1 (because)" % WEB),
        (
            result(web=None, api=False),
            14,
            "1 of 2 images in use are not signed: %s:1 (because); of 1 of 2 images in use nobody knows: %s:1 (because)"
            % (API, WEB),
        ),
        (result(web=True, problems=["it is old"]), 3, "more may run than was verified: it is old"),
        (result(), 3, "there was no image to verify; look at repositories and ledger of the configuration"),
        # A host may well run nothing, or only images of others.
        (result(path=None), 0, ""),
        (result(path=None, problems=["its clock is wrong"]), 3, "more may run than was verified: its clock is wrong"),
        # What is no verdict is none.
        (result(web="yes"), 3, "of 1 of 1 images in use nobody knows: %s:1 (no reason told)" % WEB),
    ],
)
def test_how_a_run_ends(found, code, message):
    assert verification_ending(found) == (code, message)


def test_verdicts_that_changed_are_news_once():
    before, now = result(web=True, api=False, tool=True), result(web=False, api=True, tool=True, new=False)
    assert with_signature_news(before, {}, 0)["news"] == []
    told = with_signature_news(now, {"result": before}, 0)["news"]
    assert told == [WEB + ":1 is not signed, it was verified before", API + ":1 is verified, it was not signed before"]
    assert with_signature_news(now, {"result": now}, 0)["news"] == []
    # A run without a result keeps the last one that had one.
    assert with_signature_news(now, {"result": None, "last_with_result": {"result": before}}, 0)["news"] == told
    assert verification_lines({**now, "news": told}, 10)[-3:] == ["News:", *("  " + one for one in told)]


@pytest.mark.parametrize(
    "rows",
    [None, 7, [7], [{"image": WEB, "verified": [], "references": 7}], [{"verified": "true"}], {"verified": True}],
)
def test_news_of_a_damaged_report(rows):
    assert with_signature_news(result(web=False), {"result": {"images": rows}}, 0)["news"] == []


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, None),
        ({"ledger": None, "running": True}, None),
        ({"running": True}, "one of the two"),
        ({"ledger": None}, "public_key_paths: it goes with ledger or running"),
        ({"ledger": None, "public_key_paths": None}, "one of the two"),
        ({"image": WEB}, "image: it is for one image"),
        ({"public_key_paths": []}, "public_key_paths: nothing can be verified"),
        ({"method": "pgp"}, "method: 'pgp' is none of"),
        ({"signer": "alice"}, "signer: it is for method: docker_trust"),
    ],
)
def test_what_a_schedule_may_ask_is_checked_before_it_is_installed(options, message):
    wanted = {**OPTIONS, **options}
    if message is None:
        check_scheduled_verification(wanted)
        return
    with pytest.raises(PolicyError, match=message):
        check_scheduled_verification(wanted)


def test_what_decides_names_the_policy():
    named = policy_hash("report", OPTIONS, "verify")
    for other in ({"public_key_paths": ["/etc/imagefleet/keys/other.pub"]}, {"annotations": {"env": "prod"}}):
        assert policy_hash("report", {**OPTIONS, **other}, "verify") != named
    assert policy_hash("report", {**OPTIONS, "registries": [{"registry": "r", "password": "p"}]}, "verify") == named


def test_the_fleet_report_takes_the_report_of_a_run_and_tells_that_more_may_run():
    report = {"exit_code": 3, "message": "more may run", "result": result(web=True, problems=["the ledger is old"])}
    found = read_signatures("the fleet", report)
    assert (found.told, found.problem, found.notes) == (True, "more may run", ("the ledger is old",))
    assert "More may run than was verified: the ledger is old" in verification_lines(report["result"], 10)
    assert "the ledger is old" in str(signature_sections({"the fleet": report["result"]}))
    assert "bad" in str(signature_tiles({"the fleet": report["result"]})[0])
    assert "bad" not in str(signature_tiles({"the fleet": result(web=True)})[0])
    lost = read_signatures("the fleet", {"exit_code": 10, "message": "no ledger", "result": None})
    assert (lost.told, lost.problem, lost.images) == (False, "no ledger", ())
