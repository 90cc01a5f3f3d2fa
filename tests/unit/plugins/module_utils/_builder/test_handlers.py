# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers of the kernel, known by what they run."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.handlers import (
    find_handler,
    is_native,
    parse_emulators,
    parse_handler,
    parse_registrations,
)

#: As Debian registers them.
AARCH64 = (
    ":qemu-aarch64:M:0:\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:/usr/bin/qemu-aarch64-static:POCF"
)
SHOWN = """enabled
interpreter /usr/bin/qemu-aarch64-static
flags: POCF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""
S390X = SHOWN.replace("7f454c460201010000000000000000000200b700", "7f454c4602020100000000000000000000020016").replace(
    "ffffffffffffff00fffffffffffffffffeffffff", "ffffffffffffff00fffffffffffffffffffeffff"
)


def test_a_handler_is_known_by_what_it_runs():
    handler = parse_handler("any-name", SHOWN)
    assert handler.runs("arm64") and not any(handler.runs(other) for other in ("amd64", "arm", "s390x", "riscv64"))
    assert parse_handler("x", S390X).runs("s390x") and not parse_handler("x", S390X).runs("arm64")
    assert (handler.enabled, handler.flags, handler.interpreter) == (True, "POCF", "/usr/bin/qemu-aarch64-static")
    assert parse_handler("jar", "enabled\ninterpreter /usr/bin/jexec\nflags: \nextension .jar\n") is None


def test_a_line_of_binfmt_d_says_the_same():
    ((handler, line),) = parse_registrations("# comment\n\n%s\n" % AARCH64)
    assert line == AARCH64 and handler.runs("arm64")
    assert handler.magic == parse_handler("x", SHOWN).magic and handler.mask == parse_handler("x", SHOWN).mask


def test_one_that_serves_is_preferred():
    off = parse_handler("off", SHOWN.replace("enabled", "disabled"))
    loose = parse_handler("loose", SHOWN.replace("POCF", "OC"))
    good = parse_handler("good", SHOWN)
    assert find_handler([off, loose, good], "arm64") is good
    assert find_handler([off, loose], "arm64") is loose and find_handler([off], "arm64") is off
    assert find_handler([good], "riscv64") is None


def test_native_programs_need_none():
    assert is_native("amd64", "x86_64") and is_native("386", "x86_64") and not is_native("arm64", "x86_64")


@pytest.mark.parametrize(
    ("given", "found"), [(["arm64", "linux/arm64"], ("arm64",)), (["linux/arm/v7", "s390x"], ("arm", "s390x"))]
)
def test_architectures_from_platforms(given, found):
    assert parse_emulators(given) == found
