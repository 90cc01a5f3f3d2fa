# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVEX documents: what is read, and what is refused with its place."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.purl import parse_purl
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.vex import JUSTIFICATIONS, Product, parse_vex

OPENSSL = "pkg:deb/debian/openssl"
MADE = 1767225600  # 2026-01-01


def statement(**changed):
    given_fields = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [{"@id": OPENSSL}],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    return {key: value for key, value in {**given_fields, **changed}.items() if value is not None}


def document(*statements, **changed):
    given_fields = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.com/vex/1",
        "author": "Example Team",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": list(statements),
    }
    return json.dumps({key: value for key, value in {**given_fields, **changed}.items() if value is not None})


def test_a_document_of_version_0_2_0():
    vulnerability = {"@id": "https://example.com/v/1", "name": "CVE-2026-1", "aliases": ["GHSA-1", "CVE-2026-1"]}
    product = {
        "@id": "pkg:oci/app@sha256%3Aabc",
        "identifiers": {"purl": "pkg:oci/app?tag=1", "cpe23": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*"},
        "subcomponents": [
            {"@id": OPENSSL},
            {"identifiers": {"purl": "pkg:npm/%40a/b"}},
            {"@id": "https://example.com/x"},
        ],
    }
    first, second = parse_vex(
        document(
            statement(vulnerability=vulnerability, products=[product]),
            statement(
                status="fixed", justification=None, timestamp="2026-01-02T01:00:00.123456789+01:00", products=None
            ),
        ),
        "team.json",
    )
    assert (first.names, first.status, first.justification) == (
        ("CVE-2026-1", "GHSA-1"),
        "not_affected",
        "component_not_present",
    )
    assert (first.made, first.author, first.document, first.where) == (
        MADE, "Example Team", "https://example.com/vex/1", "team.json: statements[0]",
    )  # fmt: skip
    assert first.products == (
        Product(
            (parse_purl("pkg:oci/app@sha256:abc"), parse_purl("pkg:oci/app?tag=1")),
            (parse_purl(OPENSSL), parse_purl("pkg:npm/@a/b")),
            True,
        ),
    )
    assert (second.made, second.status, second.justification, second.products) == (MADE + 86400, "fixed", None, ())


def test_a_document_of_version_0_0_1():
    (only,) = parse_vex(
        document(
            statement(
                vulnerability="CVE-2026-1", products=["pkg:oci/app", "app"], subcomponents=[OPENSSL], justification=None,
                impact_statement="It is not called.",
            ),
            **{"@context": "https://openvex.dev/ns", "version": "1"},
        ),
        "old.json",
    )  # fmt: skip
    assert only.names == ("CVE-2026-1",)
    assert only.justification == "It is not called."
    inner = (parse_purl(OPENSSL),)
    assert only.products == (Product((parse_purl("pkg:oci/app"),), inner, True), Product((), inner, True))


def test_a_vulnerability_may_be_known_by_its_address_only():
    (only,) = parse_vex(document(statement(vulnerability={"@id": "https://example.com/vulns/CVE-2026-7"})), "x")
    assert only.names == ("CVE-2026-7",)


def test_the_time_of_a_statement_may_be_its_own():
    (only,) = parse_vex(document(statement(timestamp="2026-01-01T00:00:00Z"), timestamp=None), "x")
    assert only.made == MADE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "v.json: it is not JSON"),
        ("[]", "v.json: it is no OpenVEX document"),
        ("{}", "v.json: @context is missing, not https://openvex.dev/ns/v0.2.0; only OpenVEX is read"),
        (document(statement(), **{"@context": "https://cyclonedx.org"}), "v.json: @context is 'https://cyclonedx.org', not"),
        (document(statement(), **{"@context": "https://openvex.dev/nsx"}), "v.json: @context is 'https://openvex.dev/nsx', not"),
        (document(statement(), **{"@context": ["https://openvex.dev/ns"]}), "v.json: @context is ["),
        (document(), "v.json: statements: there are none"),
        (document(statement(), statements={"a": 1}), "v.json: statements: {'a': 1} is not a list of statements"),
        (document(statement(), author=None), "v.json: author: None is not text"),
        (document(statement(), author=7), "v.json: author: 7 is not text"),
        (document(statement(), timestamp="yesterday"), "v.json: timestamp: 'yesterday': it is not a time like"),
        (document(statement(), timestamp="2026-01-01T00:00:00"), "v.json: timestamp: '2026-01-01T00:00:00': it has no zone"),
        (document(statement(), timestamp=None), "v.json: statements[0].timestamp: neither the statement nor v.json has one"),
        (document(statement(), 7), "v.json: statements[1]: 7 is not a statement"),
        (document(statement(status="safe")), "v.json: statements[0].status: 'safe' is none of not_affected, affected, fixed,"),
        (document(statement(status=None)), "v.json: statements[0].status: None is none of"),
        (document(statement(status=["fixed"])), "v.json: statements[0].status: ['fixed'] is none of"),
        (document(statement(justification=None)), "v.json: statements[0]: not_affected needs a justification or an impact_statement"),
        (document(statement(justification="trust me")), "v.json: statements[0].justification: 'trust me' is none of " + JUSTIFICATIONS[0]),
        (document(statement(vulnerability=None)), "v.json: statements[0].vulnerability: None is not a vulnerability"),
        (document(statement(vulnerability={})), "v.json: statements[0].vulnerability.name: None is not text"),
        (document(statement(vulnerability=" ")), "v.json: statements[0].vulnerability: ' ' is not text"),
        (document(statement(vulnerability={"name": "CVE-1", "aliases": [1]})), "v.json: statements[0].vulnerability.aliases[0]: 1 is not text"),
        (document(statement(products="pkg:oci/app")), "v.json: statements[0].products: 'pkg:oci/app' is not a list of products"),
        (document(statement(products=[7])), "v.json: statements[0].products[0]: 7 is not a component"),
        (document(statement(products=[{}])), "v.json: statements[0].products[0]: it has neither @id nor identifiers"),
        (document(statement(products=["pkg:deb"])), "v.json: statements[0].products[0]: 'pkg:deb' is not a package URL"),
        (
            document(statement(products=[{"@id": "x", "identifiers": {"purl": "pkg:x"}}])),
            "v.json: statements[0].products[0]: 'pkg:x' is not a package URL",
        ),
        (document(statement(products=[{"@id": "x", "identifiers": 7}])), "v.json: statements[0].products[0].identifiers: 7 is not"),
        (
            document(statement(products=[{"@id": "x", "subcomponents": ["y", {}]}])),
            "v.json: statements[0].products[0].subcomponents[1]: it has neither @id nor identifiers",
        ),
    ],
)  # fmt: skip
def test_what_is_malformed_is_named_with_file_and_place(text, message):
    with pytest.raises(PolicyError) as refusal:
        parse_vex(text, "v.json")
    assert str(refusal.value).startswith(message)


