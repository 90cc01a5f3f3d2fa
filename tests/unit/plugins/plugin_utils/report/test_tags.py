# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about tags for people to read, in a terminal and on the page."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.tags import tags_lines
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import tag_samples
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report.samples import (
    HOSTILE,
    SECRETS,
    digest,
)

NAME = "registry.example.com"


def page(result):
    return fleet_page({}, None, tags={NAME: result})


def test_findings_then_what_was_not_read():
    short = digest("a")[:19]
    assert tags_lines(NAME, tag_samples.strayed()) == [
        "Tags of registry.example.com: 5 tags in 2 repositories, 2 not by the convention.",
        "  REPOSITORY  TAG     DIGEST               FINDING",
        "  shop/web    final2  %s  it fits no scheme" % short,
        "  shop/web    latest  %s  it is not at 1.3.0, the highest of its line" % short,
        "Not read:",
        "  shop/old: there is no such repository",
    ]


def test_nothing_to_find():
    assert tags_lines(NAME, tag_samples.good()) == [
        "Tags of registry.example.com: 4 tags in 2 repositories, all by the convention."
    ]
    assert "all by the convention" in page(tag_samples.good())


@pytest.mark.parametrize("told, words", [({"failed": True, "msg": "no answer"}, "no answer"), ({}, "not asked")])
def test_a_registry_that_gave_no_result(told, words):
    (line,) = tags_lines(NAME, told)
    assert "no result" in line and words in line and words in page(told)


def test_long_lists_are_cut_and_say_so():
    tags = {"_x%d" % number: "a" for number in range(30)}
    lines = tags_lines(NAME, tag_samples.result(tag_samples.repository("shop/web", **tags)), top=5)
    assert len(lines) == 8 and lines[-1] == "  and 25 more"


def test_a_convention_that_is_none_is_told():
    with pytest.raises(PolicyError, match="schemes.0..type: 'semvar'"):
        tags_lines(NAME, {**tag_samples.good(), "schemes": ["semvar"]})


def test_hostile_names_are_text_and_secrets_are_not_shown():
    lines, shown = tags_lines(NAME, tag_samples.hostile(), top=1000), page(tag_samples.hostile())
    assert all(line.isprintable() for line in lines)
    assert not [text for text in HOSTILE[:3] if text in shown]
    assert not [secret for secret in SECRETS if secret in shown + "\n".join(lines)]


def test_the_page_leads_to_the_tags():
    assert 'href="#tags-0"' in page(tag_samples.strayed()) and "Not by the convention (2)" in page(
        tag_samples.strayed()
    )
