# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What images need, and that no plan takes it without being told."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.needs import needs_of
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import make_plan, would_break
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collection.storages import (
    blobs,
    collector,
    content,
    digest,
    image,
    index,
    named,
    random_storages,
    repository,
    storage,
)


def test_everything_below_what_is_served():
    one, two, other = image("one", "base", "top"), image("two", "base"), image("other")
    both = index("both", one, two)
    found = needs_of(
        storage(
            repository("app", one, two, tags={"1": both}),
            repository("team/other", other),
            manifests=[one, two, both, other],
        )
    )
    assert set(found) == content(one, two, both, other)
    assert found[both.digest].by == "app:1" and found[both.digest].size == 20
    assert found[digest("base")].by == "app@" + min(one.digest, two.digest)
    assert found[digest("top")].size == 100
    assert found[other.digest].by == "team/other@" + other.digest


def test_a_person_knows_an_image_by_its_tag():
    one = image("one", "base")
    found = needs_of(storage(repository("app", one, tags={"2": one, "1": one}), manifests=[one]))
    assert {need.by for need in found.values()} == {"app:1"}


def test_a_child_that_is_not_served_is_named_and_what_it_needs_is_not():
    """Its manifest answers 404, and the collector keeps the manifest alone."""
    one, two = image("one", "base"), image("two", "top")
    both = index("both", one, two)
    found = needs_of(storage(repository("app", one, tags={"1": both}), manifests=[one, two, both]))
    assert two.digest in found and digest("top") not in found


def test_another_repository_that_serves_it_needs_it():
    one = image("one", "base")
    found = needs_of(storage(repository("a", deleted={one.digest: 0}), repository("b", one), manifests=[one]))
    assert set(found) == content(one) and found[one.digest].by == "b@" + one.digest


def test_content_pushed_by_another_digest_is_needed_where_it_lies():
    """2.8.2 stores it by its sha256, marks what the manifest says, and would take it."""
    five = digest("layer", "sha512")
    one = image("one", five)
    found = storage(repository("app", tags={"1": one}, aliases={five: digest("layer")}), manifests=[one])
    needs = needs_of(found)
    assert set(needs) == {one.digest, digest("config one"), digest("layer")}
    stored = {one.digest, digest("config one"), digest("layer")}
    told = would_break(collector(found, stored), needs)
    assert told.startswith("the registry's collector would delete %s, which app:1 needs" % digest("layer"))


def test_a_manifest_that_is_not_there_is_needed_all_the_same():
    one = image("one", "base")
    assert set(needs_of(storage(repository("app", tags={"1": one})))) == {one.digest}


def test_nothing_is_served():
    one = image("one")
    assert needs_of(storage(repository("app", deleted={one.digest: 0}), manifests=[one])) == {}
    assert needs_of(storage()) == {}


# Any storage ---------------------------------------------------------------------------------------------------------


@given(random_storages(), st.data())
def test_no_plan_takes_what_is_needed_without_being_told(made, data):
    """Whatever a collector says."""
    found, stored = made
    needs = needs_of(found)
    taken = frozenset(data.draw(st.lists(st.sampled_from(sorted(stored)), unique=True)))
    collection = Collection(stored - taken, taken)
    told = would_break(collection, needs)
    rows = {row.digest for row in make_plan(found, collection, blobs(stored), frozenset(), frozenset()).rows}
    assert rows == taken
    assert (told is None) == (not taken & set(needs))
    if told is not None:
        first = min(taken & set(needs))
        assert first in told and needs[first].by in told


@given(random_storages())
def test_a_collector_that_works_breaks_nothing_and_takes_the_rest(made):
    found, stored = made
    needs, collection = needs_of(found), collector(found, stored)
    assert would_break(collection, needs) is None
    assert collection.blobs == stored - set(needs)


@given(random_storages(), st.data())
def test_a_collector_that_forgets_one_manifest_is_told(made, data):
    """As 2.8.2 with --delete-untagged forgets the images of tagged indexes (distribution 3178)."""
    found, stored = made
    linked = sorted({digest for one in found.repositories for digest in one.linked})
    assume(linked)
    forgotten = data.draw(st.sampled_from(linked))
    marked = collector(found, stored).marked - {forgotten} - named(found.manifests[forgotten])
    assert would_break(Collection(marked, stored - marked), needs_of(found)) is not None
