# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images stand below an index."""

from __future__ import annotations

import json

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
    parse_manifest,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.contents import Content, choose, contents_of

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def made(*documents):
    manifests = {}
    for document in documents:
        manifest = parse_manifest(json.dumps(document).encode())
        manifests[manifest.digest] = manifest
    return manifests


def image(name, layer=LAYER, config=CONFIG, kind=OCI_MANIFEST):
    return {
        "mediaType": kind,
        "config": {"digest": digest_of(name.encode()), "mediaType": config},
        "layers": [{"digest": digest_of(b"layer " + name.encode()), "mediaType": layer}],
    }


def child(document, platform=None, **more):
    found = {"digest": digest_of(json.dumps(document).encode()), "mediaType": document["mediaType"], **more}
    return (
        {**found, "platform": dict(zip(("os", "architecture", "variant"), platform.split("/")))} if platform else found
    )


def index(*children):
    return {"mediaType": OCI_INDEX, "manifests": list(children)}


def of(document, name, platform=""):
    return Content(digest_of(json.dumps(document).encode()), digest_of(name.encode()), platform)


def test_images_of_an_index_and_of_one_in_it():
    amd, arm, deep = image("amd"), image("arm"), image("deep", kind=DOCKER_MANIFEST)
    inner = index(child(deep, "linux/riscv64"))
    attested = child(image("att", "application/vnd.in-toto+json"), "unknown/unknown")
    attested["annotations"] = {"vnd.docker.reference.digest": "sha256:" + "0" * 64}
    outer = index(child(amd, "linux/amd64"), attested, child(arm, "linux/arm64/v8"), child(inner))
    found = contents_of(made(amd, arm, deep, inner, outer), digest_of(json.dumps(outer).encode()))
    assert found == [of(amd, "amd", "linux/amd64"), of(arm, "arm", "linux/arm64/v8"), of(deep, "deep", "linux/riscv64")]
    assert choose(found, "linux/arm64") == choose(found, "arm64") == found[1]
    assert choose(found, "linux/s390x") is None


def test_an_image_alone_has_no_platform_by_its_manifest():
    one = image("one")
    found = contents_of(made(one), digest_of(json.dumps(one).encode()))
    assert found == [of(one, "one")] and choose(found, "linux/amd64") is None


def test_signatures_attestations_and_artifacts_are_no_images():
    for document in (
        image("sig", "application/vnd.dev.cosign.simplesigning.v1+json"),
        image("att", "application/vnd.in-toto+json"),
        image(
            "chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/vnd.cncf.helm.config.v1+json"
        ),
    ):
        assert contents_of(made(document), digest_of(json.dumps(document).encode())) == []


def test_what_was_not_read_is_not_there():
    one = image("one")
    whole = index(child(one, "linux/amd64"))
    assert contents_of(made(whole), digest_of(json.dumps(whole).encode())) == []
