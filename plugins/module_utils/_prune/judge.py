# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts for every row of a host: the policy's, bent by what the build tree of the images demands."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import short_id
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.policy import Policy
from ansible_collections.imagefleet.docker.plugins.module_utils._policy.verdicts import Item, Verdict, decide
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import HostFacts, ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.rows import Row, item_for, rows_of
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.usage import children_of, depth_of, find_users

INTERMEDIATE_RULE = "intermediate image"


class Judged:
    """Rows, items and verdicts of one host, by row key and by image."""

    def __init__(self, facts: HostFacts, policy: Policy, forced_keep: Optional[Mapping[str, str]] = None) -> None:
        self.facts = facts
        self.images: Dict[str, ImageFacts] = {image.id: image for image in facts.images}
        self.users = find_users(facts)
        self.children = children_of(facts.images)
        self.rows: Dict[str, List[Row]] = {image.id: rows_of(image) for image in facts.images}
        self.items: Dict[str, Item] = {}
        for image in facts.images:
            for row in self.rows[image.id]:
                self.items[row.key] = item_for(row, image, facts, self.users.get(image.id, ()), forced_keep or {})
        verdicts = decide(list(self.items.values()), policy, facts.engine.now, facts.clock_distrust)
        self.verdicts: Dict[str, Verdict] = {verdict.key: verdict for verdict in verdicts}
        self._respect_pins()
        self._respect_build_tree()

    def deletes_all_of(self, image: str) -> bool:
        """True when no name of the image would stay."""
        return all(self.verdicts[row.key].action == "delete" for row in self.rows[image])

    def keep(self, key: str, reason: str, kept_by: str, rule: Optional[str] = None) -> None:
        """Turn a verdict into keep."""
        self.verdicts[key] = replace(self.verdicts[key], action="keep", rule=rule, reason=reason, kept_by=kept_by)

    def _respect_pins(self) -> None:
        """A digest name that stays needs a tag of its repository to stay: the engine drops it together with the last one."""
        for rows in self.rows.values():
            for pin in rows:
                if not pin.is_digest or self.verdicts[pin.key].action == "delete":
                    continue
                tags = [row for row in rows if not row.is_digest and row.repository == pin.repository]
                if tags and all(self.verdicts[row.key].action == "delete" for row in tags):
                    self.keep(
                        tags[-1].key,
                        "without it the engine would drop the digest name %s, which stays" % pin.shown,
                        "other",
                    )

    def _respect_build_tree(self) -> None:
        """A parent stays while a child stays; an unnamed parent goes with its last child.

        Leaves first, so that every parent is judged after all its children. Only images of the classic builder have
        parents; the engine itself would remove an unnamed parent together with the child.
        """
        by_depth = sorted(self.facts.images, key=lambda image: (-depth_of(image.id, self.images), image.id))
        for image in by_depth:
            children = self.children.get(image.id, ())
            if not children:
                continue
            staying = [child for child in children if not self.deletes_all_of(child)]
            for row in self.rows[image.id]:
                verdict = self.verdicts[row.key]
                if staying and verdict.action == "delete" or staying and verdict.kept_by == "no_rule":
                    self.keep(row.key, "in use: parent of %s, which stays" % self._name(staying[0]), "use")
                elif not staying and row.name is None and verdict.kept_by == "no_rule" and verdict.action == "keep":
                    self.verdicts[row.key] = replace(
                        verdict,
                        action="delete",
                        rule=INTERMEDIATE_RULE,
                        reason="build step of %s, which is deleted" % self._name(children[0]),
                        kept_by="rule",
                    )

    def _name(self, image: str) -> str:
        first = self.rows[image][0]
        return first.shown or short_id(image)

    def last_seen(self, image: str) -> Tuple[int, str]:
        """Sort key: when the image was last used, or arrived; then its id."""
        item = self.items[self.rows[image][0].key]
        moments = [clock.at for clock in (item.last_used, item.arrived) if clock.at is not None]
        return (max(moments) if moments else 0, image)

    def ordered_images(self) -> List[str]:
        """Every image with something to delete: oldest last-seen first, but children before their parents."""
        wanted = {
            image for image, rows in self.rows.items() if any(self.verdicts[row.key].action == "delete" for row in rows)
        }
        ordered: List[str] = []
        done = set()
        # Parents in a circle cannot be, and must not hang a run that deletes.
        opened = set()

        def place(image: str) -> None:
            stack = [(image, False)]
            while stack:
                current, expanded = stack.pop()
                if current in done:
                    continue
                if expanded:
                    done.add(current)
                    if current in wanted:
                        ordered.append(current)
                    continue
                if current in opened:
                    continue
                opened.add(current)
                stack.append((current, True))
                for child in sorted(self.children.get(current, ()), key=self.last_seen, reverse=True):
                    stack.append((child, False))

        for image in sorted(wanted, key=self.last_seen):
            place(image)
        return ordered
