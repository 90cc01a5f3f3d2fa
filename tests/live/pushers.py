# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who push into one repository, in threads of their own, until they are told to stop."""

from __future__ import annotations

import queue
import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Callable, Mapping, Sequence

import registry_content as content
from plain_http import digest
from registry_content import OCI_INDEX, Manifest, encoded
from registry_pushing import NotTaken, head_manifest, list_with, push, push_parts, put_manifest
from witness import Moment

#: How often a client tries again from the start when something goes while it is pushing.
ATTEMPTS = 10
#: How often somebody begins to push at a request: what is pushed early only makes that nothing of it is deleted.
OFTEN, SELDOM = 0.5, 0.04


@dataclass(frozen=True)
class Promise:
    """The registry took a tag: asked for at the moment `begun`, answered with 201 at `told`.

    `needs` are the digests of the manifest itself and of all below it.
    """

    tag: str
    digest: str
    needs: frozenset[str]
    begun: Moment
    told: Moment


@dataclass(frozen=True)
class Scene:
    """What is in the repository at first: tags, and of these those that are to go."""

    tags: Mapping[str, Manifest]
    going: Sequence[str]

    def everything(self) -> list[Manifest]:
        """Manifests with all that is below them, each once, in an order that is always the same."""
        found = {name: one for top in self.tags.values() for name, one in top.everything().items()}
        return [found[name] for name in sorted(found)]

    def blobs(self) -> set[str]:
        return {digest(blob) for one in self.everything() for blob in one.blobs}


@dataclass
class _Hand:
    """One pusher. No two of them push the same tag, so that what a tag was pushed last is known."""

    number: int
    rng: random.Random
    own: list[str]
    subjects: list[Manifest]
    made: int = 0
    tags: list[str] = field(default_factory=list)


class Pushers:
    """Use as a context manager, and tell turn() of each request of whoever is not to break what these people push.

    `promises` has what was taken, for each tag in order; `errors` what a client could not push at all.
    """

    def __init__(self, address: str, repository: str, scene: Scene, seed: object, hands: int = 3) -> None:
        self.promises: dict[str, list[Promise]] = {}
        self.errors: list[Exception] = []
        self.moment: Callable[[], Moment] = lambda: 0
        self._address = address
        self._repository = repository
        self._scene = scene
        self._turns: queue.Queue[threading.Event | None] = queue.Queue()
        self._chance = random.Random("turns %s" % seed)
        self._guard = threading.Lock()
        everything = scene.everything()
        self._threads = []
        for number in range(hands):
            rng = random.Random("hand %d %s" % (number, seed))
            hand = _Hand(number, rng, sorted(scene.tags)[number::hands], everything[number::hands])
            self._threads.append(threading.Thread(target=self._work, args=(hand,)))

    def __enter__(self) -> "Pushers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        for _thread in self._threads:
            self._turns.put(None)
        for thread in self._threads:
            thread.join()

    def turn(self, method: str) -> None:
        """Sometimes somebody begins to push now, mostly at deletions; sometimes the request waits until that is done."""
        with self._guard:
            begins = self._chance.random() < (OFTEN if method == "DELETE" else SELDOM)
            waits = self._chance.random() < 0.4
        if begins:
            done = threading.Event()
            self._turns.put(done)
            if waits:
                done.wait()

    def _work(self, hand: _Hand) -> None:
        for turn in iter(self._turns.get, None):
            self._carefully(hand)
            turn.set()

    def _carefully(self, hand: _Hand) -> None:
        try:
            self._one(hand)
        except Exception as error:  # of any kind: somebody may be waiting for the end of this turn
            self.errors.append(error)

    # One push -------------------------------------------------------------------------------------------------------

    def _one(self, hand: _Hand) -> None:
        """Drawn: what is pushed, and under which tag."""
        rng = hand.rng
        what = rng.choice(
            ("new", "existing", "existing", "again", "rebuilt", "rebuilt", "nested", "signature", "referrer")
        )
        if what in ("signature", "referrer"):
            self._attach(hand, what)
            return
        tag, manifest = self._tag(hand), self._new(hand)
        if what == "existing":
            manifest = rng.choice(self._scene.everything())
        elif what == "again":
            going = [name for name in hand.own if name in self._scene.going]
            tag = rng.choice(going)
            manifest = self._scene.tags[tag]
        elif what == "rebuilt":
            old = self._scene.tags[rng.choice(list(self._scene.going))]
            manifest = content.index([rng.choice(old.children), manifest])
        elif what == "nested":
            manifest = content.index([manifest, self._scene.tags[rng.choice(list(self._scene.going))]])
        self._push(hand, tag, manifest)

    def _tag(self, hand: _Hand) -> str:
        """A new one, one that was new once, or one that was there from the start."""
        known = hand.own + hand.tags
        if hand.rng.random() < 0.5:
            return hand.rng.choice(known)
        hand.tags.append("new-%d-%d" % (hand.number, len(hand.tags)))
        return hand.tags[-1]

    def _new(self, hand: _Hand) -> Manifest:
        hand.made += 1
        return content.simple("%s %d %d" % (self._repository, hand.number, hand.made))

    def _attach(self, hand: _Hand, what: str) -> None:
        """To anything; a second signature moves the tag of the first, a second referrer that of the list."""
        subject = hand.rng.choice(hand.subjects)
        hand.made += 1
        seed = "%d %d" % (hand.number, hand.made)
        if what == "signature":
            self._push(hand, content.cosign_tag(subject.digest), content.cosign(subject, seed=seed))
        else:
            self._refer(content.fallback_tag(subject.digest), content.referrer(subject, seed=seed))

    def _refer(self, tag: str, referrer: Manifest) -> None:
        def prepare() -> tuple[bytes, str, set[str]]:
            push(self._address, self._repository, referrer)
            listed = list_with(self._address, self._repository, referrer)
            return encoded(listed), OCI_INDEX, {one["digest"] for one in listed["manifests"]}

        # What an older list names may be gone for good, and this client does not know: it has been told.
        with suppress(NotTaken):
            self._promise(tag, prepare)

    def _push(self, hand: _Hand, tag: str, manifest: Manifest) -> None:
        """A careful client puts every part; another one asks what is there, and believes it."""
        believes = hand.rng.random() < 0.5

        def prepare() -> tuple[bytes, str, set[str]]:
            known = self._scene.blobs()
            parts = {name for name in manifest.everything() if name != manifest.digest}
            if believes:
                known |= {name for name in parts if self._is_there(name)}
            push_parts(self._address, self._repository, manifest, known)
            return manifest.body, manifest.media, parts

        self._promise(tag, prepare)

    def _promise(self, tag: str, prepare: Callable[[], tuple[bytes, str, set[str]]]) -> None:
        """`prepare` puts all that is needed, and tells body, type and parts of what is to be put under the tag."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                body, media, parts = prepare()
                begun = self.moment()
                found = put_manifest(self._address, self._repository, body, media, tag)
            except NotTaken:
                if attempt == ATTEMPTS:
                    raise
            else:
                told = Promise(tag, found, frozenset({found, *parts}), begun, self.moment())
                self.promises.setdefault(tag, []).append(told)
                return

    def _is_there(self, name: str) -> bool:
        return head_manifest(self._address, self._repository, name)[0] == 200
