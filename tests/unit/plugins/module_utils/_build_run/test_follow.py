# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real program that waits until its first line was told."""

from __future__ import annotations

import os
import stat
import subprocess

from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.follow import followed

PROGRAM = 'echo out; echo "first $1 $WHO" >&2; read line < "$2"; printf "half" >&2; printf " a line\\nrest" >&2; exit 3'


def run(argv, environment, text):
    done = subprocess.run(
        argv, env={**os.environ, **environment}, input=text, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_lines_are_told_while_the_program_runs(tmp_path):
    gate, path = tmp_path / "gate", tmp_path / "errors"
    os.mkfifo(str(gate))
    lines = []

    def told(line):
        lines.append((line, stat.S_IMODE(path.stat().st_mode)))
        if len(lines) == 1:
            gate.write_text("go on\n")

    argv = ["sh", "-c", PROGRAM, "sh", "a 'b' $c", str(gate)]
    code, output, errors = followed(run, str(path), told)(argv, {"WHO": "me"}, None)
    assert (code, output) == (3, "out\n")
    assert errors == "first a 'b' $c me\nhalf a line\nrest"
    assert lines == [("first a 'b' $c me", 0o600), ("half a line", 0o600)]
