# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML read and written: the small reader says what the standard library says, and what is written is read the same."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._config import toml_reader
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml import parse_toml
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_text import render
from ansible_collections.imagefleet.docker.plugins.module_utils._config.toml_values import TomlError
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

EXAMPLE = """
# a comment
debug = true
insecure-entitlements = [ "network.host", 'security.insecure', ] # another one
root = "/var/lib/\\u00fc\\tx"
[grpc]
  uid = 0
  address = [
    "tcp://0.0.0.0:1234", # the port
    "unix:///run/x"
  ]
  [grpc.tls]
    cert = '''
two
lines'''
[worker.oci]
  enabled = true
  max-parallelism = 1_000
  ratio = 6.5e-1
  mode = 0o755
  [worker.oci.labels]
    "foo.bar" = "x"
  [[worker.oci.gcpolicy]]
    keepDuration = "48h"
    filters = ["type==source.local"]
  [[worker.oci.gcpolicy]]
    all = true
    reservedSpace = 1024000000
[worker.containerd.runtime]
  options = { BinaryName = "runc", deep.er = 1 }
[registry."docker.io"]
  mirrors = []
  [[registry."docker.io".keypair]]
    key = "/k"
"""
EXPECTED = {
    "debug": True,
    "insecure-entitlements": ["network.host", "security.insecure"],
    "root": "/var/lib/ü\tx",
    "grpc": {"uid": 0, "address": ["tcp://0.0.0.0:1234", "unix:///run/x"], "tls": {"cert": "two\nlines"}},
    "worker": {
        "oci": {
            "enabled": True,
            "max-parallelism": 1000,
            "ratio": 0.65,
            "mode": 493,
            "labels": {"foo.bar": "x"},
            "gcpolicy": [
                {"keepDuration": "48h", "filters": ["type==source.local"]},
                {"all": True, "reservedSpace": 1024000000},
            ],
        },
        "containerd": {"runtime": {"options": {"BinaryName": "runc", "deep": {"er": 1}}}},
    },
    "registry": {"docker.io": {"mirrors": [], "keypair": [{"key": "/k"}]}},
}
WRONG = {
    "a = ": "a value is expected (at line 1, column 5)",
    "a = 1 2": "nothing may follow on this line",
    "a = 1\nb = 2\na = 3": "a is there already (at line 3, column 1)",
    "a = 'open": "without its closing quote",
    'a = """open': "without its three closing quotes",
    "[a]\n[a]": "a is there already (at line 2, column 1)",
    "a = 1\n[a.b]": "a is a value and no table",
    "[[a]]\n[a]": "a is there already",
    "a = [1]\n[[a]]": "a is no list of tables",
    "a = {b = 1}\n[a.c]": "is a value and no table",
    "a = {b = 1,}": "a key is expected",
    "a = [1 2]": "a comma or ] is expected",
    "[a": "] is expected",
    "a": "= is expected",
    'a = "\\q"': "an escape that TOML does not know",
    'a = "\\ud800"': "an escape that TOML does not know",
    "a = 01": "01 is no number of TOML",
    "a = 1__0": "is no number of TOML",
    "a = 2026-01-01": "a date or time",
    "a.b = 1\n[a]\n": "a is there already",
    "a = " + "[" * 200: "nested too deeply",
}


def test_the_reader_knows_what_configurations_of_buildkit_use():
    assert toml_reader.parse(EXAMPLE) == EXPECTED == parse_toml(EXAMPLE)
    assert toml_reader.parse(EXAMPLE.replace("\n", "\r\n")) == EXPECTED


@pytest.mark.parametrize("text", sorted(WRONG))
def test_what_is_wrong_is_told_with_its_place(text):
    with pytest.raises(TomlError) as caught:
        toml_reader.parse(text)
    assert WRONG[text] in str(caught.value) and "line" in str(caught.value)


def test_the_standard_library_complains_in_the_same_way():
    with pytest.raises(TomlError, match="line 1"):
        parse_toml("a = \n")


NAMES = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "b", "worker", "docker.io"])
SCALARS = (
    st.text(max_size=8)
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
SAFE = st.characters(blacklist_categories=("Cs",))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)


def writable(value):
    """Lists that hold tables beside other values are no lists of tables."""
    if isinstance(value, dict):
        return all(writable(inner) for inner in value.values())
    if isinstance(value, list):
        tables = [isinstance(inner, dict) for inner in value]
        return (all(tables) or not any(tables)) and all(writable(inner) for inner in value) and not nested(value)
    return True


def nested(values):
    return any(isinstance(inner, list) and any(isinstance(one, dict) for one in inner) for inner in values)


def strip(value):
    """Without lone surrogates, which no UTF-8 file can hold."""
    if isinstance(value, dict):
        return {strip(key): strip(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strip(inner) for inner in value]
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else value


@given(DOCUMENTS.map(strip).filter(writable))
def test_what_is_written_is_read_the_same(document):
    text = render(document)
    assert json.dumps(toml_reader.parse(text), sort_keys=True) == json.dumps(document, sort_keys=True)
    assert json.dumps(parse_toml(text), sort_keys=True) == json.dumps(document, sort_keys=True)


PIECES = st.sampled_from(
    [
        "a",
        "b",
        "'c d'",
        '"e"',
        ".",
        "=",
        " = ",
        "1",
        "0x1F",
        "1.5",
        "true",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        "\n",
        "#x",
        " ",
    ]
    + [
        '"x"',
        "'y'",
        '"""z\n"""',
        "'''w'''",
        "\\",
        "a = 1\n",
        "[a]\n",
        "[[b]]\n",
        "[a.b]\n",
        "a.b = 2\n",
        "b = [1, 2]\n",
        "_",
    ]
)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the standard library has no reader before 3.11")
@given(st.lists(PIECES, max_size=14).map("".join))
def test_the_reader_takes_and_refuses_what_the_standard_library_does(text):
    import tomllib

    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        expected = None
    try:
        found = toml_reader.parse(text)
    except TomlError:
        found = None
    assert found == expected


@pytest.mark.parametrize("value", [None, object(), float("inf"), [{"a": 1}, 2]])
def test_what_toml_has_no_word_for_is_refused_by_its_key(value):
    with pytest.raises(PolicyError, match="worker.oci"):
        render({"worker": {"oci": value}})
