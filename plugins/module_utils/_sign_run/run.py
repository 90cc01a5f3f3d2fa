# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""image_signature: one run, whatever the method: what is there, what is missing, and that done."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import NotSigned
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.attested import run_attested
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.methods import make_method
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.pulled import run_pulled
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.result import difference, rows
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method, Signature
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import (
    ATTESTED,
    PULLED,
    REVOKED,
    SigningOrder,
)


def run_signature(order: SigningOrder, tools: Tools, apply: bool) -> Dict[str, Any]:
    """Raises NotSigned when the image must be signed and is not, and other FleetErrors when that cannot be told or done."""
    if order.state == ATTESTED:
        return run_attested(order, tools, apply)
    method = make_method(order, tools)
    if order.state == PULLED:
        return run_pulled(order, method, tools, apply)
    if order.state == REVOKED:
        return _revoked(order, method, apply)
    return _signed(order, method, apply)


def _signed(order: SigningOrder, method: Method, apply: bool) -> Dict[str, Any]:
    settled = method.settle_signers(order.image, apply)
    subject = method.candidate(order.image)
    reason: Optional[str] = None
    found: Sequence[Signature] = ()
    try:
        found = method.verify(subject)
    except NotSigned as error:
        reason = str(error)
    before = rows(found)
    if reason is not None and apply:
        method.sign(subject)
        subject = method.resolve(order.image)
        found = method.verify(subject)
    return {
        "changed": reason is not None or bool(settled),
        "digest": subject.digest or None,
        "verified": bool(found),
        "reason": reason,
        "signatures": rows(found),
        "signers": list(method.signers(order.image)),
        "signers_changed": list(settled),
        "removed": [],
        "attestations": [],
        "diff": difference(before, rows(found) if apply else before + ([{"digest": subject.digest}] if reason else [])),
    }


def _revoked(order: SigningOrder, method: Method, apply: bool) -> Dict[str, Any]:
    subject = method.candidate(order.image)
    there = method.revocable(subject)
    removed = method.revoke(subject) if there and apply else there
    return {
        "changed": bool(removed),
        "digest": subject.digest or None,
        "verified": None,
        "reason": None,
        "signatures": rows(method.unproven(subject)),
        "signers": list(method.signers(order.image)),
        "signers_changed": [],
        "removed": rows(removed),
        "attestations": [],
        "diff": difference(rows(removed), []),
    }
