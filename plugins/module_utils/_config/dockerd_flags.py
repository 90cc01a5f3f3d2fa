# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dockerd was told on its command line."""

from __future__ import annotations

import shlex
from typing import Dict, List, Sequence, Tuple

CONFIG_FILE, PIDFILE = "--config-file", "--pidfile"
_SHORT = {"-p": PIDFILE}


def parse_flags(argv: Sequence[str]) -> Dict[str, Tuple[str, ...]]:
    """Long flag -> its values in their order. A flag without a value of its own has the next word, as far as it is no flag."""
    found: Dict[str, Tuple[str, ...]] = {}
    words = list(argv[1:])
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name)
        if not name.startswith("--"):
            continue
        if not equals:
            following = words[place + 1] if place + 1 < len(words) else ""
            value = "" if following.startswith("-") else following
        found[name] = found.get(name, ()) + (value,)
    return found


def exec_start(shown: str) -> List[str]:
    """The command line from `systemctl show --property=ExecStart`; empty when there is none that can be read."""
    _before, found, rest = shown.partition("argv[]=")
    if not found:
        return []
    try:
        return shlex.split(rest.partition(" ; ")[0])
    except ValueError:
        return []


def validation(argv: Sequence[str], config_file: str) -> List[str]:
    """The same command line, told to look at another configuration file and to end."""
    kept: List[str] = []
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word == CONFIG_FILE:
            skip = True
        elif not word.startswith(CONFIG_FILE + "="):
            kept.append(word)
    return [*kept, "--validate", "%s=%s" % (CONFIG_FILE, config_file)]
