# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any text as a tag: the characters that a tag may have, at most 128, unique when cut."""

from __future__ import annotations

import hashlib
import re

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

MAX_TAG = 128
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def sanitise(where: str, text: str, prefix: str = "", suffix: str = "") -> str:
    """`feature/Login` -> `feature-Login`, with prefix and suffix. What is too long is cut and ends with a hash of the whole text.

    Raises PolicyError when nothing is left of it.
    """
    clean = _FORBIDDEN.sub("-", text)
    if not prefix:
        clean = clean.lstrip("-.")
    if not clean.strip("-."):
        raise PolicyError("%s: nothing of %r can be in a tag (letters, digits, _ . -)" % (where, text))
    room = MAX_TAG - len(prefix) - len(suffix)
    if len(clean) > room:
        mark = "-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        if room <= len(mark):
            raise PolicyError("%s: prefix and suffix leave no room for %r in %d characters" % (where, text, MAX_TAG))
        clean = clean[: room - len(mark)] + mark
    return checked(where, prefix + clean + suffix)


def checked(where: str, tag: str) -> str:
    """The tag as it is; raises PolicyError when no registry would take it."""
    if not is_tag(tag):
        raise PolicyError(
            "%s: %r is not a tag (letters, digits, _ . -, at most %d, none of . - first)" % (where, tag, MAX_TAG)
        )
    return tag
