# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a builder becomes what is wanted: in place where buildx can, anew where it cannot, not at all where nothing differs."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.certificates import digest_of
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.compare import plan
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.definition import Definition, Node
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.drivers import NETWORK_HOST
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.shown import shown_definition
from ansible_collections.imagefleet.docker.plugins.module_utils._builder.stored import (
    Current,
    parse_current,
    parse_instance,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError

AT = "unix:///run/docker.sock"


def builder(*nodes, driver="docker-container"):
    return Definition("ci", driver, tuple(nodes))


def node(name="ci0", endpoint=AT, **more):
    return Node(name, endpoint, **more)


def stored(*nodes, driver="docker-container"):
    return parse_instance(
        "ci", json.dumps({"Name": "CI", "Driver": driver, "Nodes": list(nodes), "Dynamic": False}).encode()
    )


def kept(name="ci0", endpoint=AT, platforms=None, options=None, flags=(NETWORK_HOST,), files=None):
    platforms = (
        [dict(zip(("os", "architecture", "variant"), text.split("/"))) for text in platforms] if platforms else None
    )
    files = {path: base64.b64encode(data).decode() for path, data in files.items()} if files is not None else None
    return {
        "Name": name,
        "Endpoint": endpoint,
        "Platforms": platforms,
        "DriverOpts": options,
        "Flags": list(flags) if flags is not None else None,
        "Files": files,
    }


def actions(wanted, found):
    return [(step.action, step.node) for step in plan(wanted, found)]


def test_nothing_there_is_created():
    (step,) = plan(builder(node()), None)
    assert (step.action, step.reason) == ("create", "create builder ci (docker-container): ci0 at " + AT)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (node(), kept()),
        (node(endpoint=None), kept()),
        (node(flags=("--debug",)), kept(flags=("--debug", NETWORK_HOST))),
        (node(flags=(NETWORK_HOST,)), kept()),
        (node(driver_opts={"network": "host"}), kept(options={"network": "host"})),
        (node(platforms=("linux/amd64", "linux/arm64")), kept(platforms=["linux/arm64/v8", "linux/amd64"])),
        (
            node(config={"debug": True, "insecure-entitlements": ["network.host"]}),
            kept(flags=None, files={"buildkitd.toml": b'insecure-entitlements = ["network.host"]\n  debug = true'}),
        ),
    ],
)
def test_the_same_in_other_words_is_no_change(wanted, found):
    assert plan(builder(wanted), stored(found)) == ()


@pytest.mark.parametrize(
    ("wanted", "found", "says"),
    [
        (node(flags=("--debug",)), kept(), "its flags become --debug, they are " + NETWORK_HOST),
        (node(), kept(flags=[]), "which a change that failed left behind"),
        (node(flags=("--allow-insecure-entitlement=security.insecure",)), kept(), "its flags become"),
        (node(endpoint="ssh://me@b"), kept(), "its endpoint becomes ssh://me@b, it is " + AT),
        (
            node(driver_opts={"memory": "2g"}),
            kept(options={"memory": "1g"}),
            "driver option memory becomes 2g, it is 1g",
        ),
        (node(), kept(options={"env.TOKEN": "hunter2"}), "driver option env.TOKEN goes, it is ********"),
        (node(config={"debug": True}), kept(), "configuration debug is added: true"),
        (
            node(config={"debug": 1}),
            kept(files={"buildkitd.toml": b"debug = true"}),
            "configuration debug becomes 1, it is true",
        ),
        (node(), kept(files={"buildkitd.toml": b"debug = "}), "configuration unreadable goes"),
        (node(), kept(platforms=["linux/arm64"]), "no longer bound to platforms (linux/arm64)"),
    ],
)
def test_what_buildx_cannot_change_makes_the_builder_anew(wanted, found, says):
    (step,) = plan(builder(wanted), stored(found))
    assert step.action == "recreate" and says in step.reason and "hunter2" not in step.reason
    assert step.reason.startswith("make builder ci anew, its cache is kept: node ci0: ")


