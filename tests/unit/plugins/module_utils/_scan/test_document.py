# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of others: what cannot be read is an error that names file and place."""

from __future__ import annotations

import re

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan import document
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.document import (
    Value,
    find_document,
    members_of,
    number_in,
    read_document,
    text_of,
)


def of(text: str) -> Value:
    return read_document(text, "a.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.json is empty: the scanner wrote nothing"),
        (" \n", "a.json is empty: the scanner wrote nothing"),
        ('{"a": [1, 2', "a.json: line 1, column 12: Expecting ',' delimiter. The document is cut off"),
        ('{"a":\n "b', "a.json: line 2, column 2: Unterminated string starting at. The document is cut off"),
        (
            "FATAL no such image",
            "a.json: line 1, column 1: Expecting value. This is no JSON document; it begins with 'FATAL",
        ),
        ('{"a": 1} {"b": 2}', "a.json: line 1, column 10: Extra data"),
        ('{"a": [], "a": [1]}', "a.json is no JSON document that can be read: the name 'a' stands twice in one object"),
        ("[" * 200000, "a.json nests its values deeper"),
        ('{"a":' * 200000, "a.json nests its values deeper"),
    ],
)
def test_what_is_no_document(text: str, message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        of(text)


def test_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_TEXT", 10)
    for read in (read_document, find_document):
        with pytest.raises(ToolError, match="a.json has 11 characters, more than 10"):
            read("x" * 11, "a.json")


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert of('\ufeff{"a": 1}').raw == {"a": 1}


@pytest.mark.parametrize(
    ("text", "read", "message"),
    [
        ("[]", lambda value: value.need("a"), "a.json: the document is a list, an object is needed"),
        ("{}", lambda value: value.need("a"), "a.json: a is missing"),
        ('{"a": null}', lambda value: value.need("a"), "a.json: a is missing"),
        ('{"a": null}', lambda value: value.listed("a"), "a.json: a is null, a list is needed"),
        ('{"a": {"b": [{}, {"c": 7}]}}', lambda value: value.need("a").need("b").elements()[1].need("c").text(),
         "a.json: a.b[1].c is 7, a text is needed"),
        ('{"a": " "}', lambda value: value.need("a").filled(), "a.json: a is ' ', a text that is not empty is needed"),
        ('{"a": "x"}', lambda value: members_of(value, "a"), "a.json: a is 'x', a list is needed"),
        ('{"a": {}}', lambda value: text_of(value, "a"), "a.json: a is an object, a text is needed"),
        ('{"a": true}', lambda value: value.need("a").number(0, 10), "a.json: a is true, a number is needed"),
        ('{"a": "7.5"}', lambda value: value.need("a").number(0, 10), "a.json: a is '7.5', a number is needed"),
        ('{"a": NaN}', lambda value: value.need("a").number(0, 10), "a.json: a is nan, a number from 0 to 10 is needed"),
        ('{"a": -Infinity}', lambda value: value.need("a").number(0, 10), "a.json: a is -inf, a number from 0 to 10"),
        ('{"a": 1e999}', lambda value: value.need("a").number(0, 10), "a.json: a is inf, a number from 0 to 10"),
        ('{"a": 10.1}', lambda value: value.need("a").number(0, 10), "a.json: a is 10.1, a number from 0 to 10"),
        ('{"a": 1%s}' % ("0" * 400), lambda value: value.need("a").number(0, 10), "a.json: a is a number of more than 60 digits"),
        ('{"a": 1}', lambda value: value.need("a").flag(), "a.json: a is 1, true or false is needed"),
        ('{"a": "%s"}' % ("x" * 200), lambda value: value.need("a").elements(), "a.json: a is '%s..." % ("x" * 59)),
    ],
)  # fmt: skip
def test_another_shape_names_the_place(text: str, read, message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        read(of(text))


def test_absent_and_empty() -> None:
    value = of('{"a": "", "b": null, "c": " x "}')
    assert [text_of(value, name) for name in "abcd"] == [None, None, "x", None]
    assert text_of(None, "a") is None
    assert members_of(value, "b") == members_of(None, "b") == value.listed("d") == []


def test_half_surrogates_do_not_get_through() -> None:
    value = of(r'{"a": "x\ud800y", "\udfff": 1}')
    assert value.need("a").text() == "x?y"
    assert [name for name, _member in value.members()] == ["a", "?"]


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "11", "", "7,5", "x"])
def test_numbers_in_text(text: str) -> None:
    assert number_in("7.5", 0, 10, of("{}"), "the score") == 7.5
    with pytest.raises(ToolError, match="a.json: .*the score is '"):
        number_in(text, 0, 10, of("{}"), "the score")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '\ufeff{"a": 1}\n',
        'Storing image {for indexing}\n  {"a": 1}\n\nWhat\'s next:\n    View {base} image',
        '{\n"a": 1\n}   What\'s next:',
    ],
)
def test_a_document_is_found_in_other_text(text: str) -> None:
    value, around = find_document(text, "a.json")
    assert value is not None and value.raw == {"a": 1}
    assert len(around) < len(text) and "1" not in around


def test_no_document_in_other_text() -> None:
    assert find_document("Log in {first}", "a.json") == (None, "Log in {first}")


@pytest.mark.parametrize("text", ['{"a": 1}\n{"b": 2}', '{"a": 1}{"b": 2}', '{"a": 1} {', '{"a": 1}\nnext:\n  {'])
def test_a_second_document_is_refused(text: str) -> None:
    with pytest.raises(ToolError, match="a.json: a second document"):
        find_document(text, "a.json")


@pytest.mark.parametrize(
    "text", ["note\n{", 'note\n{"a": [1,', 'note\n{"a": ' + "[" * 200000, 'note\n{"a": 1, "a": 2}']
)
def test_a_broken_document_in_other_text(text: str) -> None:
    with pytest.raises(ToolError, match="^a.json"):
        find_document(text, "a.json")
