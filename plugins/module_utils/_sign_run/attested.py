# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state: attested: the image carries a statement of the key that says what is wanted."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import NotSigned, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.cosign import CosignMethod
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.result import difference
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.tools import Tools
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.method import Subject
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.order import AttestationOrder, SigningOrder
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.predicate import says
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

# An SBOM of a large image has some ten megabytes.
MAX_PREDICATE = 256 * 1024 * 1024


def run_attested(order: SigningOrder, tools: Tools, apply: bool) -> Dict[str, Any]:
    """Raises NotSigned when what was attested does not verify afterwards."""
    wanted = order.attestation or AttestationOrder("custom")
    document = _document(wanted)
    method = CosignMethod(order, tools)
    subject = method.candidate(order.image)
    changed = not _is_said(method, subject, wanted.type, document)
    if changed and apply:
        method.attest(subject, wanted.type, tools.scratch.write("predicate.json", document.encode("utf-8")))
        if not _is_said(method, subject, wanted.type, document):
            raise NotSigned(
                "%s: cosign attested %s, and among what it verifies now there is no such statement; attest by the same cosign "
                "that verifies, and look whether it changes the document" % (order.image.canonical, wanted.type)
            )
    row: Mapping[str, Any] = {"type": wanted.type, "key": method.key, "verified": apply or not changed}
    return {
        "changed": changed,
        "digest": subject.digest,
        "verified": apply or not changed,
        "reason": "no attestation of key %s says this" % method.key if changed else None,
        "signatures": [],
        "signers": list(method.signers(order.image)),
        "signers_changed": [],
        "removed": [],
        "attestations": [dict(row)],
        "diff": difference([] if changed else [row], [row]),
    }


def _document(wanted: AttestationOrder) -> str:
    if wanted.predicate is not None:
        return wanted.predicate
    data = read_capped(str(wanted.predicate_path), MAX_PREDICATE)
    if data is None:
        raise PolicyError("attestation.predicate_path: there is no %s on this host" % wanted.predicate_path)
    try:
        return data.decode("utf-8")
    except ValueError as error:
        raise PolicyError("attestation.predicate_path: %s is no text: %s" % (wanted.predicate_path, error)) from error


def _is_said(method: CosignMethod, subject: Subject, kind: str, document: str) -> bool:
    return any(
        says(str(one.get("predicateType")), one.get("predicate"), document) for one in method.attested(subject, kind)
    )
