# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries, random policies, then garbage collection on a real host: exactly what nothing needs any more is gone."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from collecting import WEEK
from janitor import tidy
from random_registries import Holding, draw
from registry_host import STORAGE, RegistryHost
from whole import all_whole

#: Always the same, and a fresh one that is printed when it fails.
SEEDS = [*range(6), secrets.randbelow(10**9)]


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_what_nothing_needs_goes(host: RegistryHost, tmp_path: Path, seed: int) -> None:
    drawn = draw(seed)
    drawn.push(host.address)
    holdings = drawn.holdings()
    tidy(tmp_path, host.address, **drawn.policy)
    host.age(WEEK + 60)
    before = host.blobs()
    left = {name: served(host, name) for name in holdings}
    wanted = {part for name, one in holdings.items() for part in needed(one, left[name])}

    planned = host.collect("report")
    assert planned.code == 0, planned.errors
    assert {row["digest"] for row in planned.result["plan"]} == set(before) - wanted, "seed %d" % seed
    done = host.collect(verify="all")
    assert done.code == 0, done.errors
    assert done.result["plan_digest"] == planned.result["plan_digest"]
    freed = sum(size for digest, size in before.items() if digest not in wanted)
    assert done.result["summary"]["reclaimed_bytes"] == freed
    assert wanted <= set(host.blobs()) and not (set(before) - wanted) & set(host.blobs())
    for name in holdings:
        assert served(host, name) == left[name]
        assert not all_whole(host.address, name), "seed %d" % seed


def served(host: RegistryHost, repository: str) -> set[str]:
    """The digests that a repository links as manifests, by its disk."""
    folder = "%s/docker/registry/v2/repositories/%s/_manifests/revisions/sha256" % (STORAGE, repository)
    found = host.on("find %s -name link -printf '%%h\\n' 2>/dev/null || true" % folder)
    return {"sha256:" + line.rpartition("/")[2] for line in found.splitlines()}


def needed(holding: Holding, digests: set[str]) -> set[str]:
    """These manifests, and all that they are made of."""
    parts = set(digests) | holding.blobs(digests)
    return parts | {child.digest for one in digests for child in holding.manifests[one].children}