def test_another_driver_or_other_nodes_make_it_anew():
    (step,) = plan(builder(node(), driver="kubernetes"), stored(kept()))
    assert "the driver becomes kubernetes" in step.reason
    (step,) = plan(builder(node("other")), stored(kept()))
    assert "its nodes become other, they are ci0" in step.reason
    (step,) = plan(builder(node("other"), driver="kubernetes"), stored(kept(), driver="kubernetes"))
    assert "its pods go with their cache" in step.reason


def test_nodes_leave_before_others_come():
    found = stored(kept(), kept("old", "ssh://a"), kept("same", "ssh://b", ["linux/arm64"]))
    wanted = builder(
        node(platforms=("linux/arm64",)), node("same", "ssh://b", platforms=("linux/s390x",)), node("new", "ssh://a")
    )
    assert actions(wanted, found) == [("leave", "old"), ("update", "ci0"), ("update", "same"), ("append", "new")]


def test_certificates_are_compared_by_their_content():
    def files(content):
        text = b'[registry."r:5000"]\nca = ["/etc/buildkit/certs/r_5000/ca.pem"]\n'
        return {"buildkitd.toml": text, "certs/r_5000/ca.pem": content}

    wanted = builder(node(config={"registry": {"r:5000": {"ca": [digest_of(b"A")]}}}))
    assert plan(wanted, stored(kept(files=files(b"A")))) == ()
    assert [step.action for step in plan(wanted, stored(kept(files=files(b"B"))))] == ["recreate"]


def test_what_is_shown_holds_no_secrets():
    found = stored(
        kept(
            endpoint="tcp://u:hunter2@h:1",
            options={"env.API_TOKEN": "hunter2", "memory": "1g"},
            files={"buildkitd.toml": b'password = "hunter2"', "certs/r/key.pem": b"hunter2"},
        )
    )
    text = json.dumps(shown_definition(found))
    assert "hunter2" not in text and "1g" in text and shown_definition(None) == {}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"Name": "a", "Driver": "d", "Nodes": [1]}', b"\xff"])
def test_a_damaged_file_is_named(data):
    with pytest.raises(StateError, match="/store/ci, in which buildx keeps this builder, is damaged"):
        parse_instance("/store/ci", data)


def test_which_builder_is_in_use():
    current = parse_current(b'{"Key": "unix:///a", "Name": "CI", "Global": false}')
    assert current == Current("ci", "unix:///a", False)
    assert parse_current(None) is None and parse_current(b"{") is None and parse_current(b"[]") is None


NAMES = st.sampled_from(["a", "b", "c", "d"])
NODES = st.builds(
    Node,
    NAMES,
    st.sampled_from(["ssh://1", "ssh://2", "ssh://3"]),
    st.sampled_from([(), ("linux/amd64",), ("linux/arm64", "linux/s390x")]),
    st.sampled_from([{}, {"memory": "1g"}]),
    st.sampled_from([(), ("--debug",)]),
)
BUILDERS = st.lists(NODES, min_size=1, max_size=4, unique_by=lambda one: one.name).map(lambda nodes: builder(*nodes))


@given(BUILDERS, BUILDERS)
def test_a_plan_leads_to_what_is_wanted(wanted, found):
    """The steps, played on plain data as buildx plays them, and then nothing is left to do."""
    nodes = {one.name: one for one in found.nodes}
    for step in plan(wanted, found):
        if step.action == "recreate":
            nodes = {one.name: one for one in wanted.nodes}
        elif step.action == "leave":
            assert len(nodes) > 1
            del nodes[step.node]
        else:
            nodes[step.node] = wanted.node(step.node)
    assert plan(wanted, Definition("ci", wanted.driver, tuple(nodes.values()))) == ()
    assert {one.name for one in wanted.nodes} == set(nodes)
