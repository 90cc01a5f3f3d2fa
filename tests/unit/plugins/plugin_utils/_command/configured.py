# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of the command in a folder of the test's own."""

from __future__ import annotations

import json

from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import read_config

FAR = "2999-01-01T00:00:00Z"


def configured(folder, name, **document):
    """The configuration NAME with these members, as the command reads it; report, metrics and log are beside it."""
    places = {
        "report_file": str(folder / "report.json"),
        "metrics_file": str(folder / "m.prom"),
        "log_file": str(folder / "log"),
    }
    path = folder / (name + ".json")
    path.write_text(json.dumps({"schema": 1, "valid_until": FAR, **places, **document}))
    return read_config(str(path))
