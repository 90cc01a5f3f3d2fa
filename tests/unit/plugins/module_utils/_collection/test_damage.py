# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of which it is not known what they need."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.damage import damage, not_served
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.needs import needs_of
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.plan import would_break
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.program import Collection
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._collection.storages import (
    collector,
    content,
    digest,
    image,
    index,
    random_storages,
    repository,
    storage,
)

ONE, TWO = image("one", "base"), image("two", "base")
LINK = "repositories/app/_manifests/revisions/" + ONE.digest.replace(":", "/") + "/link"


@given(random_storages())
def test_a_whole_storage(made):
    found, stored = made
    assert damage(found) is None and not_served(found, collector(found, stored)) is None


def test_content_that_is_lost():
    """2.8.2 passes over it, ends with 0, and takes the layers with which it could be repaired."""
    found = storage(repository("app", ONE, tags={"2": TWO}), manifests=[TWO])
    stored = (content(ONE) | content(TWO)) - {ONE.digest}
    taken = collector(found, stored)
    assert digest("config one") in taken.blobs and would_break(taken, needs_of(found)) is None
    told = damage(found)
    assert told.startswith("app@%s is lost: its content is not there" % ONE.digest)
    assert "registry_restore" in told and LINK in told and told.endswith(". Nothing was changed")


def test_content_that_is_something_else():
    """One bit that flipped in the digest of a layer: a manifest still, of other layers."""
    other = replace(ONE, digest=digest("altered"))
    found = replace(storage(repository("app", ONE)), manifests={ONE.digest: other})
    told = damage(found)
    assert told.startswith("app@%s is damaged: what lies there is %s" % (ONE.digest, digest("altered")))


@pytest.mark.parametrize("kind", ["", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
def test_a_kind_that_is_not_known(kind):
    strange = replace(ONE, known=False, media_type=kind)
    told = damage(storage(repository("app", ONE), manifests=[strange]))
    assert told.startswith("app@%s is a manifest of a type that is not known (%s)" % (ONE.digest, kind or "none told"))


def test_a_link_that_says_something_else():
    found = storage(repository("app", ONE, broken=frozenset({ONE.digest})), manifests=[ONE])
    assert damage(found).startswith("app@%s is damaged: its link %s says" % (ONE.digest, LINK))


def not_served_of(found, stored):
    return not_served(found, collector(found, stored))


def test_a_tag_of_what_is_not_served_any_more():
    """It answers 404; its content may be put back as long as it is there."""
    found = storage(repository("app", TWO, tags={"1": ONE}, linked=frozenset({TWO.digest})), manifests=[ONE, TWO])
    told = not_served_of(found, content(ONE, TWO))
    assert told.startswith("app:1 is %s, which is there and is not served any more. Push it again" % ONE.digest)
    assert "repositories/app/_manifests/tags/1" in told and "run again" in told
    assert not_served_of(found, content(TWO)) is None, "nothing can be put back"
    assert damage(found) is None


def test_a_tag_that_was_pushed_while_the_storage_was_read():
    """The collector looks later, and keeps what it names."""
    found = storage(repository("app", TWO, tags={"1": ONE}, linked=frozenset({TWO.digest})), manifests=[ONE, TWO])
    stored = content(ONE, TWO)
    assert not_served(found, Collection(stored, frozenset())) is None


def test_served_elsewhere_is_kept_by_who_serves_it():
    found = storage(repository("app", tags={"1": ONE}, linked=frozenset()), repository("other", ONE), manifests=[ONE])
    assert not_served_of(found, content(ONE)) is None


def test_the_first_is_told_and_how_many_more():
    found = storage(repository("app", ONE, TWO), repository("other", ONE))
    first = min(ONE.digest, TWO.digest)
    told = damage(found)
    assert told.startswith("app@%s is lost" % first) and "(and 2 more like this)" in told


def test_what_was_never_pushed_is_no_damage():
    """Foreign layers, and images of an index that somebody deleted or left out."""
    both = index("both", ONE, TWO)
    assert damage(storage(repository("app", ONE, tags={"1": both}), manifests=[ONE, both])) is None


def test_deleted_content_is_no_damage():
    found = storage(repository("app", deleted={ONE.digest: 0}))
    assert damage(found) is None and not_served_of(found, content(ONE)) is None
