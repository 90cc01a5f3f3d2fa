# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run against a buildx that is a few lines of Python: what it is asked, and what is put back when it fails."""

from __future__ import annotations

import base64
import json
import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.request import parse_builder_options
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.run import run_builder
from ansible_collections.imagefleet.docker.plugins.module_utils._builder_host.store import store_folder
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    PartialFailure,
    PolicyError,
    StateError,
    ToolMissing,
)

AT = "unix:///run/docker.sock"


class Buildx:
    """Keeps builders as the real one does, and loses settings as it does when a node cannot be reached."""

    def __init__(self, folder):
        self.folder = folder
        self.calls = []
        self.cleaned = []
        self.unreachable = ()
        self.version = "github.com/docker/buildx 0.13.1 x"
        #: Version of the BuildKit that runs on all nodes, None for none.
        self.running = None
        self.hangs = False

    def path(self, name):
        return self.folder / "buildx/instances" / name

    def read(self, name):
        return json.loads(self.path(name).read_text())

    def save(self, document):
        self.path(document["Name"]).parent.mkdir(parents=True, exist_ok=True)
        self.path(document["Name"]).write_text(json.dumps(document))

    def run(self, argv, environment, text):
        assert argv[:2] == ["timeout", "--kill-after=10"] and environment["BUILDX_CONFIG"] == str(
            self.folder / "buildx"
        )
        words = list(argv[4:])
        self.calls.append(" ".join(words))
        if words[:2] == ["context", "inspect"]:
            if words[2:3] == ["nowhere"]:
                return 1, "", 'context "nowhere": context not found'
            return 0, json.dumps({"Name": "default", "Endpoints": {"docker": {"Host": AT}}}), ""
        if "version" in words and "buildx" not in words:
            return (1, "", "no route") if set(words) & set(self.unreachable) else (0, "26.1.5+dfsg1\n", "")
        return {"version": self._version, "ls": self._ls, "create": self._create, "rm": self._rm, "use": self._use}.get(
            words[1], self._inspect
        )(words)

    def _version(self, words):
        return 0, self.version, ""

    def _inspect(self, words):
        return 1, "", "ERROR: no such image"

    def _ls(self, words):
        if self.hangs:
            return 124, "", ""
        lines = []
        state = {"Status": "running", "Version": self.running} if self.running else {"Status": "inactive"}
        for path in sorted((self.folder / "buildx/instances").glob("*")):
            try:
                told = json.loads(path.read_text())
            except ValueError as error:
                return 1, "", "ERROR: %s" % error
            lines.append(json.dumps({**told, "Nodes": [{"Name": one["Name"], **state} for one in told["Nodes"]]}))
        return 0, "\n".join(lines), ""

    def _use(self, words):
        (self.folder / "buildx/current").write_text(json.dumps({"Key": AT, "Name": words[2], "Global": False}))
        return 0, "", ""

    def _rm(self, words):
        nodes = self.read(words[-1])["Nodes"]
        self.path(words[-1]).unlink()
        if {one["Endpoint"] for one in nodes} & set(self.unreachable):
            return 1, "", "ERROR: no route"
        self.cleaned += [one["Name"] for one in nodes]
        (self.folder / "buildx/current").write_text(json.dumps({"Key": AT, "Name": "", "Global": False}))
        return 0, "", ""

    def _create(self, words):
        told = {words[at]: words[at + 1] for at in range(2, len(words) - 1) if words[at].startswith("--")}
        name, node = told["--name"], told["--node"]
        document = (
            self.read(name) if self.path(name).exists() else {"Name": name, "Driver": told.get("--driver"), "Nodes": []}
        )
        others = [one for one in document["Nodes"] if one["Name"] != node]
        if "--leave" in words:
            self.save({**document, "Nodes": others})
            return 0, "", ""
        endpoint = words[-1] if "://" in words[-1] else AT
        if endpoint in self.unreachable:
            lost = [{**one, "Platforms": [], "Flags": [], "Files": {}} for one in document["Nodes"]]
            if lost:
                self.save({**document, "Nodes": lost})
            return 1, "", "ERROR: failed to initialize builder: no route"
        platforms = [
            dict(zip(("os", "architecture"), text.split("/"))) for text in told.get("--platform", "").split(",") if text
        ]
        flags = [*told.get("--buildkitd-flags", "").split(), "--allow-insecure-entitlement=network.host"]
        files = None
        if "--buildkitd-config" in told:
            with open(told["--buildkitd-config"], "rb") as stream:
                files = {"buildkitd.toml": base64.b64encode(stream.read()).decode()}
        made = {
            "Name": node,
            "Endpoint": endpoint,
            "Platforms": platforms or None,
            "Flags": flags,
            "DriverOpts": None,
            "Files": files,
        }
        self.save({**document, "Nodes": [*others, made]})
        return 0, "", ""

    def go(self, apply=True, **options):
        wanted = {"name": "ci", "config_dir": str(self.folder), **options}
        return run_builder(parse_builder_options(wanted), apply, self.run, {})


