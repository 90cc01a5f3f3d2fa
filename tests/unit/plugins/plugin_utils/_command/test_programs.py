# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that jobs run."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.programs import TIMED_OUT, tool_runner


def test_words_reach_a_program_as_they_are(monkeypatch):
    monkeypatch.setenv("IMAGEFLEET_OWN", "own")
    script = 'printf "%s|%s|%s|%s" "$0" "$1" "$IMAGEFLEET_OWN" "$GIVEN"; cat; printf "e\\377" >&2; exit 3'
    code, output, errors = tool_runner(60)(["/bin/sh", "-c", script, "$HOME", "a b;*"], {"GIVEN": "x y"}, "text")
    assert (code, output, errors) == (3, "$HOME|a b;*|own|x ytext", "e\ufffd")


def test_nothing_is_read_from_the_terminal():
    assert tool_runner(60)(["/bin/cat"], {}, None) == (0, "", "")


def test_a_program_that_is_not_there():
    with pytest.raises(OSError):
        tool_runner(60)(["/nonexistent/trivy"], {}, None)


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path):
    held, pids = tmp_path / "held", tmp_path / "pids"
    os.mkfifo(str(held))
    # Both wait for a writer that never comes.
    script = 'cat "$0" & echo $! > "$1"; cat "$0"'
    code, output, errors = tool_runner(1)(["/bin/sh", "-c", script, str(held), str(pids)], {}, None)
    assert (code, output) == (TIMED_OUT, "") and "within 1 seconds" in errors
    # Nobody reads any more, so a writer that does not wait for one is refused.
    with pytest.raises(OSError):
        os.open(str(held), os.O_WRONLY | os.O_NONBLOCK)
