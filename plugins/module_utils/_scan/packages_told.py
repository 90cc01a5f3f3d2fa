# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many packages a scanner read, from what it prints beside its report: the reports of docker scout and grype do not tell."""

from __future__ import annotations

import re
from typing import Optional

# docker scout, on standard error: "SBOM of image already cached, 156 packages indexed".
_SCOUT = re.compile(r"\b([0-9]{1,9}) packages? indexed\b")
# grype with --verbose, on standard error: "INFO gathered packages packages=110 time=1.2s".
_GRYPE = re.compile(r"\bgathered packages\b.*\bpackages=([0-9]{1,9})\b")


def scout_packages(errors: str) -> Optional[int]:
    """From the standard error of `docker scout cves`; None when it does not tell."""
    return _last(_SCOUT, errors)


def grype_packages(errors: str) -> Optional[int]:
    """From the standard error of `grype --verbose`; None when it does not tell."""
    return _last(_GRYPE, errors)


def _last(pattern: "re.Pattern[str]", text: str) -> Optional[int]:
    found = pattern.findall(text)
    return int(found[-1]) if found else None
