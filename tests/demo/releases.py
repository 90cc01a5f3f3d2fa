# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release line as CI systems leave it in registries: two platforms each, attested, signed, with moving tags."""

from __future__ import annotations

from archive import BUSYBOX, Layer
from registry_content import Manifest, attestation, image, index
from registry_pushing import push, retag, sign

CART = "shop/cart"
#: One of them is run by a host; the rule of the demo keeps the last two of each line.
VERSIONS = ("3.0.0", "3.0.1", "3.0.2", "3.0.3", "3.1.0", "3.1.1", "3.1.2", "3.1.3")
SIGNED = ("3.1.1", "3.1.3")
#: The release that comes later.
NEXT = "3.1.4"
#: And those that go to the regions; the second one should not have.
LATER, BAD = "3.1.5", "3.1.6"
_PROGRAM = Layer("cart-program", 100_000, BUSYBOX)


def push_release_line(address: str) -> None:
    """All of it, with `3.0`, `3.1`, `3` and `latest` at the newest each."""
    for version in VERSIONS:
        push_release(address, version)


def push_release(address: str, version: str) -> None:
    """One release, which the moving tags follow."""
    release = _release(version)
    push(address, CART, release, version)
    major, minor, _patch = version.split(".")
    retag(address, CART, version, "%s.%s" % (major, minor), major, "latest")
    if version in SIGNED:
        sign(address, CART, release)


def _release(version: str) -> Manifest:
    images = [_image(version, platform) for platform in ("linux/amd64", "linux/arm64")]
    return index([*images, *map(attestation, images)])


def _image(version: str, platform: str) -> Manifest:
    layers = [_PROGRAM, Layer("cart-%s-%s" % (version, platform), 1_500_000)]
    return image(layers, platform=platform, labels={"org.opencontainers.image.version": version}, note=version)
