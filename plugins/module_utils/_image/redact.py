# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides what looks like a credential in what is shown or returned (S12)."""

from __future__ import annotations

import re
from typing import Dict, Mapping

MASK = "********"
MAX_VALUE = 500

URL_SECRET = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,20}://)[^/\s@]*@")
# A bare colon is not enough: "auth/token-service:1.2" is an image.
NAMED_SECRET = re.compile(
    r"(?P<name>[\w.-]{0,60}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w.-]{0,20}"
    r"(?:[\"']?\s*=\s*|[\"']\s*:\s*|:\s+))(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)",
    re.IGNORECASE,
)
HEADER_SECRET = re.compile(r"\b(?P<name>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
SECRET_KEY = re.compile(
    r"(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?$",
    re.IGNORECASE,
)
SHAPED_SECRET = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bglpat-[\w-]{16,}|\bdckr_pat_[\w-]{16,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)


def redact(text: str) -> str:
    """Masks what looks like a credential: in URLs, as NAME=VALUE or NAME: VALUE, as a header, or by its shape."""
    text = SHAPED_SECRET.sub(MASK, text)
    text = URL_SECRET.sub(lambda found: found.group("scheme") + MASK + "@", text)
    text = HEADER_SECRET.sub(lambda found: found.group("name") + " " + MASK, text)
    return NAMED_SECRET.sub(lambda found: found.group("name") + MASK, text)


def redact_labels(labels: Mapping[str, str]) -> Dict[str, str]:
    """Labels or annotations, sorted; a value is hidden when its key names a credential, and cut when it is long."""
    shown = {}
    for key in sorted(labels):
        value = MASK if SECRET_KEY.search(key) else redact(labels[key][: MAX_VALUE * 4])
        shown[key] = value if len(value) <= MAX_VALUE else value[:MAX_VALUE] + "..."
    return shown
