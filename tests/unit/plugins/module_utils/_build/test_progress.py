# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What buildx prints while it builds (recorded from 0.13 and 0.29), and what a verified image printed."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build.expectation import (
    Expectation,
    cannot_run,
    how_it_runs,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._build.progress import Steps, cause, count_steps

BUILT = """#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [linux/arm64 1/3] FROM docker.io/library/base:1
#5 CACHED
#6 [linux/arm64 2/3] COPY app /app
#6 CACHED
#7 [linux/amd64 build 2/3] COPY app /app
#7 DONE 0.2s
#8 [3/3] RUN uname -m > /arch
#8 DONE 1.5s
#12 exporting to image
#12 DONE 2.9s
"""
FAILED = """#7 [2/3] RUN cat /secret; exit 3
#7 0.141 so far so good
#7 ERROR: process "/bin/sh -c cat /secret; exit 3" did not complete successfully: exit code: 3
------
 > [2/3] RUN cat /secret; exit 3:
0.141 so far so good
------
Dockerfile:3
--------------------
   3 | >>> RUN cat /secret; exit 3
--------------------
ERROR: failed to solve: process "/bin/sh -c cat /secret; exit 3" did not complete successfully: exit code: 3
"""


def test_steps():
    assert count_steps(BUILT) == {"total": 3, "cached": 1}


def told_of(text):
    steps = Steps()
    return [news for news in map(steps.tell, text.splitlines()) if news]


def test_what_is_told_of_a_build():
    assert told_of(BUILT) == [
        "[linux/arm64 1/3] FROM",
        "[linux/arm64 1/3] FROM: from a cache",
        "[linux/arm64 2/3] COPY",
        "[linux/arm64 2/3] COPY: from a cache",
        "[linux/amd64 build 2/3] COPY",
        "[linux/amd64 build 2/3] COPY: 0.2 s",
        "[3/3] RUN",
        "[3/3] RUN: 1.5 s",
        "exporting the image",
    ]
    assert told_of("#7 [2/3] RUN x\n#7 0.1 a\n#8 [3/3] RUN y\n#7 [2/3] RUN x\n#7 1.2 b\n#8 CANCELED\n") == [
        "[2/3] RUN",
        "[3/3] RUN",
        "[3/3] RUN: stopped",
    ]


def test_nothing_is_told_of_what_a_step_says_or_prints():
    assert told_of(FAILED) == ["[2/3] RUN", "[2/3] RUN: failed"]
    assert told_of("#7 [2/3] ADD https://x.example.com/?key=hunter2 /\n#7 0.1 #9 [1/1] HUNTER\nhunter2\n") == [
        "[2/3] ADD"
    ]


def test_the_cause_comes_first_then_what_was_printed():
    told = cause(FAILED).splitlines()
    assert told[0].startswith("ERROR: failed to solve: process")
    assert "0.141 so far so good" in told


@pytest.mark.parametrize("text", ["", "no frame here\n"])
def test_a_failure_of_another_shape(text):
    assert cause(text) == text.strip()


@pytest.mark.parametrize(
    "platform, architecture, how",
    [
        ("linux/amd64", "amd64", "native"),
        ("linux/amd64/v2", "x86_64", "native"),
        ("linux/arm64", "amd64", "emulated"),
        ("linux/arm64/v8", "aarch64", "native"),
        ("linux/arm/v7", "armv7l", "native"),
    ],
)
def test_how(platform, architecture, how):
    assert how_it_runs(platform, architecture) == how


@pytest.mark.parametrize(
    "errors",
    [
        "exec /bin/cat: exec format error",
        "standard_init_linux.go:228: exec user process caused: exec format error",
        "docker: Error response from daemon: image with reference x was found but does not match the specified platform: wanted linux/arm64",
    ],
)
def test_what_does_not_start_here(errors):
    assert cannot_run(errors)


@pytest.mark.parametrize(
    "expect, printed, fits",
    [
        (None, "x", True),
        ("1.2", " 1.2\n", True),
        ("1.2", "1.2.3", False),
        ("regex:1[.]2", "v1.2.3", True),
        ("regex:^2", "1.2", False),
    ],
)
def test_expectations(expect, printed, fits):
    assert Expectation(None, expect).fits(printed) is fits
