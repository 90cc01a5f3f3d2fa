# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML read: by the standard library where it can, Python 3.11 and newer, else by the small reader beside this."""

from __future__ import annotations

import sys
from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._config import toml_reader
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_reader import TomlError

if sys.version_info >= (3, 11):
    import tomllib

    def parse_toml(text: str) -> Dict[str, Any]:
        """Plain data. Raises TomlError telling the place."""
        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise TomlError(str(error)) from error

else:

    def parse_toml(text: str) -> Dict[str, Any]:
        """Plain data. Raises TomlError telling the place."""
        return toml_reader.parse(text)
