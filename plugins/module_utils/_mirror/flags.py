# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of daemon.json that are also flags of dockerd: one that is given twice makes its next start fail."""

from __future__ import annotations

from typing import Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._config.dockerd_flags import parse_flags
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.daemon_json import INSECURE, MIRRORS

#: Key of daemon.json -> its flag.
FLAGS = {MIRRORS: "--registry-mirror", INSECURE: "--insecure-registry"}


def also_given(keys: Sequence[str], argv: Sequence[str]) -> Optional[str]:
    """The first of these keys that the command line gives too, as `--flag=value`; None when it gives none."""
    flags = parse_flags(argv)
    for key in keys:
        if FLAGS[key] in flags:
            return "%s=%s" % (FLAGS[key], ",".join(flags[FLAGS[key]]))
    return None
