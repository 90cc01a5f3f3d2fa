# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which images a registry still serves: only those may go under `require_restorable`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._cleanup.request import CleanupRequest
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import HostFacts, ImageFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.plan import restorable_candidates
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.credentials import RunProgram

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
    registries = RegistriesByHost(request.registries, request.config_path, run_program)
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        answers = dict(zip(wanted, pool.map(lambda image: _why_not(images[image], registries), wanted)))
    reasons: Dict[str, str] = {}
    for image, row in candidates:
        why = answers[image]
        if why is not None:
            reasons[row.key] = why
    return reasons


def _why_not(image: ImageFacts, registries: RegistriesByHost) -> Optional[str]:
    """None when some registry serves the image by digest, else the reason in plain words."""
    if not image.digests:
        return "not restorable: it has no registry digest, so it was never pushed or pulled; this may be the only copy"
    silent: List[str] = []
    missing: List[str] = []
    for repository, digest in _places(image):
        reference = parse_reference("%s@%s" % (repository, digest))
        try:
            if registries.client(reference.domain).has_manifest(reference.path, digest):
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
