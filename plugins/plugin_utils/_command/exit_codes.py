# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exit codes of the host command: one place for the code, the help text and the documentation."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Scripts and alerts rely on these numbers; new meanings get new numbers."""

    OK = 0
    BUG = 1
    USAGE = 2
    ITEMS_FAILED = 3
    HELD = 4
    POLICY_EXPIRED = 5
    LOCKED = 6
    ENGINE = 7
    REFUSED = 8
    CLOCKS = 9
    STATE = 10
    DRIFT = 11
    SCAN = 12
    TOOL = 13
    UNSIGNED = 14


MEANINGS = {
    ExitCode.OK: "done; with nothing to delete as well",
    ExitCode.BUG: "unexpected error, please report it with the traceback",
    ExitCode.USAGE: "wrong arguments or a configuration that cannot be used; nothing was contacted",
    ExitCode.ITEMS_FAILED: "some deletions or copies failed or were refused with an error, the others were done; or not everything "
    "could be compared, scanned or verified",
    ExitCode.HELD: "the brake file holds, or the undo of a registry is not over yet, or the upstream of a cache does not answer: planned, nothing deleted",
    ExitCode.POLICY_EXPIRED: "the policy is expired or of an unknown schema: planned at most, nothing deleted",
    ExitCode.LOCKED: "another run or a deployment holds the lock; nothing was done",
    ExitCode.ENGINE: "the engine or registry could not be reached or answered with an error",
    ExitCode.REFUSED: "a limit of the policy refused the whole plan (refuse_above, expect_plan), or an incomplete ledger; nothing deleted",
    ExitCode.CLOCKS: "clocks are not trusted, so no age decided: only what needs no age was done",
    ExitCode.STATE: "a file of the command (state, report, log, metrics) could not be read or written",
    ExitCode.DRIFT: "a region lacks something of its source, or has something else",
    ExitCode.SCAN: "an image does not pass the policy of the scan",
    ExitCode.TOOL: "a program that the job needs is missing, too old, refused or another one than was pinned; nothing was scanned or verified",
    ExitCode.UNSIGNED: "an image in use has no signature that holds",
}


def help_text() -> str:
    """The table for `imagefleet --help`."""
    return "exit codes:\n" + "\n".join(f"  {code.value:>2}  {meaning}" for code, meaning in MEANINGS.items())
