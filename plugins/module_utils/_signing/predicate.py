# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an attestation says what is wanted, although cosign wraps and completes what it is given."""

from __future__ import annotations

import json
from typing import Any, Tuple

#: cosign's type `custom` wraps the document as text and adds the time.
CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
# What Go writes for a time that was not given.
_NO_TIME = "0001-01-01T00:00:00Z"
_NOTHING: Tuple[Any, ...] = (None, "", _NO_TIME, [], {})


def says(predicate_type: str, predicate: Any, wanted: str) -> bool:
    """Whether a predicate means the document `wanted`, a text that is JSON or (types `custom` and `spdx`) any text.

    Fields without content do not count: for some types cosign adds them.
    """
    if predicate_type == CUSTOM and isinstance(predicate, dict):
        predicate = predicate.get("Data")
    if isinstance(predicate, str) and predicate.strip() == wanted.strip():
        return True
    try:
        document = json.loads(wanted)
        said = json.loads(predicate) if isinstance(predicate, str) else predicate
    except (ValueError, RecursionError):
        return False
    return bool(_normal(said) == _normal(document))


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: _normal(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if not _is_nothing(one)}
    if isinstance(value, list):
        return [_normal(one) for one in value]
    return value


def _is_nothing(value: Any) -> bool:
    # False and 0 are content.
    return not isinstance(value, (bool, int, float)) and value in _NOTHING