@pytest.fixture
def buildx(tmp_path):
    return Buildx(tmp_path)


def actions(result):
    return [(row["action"], row["outcome"]) for row in result["changes"]]


def test_check_mode_says_what_the_run_does_and_the_second_run_nothing(buildx):
    wanted = {"nodes": [{"platforms": ["amd64"]}], "use": True}
    planned = buildx.go(False, **wanted)
    assert not buildx.path("ci").exists()
    done = buildx.go(**wanted)
    assert [row["reason"] for row in planned["changes"]] == [row["reason"] for row in done["changes"]]
    assert actions(done) == [("create", "done"), ("use", "done")] and done["builder"]["current"]
    assert planned["diff"] == done["diff"] and planned["builder"] == done["builder"] and done["builder"]["current"]
    assert [one["before_header"] for one in done["diff"]] == ["builder ci", "builder in use"]
    assert done["diff"][1]["before"] == "default" and done["diff"][1]["after"] == "ci"
    again = buildx.go(**wanted)
    assert not again["changed"] and again["changes"] == again["diff"] == []


def test_a_builder_keeps_its_settings_when_a_node_cannot_be_added(buildx):
    first = {"platforms": ["arm64"], "flags": ["--debug"]}
    buildx.go(nodes=[first])
    before = buildx.path("ci").read_bytes()
    buildx.unreachable = ("ssh://far",)
    with pytest.raises(PartialFailure) as caught:
        buildx.go(nodes=[first, {"name": "n2", "endpoint": "ssh://far"}], use=True)
    assert buildx.path("ci").read_bytes() == before
    assert "node n2 was not added" in str(caught.value) and "no route" in str(caught.value)
    assert (
        "builder ci keeps its settings: buildx had lost platforms and flags of ci0, which were put back"
        in str(caught.value).lower()
    )
    assert (
        actions(caught.value.result) == [("append", "failed"), ("use", "not_done")]
        and not caught.value.result["changed"]
    )


def test_a_new_builder_that_cannot_be_made_is_not_there(buildx):
    buildx.unreachable = ("ssh://far",)
    with pytest.raises(PartialFailure, match="it was not created"):
        buildx.go(nodes=[{"endpoint": "ssh://far"}])
    assert not buildx.path("ci").exists()


def test_a_builder_in_use_stays_it_when_it_is_made_anew(buildx):
    buildx.go(nodes=[{}], use=True)
    found = buildx.go(nodes=[{"flags": ["--debug"]}], use=True)
    assert actions(found) == [("recreate", "done")] and found["builder"]["current"]
    assert "buildx rm --keep-state ci" in buildx.calls


def test_a_builder_is_not_taken_away_for_one_that_cannot_be_reached(buildx):
    buildx.go()
    before = buildx.path("ci").read_bytes()
    buildx.unreachable = ("ssh://far",)
    with pytest.raises(PartialFailure, match="was not touched: node ci0 at ssh://far"):
        buildx.go(nodes=[{"endpoint": "ssh://far"}])
    assert buildx.path("ci").read_bytes() == before and not any(" rm " in call for call in buildx.calls)


@pytest.mark.parametrize("stays", [[], [{"name": "ci1", "endpoint": "unix:///b"}]])
def test_a_node_that_died_can_be_moved_elsewhere(buildx, stays):
    buildx.go(nodes=[{"endpoint": "ssh://old"}, *stays], use=True)
    buildx.unreachable = ("ssh://old",)
    wanted = {"nodes": [{"endpoint": "ssh://new"}, *stays]}
    planned = buildx.go(False, **wanted)
    found = buildx.go(**wanted)
    assert [row["reason"] for row in planned["changes"]] == [row["reason"] for row in found["changes"]]
    assert "node ci0 at ssh://old gives no answer and is given up" in found["changes"][-1]["reason"]
    assert [one["endpoint"] for one in found["builder"]["nodes"]] == [
        "ssh://new",
        *(one["endpoint"] for one in stays),
    ]
    assert buildx.cleaned == [one["name"] for one in stays] and found["builder"]["current"]
    assert not buildx.go(**wanted)["changed"]


