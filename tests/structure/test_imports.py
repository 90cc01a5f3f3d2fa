# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports point one way: pure rooms know nothing of adapters, and one file each knows ansible, docker and requests."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parents[2]
UTILS = ROOT / "plugins" / "module_utils"
PREFIX = "ansible_collections.imagefleet.docker.plugins."

PURE = {
    "_errors",
    "_policy",
    "_image",
    "_prune",
    "_retention",
    "_sync",
    "_collection",
    "_fleet",
    "_host_command",
    "_tagging",
    "_caching",
    "_mirror",
    "_tools",
    "_build",
    "_config",
    "_builder",
    "_scan",
    "_signing",
}
ADAPTERS = {"_engine", "_registry", "_store", "_install", "_daemon"}
# Room -> rooms of module_utils that it may import.
MAY_IMPORT = {
    "_errors": set(),
    "_image": {"_errors"},
    "_policy": {"_errors", "_image"},
    "_prune": {"_errors", "_image", "_policy"},
    "_host_command": {"_errors", "_image"},
    "_retention": {"_errors", "_image", "_policy"},
    "_fleet": {"_errors", "_image", "_policy"},
    "_store": {"_errors", "_fleet", "_image", "_policy", "_scan"},
    "_engine": {"_errors", "_image", "_prune"},
    "_registry": {"_errors", "_image", "_store"},
    "_survey": {"_errors", "_image", "_policy", "_registry"},
    "_retire": {"_errors", "_image", "_policy", "_retention", "_fleet", "_registry", "_survey", "_store"},
    "_install": {"_errors", "_host_command", "_image", "_store"},
    "_sync": {"_errors", "_image", "_policy"},
    "_tagging": {"_errors", "_image", "_policy"},
    "_tag_run": {"_errors", "_image", "_policy", "_tagging", "_engine", "_registry"},
    "_transfer": {"_errors", "_registry"},
    "_distribute": PURE - {"_prune", "_retention", "_fleet", "_collection", "_host_command", "_tagging"}
    | {"_registry", "_survey", "_store", "_transfer", "_retire"},
    "_collection": {"_errors", "_image"},
    "_collect": {"_errors", "_image", "_policy", "_collection", "_registry", "_store", "_install"},
    "_caching": {"_errors", "_image"},
    "_emptying": {"_errors", "_image", "_caching", "_collection", "_collect", "_registry", "_store", "_install"},
    "_config": {"_errors"},
    "_daemon": {"_errors", "_config", "_store", "_install"},
    "_mirror": {"_errors", "_image", "_config"},
    "_mirror_host": {
        "_errors",
        "_image",
        "_mirror",
        "_config",
        "_daemon",
        "_engine",
        "_registry",
        "_store",
        "_install",
    },
    "_builder": {"_errors", "_image", "_config", "_tools"},
    "_builder_host": {"_errors", "_image", "_builder", "_config", "_daemon", "_tools", "_store", "_install"},
    "_cleanup": PURE | ADAPTERS - {"_install", "_host_command", "_retention", "_collection", "_caching", "_tagging"},
    "_usage": {"_errors", "_image", "_prune", "_fleet", "_engine", "_store", "_cleanup"},
    "_tools": {"_errors", "_image"},
    "_build": {"_errors", "_image"},
    "_build_run": {"_errors", "_image", "_build", "_builder", "_registry", "_store", "_tools"},
    "_scan": {"_errors", "_image", "_policy", "_builder", "_tools"},
    "_scan_run": {
        "_builder",
        "_errors",
        "_image",
        "_policy",
        "_fleet",
        "_scan",
        "_engine",
        "_registry",
        "_survey",
        "_store",
        "_tools",
    },
    "_signing": {"_errors", "_image", "_tools"},
    "_sign_run": {
        "_errors",
        "_image",
        "_policy",
        "_fleet",
        "_signing",
        "_engine",
        "_registry",
        "_store",
        "_tools",
        "_usage",
    },
    "_module": {"_errors", "_engine", "_registry", "_tools"},
}
ONLY_IN = {
    "docker": {"_engine/sdk.py"},
    "requests": {"_engine/sdk.py", "_registry/http.py"},
    "ansible": {"_module/engine_arguments.py", "_module/programs.py", "_module/run.py"},
    "tomllib": {"_config/toml.py"},
    "subprocess": set(),
}
# What decides does no I/O.
NO_IO = {"os", "socket", "subprocess", "time", "pathlib", "shutil", "tempfile", "urllib.request", "http.client"}
FILES = sorted(UTILS.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "%s: write absolute imports" % path
            yield str(node.module)


def room(path: Path) -> str:
    return path.relative_to(UTILS).parts[0].replace(".py", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_module_utils_import_only_what_their_room_may(path: Path) -> None:
    own = room(path)
    assert own in MAY_IMPORT, "say in this test what the new room %s may import" % own
    for name in imports(path):
        if name.startswith(PREFIX):
            part, _dot, rest = name[len(PREFIX) :].partition(".")
            other = rest.split(".")[0]
            assert part == "module_utils", "%s imports %s" % (path, name)
            assert other == own or other in MAY_IMPORT[own], "%s may not import %s" % (own, other)
        top = name.split(".")[0]
        if top in ONLY_IN:
            assert path.relative_to(UTILS).as_posix() in ONLY_IN[top], "%s imports %s" % (path, name)
        if own in PURE:
            assert name not in NO_IO, "%s is pure and imports %s" % (path, name)


@pytest.mark.parametrize("library", sorted(set(ONLY_IN) - {"subprocess"}))
def test_the_named_files_do_import_their_library(library: str) -> None:
    for relative in ONLY_IN[library]:
        assert any(name.split(".")[0] == library for name in imports(UTILS / relative)), relative


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_nothing_prints_exits_or_prunes(path: Path) -> None:
    assert not {"print", "sys.exit", "exit", "input"} & set(calls(path))
    # S6: the engine's own prune deletes what qualifies at that moment.
    assert "images/prune" not in "".join(
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/")
    )


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=lambda path: path.name)
def test_modules_stay_thin(path: Path) -> None:
    code = path.read_text().split('RETURN = r"""')[1].split('"""', 1)[1]
    assert len(code.splitlines()) <= 120, "%s holds logic that belongs into module_utils" % path.name
