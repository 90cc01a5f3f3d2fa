# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trap 15: images of several platforms, of which a host has one, and with an attestation."""

from __future__ import annotations

import json
from typing import Iterator

import pytest
from archive import Image, Layer
from pushing import INDEX, MANIFEST, REGISTRY, descriptor, digest, index, manifest, push, put_blob, put_manifest, remove
from workbench import LABEL, Workbench

_IN_TOTO = "application/vnd.in-toto+json"


class Pulled:
    """`pin` is the digest name of the index; the digests of what it lists are `here`, `elsewhere` and `attestation`."""

    def __init__(self, bench: Workbench) -> None:
        self.repository = "%s/%s/app" % (REGISTRY, bench.prefix)
        labels = {LABEL: bench.prefix}
        here = Image([], [Layer("platforms-base"), Layer("platforms-here", 60000)], labels)
        elsewhere = Image([], [Layer("platforms-elsewhere", 900000)], labels, note="another platform")
        pins = [push(self.repository, one) for one in (here, elsewhere)]
        statement = json.dumps({"subject": digest(manifest(here))}).encode()
        config = b"{}"
        for blob in (statement, config):
            put_blob(self.repository, blob)
        attestation = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": descriptor("application/vnd.oci.image.config.v1+json", config),
                "layers": [descriptor(_IN_TOTO, statement)],
            }
        ).encode()
        pins.append(put_manifest(self.repository, attestation, MANIFEST))
        reference = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digest(manifest(here)),
        }
        unknown = {"architecture": "unknown", "os": "unknown"}
        document = index(
            [
                descriptor(MANIFEST, manifest(here), platform={"architecture": "amd64", "os": "linux"}),
                descriptor(MANIFEST, manifest(elsewhere), platform={"architecture": "s390x", "os": "linux"}),
                descriptor(MANIFEST, attestation, platform=unknown, annotations=reference),
            ]
        )
        self.pin = put_manifest(self.repository, document, INDEX)
        self.here, self.elsewhere, self.attestation = (pin.partition("@")[2] for pin in pins)
        self.all_pins = [self.pin, *pins]
        bench.api.pull(self.repository, tag=self.pin.partition("@")[2])
        assert bench.api.tag(self.pin, self.repository, "1")


@pytest.fixture
def pulled(bench: Workbench) -> Iterator[Pulled]:
    found = Pulled(bench)
    yield found
    bench.api.remove_image(found.repository + ":1", force=True) if bench.has_image(found.repository + ":1") else None
    bench.sweep()
    for pin in found.all_pins:
        remove(pin)


def test_only_what_is_here_counts(bench: Workbench, pulled: Pulled) -> None:
    """A platform that was never pulled is no bytes; what goes is what was planned."""
    before = bench.store_bytes()
    planned = bench.plan()["summary"]
    result = bench.clean()
    summary = result["summary"]
    assert summary["failed"] == summary["refused"] == 0
    assert not bench.has_image(pulled.pin)
    bench.settle()
    freed = before - bench.store_bytes()
    assert planned["reclaimable_bytes"] <= freed <= planned["reclaimable_bytes_max"]
    assert 60000 < freed < 900000


def protected(bench: Workbench, pulled: Pulled, digest: str) -> None:
    result = bench.clean(protect=[digest])
    assert result["summary"]["deleted"] == 0
    rows = [row for row in result["plan"] if (row["reference"] or "").startswith(pulled.repository)]
    assert rows and {row["kept_by"] for row in rows} == {"protect"}
    assert bench.has_image(pulled.pin)


def test_the_digest_of_the_index_protects_it(bench: Workbench, pulled: Pulled) -> None:
    protected(bench, pulled, pulled.pin.partition("@")[2])


@pytest.mark.engines("containerd")
@pytest.mark.parametrize("part", ["here", "elsewhere", "attestation"])
def test_so_does_the_digest_of_anything_in_it(bench: Workbench, pulled: Pulled, part: str) -> None:
    """Of what is not on this host as well; overlay2 keeps no index, and knows none of these digests."""
    protected(bench, pulled, getattr(pulled, part))
