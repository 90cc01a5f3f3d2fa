# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is attached to a manifest: referrers, their fallback tag, signatures by tag."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._retention.registries import (
    NAME,
    Repository,
    attachment_tag,
    deleted,
    digest,
    going,
    plan,
    row_of,
    staying,
    used,
)


def signed():
    """1.0.0 goes and 2.0.0 stays; each has a referrer, its fallback list, a signature and an attestation."""
    repository = Repository()
    for version in ("1", "2"):
        image = repository.image("image" + version, version + ".0.0")
        referrer = repository.referrer("referrer" + version, image)
        repository.fallback("list" + version, image, referrer)
        repository.signature("sig" + version, image.digest)
        repository.signature("att" + version, image.digest, ".att")
    return repository


def test_attachments_go_with_their_subject_and_before_it():
    made = plan(signed(), keep=[{"newest": 1}])
    order = deleted(made)
    assert sorted(order) == sorted(digest(name + "1") for name in ("image", "referrer", "list", "sig", "att"))
    assert order[-1] == digest("image1")
    # The list of referrers is an index: it goes before what it lists.
    assert order.index(digest("list1")) < order.index(digest("referrer1"))
    assert {row.kind for row in made.rows if row.outcome == "planned" and row.tag != "1.0.0"} == {"attachment"}
    assert row_of(made, attachment_tag(digest("image1"), ".sig")).reason == "attached to 1.0.0, which goes"


def test_attachments_stay_with_their_subject():
    made = plan(signed(), keep=[{"newest": 1}])
    tags = [attachment_tag(digest("image2"), kind) for kind in ("", ".att", ".sig")]
    assert staying(made) == sorted(["2.0.0", *tags])
    assert [row_of(made, tag).reason for tag in tags] == ["attached to 2.0.0, which stays"] * 3
    assert [row_of(made, tag).kept_by for tag in tags] == ["attached"] * 3


def test_no_rule_for_tags_reaches_an_attachment():
    """A rule for all tags would strip every image that stays of its signatures."""
    made = plan(signed(), delete=[{"tags": "sha256-*"}, {"tagged": False}])
    assert made.units == ()


def test_referrers_that_only_the_registry_tells_go_and_stay_with_their_subject():
    repository = Repository()
    for version in ("1", "2"):
        repository.image("image" + version, version + ".0.0")
        repository.image("told" + version)
    facts = repository.facts(referrers={digest("image" + one): (digest("told" + one),) for one in ("1", "2")})
    assert deleted(plan(facts, keep=[{"newest": 1}])) == [digest("told1"), digest("image1")]


def test_what_is_attached_to_a_part_or_to_an_attachment_follows_too():
    repository = Repository()
    part = repository.image("part")
    sbom = repository.referrer("sbom", part)
    repository.signature("signature of sbom", sbom.digest)
    repository.index("index", "1.0.0", children=[part])
    assert deleted(plan(repository)) == [digest("index"), digest("signature of sbom"), sbom.digest, part.digest]
    assert deleted(plan(repository, keep=[{"tags": "1.0.0"}])) == []


def test_an_index_may_be_a_referrer():
    repository = Repository()
    image = repository.image("image", "1.0.0")
    inner = repository.image("inner")
    repository.index("attached", children=[inner], subject=image.digest)
    order = deleted(plan(repository))
    assert (order[0], set(order)) == (digest("attached"), {digest("attached"), image.digest, inner.digest})


def test_a_referrer_with_a_tag_of_its_own_that_stays_keeps_its_subject():
    repository = Repository()
    image = repository.image("image", "1.0.0")
    repository.referrer("sbom", image, "sbom-1.0.0")
    made = plan(repository, keep=[{"tags": "sbom-*"}])
    assert staying(made) == ["1.0.0", "sbom-1.0.0"]
    assert row_of(made, "1.0.0").reason.startswith("its manifest is part of sbom-1.0.0, which stays")


