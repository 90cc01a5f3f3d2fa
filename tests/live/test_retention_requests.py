# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What retention asks of a registry: counted in the registry's own log, for the same work."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from janitor import WEB, tidy
from own_registry import OwnRegistry
from registry_disk import lay
from whole import all_whole

TAGS, KEPT = 100, 20


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    """A hundred tags of two platforms each, and a registry whose capabilities are known."""
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as found:
        for number in range(TAGS):
            lay(found, WEB, content.multi_platform("app%d" % number), "1.%d.0" % number)
        tidy(tmp_path, found.address, apply=False, keep=[{"newest": KEPT}])
        for kind in ("content", "facts"):
            shutil.rmtree(tmp_path / "cache" / kind, ignore_errors=True)
        yield found


def count(registry: OwnRegistry, folder: Path, **more: Any) -> Counter[str]:
    """Requests by method."""
    registry.mark()
    result = tidy(folder, registry.address, **{"keep": [{"newest": KEPT}], **more})
    found = Counter(one.method for one in registry.requests())
    assert sum(found.values()) == result["summary"]["requests"]
    return found


def check(registry: OwnRegistry) -> None:
    assert len(registry.tags(WEB)) == KEPT
    assert len(registry.manifests(WEB)) == 3 * KEPT
    assert all_whole(registry.address, WEB) == []


def test_as_few_as_the_work_needs(registry: OwnRegistry, tmp_path: Path) -> None:
    found = count(registry, tmp_path, repositories=[WEB], undo=False, count_bytes=False)
    # A list, an index for each tag, and the deletion of eighty indexes with their two images.
    assert found == {"GET": 1 + TAGS, "DELETE": 3 * (TAGS - KEPT)}
    assert sum(found.values()) == 341
    check(registry)


def test_with_undo_bytes_and_a_look_afterwards(registry: OwnRegistry, tmp_path: Path) -> None:
    before = registry.blob_bytes()
    found = count(registry, tmp_path)
    assert sum(found.values()) <= 630, found
    assert found["DELETE"] == 3 * (TAGS - KEPT)
    check(registry)
    # What stays is asked for its digest once, and nothing is read again.
    warm = count(registry, tmp_path)
    assert warm == {"GET": 2, "HEAD": KEPT}
    registry.collect()
    assert registry.blob_bytes() < before * 0.25
    check(registry)


def test_with_build_times(registry: OwnRegistry, tmp_path: Path) -> None:
    found = count(registry, tmp_path, keep=[{"newest": KEPT, "order": "clock", "clock": "created"}], minimum_kept=KEPT)
    assert sum(found.values()) <= 830, found


def test_a_warm_check_of_everything(registry: OwnRegistry, tmp_path: Path) -> None:
    tidy(tmp_path, registry.address, keep=[{"newest": TAGS}])
    assert count(registry, tmp_path, repositories=[WEB], keep=[{"newest": TAGS}]) == {"GET": 1, "HEAD": TAGS}