def test_a_node_that_died_keeps_no_other_from_being_cleaned(buildx):
    buildx.go(nodes=[{"endpoint": "ssh://old"}, {"name": "ci1"}])
    buildx.unreachable = ("ssh://old",)
    with pytest.raises(
        PartialFailure, match="removed here, but its BuildKit may be there still on ci0 at ssh://old"
    ) as caught:
        buildx.go(state="absent")
    assert caught.value.result["changed"] and buildx.cleaned == ["ci1"] and not buildx.path("ci").exists()
    assert not buildx.go(state="absent")["changed"]


@pytest.mark.parametrize("keep_state", [False, True])
def test_what_is_to_be_done_by_hand_names_every_dead_node_and_spares_a_cache_that_is_kept(buildx, keep_state):
    buildx.go(nodes=[{"endpoint": "ssh://old"}, {"endpoint": "ssh://older"}])
    buildx.unreachable = ("ssh://old", "ssh://older")
    with pytest.raises(PartialFailure) as caught:
        buildx.go(state="absent", keep_state=keep_state)
    for node in ("ci0", "ci1"):
        assert "docker rm --force buildx_buildkit_" + node in str(caught.value)
        assert ("volume rm buildx_buildkit_%s_state" % node in str(caught.value)) is not keep_state


def test_a_builder_of_which_only_the_first_node_was_made_is_a_change(buildx):
    buildx.unreachable = ("ssh://far",)
    with pytest.raises(PartialFailure, match="node ci1 was not added") as caught:
        buildx.go(nodes=[{}, {"endpoint": "ssh://far"}])
    assert caught.value.result["changed"] and buildx.path("ci").exists()


def test_two_builders_do_not_share_a_node(buildx):
    buildx.go(nodes=[{"name": "amd64"}])
    (buildx.folder / "buildx/instances/damaged").write_text("{")
    with pytest.raises(PolicyError, match="amd64 at %s is a node of builder ci already.*buildx_buildkit_amd64" % AT):
        buildx.go(name="other", nodes=[{"name": "amd64"}])
    assert buildx.go(name="other", nodes=[{"name": "amd64", "endpoint": "ssh://elsewhere"}])["changed"]
    assert not buildx.go(nodes=[{"name": "amd64"}])["changed"]


def test_check_mode_tells_the_builder_as_it_would_be(buildx):
    buildx.go(nodes=[{"platforms": ["amd64"]}])
    buildx.running = "v0.17.0"
    told = buildx.go(False, nodes=[{"platforms": ["arm64"]}])["builder"]
    assert told["platforms"] == ["linux/arm64"] and told["nodes"][0]["status"] == "running"
    told = buildx.go(False, nodes=[{"platforms": ["amd64"], "flags": ["--debug"]}])["builder"]
    assert told["nodes"][0]["status"] == "inactive" and told["nodes"][0]["version"] is None


def test_rules_that_an_old_buildkit_understands_stay_when_it_stops(buildx):
    wanted = {"gc": {"reserved_space": "1GB"}}
    buildx.go(**wanted)
    buildx.running = "v0.16.0"
    assert actions(buildx.go(**wanted)) == [("recreate", "done")] and not buildx.go(**wanted)["changed"]
    buildx.running = None
    assert not buildx.go(**wanted)["changed"]
    buildx.running = "v0.17.0"
    assert actions(buildx.go(**wanted)) == [("recreate", "done")]


def test_what_buildx_cannot_tell_is_said_where_it_counts(buildx):
    buildx.go()
    buildx.hangs = True
    (row,) = buildx.go(False, bootstrap=True)["changes"]
    assert "whether it runs is not known, docker buildx ls gave no answer within" in row["reason"]


