# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which repositories of a registry are meant."""

from __future__ import annotations

from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.patterns import PatternList
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.request import Selection


def select_repositories(client: RegistryClient, selection: Selection) -> List[str]:
    """Names, sorted; the registry is asked for its list only when patterns need it."""
    if selection.exact is not None:
        return sorted(selection.exact)
    found = sorted(set(client.repositories()))
    if selection.patterns is None:
        return found
    return [name for name in found if selection.patterns.matches_repository("%s/%s" % (client.name, name))]


def select_tags(tags: List[str], patterns: Optional[PatternList]) -> List[str]:
    """Tags that the patterns match, in the registry's order."""
    return [tag for tag in tags if patterns is None or patterns.matches_text(tag)]
