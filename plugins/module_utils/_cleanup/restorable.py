# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a registry still serves: only those may go under `require_restorable`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import CleanupRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import HostFacts, ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import restorable_candidates
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

THREADS = 8


def keep_unrestorable(
    facts: HostFacts, request: CleanupRequest, run_program: Optional[RunProgram] = None
) -> Dict[str, str]:
    """Row key -> why it must stay, for every row that the rules would delete and no registry is known to serve.

    The registry named in the reference is asked by digest, never a mirror (S13). No answer means keep.
    """
    candidates = restorable_candidates(facts, request.policy)
    images = {image.id: image for image in facts.images}
    wanted = sorted({image for image, _row in candidates})
    clients = _Clients(request, run_program)
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        answers = dict(zip(wanted, pool.map(lambda image: _why_not(images[image], clients), wanted)))
    reasons: Dict[str, str] = {}
    for image, row in candidates:
        why = answers[image]
        if why is not None:
            reasons[row.key] = why
    return reasons


class _Clients:
    """One client per registry, with the credentials given for it."""

    def __init__(self, request: CleanupRequest, run_program: Optional[RunProgram]) -> None:
        self._run_program = run_program
        self._options: Dict[str, Mapping[str, Any]] = {str(entry["registry"]): entry for entry in request.registries}
        self._config_path = request.config_path
        self._clients: Dict[str, RegistryClient] = {}

    def get(self, registry: str) -> RegistryClient:
        if registry not in self._clients:
            options = {"config_path": self._config_path, **self._options.get(registry, {}), "registry": registry}
            self._clients[registry] = RegistryClient(make_registry_options(options), run_program=self._run_program)
        return self._clients[registry]


def _why_not(image: ImageFacts, clients: _Clients) -> Optional[str]:
    """None when some registry serves the image by digest, else the reason in plain words."""
    if not image.digests:
        return "not restorable: it has no registry digest, so it was never pushed or pulled; this may be the only copy"
    silent: List[str] = []
    missing: List[str] = []
    for repository, digest in _places(image):
        reference = parse_reference("%s@%s" % (repository, digest))
        try:
            if clients.get(reference.domain).has_manifest(reference.path, digest):
                return None
            missing.append(repository)
        except RegistryError as error:
            silent.append("%s: %s" % (repository, error))
    if silent:
        return "not known to be restorable: %s" % "; ".join(silent)
    return "not restorable: %s no longer serves it" % ", ".join(missing)


def _places(image: ImageFacts) -> List[Tuple[str, str]]:
    places = []
    for name in image.digests:
        repository, _at, digest = name.partition("@")
        places.append((repository, digest))
    return places
