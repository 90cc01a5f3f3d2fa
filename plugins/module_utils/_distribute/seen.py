# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What source and regions hold of one repository, and how regions are asked for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple, TypeVar

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.region import Region
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError
from ansible_collections.imagefleet.docker.plugins.module_utils._survey.survey import Survey
from ansible_collections.imagefleet.docker.plugins.module_utils._sync.plan import Row

T = TypeVar("T")


@dataclass
class Look:
    """One repository. `survey` is the source's, `listed` its list of tags.

    `made`: digest -> digest at the source, and bytes, of documents that regions get instead of the source's own; `theirs`: digests
    that only a region lists, and that need not be brought; `means`: (region, digest) of lists that this region makes by itself.

    `held`: region -> tag -> digest; `believed`: region -> tags of which only the name was seen there; `unasked`: how many of these, in
    all regions, were not even asked for at the source; `problems`: region -> why it could not be read; `rows` is the comparison.
    """

    source: str
    target: str
    survey: Survey
    listed: Sequence[str] = ()
    made: Dict[str, Tuple[str, bytes]] = field(default_factory=dict)
    theirs: Set[str] = field(default_factory=set)
    means: Set[Tuple[str, str]] = field(default_factory=set)
    digests: Dict[str, str] = field(default_factory=dict)
    held: Dict[str, Dict[str, str]] = field(default_factory=dict)
    believed: Dict[str, Sequence[str]] = field(default_factory=dict)
    unasked: int = 0
    problems: Dict[str, str] = field(default_factory=dict)
    rows: List[Row] = field(default_factory=list)

    def is_read(self, region: Region) -> bool:
        return region.name not in self.problems and region.down is None

    def each_region(self, regions: Sequence[Region], ask: Callable[[Region], T]) -> Dict[str, T]:
        """Region -> answer; what went wrong is told in `problems`."""
        found: Dict[str, T] = {}

        def one(region: Region) -> None:
            if not self.is_read(region):
                return
            try:
                found[region.name] = ask(region)
            except FleetError as error:
                self.problems[region.name] = region.gave_up(error)

        with ThreadPoolExecutor(max(len(regions), 1)) as pool:
            list(pool.map(one, regions))
        return found


def heads(region: Region, repository: str, tags: Sequence[str]) -> Dict[str, str]:
    """Tag -> digest of those that are there. Raises the first FleetError; after it nothing more is asked."""
    problems: List[FleetError] = []

    def ask(tag: str) -> Optional[str]:
        if problems:
            return None
        try:
            head = region.client.head(repository, tag)
        except FleetError as error:
            problems.append(error)
            return None
        return None if head is None else head.digest

    with ThreadPoolExecutor(region.client.options.concurrency) as pool:
        found = {tag: digest for tag, digest in zip(tags, pool.map(ask, tags)) if digest is not None}
    if problems:
        raise problems[0]
    return found
