# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `docker buildx` for builders (0.13 to 0.36)."""

from __future__ import annotations

import shlex
from typing import List, Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import KUBERNETES, STARTING

_BUILDX = "buildx"


def create(builder: str, driver: str, node: Node, config_file: Optional[str], append: bool = False) -> List[str]:
    """A new builder with this node, or this node of it as it is to be; with `append` one more node.

    Everything is said each time: buildx puts its defaults in the place of flags that are not.
    """
    words = [_BUILDX, "create", "--name", builder, "--driver", driver, "--node", node.name]
    if append:
        words.append("--append")
    if node.platforms:
        words += ["--platform", ",".join(node.platforms)]
    for name in sorted(node.driver_opts):
        words += ["--driver-opt", _field("%s=%s" % (name, node.driver_opts[name]))]
    if node.flags and driver in STARTING:
        words += ["--buildkitd-flags", " ".join(shlex.quote(flag) for flag in node.flags)]
    if config_file is not None:
        words += ["--buildkitd-config", config_file]
    if node.endpoint is not None and driver != KUBERNETES:
        words.append(node.endpoint)
    return words


def leave(builder: str, node: str) -> List[str]:
    return [_BUILDX, "create", "--name", builder, "--node", node, "--leave"]


def remove(builder: str, keep_state: bool) -> List[str]:
    return [_BUILDX, "rm", *(["--keep-state"] if keep_state else []), builder]


def use(builder: str) -> List[str]:
    return [_BUILDX, "use", builder]


def boot(builder: str) -> List[str]:
    return [_BUILDX, "inspect", "--bootstrap", builder]


def _field(text: str) -> str:
    """One field of a comma separated list, in which buildx splits each option."""
    if any(sign in text for sign in ',"\n\r') or text != text.strip():
        return '"%s"' % text.replace('"', '""')
    return text
