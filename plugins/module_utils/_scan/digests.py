# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digests by which a scanner knows an image."""

from __future__ import annotations

from typing import Iterable, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import is_digest


def digests_of(names: Iterable[Optional[str]]) -> Tuple[str, ...]:
    """Of names `repository@sha256:...` and of bare digests; what is neither is left out. Each once, in the order that they are told."""
    found = (name.rpartition("@")[2] for name in names if name is not None)
    return tuple(dict.fromkeys(digest for digest in found if is_digest(digest)))