def test_deep_nesting_is_an_error_like_others():
    with pytest.raises(PolicyError, match="^v.json: "):
        parse_vex("[" * 200000, "v.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["pkg:oci/a", "fixed", "not_affected", "2026-01-01T00:00:00Z", "https://openvex.dev/ns", *JUSTIFICATIONS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["@id", "name", "aliases", "identifiers", "purl", "subcomponents", "hashes", "status"]), inner, max_size=4
    ),
    max_leaves=10,
)  # fmt: skip
FIELDS = ["vulnerability", "products", "status", "justification", "impact_statement", "timestamp", "subcomponents"]


@given(
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    st.dictionaries(st.sampled_from(["@context", "@id", "author", "timestamp", "statements"]), JSON, max_size=2),
)
def test_any_change_of_a_document_gives_statements_or_an_error_with_its_file(in_statement, in_document):
    text = json.dumps(
        {**json.loads(document(statement())), "statements": [{**statement(), **in_statement}], **in_document}
    )
    try:
        found = parse_vex(text, "v.json")
    except PolicyError as error:
        assert str(error).startswith("v.json: ")
    else:
        assert found and all(one.names and isinstance(one.made, int) for one in found)


@given(st.integers(0, 600), st.text(max_size=3))
def test_a_damaged_text_gives_statements_or_an_error_with_its_file(place, junk):
    text = document(statement())
    try:
        parse_vex(text[:place] + junk + text[place + 1 :], "v.json")
    except PolicyError as error:
        assert str(error).startswith("v.json: ")
