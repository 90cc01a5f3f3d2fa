# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How systemd reads an EnvironmentFile. Between double quotes, versions differ in what they make of a backslash.

By their sources: up to 246 only a quote is escaped there, from 247 on what a shell escapes. Between single quotes nothing is,
since 241; a value may be made of several quoted pieces.
"""

from __future__ import annotations

OLD, NEW = '"', '"\\`$'


def read_environment(text, escaped):
    """Name -> value. `escaped` are the characters that a backslash escapes between double quotes: OLD or NEW."""
    found, rest = {}, text
    while rest:
        name, _equals, rest = rest.partition("=")
        value, rest = _value(rest, escaped)
        found[name] = value
    return found


def _value(rest, escaped):
    value = ""
    while rest and rest[0] != "\n":
        if rest[0] == "'":
            piece, _quote, rest = rest[1:].partition("'")
            value += piece
        elif rest[0] == '"':
            piece, rest = _double(rest[1:], escaped)
            value += piece
        else:
            raise AssertionError("not between quotes: %r" % rest[:40])
    return value, rest[1:]


def _double(rest, escaped):
    value, place = "", 0
    while rest[place] != '"':
        if rest[place] == "\\":
            place += 1
            value += rest[place] if rest[place] in escaped else "" if rest[place] == "\n" else "\\" + rest[place]
        else:
            value += rest[place]
        place += 1
    return value, rest[place + 1 :]
