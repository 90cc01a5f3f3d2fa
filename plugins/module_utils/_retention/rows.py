# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a plan: what is shown for every tag and for everything that goes, with its bytes."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Set

from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import DELETE, KEEP, Item, Verdict
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RegistryFacts, RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.graph import Graph
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.holders import Holders
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.items import subject_of
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import (
    ATTACHMENT,
    PART,
    PLANNED,
    TAG,
    UNTAGGED,
    Row,
    Unit,
)

NO_TAG_DELETE = "this registry cannot delete a tag alone"


class Rows:
    """Makes the rows of one repository. Bytes are counted in the order in which rows are asked for."""

    def __init__(
        self,
        registry: RegistryFacts,
        facts: RepositoryFacts,
        graph: Graph,
        items: Mapping[str, Item],
        verdicts: Mapping[str, Verdict],
        holders: Optional[Holders],
    ) -> None:
        self._registry = registry
        self._facts = facts
        self._graph = graph
        self._items = items
        self._verdicts = verdicts
        self._holders = holders
        self._tags: Dict[str, List[str]] = {}
        for tag, digest in facts.tags.items():
            self._tags.setdefault(digest, []).append(tag)

    def of_unit(self, unit: Unit) -> List[Row]:
        """In order of deletion; of several tags of one manifest the first carries its bytes."""
        head = self._name(unit.digest)
        attached = set(self._graph.attached.get(unit.digest, ()))
        rows: List[Row] = []
        for digest in unit.order:
            size = self._release(digest)
            if digest == unit.digest:
                keys = list(unit.tags) or [digest]
                rows += [self._judged(key, digest, size if key == keys[0] else self._zero(), unit) for key in keys]
                size = self._zero()
            kind, reason = PART, "part of %s, which goes; nothing that stays needs it" % head
            subject = self._subject(digest)
            if subject is not None or digest in attached:
                kind, reason = ATTACHMENT, "attached to %s, which goes" % self._name(subject or unit.digest)
            tags: List[Optional[str]] = [tag for tag in self._tags.get(digest, ()) if tag not in unit.tags]
            for tag in tags if tags or digest == unit.digest else [None]:
                rows.append(
                    Row(
                        self._facts.name,
                        tag,
                        digest,
                        kind,
                        DELETE,
                        None,
                        reason,
                        bytes=size if not tags or tag == tags[0] else self._zero(),
                        outcome=PLANNED,
                        unit=unit.digest,
                    )
                )
        return rows

    def tags_only(self, tags: Sequence[str], digest: str, why: str) -> List[Row]:
        """Tags that go alone, and free nothing."""
        unit = Unit(self._facts.name, digest, tuple(tags), False, ())
        return [self._judged(tag, digest, self._zero(), unit, "; the tag alone goes: %s" % why) for tag in tags]

    def waiting(self, keys: Sequence[str], digest: str, outcome: str) -> List[Row]:
        """Rows for a later run: they free nothing now."""
        unit = Unit(self._facts.name, digest, tuple(keys), True, ())
        return [self._judged(key, digest, self._zero(), unit, outcome=outcome) for key in keys]

    def not_deletable(self, keys: Sequence[str], digest: str, why: str) -> List[Row]:
        """What rules would delete and cannot."""
        rows = []
        for key in keys:
            more = ", and %s" % NO_TAG_DELETE if key in self._facts.tags else ""
            reason = "%s%s (rules: %s)" % (why, more, self._verdicts[key].reason)
            rows.append(self._row(key, digest, KEEP, reason, "shared"))
        return rows

    def staying(self, surviving: Set[str]) -> List[Row]:
        """A row for every tag that stays, attachments included, and for manifests without a tag that rules keep."""
        rows = []
        for key, item in self._items.items():
            verdict = self._verdicts[key]
            if verdict.action == KEEP:
                rows.append(self._row(key, item.digest, KEEP, verdict.reason, verdict.kept_by, verdict.rule))
        for tag, digest in self._facts.tags.items():
            if tag not in self._items and digest in surviving:
                owner = self._name(subject_of(tag) or "")
                rows.append(
                    Row(
                        self._facts.name,
                        tag,
                        digest,
                        ATTACHMENT,
                        KEEP,
                        None,
                        "attached to %s, which stays" % owner,
                        kept_by="attached",
                    )
                )
        return rows

    def _judged(
        self, key: str, digest: str, size: Optional[int], unit: Unit, more: str = "", outcome: str = PLANNED
    ) -> Row:
        verdict = self._verdicts[key]
        row = self._row(key, digest, DELETE, verdict.reason + more, None, verdict.rule)
        return Row(**{**row.__dict__, "bytes": size, "outcome": outcome, "unit": unit.digest})

    def _row(
        self, key: str, digest: str, action: str, reason: str, kept_by: Optional[str], rule: Optional[str] = None
    ) -> Row:
        item = self._items[key]
        tag = key if key in self._facts.tags else None
        return Row(
            self._facts.name,
            tag,
            digest,
            TAG if tag else UNTAGGED,
            action,
            rule,
            reason,
            kept_by=kept_by,
            used_by=item.used_by,
            arrived=item.arrived.at,
            created=item.created.at,
        )

    def _release(self, digest: str) -> Optional[int]:
        return self._holders.release(self._facts.name, digest) if self._holders is not None else None

    def _zero(self) -> Optional[int]:
        return 0 if self._holders is not None else None

    def _subject(self, digest: str) -> Optional[str]:
        manifest = self._facts.manifests.get(digest)
        if manifest is not None and manifest.subject is not None:
            return manifest.subject
        for tag in self._tags.get(digest, ()):
            subject = subject_of(tag)
            if subject is not None:
                return subject
        return None

    def _name(self, digest: str) -> str:
        """How people call a manifest: by its longest tag (1.2.3 rather than 1), else by the beginning of its digest."""
        tags = [tag for tag in self._tags.get(digest, ()) if subject_of(tag) is None]
        return max(tags, key=lambda tag: (len(tag), tag)) if tags else digest[:19]
