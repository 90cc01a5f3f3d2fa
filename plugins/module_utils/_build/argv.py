# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of `docker buildx build`. No secret is among them: they are named, and handed over by environment or file."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence

from ansible_collections.imagefleet.docker.plugins.module_utils._build.fields import write_fields
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import BuildOrder, Secret

_VARIABLE = "IMAGEFLEET_SECRET_%d"


def build_words(
    order: BuildOrder,
    label: Mapping[str, str],
    tags: Sequence[str],
    output: Optional[Mapping[str, str]],
    metadata_file: str,
) -> List[str]:
    """`tags` are whole references; `output` None: those of the order. `label` is our record."""
    words = ["buildx", "build", "--progress", "plain", "--metadata-file", metadata_file, "--file", order.dockerfile]
    words += ["--builder", order.builder] if order.builder else []
    words += ["--platform", ",".join(order.platforms)] if order.platforms else []
    words += ["--target", order.target] if order.target else []
    words += ["--network", order.network] if order.network else []
    words += ["--no-cache"] if order.no_cache else []
    words += ["--pull"] if order.pull else []
    for option, values in (
        ("--tag", list(tags)),
        ("--build-context", _pairs(order.build_contexts)),
        ("--build-arg", _pairs(order.build_args)),
        ("--label", _pairs({**order.labels, **label})),
        ("--annotation", _pairs(order.annotations)),
        ("--cache-from", [write_fields(fields) for fields in order.cache_from]),
        ("--cache-to", [write_fields(fields) for fields in order.cache_to]),
        ("--secret", [_secret(number, secret) for number, secret in enumerate(order.secrets)]),
        ("--ssh", list(order.ssh)),
        ("--output", [write_fields(fields) for fields in ([output] if output is not None else order.outputs)]),
    ):
        for value in values:
            words += [option, value]
    words += ["--provenance=%s" % order.provenance] if order.provenance is not None else []
    words += ["--sbom=%s" % order.sbom] if order.sbom is not None else []
    return words + ["--", order.context]


def secret_variables(order: BuildOrder) -> Dict[str, str]:
    """Additions to the environment of the build."""
    return {_VARIABLE % number: one.value for number, one in enumerate(order.secrets) if one.value is not None}


def _secret(number: int, secret: Secret) -> str:
    if secret.src is not None:
        return write_fields({"id": secret.id, "src": secret.src})
    return write_fields({"id": secret.id, "env": _VARIABLE % number if secret.value is not None else str(secret.env)})


def _pairs(texts: Mapping[str, str]) -> List[str]:
    return ["%s=%s" % (key, texts[key]) for key in sorted(texts)]