def test_a_subject_goes_before_a_referrer_that_has_a_tag_of_its_own():
    repository = Repository()
    image = repository.image("image", "1.0.0", days=50)
    repository.referrer("sbom", image, "sbom-1.0.0", days=90)
    made = plan(repository)
    assert [unit.digest for unit in made.units] == [image.digest, digest("sbom")]


def test_orphaned_attachments_are_judged_as_untagged():
    repository = Repository()
    repository.signature("orphan", digest("gone"))
    repository.image("image", "1.0.0")
    tag = attachment_tag(digest("gone"), ".sig")
    made = plan(repository, delete=[{"tagged": False, "older_than": "30d"}])
    assert (going(made), staying(made)) == ([tag], ["1.0.0"])
    assert staying(plan(repository, delete=[{"tags": "*"}])) == [tag]


def test_orphaned_attachments_stay_as_long_as_rules_for_untagged_say():
    repository = Repository()
    repository.add(repository.image("orphan"), attachment_tag(digest("gone"), ".sig"), days=3)
    assert going(plan(repository, delete=[{"tagged": False, "older_than": "30d"}])) == []


def test_attachments_of_what_is_there_but_was_not_read_stay():
    repository = Repository()
    repository.signature("signature", digest("somewhere"))
    made = plan(repository.facts(present=frozenset([digest("somewhere")])))
    (row,) = made.rows
    assert (row.action, row.kept_by, row.kind) == ("keep", "attached", "attachment")


def test_a_leftover_goes_with_the_list_that_attaches_to_it():
    """The list names a referrer, that names the leftover: this loop must not keep all three for ever."""
    repository = Repository()
    image = repository.leftover(repository.image("image"))
    referrer = repository.referrer("referrer", image)
    repository.fallback("list", image, referrer)
    made = plan(repository, delete=[{"tagged": False}])
    assert deleted(made) == [digest("list"), referrer.digest, image.digest]
    assert staying(plan(repository, delete=[])) == sorted([image.digest, attachment_tag(image.digest)])


def test_a_signature_that_has_an_ordinary_tag_too_is_told_for_both_tags():
    repository = Repository()
    image = repository.image("image", "1.0.0")
    repository.add(repository.signature("sig", image.digest), "my-signature")
    made = plan(repository)
    assert sorted(going(made)) == sorted(["1.0.0", "my-signature", attachment_tag(image.digest, ".sig")])
    assert row_of(made, attachment_tag(image.digest, ".sig")).reason == "attached to 1.0.0, which goes"


def test_a_tag_that_is_attached_to_its_own_manifest_has_a_row_and_stays():
    repository = Repository()
    image = repository.image("image")
    repository.add(image, attachment_tag(image.digest))
    assert staying(plan(repository)) == [attachment_tag(image.digest)]


@pytest.mark.parametrize("name", ["tag", "digest"])
@pytest.mark.parametrize("how", ["protect", "use"])
def test_what_protects_an_attachment_protects_its_subject(how, name):
    repository = signed()
    tag = attachment_tag(digest("image1"), ".sig")
    if how == "protect":
        made = plan(repository, protect=["%s/team/app:%s" % (NAME, tag) if name == "tag" else digest("sig1")])
    else:
        use = used(references=["team/app:" + tag]) if name == "tag" else used(digest("sig1"))
        made = plan(repository, use=use)
    assert {"1.0.0", tag} <= set(staying(made))
    assert "2.0.0" in going(made)
    assert row_of(made, "1.0.0").kept_by == how


def test_an_orphaned_attachment_can_be_protected_by_its_tag():
    repository = Repository()
    repository.signature("orphan", digest("gone"))
    tag = attachment_tag(digest("gone"), ".sig")
    assert staying(plan(repository, protect=["%s/team/app:%s" % (NAME, tag)])) == [tag]
    assert staying(plan(repository, use=used(references=["team/app:" + tag]))) == [tag]
