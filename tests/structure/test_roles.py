# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles say in their argument specification what their defaults are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted((Path(__file__).resolve().parents[2] / "roles").iterdir())


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_equal_the_argument_specification(role: Path) -> None:
    options = read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]
    documented = {name: option.get("default") for name, option in options.items() if not option.get("required")}
    assert documented == read(role / "defaults" / "main.yml")


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_variables_carry_the_name_of_the_role(role: Path) -> None:
    assert all(name.startswith(role.name + "_") for name in read(role / "defaults" / "main.yml"))
    assert all(name.startswith("__" + role.name + "_") for name in read(role / "vars" / "main.yml"))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_entry_point_has_a_specification(role: Path) -> None:
    specified = set(read(role / "meta" / "argument_specs.yml")["argument_specs"])
    internal = {"present", "check"}
    assert specified == {path.stem for path in (role / "tasks").glob("*.yml")} - internal


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_readme_names_every_variable(role: Path) -> None:
    text = (role / "README.md").read_text()
    missing = [name for name in read(role / "defaults" / "main.yml") if "`%s`" % name not in text]
    assert not missing
