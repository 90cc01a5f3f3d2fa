# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dockerd was told on its command line. A key of daemon.json that is also given there makes its next start fail."""

from __future__ import annotations

import shlex
from typing import Dict, List, Optional, Sequence, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import INSECURE, MIRRORS

#: Key of daemon.json -> its flag.
FLAGS = {MIRRORS: "--registry-mirror", INSECURE: "--insecure-registry"}
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


def also_given(keys: Sequence[str], argv: Sequence[str]) -> Optional[str]:
    """The first of these keys that the command line gives too, as `--flag=value`; None when it gives none."""
    flags = parse_flags(argv)
    for key in keys:
        if FLAGS[key] in flags:
            return "%s=%s" % (FLAGS[key], ",".join(flags[FLAGS[key]]))
    return None


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
