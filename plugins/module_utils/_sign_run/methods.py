# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods of signing by their names."""

from __future__ import annotations

from typing import Callable, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.cosign import CosignMethod
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.docker_trust import DockerTrust
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    COSIGN,
    DOCKER_TRUST,
    SigningOrder,
)

# A third method has its line here, and its class.
_METHODS: Mapping[str, Callable[[SigningOrder, Tools], Method]] = {
    COSIGN: CosignMethod,
    DOCKER_TRUST: DockerTrust,
}


def make_method(order: SigningOrder, tools: Tools) -> Method:
    """Raises ToolMissing when its program is not there or too old."""
    return _METHODS[order.method](order, tools)
