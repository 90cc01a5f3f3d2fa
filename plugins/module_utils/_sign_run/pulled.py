# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verified pull that dockerd lacks: resolve the name, verify, pull by digest, and only then give the name."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import SigningOrder


def run_pulled(order: SigningOrder, method: Method, tools: Tools, apply: bool) -> Dict[str, Any]:
    """Raises NotSigned before anything is pulled or tagged."""
    raise NotImplementedError
