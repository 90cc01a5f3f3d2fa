# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what pushers were told is so after a retention run, and if not, whether the run could have known.

A registry has no way to say "delete this manifest unless somebody names it": what is pushed between the last look at a tag
and the answer to the deletion goes with it, and nobody is told. That much is excused, to the request, when the plan says
that this manifest was deleted and its bytes are kept; everything else that is missing is lost.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from pushers import Promise
from registry_pushing import head_manifest, list_tags
from whole import all_whole, pulls_whole
from witness import Witness


class Judge:
    """`first` are the tags from before the run with their digests, `result` is what the run returned."""

    def __init__(
        self,
        address: str,
        repository: str,
        first: Mapping[str, str],
        promises: Mapping[str, Sequence[Promise]],
        witness: Witness,
        result: Mapping[str, Any],
    ) -> None:
        self._address = address
        self._repository = repository
        self._first = first
        self._promises = promises
        self._witness = witness
        self._rows = {row["tag"]: row for row in result["plan"] if row["tag"]}
        self._told = {row["digest"] for row in result["plan"] if row["action"] == "delete"}
        self._notes = result["notes"]
        self._last_look = witness.lists()[-1].begun
        #: Promises that were not kept and could not be: their content must come back with the undo.
        self.excused: list[Promise] = []
        self.lost: list[str] = []
        self._judge()

    def _judge(self) -> None:
        here = {tag: self._head(tag) for tag in list_tags(self._address, self._repository)}
        whole = not all_whole(self._address, self._repository)
        for tag in sorted({*here, *self._first, *self._promises}):
            found = here.get(tag, "")
            promise = self._promises[tag][-1] if tag in self._promises else None
            if promise is None:
                self._untouched(tag, found, whole)
            elif found != promise.digest:
                self._missing(promise, found)
            elif not whole:
                self._broken(promise)

    def _head(self, reference: str) -> str:
        return head_manifest(self._address, self._repository, reference)[1]

    def _lose(self, tag: str, why: str) -> None:
        self.lost.append("%s: %s" % (tag, why))

    # The three ways to be wrong -------------------------------------------------------------------------------------

    def _untouched(self, tag: str, found: str, whole: bool) -> None:
        """A tag that nobody pushed: it is as it was, or it went as the plan says."""
        row = self._rows[tag]
        if found != self._first[tag] and (found or not self._went(row)):
            self._lose(tag, "nobody pushed it, and it is at %r, not at %s" % (found, self._first[tag]))
        elif found and not whole and pulls_whole(self._address, self._repository, tag):
            self._lose(tag, "nobody pushed it, and it is broken")

    def _missing(self, promise: Promise, found: str) -> None:
        tag, row = promise.tag, self._rows.get(promise.tag)
        noted = any("%s:%s " % (self._repository, tag) in note for note in self._notes)
        restored = row is not None and row["outcome"] == "restored"
        if row is not None and not self._went(row) and not (restored and noted and found == row["digest"]):
            self._lose(tag, "it was to stay, is at %r, and the run says %s" % (found, row["outcome"]))
        elif self._taken(promise) or self._overwritten(promise) and (restored or noted):
            self.excused.append(promise)
        else:
            self._lose(tag, "it was pushed as %s at %d-%d and is at %r" % (promise.digest, *_span(promise), found))

    def _broken(self, promise: Promise) -> None:
        missing = [one for one in promise.needs if not self._head(one)]
        if not missing:
            if pulls_whole(self._address, self._repository, promise.tag):
                self._lose(promise.tag, "it is broken")
        elif promise.told > self._last_look and all(self._deleted(one, promise) for one in missing):
            self.excused.append(promise)
        else:
            self._lose(promise.tag, "pushed at %d-%d, misses %s" % (*_span(promise), ", ".join(missing)))

    @staticmethod
    def _went(row: Mapping[str, Any]) -> bool:
        """By the rules, and as the plan says; what was put back of it is there without this tag."""
        return row["action"] == "delete" and row["outcome"] in ("done", "gone", "restored")

    # What the run could not know ------------------------------------------------------------------------------------

    def _deleted(self, digest: str, promise: Promise) -> bool:
        """Whether that deletion can have come in between, and was told."""
        deletions = self._witness.about("DELETE", digest)
        return digest in self._told and any(one.ended > promise.begun for one in deletions)

    def _taken(self, promise: Promise) -> bool:
        """Whether a deletion took the tag along that was sent before the run could see what was pushed.

        The registry looks which tags are at the manifest and then removes them, wherever they are by then.
        """
        history = {self._first.get(promise.tag), *(one.digest for one in self._promises[promise.tag])}
        for digest in history & self._told:
            for one in self._witness.about("DELETE", digest):
                meant = digest == promise.digest or one.begun < promise.told
                if meant and one.ended > promise.begun and not self._seen(promise, one.begun):
                    return True
        return False

    def _seen(self, promise: Promise, until: int) -> bool:
        """Whether a look at the tag lay wholly between the push and that moment.

        A list shows a tag that is new; where one moved to is told by nothing but a HEAD; the tags that go are not asked.
        """
        row = self._rows.get(promise.tag)
        if row is not None and self._went(row):
            return False
        looks = self._witness.about("HEAD", promise.tag) + self._witness.about("GET", promise.tag)
        if row is None and promise == self._promises[promise.tag][0]:
            looks += self._witness.lists()
        return any(promise.told < one.begun and one.ended < until for one in looks)

    def _overwritten(self, promise: Promise) -> bool:
        """Whether it was pushed after the run saw that the tag is not there, and before it put it back."""
        for put in self._witness.about("PUT", promise.tag):
            looks = [one.begun for one in self._witness.about("HEAD", promise.tag) if one.ended < put.begun]
            if put.ended > promise.begun and looks and promise.told > max(looks):
                return True
        return False


def _span(promise: Promise) -> tuple[int, int]:
    return promise.begun, promise.told
