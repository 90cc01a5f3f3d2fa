# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README and metadata claim is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def test_one_version() -> None:
    version = read("galaxy.yml")["version"]
    source = (ROOT / "plugins" / "plugin_utils" / "_command" / "version.py").read_text()
    assert 'VERSION = "%s"' % version in source


def test_no_collection_dependencies() -> None:
    assert read("galaxy.yml")["dependencies"] == {}


def test_readme_names_every_module_role_and_playbook() -> None:
    names = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    names |= {path.name for path in (ROOT / "roles").iterdir()}
    names |= {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
    names |= {path.stem for kind in ("filter", "test") for path in (ROOT / "plugins" / kind).glob("*.py")}
    assert not sorted(
        name for name in names if "`%s`" % name not in README and "imagefleet.docker.%s" % name not in README
    )


def test_readme_and_runtime_agree_on_the_core() -> None:
    bound = read("meta/runtime.yml")["requires_ansible"]
    assert "ansible-core %s" % bound.replace(">=", "").rpartition(".")[0] in README


@pytest.mark.parametrize("group", ["engine", "registry"])
def test_action_groups_hold_the_modules_with_their_options(group: str) -> None:
    members = set(read("meta/runtime.yml")["action_groups"][group])
    modules = (ROOT / "plugins" / "modules").glob("*.py")
    assert members == {path.stem for path in modules if "imagefleet.docker._%s\n" % group in path.read_text()}


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z-]+)`", README):
        assert re.search(r"^[a-z -]*\b%s\b[a-z -]*:" % target, makefile, re.MULTILINE), target


def test_contributing_names_every_room_of_module_utils() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = [path.name for path in (ROOT / "plugins" / "module_utils").glob("_*") if path.name != "__pycache__"]
    assert not sorted(room for room in rooms if "`%s`" % room not in table and "/%s`" % room not in table)


def test_relative_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "roles").glob("*/README.md")]:
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), "%s: %s" % (page, link)


def test_files_carry_no_path_or_server_of_the_machine_they_were_written_on() -> None:
    forbidden = re.compile("/" + r"work/|\bpypi\." + r"org|deb\.debian\." + "org|registry\\.npmjs")
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        hidden = parts[0].startswith(".") and parts[0] != ".ci"
        if path.is_file() and not hidden and parts[0] not in ("build", "LICENSES") and "__pycache__" not in parts:
            text = path.read_text(errors="replace")
            assert not forbidden.search(text), path
