# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real cosign signs at the source, and verifies in every region to which registry_sync brought the image."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from cosign import SUITES, Cosign
from regions import WEB, Regions
from registry_pushing import push

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options


@pytest.fixture
def regions(tmp_path: Path) -> Iterator[Regions]:
    with Regions(tmp_path, 2) as found:
        yield found


@pytest.fixture(params=sorted(SUITES))
def cosign(request: pytest.FixtureRequest, tmp_path: Path) -> Cosign:
    return Cosign(request.param, tmp_path / "cosign")


def names(regions: Regions, digest: str) -> list[str]:
    """The image in every region."""
    return ["%s/%s@%s" % (one.address, WEB, digest) for one in regions.all]


def test_signatures_and_attestations_verify_in_every_region(regions: Regions, cosign: Cosign, tmp_path: Path) -> None:
    release = content.multi_platform("signed-" + cosign.version)
    push(regions.source.address, WEB, release, "1.0.0")
    at_home = "%s/%s@%s" % (regions.source.address, WEB, release.digest)
    cosign.sign(at_home)
    cosign.attest(at_home)
    regions.sync()
    other = Cosign(cosign.version, tmp_path / "other")
    for name in names(regions, release.digest):
        assert cosign.verifies(name) and cosign.verifies(name, attestation=True)
        assert not cosign.verifies(name, other.public)
    assert not regions.sync()["changed"]


def test_left_behind_when_not_wanted_and_missed_by_drift(regions: Regions, cosign: Cosign) -> None:
    release = content.multi_platform("left-" + cosign.version)
    push(regions.source.address, WEB, release, "1.0.0")
    cosign.sign("%s/%s@%s" % (regions.source.address, WEB, release.digest))
    regions.sync(referrers=False)
    assert not any(cosign.verifies(name) for name in names(regions, release.digest))
    told = run_drift(parse_sync_options(regions.options()))
    assert {(one["region"], one["status"]) for one in told["drift"]} == {
        ("region-0", "missing_signature"),
        ("region-1", "missing_signature"),
    }


def test_signed_later_although_the_tag_never_moves(regions: Regions, cosign: Cosign) -> None:
    release = content.multi_platform("later-" + cosign.version)
    push(regions.source.address, WEB, release, "1.0.0")
    regions.sync(immutable_tags="**")
    cosign.sign("%s/%s@%s" % (regions.source.address, WEB, release.digest))
    assert regions.sync(immutable_tags="**")["changed"]
    assert all(cosign.verifies(name) for name in names(regions, release.digest))
    assert not regions.sync(immutable_tags="**")["changed"]


def test_what_a_region_signed_itself_verifies_still(regions: Regions, tmp_path: Path) -> None:
    """Version 3 keeps both in one list; version 2 has one tag for all signatures, which is the source's after that."""
    cosign, local = Cosign("3", tmp_path / "cosign"), Cosign("3", tmp_path / "local")
    release = content.multi_platform("both")
    push(regions.source.address, WEB, release, "1.0.0")
    regions.sync()
    first, second = names(regions, release.digest)
    local.sign(first)
    cosign.sign("%s/%s@%s" % (regions.source.address, WEB, release.digest))
    regions.sync()
    assert cosign.verifies(first) and cosign.verifies(first, local.public)
    assert cosign.verifies(second) and not cosign.verifies(second, local.public)
    assert not regions.sync()["changed"]
