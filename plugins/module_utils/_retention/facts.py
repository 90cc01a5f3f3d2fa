# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of one registry at one moment; every retention plan is a function of these values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import Manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.clocks import Clock


@dataclass(frozen=True)
class RepositoryFacts:
    """One repository.

    `tags` maps tag to digest; `manifests` all that tags and leftovers reach, by digest; `leftovers` are manifests that lost
    their last tag since they were first seen, with that moment. `arrived` is by tag, `created` and `labels` by digest.
    `referrers` is what the referrers API told, by subject; `absent` are digests that something names and the registry does not
    have, `present` such that are there although nothing names them; `held` are foreign layers that it has. `unknown` says why
    not everything about this repository could be read: then nothing of it may go.
    """

    name: str
    tags: Mapping[str, str]
    manifests: Mapping[str, Manifest]
    leftovers: Mapping[str, int] = field(default_factory=dict)
    arrived: Mapping[str, Clock] = field(default_factory=dict)
    created: Mapping[str, Clock] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    referrers: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)
    absent: FrozenSet[str] = frozenset()
    present: FrozenSet[str] = frozenset()
    held: FrozenSet[str] = frozenset()
    unknown: Optional[str] = None


@dataclass(frozen=True)
class FleetUse:
    """What the fleet uses: digest (of an index, a manifest or a config), `path:tag` or path -> who, in plain words.

    `last_used` maps digests to epoch seconds; `since` is since when that has been watched.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    repositories: Mapping[str, str] = field(default_factory=dict)
    last_used: Mapping[str, int] = field(default_factory=dict)
    since: Optional[int] = None


@dataclass(frozen=True)
class RegistryFacts:
    """The registry: `name` as in image names, `now` its clock in epoch seconds.

    `tag_delete`: it can delete a tag alone. `complete`: `repositories` are all that it has, so that bytes are exact.
    """

    name: str
    now: int
    repositories: Tuple[RepositoryFacts, ...]
    use: FleetUse = FleetUse()
    tag_delete: bool = False
    complete: bool = False
    clock_distrust: Optional[str] = None
