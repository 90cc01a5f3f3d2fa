# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON configuration that the command reads, and the renewal of its policy's term (S10)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time, parse_time
from ansible_collections.imagefleet.docker.plugins.module_utils._image.whole import parse_whole

SCHEMA = 1
MAXIMUM_BYTES = 16 * 1024 * 1024
TERM = 30 * 86400
MASK = "********"
CLEANUP, RETENTION, COLLECT, CACHE = "cleanup", "retention", "collect", "cache"
SYNC, DRIFT, SCAN, VERIFY = "sync", "drift", "scan", "verify"
COMMANDS = (CLEANUP, RETENTION, COLLECT, SYNC, DRIFT, CACHE, SCAN, VERIFY)
SECRET_KEYS = frozenset({"password", "token", "hub_password"})
TERM_KEYS = ("issued", "valid_until")

# What decides about deletion, and so goes into the policy's published digest. Connection options and credentials never
# do: a digest of a secret can be guessed against (S12).
POLICY_OPTIONS = (
    "keep",
    "delete",
    "protect",
    "protect_file",
    "minimum_age",
    "pressure",
    "storage_path",
    "max_deletions",
    "refuse_above",
    "require_restorable",
    "registry",
    "repositories",
    "ledger",
    "confirm_after",
    "minimum_kept",
    "undo",
    "service",
    "undo_window",
    "quiet_period",
    "verify",
    "referrers",
    "floating_tags",
    "floating_scope",
    "immutable_tags",
    "remove",
    "max_removals",
    "scan_gate",
    "shard",
    "cache",
    "max_size",
    "max_age",
    "min_free",
    "probe",
    "backend",
    "max_database_age",
    "images",
    "severities",
    "only_fixed",
    "policy",
    "waivers",
    "waivers_file",
    "vex",
    "running",
    "method",
    "public_key_path",
    "public_key_content",
    "public_key_paths",
    "annotations",
    "trust_server",
    "signer",
)
# Options that are mappings with credentials, or lists of them: of these only the names are published.
NAMED_OPTIONS = ("source", "destinations")


def make_document(wanted: Mapping[str, Any], current: Optional[Mapping[str, Any]], now: int) -> Dict[str, Any]:
    """The configuration to install: `wanted` with a term.

    The term of `current` is kept while more than half of it is left and nothing else changes, so that a second run
    changes nothing. `wanted` may bring a valid_until of its own, which is then kept as it is.
    """
    document = {
        "schema": SCHEMA,
        "command": CLEANUP,
        **{key: value for key, value in wanted.items() if value is not None},
    }
    own_end = document.pop("valid_until", None)
    if own_end is not None:
        document["valid_until"] = iso_time(_end_of_own(own_end))
    if current is not None and _same_but_term(document, current):
        end = _parse(current.get("valid_until"))
        issued = _parse(current.get("issued"))
        if end is not None and issued is not None and (own_end is not None or TERM // 2 < end - now <= TERM):
            return {**document, "issued": current["issued"], "valid_until": current["valid_until"]}
    return {"valid_until": iso_time(now + TERM), **document, "issued": iso_time(now)}


def policy_hash(mode: str, options: Mapping[str, Any], command: str = CLEANUP) -> str:
    """Names a policy: the same wherever the same rules are in force."""
    policy = {key: options[key] for key in POLICY_OPTIONS if options.get(key) is not None}
    policy.update({key: _names_of(options[key]) for key in NAMED_OPTIONS if options.get(key) is not None})
    named = {"mode": mode, "policy": policy, **({} if command == CLEANUP else {"command": command})}
    text = json.dumps(named, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()


def parse_notification(where: str, command: Any, after: Any) -> Tuple[Tuple[str, ...], int]:
    """Program with arguments, empty for none, and after how many runs in a row it is called. Raises PolicyError."""
    given = [] if command is None else command
    if not isinstance(given, (list, tuple)) or not all(isinstance(word, str) for word in given) or not all(given[:1]):
        raise PolicyError(
            f"{where}notify_command is {command!r}: a list of the program and its arguments is needed, such as "
            f"[/usr/local/bin/tell-us]; it is not given to a shell"
        )
    count = 1 if after is None else parse_whole(after)
    if not count:
        raise PolicyError(f"{where}notify_after is {after!r}: a whole number of runs from 1 on is needed")
    return tuple(given), count


def policy_of(document: Mapping[str, Any]) -> Dict[str, Any]:
    """What reports show of an installed policy."""
    mode = str(document.get("mode", "report"))
    return {
        "hash": policy_hash(mode, document.get("options") or {}, str(document.get("command", CLEANUP))),
        "mode": mode,
        "issued": document["issued"],
        "valid_until": document["valid_until"],
    }


def encode(document: Mapping[str, Any]) -> bytes:
    """The bytes on disk: sorted, so that the same policy is the same file."""
    return json.dumps(document, indent=2, sort_keys=True).encode("utf-8") + b"\n"


def decode(data: Optional[bytes]) -> Optional[Dict[str, Any]]:
    """An installed configuration; None when there is none or it was damaged, which is repaired by writing it anew."""
    try:
        document = json.loads(data.decode("utf-8")) if data is not None else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def secrets_of(value: Any) -> List[str]:
    """Every credential in a configuration."""
    if isinstance(value, Mapping):
        own = [str(item) for key, item in value.items() if key in SECRET_KEYS and item]
        return own + [secret for key, item in value.items() if key not in SECRET_KEYS for secret in secrets_of(item)]
    if isinstance(value, (list, tuple)):
        return [secret for item in value for secret in secrets_of(item)]
    return []


def masked(value: Any) -> Any:
    """The configuration for a diff."""
    if isinstance(value, Mapping):
        return {key: MASK if key in SECRET_KEYS and item else masked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item) for item in value]
    return value


def _names_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: value[key] for key in ("name", "registry") if value.get(key) is not None}
    return [_names_of(item) for item in value] if isinstance(value, (list, tuple)) else None


def _same_but_term(document: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """A valid_until that the user gave is content; one that we gave is not."""
    term = ("issued",) if "valid_until" in document else TERM_KEYS
    left = {key: value for key, value in document.items() if key not in term}
    return left == {key: value for key, value in current.items() if key not in term}


def _end_of_own(text: Any) -> int:
    end = _parse(text)
    if end is None:
        raise PolicyError(f"config.valid_until is {text!r}: an ISO time like 2026-12-31T00:00:00Z is needed")
    return end


def _parse(text: Any) -> Optional[int]:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        return None
