# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a .dockerignore leaves out of the digest is what BuildKit leaves out of the build: random folders and patterns, asked both."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any, Iterator

import pytest
from building import Kitchen, engine_of
from own_registry import OwnRegistry

from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.context import files_in, read_ignore

NAMES = ["a", "b", "ab", "a.md", "b.txt", "docs", ".hidden", "x y"]
PIECES = [*NAMES, "*", "**", "?", "*.md", "[ab]*", "a*"]
SEEDS = range(8)


@pytest.fixture(scope="module")
def kitchen(lab: Any, tmp_path_factory: Any) -> Iterator[Kitchen]:
    folder = tmp_path_factory.mktemp("ignore")
    with OwnRegistry(folder / "own") as registry:
        found = Kitchen(engine_of(lab, "engine-26"), folder, registry, "0.13")
        yield found
        found.sweep()


def grow(choice: random.Random, folder: Path, depth: int = 0) -> None:
    for name in choice.sample(NAMES, choice.randint(1, 5)):
        if depth < 3 and choice.random() < 0.45:
            (folder / name).mkdir()
            grow(choice, folder / name, depth + 1)
        else:
            (folder / name).write_text(name)


def patterns(choice: random.Random) -> str:
    lines = []
    for _line in range(choice.randint(1, 6)):
        path = "/".join(choice.choices(PIECES, k=choice.randint(1, 3)))
        lines.append(choice.choice(["", "", "", "!", "/", "**/"]) + path + choice.choice(["", "", "/"]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_both_see_the_same_files(kitchen: Kitchen, tmp_path: Path, seed: int) -> None:
    choice = random.Random(seed)
    shutil.rmtree(kitchen.context)
    kitchen.context.mkdir()
    grow(choice, kitchen.context)
    kitchen.write("Dockerfile", "FROM scratch\nCOPY . /\n")
    for round_ in range(4):
        lines = patterns(choice)
        kitchen.write(".dockerignore", lines)
        told = tmp_path / ("out-%d" % round_)
        kitchen.build(rebuild="always", outputs=["type=local,dest=%s" % told])
        seen = {str(path.relative_to(told)) for path in told.rglob("*") if path.is_file()}
        ignored = read_ignore(str(kitchen.context), str(kitchen.context / "Dockerfile"))
        ours = {path for path, _status in files_in(str(kitchen.context), ignored) if (kitchen.context / path).is_file()}
        # BuildKit sends these two in any case, and leaves them out of what is copied only when they are ignored.
        assert ours == seen, lines
