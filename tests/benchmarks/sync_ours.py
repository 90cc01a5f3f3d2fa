# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of this collection for the comparison, as a module would do it.

    python sync_ours.py ORDERS.json

ORDERS: {"do": "sync" or "drift", "options": those of registry_sync}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options


def main(path: str) -> int:
    orders = json.loads(Path(path).read_text())
    request = parse_sync_options(orders["options"])
    # Each of the two modules loads what it needs, and not what the other does.
    if orders["do"] == "sync":
        from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.run import run_sync

        result = run_sync(request, True)
    else:
        from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.drift import run_drift

        result = run_drift(request)
    json.dump(result["summary"], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
