# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file with more protected names."""

from __future__ import annotations

from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.protect import (
    parse_protect,
    parse_protect_lines,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAXIMUM_BYTES = 64 * 1024 * 1024


def read_protect_file(path: Optional[str]) -> List[str]:
    """Its entries; none without a path. Raises PolicyError when it is missing, cannot be read, or holds what is no name."""
    if not path:
        return []
    try:
        data = read_capped(path, MAXIMUM_BYTES)
    except StateError as error:
        raise PolicyError("protect_file: %s" % error) from error
    if data is None:
        # A protection that cannot be read must not turn into "nothing is protected".
        raise PolicyError(
            "protect_file: there is no %s on this host; create it (it may be empty) or drop the option" % path
        )
    entries = list(parse_protect_lines(data.decode("utf-8", "replace")))
    parse_protect(entries, "protect_file %s: entry " % path)
    return entries
