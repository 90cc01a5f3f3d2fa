# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of this collection's core in a process of its own, as a module runs; the result as JSON on stdout.

    python registry_ours.py ORDERS.json

ORDERS: {"do": "retention" (with "apply"), "probe" or "list" (with "repository"), "options": those of registry_retention}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    CapabilityMemory,
    probe_referrers,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.deletable import learn_deletion
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.request import parse_retention_options
from ansible_collections.imagefleet.docker.plugins.module_utils._retire.run import run_retention


def main(path: str) -> int:
    orders = json.loads(Path(path).read_text())
    json.dump({"retention": _retention, "probe": _probe, "list": _list}[orders["do"]](orders), sys.stdout)
    return 0


def _retention(orders: dict[str, Any]) -> dict[str, Any]:
    request = parse_retention_options(orders["options"])
    result = run_retention(request, orders["apply"], hold_file=orders["options"]["state_dir"] + ".hold")
    tags = [row["tag"] for row in result["plan"] if row["tag"]]
    return {"summary": result["summary"], "notes": result["notes"], "tags": tags}


def _probe(orders: dict[str, Any]) -> dict[str, Any]:
    """What a run finds out about the registry itself, and remembers for a day."""
    client = RegistryClient(make_registry_options(orders["options"]))
    capabilities = CapabilityMemory(client)
    learn_deletion(client, capabilities, orders["repository"])
    capabilities.learn(referrers=probe_referrers(client, orders["repository"]))
    return {"requests": client.requests}


def _list(orders: dict[str, Any]) -> dict[str, Any]:
    tags = RegistryClient(make_registry_options(orders["options"])).tags(orders["repository"])
    return {"tags": tags}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
