# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a JSON text change, and nothing around them does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._config.json_text import ObjectText, parse_object
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=8).filter(lambda name: name != "ours"), VALUES, max_size=5)
LAYOUTS = st.sampled_from(
    [
        {"indent": None},
        {"indent": 2},
        {"indent": 4},
        {"indent": "\t"},
        {"indent": None, "separators": (",", ":")},
        {"indent": 0},
    ]
)
ENTRIES = st.lists(st.text(max_size=10), min_size=1, max_size=3)


@given(DOCUMENTS, LAYOUTS, ENTRIES, st.sampled_from(["", "\n", "\n\n", " "]), st.booleans())
def test_what_was_added_goes_without_a_trace(document, layout, entries, around, ascii_only):
    text = around + json.dumps(document, ensure_ascii=ascii_only, **layout) + around
    added = ObjectText(text).add("ours", entries)
    assert json.loads(added.text) == {**document, "ours": entries}
    assert list(json.loads(added.text)) == [*document, "ours"]
    removed = added.remove("ours")
    assert removed.text == text or (not document and json.loads(removed.text) == {})


@given(DOCUMENTS.filter(bool), LAYOUTS, ENTRIES, st.data())
def test_a_member_anywhere_is_replaced_or_removed_alone(document, layout, entries, data):
    names = list(document)
    place = data.draw(st.integers(0, len(names)))
    whole = {name: document[name] for name in names[:place]}
    whole["ours"] = ["old"]
    whole.update({name: document[name] for name in names[place:]})
    text = ObjectText(json.dumps(whole, **layout))
    replaced = text.replace("ours", entries)
    assert json.loads(replaced.text) == {**whole, "ours": entries} and list(json.loads(replaced.text)) == list(whole)
    removed = replaced.remove("ours")
    assert json.loads(removed.text) == document and list(json.loads(removed.text)) == names


def test_numbers_and_escapes_of_others_stay_as_they_were_written():
    text = '{"a": 1.50e3, "b": "\\u0041", "c": 12345678901234567890.0}'
    added = ObjectText(text).add("ours", ["x"])
    assert added.text.startswith(text[:-1])
    assert added.remove("ours").text == text


def test_an_entry_has_a_line_where_members_have():
    assert ObjectText('{\n  "a": 1\n}\n').add("ours", ["x", "y"]).text == (
        '{\n  "a": 1,\n  "ours": [\n    "x",\n    "y"\n  ]\n}\n'
    )
    assert ObjectText('{"a": 1}').add("ours", ["x", "y"]).text == '{"a": 1, "ours": ["x", "y"]}'
    assert ObjectText("").add("ours", ["x"]).text == '{\n    "ours": [\n        "x"\n    ]\n}\n'


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"a": 1,}', "line 1, column 9: a name in double quotes"),
        (b'{"a": 1\n "b": 2}', "line 2, column 2: a comma or }"),
        (b'{"a" 1}', "line 1, column 6: a colon"),
        (b'{"a": }', "line 1, column 7"),
        (b'{"a": 1} x', "line 1, column 10: nothing may follow"),
        (b"[1]", "line 1, column 1: an object is expected"),
        (b'{"a": Infinity}', "line 1, column 7"),
        (b'{"a": "\n"}', "line 1, column 8"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1, column 1"),
        (b'{"a": "\xff"}', "byte 7 is not UTF-8"),
        (b'{"a": 1, "b": 2, "a": 3}', "names a twice"),
        (b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}", "nested too deeply"),
        (b"{", "line 1, column 2"),
    ],
)
def test_what_is_no_object_is_told_with_file_and_place(data, place):
    with pytest.raises(StateError) as error:
        parse_object("/etc/docker/daemon.json", data)
    assert str(error.value).startswith("/etc/docker/daemon.json ") and place in str(error.value)
    assert "left as it is" in str(error.value)


@given(st.text(max_size=30) | st.text(alphabet='{}[]",:01ae \n\\', max_size=30))
def test_whatever_json_takes_is_taken_and_nothing_else(text):
    try:
        expected = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        expected = None
    try:
        found = parse_object("f", text.encode("utf-8", "surrogatepass"))
    except StateError:
        assert not isinstance(expected, dict) or "twice" in str(_error(text))
        return
    assert {member.name: member.value for member in found.members} == (expected or {})


def _error(text):
    with pytest.raises(StateError) as error:
        parse_object("f", text.encode("utf-8", "surrogatepass"))
    return error.value


NESTED = """{
    "debug": true,
    "builder": {
        "history": {"maxEntries": 3},
        "gc": {"enabled": false}
    },
    "x" : [1,2]
}
"""


def test_a_member_of_a_member_changes_alone():
    found = ObjectText(NESTED)
    builder = found.inner("builder").put("gc", {"enabled": True, "policy": [{"all": True}]})
    assert found.with_inner("builder", builder).text == NESTED.replace(
        '{"enabled": false}',
        """{
            "enabled": true,
            "policy": [
                {
                    "all": true
                }
            ]
        }""",
    )


def test_put_adds_what_is_missing_in_the_layout_of_the_object():
    assert ObjectText('{"a": 1}').put("b", {"c": [True]}).text == '{"a": 1, "b": {"c": [true]}}'
    assert json.loads(ObjectText("").put("b", {"c": {}}).text) == {"b": {"c": {}}}
