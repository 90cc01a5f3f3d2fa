# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every stand-in does: reads its orders beside itself, writes down how it was called, takes documented arguments only."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Dict, List, Mapping, NoReturn, Sequence, Tuple

ORDERS = "orders.json"
CALLS = "calls.jsonl"
BUILT = "built"
#: As sysexits.h has it: called in a way that is not documented.
USAGE = 64
#: Kinds of values of flags.
FLAG, TEXT, FOLDER, NEW_FILE, FILE, SECONDS = "flag", "text", "folder", "new file", "file", "seconds"


def secrets() -> List[str]:
    return [value for name, value in sorted(os.environ.items()) if ("PASSWORD" in name or "TOKEN" in name) and value]


def exposed() -> List[str]:
    """Commands in the process list that every user of this host sees a secret in."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if any(secret in word for secret in secrets() for word in words):
            found.append(words[0])
    return found


def trusted() -> Dict[str, object]:
    """The file with those that a program in Go trusts, and its mode; nothing without one of its own."""
    path = os.environ.get("SSL_CERT_FILE", "")
    if "imagefleet-scan" not in path:
        return {}
    return {"text": Path(path).read_text(), "mode": os.stat(path).st_mode & 0o777}


class StandIn:
    """One call of one program. `home` is the folder that it was installed into."""

    def __init__(self, program: str, home: Path, words: Sequence[str]) -> None:
        self.program = program
        self.home = home
        self.words = list(words)
        path = home / ORDERS
        self.orders: Dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
        with open(home / CALLS, "a", encoding="utf-8") as stream:
            call = {
                "program": program,
                "argv": list(words),
                "environment": sorted(os.environ),
                "folder": os.getcwd(),
                "exposed": exposed(),
                "trusted": trusted(),
            }
            stream.write(json.dumps(call) + "\n")

    @property
    def mode(self) -> str:
        return str(self.orders.get("mode", "normal"))

    @property
    def version(self) -> str:
        return str(self.orders["version"])

    @property
    def built(self) -> str:
        """When its database was built: as BUILT beside it says, else this moment."""
        path = self.home / BUILT
        return path.read_text() if path.exists() else time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime())

    def usage(self, text: str) -> NoReturn:
        print("%s: undocumented: %s" % (self.program, text), file=sys.stderr)
        sys.exit(USAGE)

    def fail(self, text: str, code: int = 1) -> NoReturn:
        print(text, file=sys.stderr)
        sys.exit(code)

    def parse(self, words: Sequence[str], flags: Mapping[str, object]) -> Tuple[Dict[str, str], List[str]]:
        """Flags with their values, and what is none. A flag's kind is one of those above, or the texts that it takes."""
        found: Dict[str, str] = {}
        rest: List[str] = []
        left = list(words)
        while left:
            word = left.pop(0)
            if not word.startswith("-"):
                rest.append(word)
                continue
            if word not in flags:
                self.usage("flag %s" % word)
            if word in found:
                self.usage("%s twice" % word)
            kind = flags[word]
            if kind == FLAG:
                found[word] = ""
                continue
            if not left or left[0].startswith("-"):
                self.usage("%s without a value" % word)
            found[word] = left.pop(0)
            self._check(word, kind, found[word])
        return found, rest

    def sample(self, subject: str) -> str:
        """What it finds in a subject: that of `samples` for it, else `sample`."""
        by_subject = self.orders.get("samples") or {}
        name = by_subject.get(subject, self.orders["sample"]) if isinstance(by_subject, dict) else ""
        return (Path(str(self.orders["folder"])) / str(name)).read_text()

    def report(self, path: str, text: str) -> None:
        """Write it, in the way that the mode says; then end."""
        if self.mode == "noise":
            sys.stderr.write("\x1b[33mWARN\x1b[0m \xb7 progress 42 %\n" * 2000)
        if self.mode == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.mode in ("hang", "stubborn"):
            sys.stderr.write("still fetching\n")
            sys.stderr.flush()
            while True:
                time.sleep(3600)
        if self.mode == "exit":
            self.fail("FATAL it broke; credentials were %s" % " ".join(secrets()))
        if self.mode == "truncated":
            text = text[: len(text) // 2]
        if self.mode != "silent":
            Path(path).write_text(text)
        if self.mode == "found":
            sys.exit(2)
        sys.exit(0)

    def _check(self, word: str, kind: object, value: str) -> None:
        good = True
        if kind == FOLDER:
            good = os.path.isdir(value)
        elif kind == FILE:
            good = os.path.isfile(value)
        elif kind == NEW_FILE:
            good = os.path.isabs(value) and os.path.isdir(os.path.dirname(value)) and not os.path.exists(value)
        elif kind == SECONDS:
            good = value.endswith("s") and value[:-1].isdigit()
        elif isinstance(kind, tuple):
            good = value in kind
        if not good:
            self.usage("%s %s (%s)" % (word, value, kind))
