# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verified pull that dockerd lacks: resolve the name, verify, pull by digest, and only then give the name.

A tag is read from the registry once. What is pulled and named afterwards is the digest that was verified, wherever the tag moves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.engine_login import engine_authorization
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.engine_images import EngineImages
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.result import difference, rows
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import SigningOrder


def run_pulled(order: SigningOrder, method: Method, tools: Tools, apply: bool) -> Dict[str, Any]:
    """Raises NotSigned before anything is pulled or tagged."""
    subject = method.resolve(order.image)
    signatures = method.verify(subject)
    api = EngineApi(tools.engine)
    api.info()
    images = EngineImages(api)
    by_digest = replace(order.image, tag=None, digest=subject.digest)
    tagged = order.image if order.image.digest is None else None
    there = images.find(by_digest)
    before = images.find(tagged) if tagged else there
    image, changed = there, there is None or there != before
    if apply and changed:
        if there is None:
            options = tools.registries.options(order.image.domain)
            image = images.pull(by_digest, engine_authorization(options, order.image.path, tools.run_program))
        if tagged and image != before:
            images.name(tagged, subject.digest, before)
    signed = rows(signatures)
    return {
        "changed": changed,
        "digest": subject.digest,
        "verified": True,
        "reason": None,
        "signatures": signed,
        "signers": list(method.signers(order.image)),
        "signers_changed": [],
        "removed": [],
        "attestations": [],
        "image_id": image,
        "previous_image_id": before,
        "diff": difference(
            [{"image": order.image.familiar, "id": before}] if before else [],
            [{"image": order.image.familiar, "id": image or "(known after the pull)", "digest": subject.digest}]
            if changed
            else [{"image": order.image.familiar, "id": before}],
        ),
    }
