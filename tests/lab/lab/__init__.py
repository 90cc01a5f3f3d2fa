# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: real engines, registries and a fleet on one machine. Tests use load(), Engine and the data of lab.json."""

from __future__ import annotations

import json
import os
from typing import Any

from .engine import Engine
from .errors import LabError
from .paths import instance

__all__ = ["TESTED", "Engine", "LabError", "load"]

#: The lab that tests run on.
TESTED = os.environ.get("IMAGEFLEET_LAB_NAME") or "test"


def load(name: str = TESTED) -> dict[str, Any]:
    """Content of lab.json of a running instance; LabError with the command that starts it when it is not up."""
    found = instance(name)
    if not found.lab_file.exists():
        raise LabError("lab %r is not up: run python3 tests/lab/cli.py up --name %s" % (name, name))
    return dict(json.loads(found.lab_file.read_text()))
