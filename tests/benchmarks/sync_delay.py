# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry that is far away: every request waits on its way to it, answers come at once.

    python sync_delay.py UPSTREAM SECONDS

Prints the address that it listens on. It passes bytes, so it takes next to nothing of the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

HOST = "127.0.0.1"
_PIECE = 65536


@contextmanager
def far_away(upstream: str, seconds: float) -> Iterator[str]:
    """The address (host:port) that leads to `upstream`, each request `seconds` late."""
    words = [sys.executable, str(Path(__file__)), upstream, str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _serve(upstream: str, seconds: float) -> None:
    host, _colon, port = upstream.partition(":")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_pass(reader, there_writer, seconds), _pass(there_reader, writer, 0))

    server = await asyncio.start_server(connected, HOST, 0)
    print("%s:%d" % server.sockets[0].getsockname()[:2], flush=True)
    async with server:
        await server.serve_forever()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            if seconds:
                await asyncio.sleep(seconds)
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(sys.argv[1], float(sys.argv[2])))
