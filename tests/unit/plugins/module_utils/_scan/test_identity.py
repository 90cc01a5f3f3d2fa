# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read and what was wanted: one image or two, by configuration, manifest, index and platform."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity, difference

CONFIG, MANIFEST, INDEX, OTHER = ("sha256:" + letter * 64 for letter in "cdef")
AMD64, ARM64 = "linux/amd64", "linux/arm64/v8"


def image(configs=(), manifests=(), platform=None):
    return Identity(tuple(configs), tuple(manifests), platform)


# In a registry both digests are known; of an index the image of one platform is wanted.
IN_REGISTRY = image([CONFIG], [MANIFEST, INDEX], AMD64)
# Engines without the containerd store know the configuration, and what was pulled; with it manifests and indexes alone.
BY_CONFIG = image([CONFIG], [INDEX], AMD64)
BY_MANIFEST = image([], [INDEX], AMD64)


@pytest.mark.parametrize(
    ("wanted", "read", "local"),
    [
        (IN_REGISTRY, image([CONFIG], [MANIFEST], AMD64), False),
        (IN_REGISTRY, image([CONFIG], [INDEX], AMD64), False),
        (IN_REGISTRY, image([], [INDEX]), False),
        (IN_REGISTRY, image(), False),
        (image(), image([CONFIG], [MANIFEST], AMD64), False),
        # The index tells another platform than the configuration: builders do that, and the configuration is proof.
        (IN_REGISTRY, image([CONFIG], [], ARM64), False),
        (BY_CONFIG, image([CONFIG]), True),
        (BY_CONFIG, image([CONFIG], [OTHER]), True),
        (BY_MANIFEST, image([CONFIG], [INDEX], AMD64), True),
        # The ID that an engine with containerd gives, handed on.
        (BY_MANIFEST, image([INDEX], [], AMD64), True),
        (image([CONFIG], [INDEX], AMD64), image([INDEX], [], AMD64), True),
        # Without a name, one side knows nothing but the manifest, the other nothing but the configuration.
        (BY_MANIFEST, image([CONFIG], [], AMD64), True),
        (image([CONFIG]), image([], [MANIFEST]), True),
        # Variants are told by some and left out by others.
        (BY_MANIFEST, image([], [INDEX], "linux/x86_64"), True),
        (image([], [INDEX], ARM64), image([], [INDEX], "linux/arm64"), True),
    ],
)
def test_one_image(wanted, read, local):
    assert difference(wanted, read, local) is None


@pytest.mark.parametrize(
    ("wanted", "read", "local", "told"),
    [
        (IN_REGISTRY, image([OTHER]), False, [OTHER, CONFIG, MANIFEST, INDEX]),
        (IN_REGISTRY, image([], [OTHER]), False, [OTHER, MANIFEST]),
        # The index fits, and another of its images was read.
        (IN_REGISTRY, image([OTHER], [INDEX]), False, [OTHER, CONFIG]),
        (IN_REGISTRY, image([], [INDEX], ARM64), False, [ARM64, AMD64]),
        (image([], [MANIFEST]), image([CONFIG]), False, [MANIFEST, CONFIG]),
        (BY_CONFIG, image([OTHER], [], AMD64), True, [OTHER, CONFIG]),
        (BY_CONFIG, image([OTHER], [INDEX], AMD64), True, [OTHER, CONFIG]),
        (BY_MANIFEST, image([CONFIG], [OTHER], AMD64), True, [OTHER, INDEX]),
        (BY_MANIFEST, image([INDEX], [INDEX], ARM64), True, [ARM64, AMD64]),
        (image([CONFIG]), image([OTHER]), True, [OTHER, CONFIG]),
    ],
)
def test_two_images_and_both_are_named(wanted, read, local, told):
    why = difference(wanted, read, local)
    assert why is not None
    assert [one for one in told if one not in why] == []
