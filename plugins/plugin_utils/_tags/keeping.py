# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether tags that were listed before keep to a convention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.findings import findings
from ansible_collections.imagefleet.docker.plugins.module_utils._tagging.schemes import (
    AUTO,
    LATEST_CHOICES,
    parse_schemes,
)


def keeps_to(told: Any, schemes: Any = None, latest: str = AUTO) -> bool:
    """`told` is a tag, an entry of `tags`, or an entry of `repositories` of registry_info. Raises PolicyError.

    Only for a repository it is known whether floating tags follow their line.
    """
    return not findings_of(told, schemes, latest)


def findings_of(told: Any, schemes: Any = None, latest: str = AUTO) -> list[dict[str, str | None]]:
    """The same with what is wrong: `tag`, `digest` and `finding` of each tag that does not keep to it."""
    if latest not in LATEST_CHOICES:
        raise PolicyError("latest: %r is none of %s" % (latest, ", ".join(LATEST_CHOICES)))
    return findings(_tags(told), parse_schemes(schemes), latest)


def _tags(told: Any) -> dict[str, str | None]:
    if isinstance(told, Mapping) and isinstance(told.get("tags"), (list, tuple)):
        return {name: digest for one in told["tags"] for name, digest in [_entry(one)]}
    # One tag alone has no line that it could follow.
    return {_entry(told)[0]: None}


def _entry(one: Any) -> tuple[str, str | None]:
    if isinstance(one, str):
        return str(one), None
    if isinstance(one, Mapping) and isinstance(one.get("name"), str):
        return str(one["name"]), one.get("digest")
    raise PolicyError(
        "tagged_by_convention: %r is neither a tag nor an entry of tags or repositories of registry_info" % (one,)
    )
