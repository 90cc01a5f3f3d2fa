# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one reader gives to one sender, piece by piece: bounded, so that neither runs away from the other."""

from __future__ import annotations

import queue
from typing import Optional

# So many pieces may lie between reader and sender.
DEPTH = 16


class Broken(OSError):
    """The other side gave up."""


class Pipe:
    """Has the length of a blob and is read like a file, as the library that sends it wants it.

    `patience` in seconds: how long the reader waits for this sender before it goes on without it.
    """

    def __init__(self, size: int, patience: float) -> None:
        self._size = size
        self._patience = patience
        self._pieces: "queue.Queue[Optional[bytes]]" = queue.Queue(DEPTH)
        self._rest = b""
        self._left = size
        self._ended = False
        self.fell_behind = False
        self.abandoned = False

    def __len__(self) -> int:
        return self._size

    # The reader's end -------------------------------------------------------------------------------------------------

    def give(self, piece: Optional[bytes]) -> bool:
        """Nothing (b"") is the end, None is the end that is not one: the sender must fail. False when the sender is not there any
        more."""
        if self.is_left:
            return False
        try:
            self._pieces.put(piece, timeout=self._patience)
        except queue.Full:
            self.fell_behind = True
            return False
        return True

    @property
    def is_left(self) -> bool:
        """Whether nothing that is given arrives any more."""
        return self.abandoned or self.fell_behind

    # The sender's end -------------------------------------------------------------------------------------------------

    def read(self, count: int = -1) -> bytes:
        """Raises Broken when the reader gave up, or went on without us."""
        while not self._rest and not self._ended:
            self._rest = self._next()
        wanted = len(self._rest) if count < 0 else count
        piece, self._rest = self._rest[:wanted], self._rest[wanted:]
        return piece

    def abandon(self) -> None:
        """The sender has ended; the reader need not wait for it."""
        self.abandoned = True
        try:
            while True:
                self._pieces.get_nowait()
        except queue.Empty:
            return

    def _next(self) -> bytes:
        while True:
            try:
                piece = self._pieces.get(timeout=1)
            except queue.Empty:
                if self.fell_behind:
                    raise Broken("it was too slow for the others") from None
                continue
            if piece is None:
                raise Broken("the source broke off")
            self._left -= len(piece)
            if self._left < 0:
                # What follows the told length would be taken for another request.
                raise Broken("the source sent more than %d bytes" % self._size)
            if not piece:
                self._ended = True
            return piece
