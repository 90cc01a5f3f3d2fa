# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a registry deletes at all, asked before anything is deleted (S13)."""

from __future__ import annotations

import hashlib
from typing import Optional

from ansible_collections.imagefleet.docker.plugins.module_utils._registry.capabilities import (
    CapabilityMemory,
    probe_deletion,
    probe_uploads,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient

_NOTHING = b""
_NOTHING_DIGEST = "sha256:" + hashlib.sha256(_NOTHING).hexdigest()


def learn_deletion(client: RegistryClient, capabilities: CapabilityMemory, repository: str) -> None:
    """Find out whether tags and manifests can be deleted, unless that is known."""
    if capabilities.known.delete is None:
        found = probe_deletion(client, repository)
        capabilities.learn(delete=found.delete, tag_delete=found.tag_delete)


def why_not_deletable(client: RegistryClient, capabilities: CapabilityMemory, repository: str) -> Optional[str]:
    """Why this registry deletes nothing, with the next step; None when it does, or when it is not known."""
    if capabilities.known.delete is not False:
        return None
    # Settings of a server change: what was remembered is asked again before anybody is told.
    capabilities.learn(delete=None, tag_delete=None)
    learn_deletion(client, capabilities, repository)
    if capabilities.known.delete is not False:
        return None
    takes_uploads = probe_uploads(client, repository, _NOTHING_DIGEST, _NOTHING).uploads
    capabilities.learn(delete=None)
    if takes_uploads is False:
        return (
            "registry %s takes neither deletions nor uploads: it is a pull-through cache, where retention has no place (its content "
            "expires by itself), or it is read-only at the moment" % client.name
        )
    return (
        "registry %s does not delete (405): deletion is switched off in its configuration; for the distribution registry set "
        "storage.delete.enabled: true (or REGISTRY_STORAGE_DELETE_ENABLED=true) and restart it" % client.name
    )