def test_a_builder_that_could_not_be_made_anew_is_put_back(buildx):
    buildx.go(use=True)
    before = buildx.path("ci").read_bytes()
    buildx._create = lambda words: (1, "", "ERROR: invalid driver option")
    with pytest.raises(PartialFailure, match="Its definition was put back"):
        buildx.go(nodes=[{"flags": ["--debug"]}])
    assert buildx.path("ci").read_bytes() == before
    assert json.loads((buildx.folder / "buildx/current").read_text())["Name"] == "ci"


def test_no_answer_about_nodes_is_no_reason_to_fail(buildx):
    buildx.go()
    buildx.hangs = True
    found = buildx.go()
    assert not found["changed"] and [node["status"] for node in found["builder"]["nodes"]] == ["unknown"]


def test_a_builder_that_does_not_start_stays_defined(buildx):
    with pytest.raises(
        PartialFailure, match="is defined, but its BuildKit does not run: ERROR: no such image"
    ) as caught:
        buildx.go(bootstrap=True)
    assert (
        actions(caught.value.result) == [("create", "done"), ("bootstrap", "failed")] and caught.value.result["changed"]
    )


def test_absence(buildx):
    buildx.go(nodes=[{}])
    assert actions(buildx.go(False, state="absent")) == [("remove", "planned")]
    assert actions(buildx.go(state="absent", keep_state=True)) == [("remove", "done")]
    buildx.calls.clear()
    assert not buildx.go(state="absent")["changed"] and buildx.calls == []
    # What is to go need not be described.
    assert not buildx.go(driver="remote", state="absent")["changed"]


def test_what_stands_in_the_way_is_told_before_anything_is_done(buildx):
    (buildx.folder / "buildx").mkdir()
    default = buildx.folder / "buildx/buildkitd.default.toml"
    default.write_text("debug = true")
    with pytest.raises(PolicyError, match="driver: remote: buildx gives .* takes none"):
        buildx.go(driver="remote", nodes=[{"endpoint": "tcp://a:1"}])
    default.write_text("debug = ")
    with pytest.raises(StateError, match="is no TOML"):
        buildx.go()
    with pytest.raises(PolicyError, match="there is no /nonexistent.pem on this host"):
        buildx.go(buildkitd_config={"registry": {"a": {"ca": ["/nonexistent.pem"]}}})
    with pytest.raises(PolicyError, match="name: nowhere: a builder of the driver docker is named after its context"):
        buildx.go(name="nowhere", driver="docker")
    with pytest.raises(PolicyError, match="both at %s" % AT):
        buildx.go(nodes=[{}, {"endpoint": AT}])
    buildx.version = "github.com/docker/buildx 0.12.0 x"
    with pytest.raises(ToolMissing, match="buildx is 0.12.0, and 0.13.0 or newer is needed"):
        buildx.go()
    assert not any("create" in call for call in buildx.calls)


def test_the_rules_of_the_engine_are_written_once(buildx, tmp_path):
    path = tmp_path / "daemon.json"
    path.write_text('{"debug": false}\n')
    wanted = {
        "name": "default",
        "driver": "docker",
        "gc": {"reserved_space": "1GB"},
        "daemon_config_path": str(path),
        "backup": True,
    }
    planned = buildx.go(False, **wanted)
    assert planned["restart_required"] and path.read_text() == '{"debug": false}\n'
    done = buildx.go(**wanted)
    assert actions(done) == [("daemon_json", "done")] and done["restart_required"] and done["diff"] == planned["diff"]
    with open(done["backup_file"]) as stream:
        assert stream.read() == '{"debug": false}\n'
    assert json.loads(path.read_text())["builder"]["gc"]["policy"] == [{"all": True, "keepStorage": "1000000000"}]
    again = buildx.go(**wanted)
    assert not again["changed"] and not again["restart_required"]
    told = buildx.go(name="default", driver="docker", daemon_config_path=str(path))["findings"]
    assert [one["code"] for one in told] == ["defaults_replaced"]


def test_where_buildx_keeps_builders():
    home = os.path.expanduser("~")
    assert store_folder(None, {}) == home + "/.docker/buildx"
    assert store_folder(None, {"DOCKER_CONFIG": "/c"}) == "/c/buildx"
    assert store_folder(None, {"DOCKER_CONFIG": "/c", "BUILDX_CONFIG": "/b"}) == "/b"
    assert store_folder("/d", {"BUILDX_CONFIG": "/b"}) == "/d/buildx"
