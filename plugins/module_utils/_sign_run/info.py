# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""image_signature_info: what there is, and whether it holds."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import NotSigned, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.methods import make_method
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.result import rows
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_environment import look_at_host
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.trust_repository import TrustRepository
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.enforcement import judge_environment
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Method, Signature, Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import SigningOrder


def run_signature_info(order: SigningOrder, tools: Tools) -> Dict[str, Any]:
    """Raises a FleetError when it cannot be told; an image without signatures is an answer."""
    method = make_method(order, tools)
    verified: Optional[bool] = None
    reason: Optional[str] = None
    holding: Sequence[Signature] = ()
    subject: Optional[Subject] = None
    try:
        subject = method.resolve(order.image)
        if method.can_verify:
            holding = method.verify(subject)
            verified = True
        else:
            reason = "no key was given to verify with"
    except NotSigned as error:
        verified, reason = False, str(error)
    except ToolMissing as error:
        if method.environment() is None:
            raise
        # That nothing can be verified with it is part of what the host's environment is asked for.
        return _unanswered(str(error), method)
    others: List[Dict[str, Any]] = rows(method.unproven(subject), verified=False) if subject else []
    return {
        "changed": False,
        "digest": subject.digest if subject else None,
        "verified": verified,
        "reason": reason,
        "signatures": rows(holding) + others,
        "signers": list(method.signers(order.image)),
        "attestations": list(method.attestations(subject)) if subject else [],
        "environment": method.environment(),
    }


def run_environment_info(order: SigningOrder, tools: Tools) -> Dict[str, Any]:
    """What Docker Content Trust does on this host, without an image; no server is asked."""
    return {"changed": False, "environment": judge_environment(look_at_host(TrustRepository(order, tools)))}


def _unanswered(reason: str, method: Method) -> Dict[str, Any]:
    return {
        "changed": False,
        "digest": None,
        "verified": None,
        "reason": reason,
        "signatures": [],
        "signers": [],
        "attestations": [],
        "environment": method.environment(),
    }
