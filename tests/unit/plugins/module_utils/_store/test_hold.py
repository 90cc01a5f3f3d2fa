# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The brake: holds while in force and whenever in doubt."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._store.hold import Hold, read_hold

# 2026-11-23 12:00:00 UTC
NOW = 1795435200


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", Hold("no reason given", None)),
        ("reason: release week\n", Hold("release week", None)),
        ("# set by ops\nReason:  a: b \n", Hold("a: b", None)),
        ("reason: r\nuntil: 2026-11-23\n", Hold("r", 1795478400)),
        ("reason: r\nuntil: 2026-11-22\n", None),
        ("until: 2026-11-23T12:00:01Z\n", Hold("no reason given", NOW + 1)),
        ("until: 2026-11-23T12:00:00Z\n", None),
        ("until: 2026-11-23 13:00:01+01:00\n", Hold("no reason given", NOW + 1)),
        ("until: 2026-11-23T12:30\n", Hold("no reason given", NOW + 1800)),
    ],
)
def test_reads_reason_and_end(tmp_path, text, expected):
    path = tmp_path / "hold"
    path.write_text(text)
    assert read_hold(str(path), NOW) == expected


@pytest.mark.parametrize("until", ["", "tomorrow", "2026-13-01", "1795435200", "9999-12-31"])
def test_an_end_that_cannot_be_read_holds(tmp_path, until):
    path = tmp_path / "hold"
    path.write_text(f"reason: r\nuntil: {until}\n")
    hold = read_hold(str(path), NOW)
    assert hold is not None
    assert hold.until is None
    assert hold.reason.startswith("r (until: ")


def test_no_file_does_not_hold(tmp_path):
    assert read_hold(str(tmp_path / "hold"), NOW) is None


def test_what_cannot_be_read_holds(tmp_path):
    assert "cannot be read" in read_hold(str(tmp_path), NOW).reason
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert "cannot be read" in read_hold(str(tmp_path / "dangling"), NOW).reason
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert read_hold(str(tmp_path / "binary"), NOW) == Hold("no reason given", None)
