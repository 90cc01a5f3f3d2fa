# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cosign answers when it verifies: claims, statements, or why there are none."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Mapping, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._signing.cosign_stored import (
    CLAIM_TYPE,
    SIGNATURE_PREDICATE,
    Claim,
    read_claim,
    read_statement,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import cause

#: Exit codes of `cosign verify`: no signatures, no such image, none that matches.
_NONE_FOUND, _NO_IMAGE, _NONE_MATCHES = 10, 11, 12
# Version 3 has exit code 1 for bundles of other keys, and both have it for attestations.
_NONE = re.compile(r"no signatures found|no matching (?:signatures|attestations)|none of the attestations matched")
# How it exits where it came to a verdict; a signal or a timeout is another code.
_VERDICTS = (1, _NONE_FOUND, _NONE_MATCHES)
_KEY = re.compile(
    r"^(?:Error: |error during command execution: )?(?:loading verifier from key opts: )?loading public key",
    re.MULTILINE,
)


def holds_none(code: int, errors: str, where: str) -> bool:
    """Whether a failed verification says that there is nothing that holds. Raises ToolError when it failed otherwise."""
    if code in (_NONE_FOUND, _NO_IMAGE, _NONE_MATCHES) or _NONE.search(errors):
        return True
    raise ToolError("cosign could not verify %s (%d): %s" % (where, code, cause(errors)))


def is_no_proof(code: int, errors: str, where: str) -> bool:
    """Whether one signature, verified alone and without the registry, is none of the key.

    What is wrong with it is beside the point: whoever may push can put anything there, and cosign has many words for that. Raises
    ToolError where cosign did not get as far as the signature.
    """
    if code in _VERDICTS and errors.strip() and not _KEY.search(errors):
        return True
    raise ToolError("cosign could not verify a signature of %s (%d): %s" % (where, code, cause(errors)))


def read_claims(output: str, where: str) -> List[Claim]:
    """From `cosign verify --output json`. Raises ToolError when that is not what it printed."""
    try:
        # Version 2 prints nothing else; others have been seen to print a line before.
        entries = json.loads(output[output.index("[") :])
    except (ValueError, RecursionError) as error:
        raise ToolError("cosign verified %s, and what it printed is not JSON: %s" % (where, error)) from error
    if not isinstance(entries, list):
        raise ToolError("cosign verified %s, and what it printed is no list of signatures" % where)
    found = [read_claim(entry) for entry in entries]
    if None in found or not found:
        raise ToolError("cosign verified %s, and a signature that it printed names no image" % where)
    return [one for one in found if one is not None]


def signatures_of(claims: Sequence[Claim], digest: str, annotations: Mapping[str, str]) -> List[Claim]:
    """Those that say what was asked for, since the success of cosign says less: version 3 takes attestations for signatures."""
    return [
        one
        for one in claims
        if one.digest == digest
        and one.type in (CLAIM_TYPE, SIGNATURE_PREDICATE)
        and annotations.items() <= one.annotations.items()
    ]


def read_statements(output: str, where: str) -> List[Dict[str, Any]]:
    """From `cosign verify-attestation`: one envelope a line. Raises ToolError when that is not what it printed."""
    found = []
    for number, line in enumerate(output.splitlines(), 1):
        if not line.strip():
            continue
        try:
            statement = read_statement(json.loads(line))
        except (ValueError, RecursionError):
            statement = None
        if statement is None:
            raise ToolError(
                "cosign verified an attestation of %s, and line %d of what it printed is none" % (where, number)
            )
        found.append(statement)
    return found
