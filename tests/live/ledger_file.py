# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A ledger on the disk, with its past changed: hosts that fell silent long ago, a clock that was wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable


class LedgerFile:
    """Seconds are counted into the future, negative ones into the past."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text()))

    def move_run(self, seconds: int) -> None:
        """The last run was at another time, and nothing else."""
        self._change(lambda ledger: ledger.update(last_run=ledger["last_run"] + seconds))

    def move_host(self, name: str, seconds: int) -> None:
        """A host last answered, and used what it uses, at another time; the ledger ran since."""

        def change(ledger: dict[str, Any]) -> None:
            host = ledger["hosts"][name]
            for entry in (host, *host["engines"].values()):
                entry["answered"] += seconds
            for seen in (*ledger["digests"].values(), *ledger["released"].values()):
                if name in seen:
                    seen[name] += seconds

        self._change(change)

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        ledger = self.read()
        change(ledger)
        self.path.write_text(json.dumps(ledger))
