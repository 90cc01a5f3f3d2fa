# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of options: one of several words, paths, seconds, texts."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

MAX_WAIT = 3600


def one_of(name: str, value: Any, known: Sequence[str]) -> str:
    """Raises PolicyError naming the option, the value and what is accepted."""
    if str(value) not in known:
        raise PolicyError("%s: %r is none of %s" % (name, value, ", ".join(known)))
    return str(value)


def absolute_path(name: str, value: Any) -> str:
    """Raises PolicyError."""
    text = str(value)
    if not text.startswith("/") or "\n" in text:
        raise PolicyError("%s: %r is not an absolute path" % (name, text))
    return text


def wait_seconds(name: str, value: Any) -> int:
    """Raises PolicyError for what is no whole number of seconds up to an hour."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_WAIT:
        raise PolicyError("%s: %r is not a whole number of seconds from 1 to %d" % (name, value, MAX_WAIT))
    return value


def plain_text(value: Any) -> str:
    """As command lines and configurations spell it: true and false in small letters."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
