# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""builder.gc in daemon.json, everything else byte for byte as it was."""

from __future__ import annotations

import json

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.gc import parse_gc
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.daemon_gc import lint_file, plan_rules
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

GC = parse_gc({"reserved_space": "1GB"})
RULES = {"enabled": True, "policy": [{"all": True, "keepStorage": "1000000000"}]}


def planned(tmp_path, text):
    path = tmp_path / "daemon.json"
    if text is not None:
        path.write_text(text)
    return plan_rules(str(path), GC, (26, 1))


def test_a_file_that_is_missing_is_made(tmp_path):
    change = planned(tmp_path, None)
    assert change.action == "created" and json.loads(change.after) == {"builder": {"gc": RULES}}


@pytest.mark.parametrize(
    "text",
    [
        '{"a" : [1,2],\n  "z": {"y":1}}\n',
        '{\n\t"builder": {"history": {"maxEntries": 3}},\n\t"x":1.50\n}',
        '{"builder": {"gc": {"enabled": false}}}',
    ],
)
def test_everything_else_stays(tmp_path, text):
    change = planned(tmp_path, text)
    before, after = json.loads(text), json.loads(change.after)
    assert after["builder"].pop("gc") == RULES
    before.get("builder", {}).pop("gc", None)
    assert {"builder": {}, **before} == after
    for piece in ('{"a" : [1,2],', '"z": {"y":1}', '{"history": {"maxEntries": 3}', '"x":1.50'):
        assert (piece in text) == (piece in change.after.decode())


def test_the_same_rules_are_no_change(tmp_path):
    change = planned(tmp_path, '{"builder":{"gc":%s}}' % json.dumps(RULES, indent=7))
    assert change.action == "unchanged"


@pytest.mark.parametrize("text", ["{", '{"builder": 1}'])
def test_what_is_not_understood_is_left_alone(tmp_path, text):
    with pytest.raises(StateError, match="left as it is"):
        planned(tmp_path, text)
    assert (tmp_path / "daemon.json").read_text() == text


def test_a_file_is_looked_through(tmp_path):
    path = tmp_path / "daemon.json"
    assert lint_file(str(path), None) == []
    path.write_text("{")
    assert lint_file(str(path), None) == []
    path.write_text('{"builder": {"gc": {"enabled": false}}}')
    assert [finding.code for finding in lint_file(str(path), None)] == ["gc_off"]
