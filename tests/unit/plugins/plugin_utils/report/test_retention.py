# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.retention import group_going, retention_lines
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import retention_samples
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import HOSTILE, MB, SECRETS


def test_what_goes_together_is_one_line():
    (going,) = group_going(retention_samples.ordinary()["plan"])
    assert (going.name, going.bytes, going.more, going.outcome) == ("shop/web:1.4.2 +1", 12 * MB, 2, "planned")
    assert going.words == "unused; arrived 41d ago (limit 30d); 2 manifests go with it"


def test_bytes_that_were_not_counted_are_not_zero():
    (going,) = group_going([retention_samples.entry("shop/web", "1", "web", bytes=None)])
    assert going.bytes is None


def test_the_summary_tells_figures_reasons_and_who_uses_what():
    lines = "\n".join(retention_lines(retention_samples.ordinary()))
    for words in (
        "Registry registry.example.com: 2 repositories, 2 entries stay, 4 go (12.00 MB).",
        "Stays: 1 the fleet uses, 1 kept by rules",
        "shop/web:1.4.2 +1  12.00 MB  old builds",
        "shop/web:1.5.0  in use by web-1 and 3 more hosts",
        "not all repositories were read",
        "341 requests, undo 20261123T020000Z-1a2b3c4d",
    ):
        assert words in lines


def test_long_lists_are_cut_and_say_so():
    rows = [retention_samples.entry("shop/web", str(number), str(number)) for number in range(30)]
    lines = retention_lines(retention_samples.result(rows), top=5)
    assert "  and 25 more" in lines


def test_hostile_names_stay_on_their_line():
    assert all(line.isprintable() for line in retention_lines(retention_samples.hostile(), top=1000))


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_a_page_escapes_what_it_shows(text):
    page = fleet_page({}, [], registries={text: retention_samples.hostile()})
    assert text not in page


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_is_shown(secret):
    shown = "\n".join(retention_lines(retention_samples.hostile(), top=1000))
    assert secret not in shown + fleet_page({}, [], registries={"r": retention_samples.hostile()})


def test_a_registry_that_gave_no_result_is_told():
    page = fleet_page({}, [], registries={"r": {"failed": True, "msg": "No answer from registry r"}, "s": {}})
    assert "No answer from registry r" in page and "It was not asked." in page


def test_a_page_about_registries_alone_misses_no_host():
    page = fleet_page({}, None, registries={"registry.example.com": retention_samples.ordinary()})
    assert "<h1>Docker images of the fleet: registry.example.com</h1>" in page
    assert "answered" not in page and 'id="glance"' not in page and 'href="#registry-0"' in page
