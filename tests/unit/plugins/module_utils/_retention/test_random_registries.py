# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random registries are worth something only when what is hard really occurs in them."""

from __future__ import annotations

from collections import Counter
from typing import Iterator

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._retention.facts import RepositoryFacts
from ansible_collections.imagefleet.docker.plugins.module_utils._retention.plan import Plan
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.oracle import (
    Place,
    Registry,
    subject_of,
)
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.random_registries import (
    Request,
    random_request,
)

SHAPES = (
    "nested index",
    "part of several indexes",
    "part with a tag of its own",
    "part that is absent",
    "referrer of a referrer",
    "referrer of a part",
    "referrer with a tag of its own",
    "told by the referrers API",
    "signature",
    "signature of a part",
    "signature of what was not read",
    "signature of nothing",
    "list of referrers",
    "cache in an index",
    "several tags at one manifest",
    "leftover with a signature",
    "in two repositories",
)
OUTCOMES = (
    "planned tag",
    "planned untagged",
    "planned part",
    "planned attachment",
    "pending tag",
    "deferred tag",
    "kept by use",
    "kept by protect",
    "kept by minimum_age",
    "kept by rule",
    "kept by no_rule",
    "kept by minimum_kept",
    "kept by clock",
    "kept by other",
    "kept by shared",
    "kept by attached",
    "tag alone",
    "unit after another",
    "part shared by units",
    "part of what goes stays",
    "bytes that several share",
)


@pytest.fixture(scope="module", name="found")
def count() -> Counter:
    found: Counter = Counter()
    for seed in range(500):
        request = random_request(10, seed)
        registry = Registry(request.facts)
        seen = {shape for facts in request.facts.repositories for shape in shapes(facts, registry)}
        if len({one.digest for one in registry.there}) < len(registry.there):
            seen.add("in two repositories")
        found.update(seen | set(outcomes(request, registry, request.plan())))
    return found


@pytest.mark.parametrize("case", SHAPES + OUTCOMES)
def test_every_case_occurs_often(found, case):
    assert found[case] >= 10


def shapes(facts: RepositoryFacts, registry: Registry) -> Iterator[str]:
    manifests = list(facts.manifests.values())
    parts = Counter(child.digest for one in manifests for child in one.children)
    if any(
        child.digest in facts.manifests and facts.manifests[child.digest].children
        for one in manifests
        for child in one.children
    ):
        yield "nested index"
    if any(count > 1 for count in parts.values()):
        yield "part of several indexes"
    if set(parts) & {digest for tag, digest in facts.tags.items() if not subject_of(tag)}:
        yield "part with a tag of its own"
    if facts.absent:
        yield "part that is absent"
    if facts.referrers:
        yield "told by the referrers API"
    if any(one.is_index and one.blobs for one in manifests):
        yield "cache in an index"
    if any(count > 1 for count in Counter(facts.tags.values()).values()):
        yield "several tags at one manifest"
    for one in manifests:
        subject = facts.manifests.get(one.subject or "")
        if subject is not None and subject.subject is not None:
            yield "referrer of a referrer"
        if one.subject in parts:
            yield "referrer of a part"
        if one.subject and one.digest in {digest for tag, digest in facts.tags.items() if not subject_of(tag)}:
            yield "referrer with a tag of its own"
    for tag in facts.tags:
        subject_digest = subject_of(tag)
        if not subject_digest:
            continue
        yield "signature" if "." in tag else "list of referrers"
        if subject_digest in parts:
            yield "signature of a part"
        if subject_digest in facts.leftovers:
            yield "leftover with a signature"
        if subject_digest in facts.present:
            yield "signature of what was not read"
        elif Place(facts.name, subject_digest) not in registry.there:
            yield "signature of nothing"


def outcomes(request: Request, registry: Registry, plan: Plan) -> Iterator[str]:
    for row in plan.rows:
        yield "%s %s" % (row.outcome, row.kind) if row.outcome else "kept by %s" % row.kept_by
    gone = {Place(unit.repository, digest) for unit in plan.units for digest in unit.order}
    for unit in plan.units:
        if not unit.whole:
            yield "tag alone"
        if unit.after:
            yield "unit after another"
        if unit.shared:
            yield "part shared by units"
        if unit.whole and registry.children.get(Place(unit.repository, unit.digest), set()) - gone:
            yield "part of what goes stays"
    layers = Counter(blob.digest for manifest in registry.read.values() for blob in manifest.blobs)
    if any(layers[blob.digest] > 1 for place in gone & set(registry.read) for blob in registry.read[place].blobs):
        yield "bytes that several share"
