# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook that says its variables are the options of a module has one for each of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SYNC = ["doc_fragments/_sync.py"]
# What the playbook finds out by itself.
FOUND = {"fleet_ledger": {"observations", "expected_hosts"}, "registry_info": {"details"}}
# What action plugins set, and what a playbook has no use for.
UNSET = {"registry_sync": {"progress_path"}, "registry_info": {"probe"}, "scout_scan": {"fail_on_policy"}}


def documented(*names: str) -> set[str]:
    """The options in the documentation of modules or of fragments."""
    found: set[str] = set()
    for name in names:
        for node in ast.parse((ROOT / "plugins" / name).read_text()).body:
            nodes = node.body if isinstance(node, ast.ClassDef) else [node]
            for one in nodes:
                if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "DOCUMENTATION":
                    found |= set(yaml.safe_load(ast.literal_eval(one.value))["options"])
    return found


def the_task(book: str, module: str) -> dict[str, Any]:
    """The one with that module."""
    tasks = [task for play in yaml.safe_load((ROOT / "playbooks" / book).read_text()) for task in play.get("tasks", [])]
    (task,) = [task for task in tasks if "imagefleet.docker." + module in task]
    return dict(task)


@pytest.mark.parametrize(
    ("book", "module", "prefix", "sources"),
    [
        ("ledger.yml", "fleet_ledger", "image_fleet_", ["modules/fleet_ledger.py"]),
        (
            "retention.yml",
            "registry_retention",
            "image_fleet_registry_",
            ["modules/registry_retention.py", "doc_fragments/_registry.py"],
        ),
        (
            "restore.yml",
            "registry_restore",
            "image_fleet_registry_",
            ["modules/registry_restore.py", "doc_fragments/_registry.py"],
        ),
        (
            "tags.yml",
            "registry_info",
            "image_fleet_registry_",
            ["modules/registry_info.py", "doc_fragments/_registry.py"],
        ),
        ("distribution.yml", "registry_sync", "image_fleet_sync_", ["modules/registry_sync.py", *SYNC]),
        ("distribution.yml", "registry_drift_info", "image_fleet_sync_", SYNC),
        (
            "scan.yml",
            "scout_scan",
            "image_fleet_scan_",
            ["modules/scout_scan.py", "doc_fragments/_engine.py", "doc_fragments/_registries.py"],
        ),
    ],
)
def test_every_option_is_a_variable(book: str, module: str, prefix: str, sources: list[str]) -> None:
    given = the_task(book, module)["imagefleet.docker." + module]
    assert set(given) == documented(*sources) - UNSET.get(module, set())
    for option in set(given) - FOUND.get(module, set()):
        # The registry and the ledger are the names that others start with.
        names = "|".join([prefix + option, "image_fleet_" + option])
        assert re.search(r"\b(%s)\b" % names, given[option]), option


def test_the_playbook_judges_as_the_role_does() -> None:
    role = yaml.safe_load((ROOT / "roles" / "image_scan" / "defaults" / "main.yml").read_text())
    assert the_task("scan.yml", "scout_scan")["vars"]["image_fleet_careful_scan"] == role["image_scan_policy"]


def test_the_playbook_is_as_careful_as_the_role() -> None:
    role = yaml.safe_load((ROOT / "roles" / "registry_maintenance" / "defaults" / "main.yml").read_text())
    policy = the_task("retention.yml", "registry_retention")["vars"]
    assert policy["image_fleet_careful_keep"] == role["registry_maintenance_keep"]
    assert policy["image_fleet_careful_delete"] == role["registry_maintenance_delete"]
