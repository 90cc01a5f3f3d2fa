# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which builder is in use where none is named."""

from __future__ import annotations

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.endpoints import DEFAULT
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.look import Context
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import BuilderStore


def chosen(store: BuilderStore, context: Context) -> str:
    """The one that was chosen for this endpoint, empty when none was: the engine's own is used then. Raises StateError."""
    current = store.current()
    here = current is not None and (current.everywhere or current.key == context.endpoint)
    return current.name if current is not None and here else ""


def is_in_use(store: BuilderStore, context: Context, name: str, is_engine: bool) -> bool:
    """As buildx decides it. `is_engine`: the name is that of a context, whose engine builds."""
    found = chosen(store, context)
    return found == "" and name in (DEFAULT, context.name) if is_engine else found == name
