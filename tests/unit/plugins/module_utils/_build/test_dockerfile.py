# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a Dockerfile builds on."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build.dockerfile import base_images
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


def bases(text, arguments=None, platforms=(), contexts=None):
    return base_images("Dockerfile", text, arguments or {}, platforms, contexts or {})


@pytest.mark.parametrize(
    "text, expected",
    [
        ("FROM debian:12\n", ("debian:12",)),
        ("from debian:12 as build\nFROM build\n", ("debian:12",)),
        ("FROM scratch\n", ()),
        (
            "FROM --platform=$BUILDPLATFORM golang:1.22 AS build\nFROM alpine\nCOPY --from=build /a /b\n",
            ("alpine", "golang:1.22"),
        ),
        ("FROM alpine\nCOPY --from=busybox:1 /bin /bin\nCOPY --chown=1 --from=0 /a /b\n", ("alpine", "busybox:1")),
        (
            "FROM alpine\nRUN --mount=type=bind,from=tools:2,target=/t --mount=type=cache,target=/c true\n",
            ("alpine", "tools:2"),
        ),
        ("ARG TAG=12\nARG IMAGE=debian:${TAG}\nFROM ${IMAGE}\n", ("debian:12",)),
        ("ARG TAG\nFROM debian:${TAG:-12}\n", ("debian:12",)),
        ("ARG TAG\nFROM debian${TAG:+:}${TAG-}\n", ("debian",)),
        ('ARG TAG="12"\nFROM "debian:${TAG}"\n', ("debian:12",)),
        ("FROM \\\n# a comment\n\n  debian:12\n", ("debian:12",)),
        ("# escape=`\nFROM `\n debian:12\n", ("debian:12",)),
        ("\ufeffFROM debian:12\r\nRUN true\r\n", ("debian:12",)),
        ("FROM alpine\nRUN <<EOF\nFROM evil\nCOPY --from=evil a b\nEOF\nCOPY --from=good /a /b\n", ("alpine", "good")),
        ("FROM alpine\nRUN <<-'EOF' cat\n\tFROM evil\n\tEOF\nCOPY --from=good /a /b\n", ("alpine", "good")),
        ("FROM alpine\nCOPY <<A <<B /to/\nFROM evil\nA\nFROM evil2\nB\nADD --from=good /a /b\n", ("alpine", "good")),
        ('FROM alpine\nRUN echo "<<EOF"\nCOPY --from=good /a /b\n', ("alpine", "good")),
        ("FROM alpine AS Base\nFROM BASE\nCOPY --from=base / /\n", ("alpine",)),
    ],
)
def test_images(text, expected):
    assert bases(text) == expected


def test_arguments_of_the_build_win():
    assert bases("ARG TAG=11\nFROM debian:$TAG\n", {"TAG": "12"}) == ("debian:12",)


def test_an_argument_that_is_not_declared_does_not_count():
    with pytest.raises(PolicyError, match=r"Dockerfile, line 1: what \$TAG means is not known before the build"):
        bases("FROM debian:$TAG\n", {"TAG": "12"})


def test_every_platform_has_its_image():
    text = "FROM --platform=$BUILDPLATFORM base-${TARGETARCH}:1\n"
    assert bases(text, platforms=["linux/amd64", "linux/arm/v7"]) == ("base-amd64:1", "base-arm:1")


def test_contexts_are_no_images():
    assert bases("FROM debian:12\nCOPY --from=assets / /\n", contexts={"assets": "/srv"}) == ("debian:12",)


@pytest.mark.parametrize("text", ["", "# nothing\n", "RUN true\n", "FROM\n"])
def test_what_is_no_dockerfile(text):
    with pytest.raises(PolicyError, match="Dockerfile.*FROM"):
        bases(text)
