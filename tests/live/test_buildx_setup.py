# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builders are what is wanted, stay what they are when a change fails, and are told about truthfully: on real engines and hosts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
from archive import BUSYBOX, Image, Layer
from builder_bench import LAB, VERSIONS, BuilderBench, at_host, volumes
from dial_socket import DialSocket
from lab.certificates import make_certificates
from stand_in_cluster import StandInCluster
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, PolicyError

ENGINE = {engine["name"]: engine["docker_host"] for engine in LAB["engines"]}
UNREACHABLE = "ssh://root@127.0.0.1:1"
NAME = "t-setup"


@pytest.fixture(params=VERSIONS)
def buildx(request: Any, tmp_path: Path) -> Iterator[BuilderBench]:
    found = BuilderBench(tmp_path, request.param, ENGINE["engine-26"])
    yield found
    for path in (found.config / "buildx" / "instances").glob("*"):
        found.docker("buildx", "rm", "--force", path.name, check=False)


def rows(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(row["action"], row["node"]) for row in result["changes"]]


def test_a_builder_is_made_changed_in_place_and_removed(buildx: BuilderBench, tmp_path: Path) -> None:
    make_certificates(tmp_path / "tls", "127.0.0.1")
    ca, key, cert = (str(tmp_path / "tls" / name) for name in ("ca.pem", "server-key.pem", "server-cert.pem"))
    registry = {"ca": [ca], "keypair": [{"key": key, "cert": cert}]}
    node: dict[str, Any] = {
        "platforms": ["amd64"],
        "driver_opts": {"memory": "1g", "network": "host", "env.API_TOKEN": "hunter2"},
    }
    wanted: dict[str, Any] = {
        "name": NAME,
        "nodes": [node],
        "buildkitd_config": {"debug": True, "registry": {"registry.test:5000": registry}},
        "gc": {"max_used_space": "50GB", "reserved_space": "10%", "unused_for": "14d"},
        "use": True,
    }
    done = buildx.twice(**wanted)
    assert rows(done) == [("create", ""), ("use", "")] and done["builder"]["current"]
    assert done["builder"]["platforms"] == ["linux/amd64"]
    told = buildx.docker("buildx", "inspect", NAME)
    assert re.search(r"Name: +%s\n" % NAME, told) and "linux/amd64*" in told and 'memory="1g"' in told
    shown = json.dumps(done)
    assert "PRIVATE KEY" not in shown and "hunter2" not in shown and "sha256:" in shown

    node["platforms"] = ["linux/amd64", "linux/arm64/v8"]
    done = buildx.twice(**wanted)
    assert rows(done) == [("update", NAME + "0")]
    assert "linux/amd64*, linux/arm64*" in buildx.docker("buildx", "inspect", NAME)
    kept = json.loads(buildx.kept(NAME) or b"")["Nodes"][0]
    certificates = {"certs/registry.test_5000/" + name for name in ("ca.pem", "server-key.pem", "server-cert.pem")}
    assert kept["DriverOpts"]["memory"] == "1g" and set(kept["Files"]) == {"buildkitd.toml", *certificates}

    # A certificate that was renewed under its name, and another flag.
    make_certificates(tmp_path / "tls2", "127.0.0.1")
    Path(ca).write_bytes((tmp_path / "tls2" / "ca.pem").read_bytes())
    node["flags"] = ["--debug", "--oci-worker-net=host", "--allow-insecure-entitlement=security.insecure"]
    done = buildx.twice(**wanted)
    assert {row["action"] for row in done["changes"]} == {"recreate"} and done["builder"]["current"]
    assert any("configuration registry becomes" in row["reason"] for row in done["changes"])

    done = buildx.setup(name=NAME, state="absent")
    assert rows(done) == [("remove", "")] and buildx.kept(NAME) is None
    assert not buildx.setup(name=NAME, state="absent")["changed"]
    assert NAME not in buildx.docker("buildx", "ls")


def test_the_cache_of_a_builder_stays_when_it_is_made_anew(buildx: BuilderBench, tmp_path: Path) -> None:
    bench = Workbench(next(one for one in LAB["engines"] if one["name"] == "engine-26"), tmp_path, "t-setup-state")
    bench.sweep()
    container, state = "buildx_buildkit_%s0" % NAME, "buildx_buildkit_%s0_state" % NAME
    try:
        buildx.setup(name=NAME)
        # The image of BuildKit cannot be had here: a container of that name with a volume of that name stands for it.
        bench.load(Image(["buildkit:1"], [Layer("buildkit", 64, BUSYBOX)]))
        make = ("create", "--name", container, "--network=none", "--volume", state + ":/var/lib/buildkit")
        buildx.docker(*make, bench.name("buildkit:1"), "/bin/busybox", "true")
        assert state in volumes(buildx)
        done = buildx.setup(name=NAME, nodes=[{"flags": ["--debug"]}])
        assert rows(done) == [("recreate", "")]
        assert container not in buildx.docker("ps", "--all") and state in volumes(buildx)
        buildx.docker(*make, bench.name("buildkit:1"), "/bin/busybox", "true")
        buildx.setup(name=NAME, state="absent")
        assert container not in buildx.docker("ps", "--all") and state not in volumes(buildx)
    finally:
        buildx.docker("rm", "--force", "--volumes", container, check=False)
        buildx.docker("volume", "rm", state, check=False)
        bench.sweep()


def test_a_builder_keeps_its_settings_when_a_node_cannot_be_reached(buildx: BuilderBench) -> None:
    node = {"platforms": ["linux/amd64"], "flags": ["--debug"]}
    wanted: dict[str, Any] = {"name": NAME, "nodes": [node], "buildkitd_config": "debug = true\n"}
    buildx.setup(**wanted)
    before = buildx.kept(NAME)
    with pytest.raises(PartialFailure) as caught:
        buildx.setup(**{**wanted, "nodes": [node, {"name": "n2", "endpoint": UNREACHABLE, "platforms": ["arm64"]}]})
    message = str(caught.value)
    assert (
        "node n2 was not added" in message and "Connection refused" in message and "docker.example.com" not in message
    )
    assert "buildx had lost platforms, flags and configuration of %s0, which were put back" % NAME in message
    assert buildx.kept(NAME) == before and not buildx.setup(**wanted)["changed"]

    # What happens without this module, and that it is mended by the next run.
    buildx.docker("buildx", "create", "--name", NAME, "--append", "--node", "n2", UNREACHABLE, check=False)
    assert buildx.kept(NAME) != before
    done = buildx.setup(**wanted)
    assert {row["action"] for row in done["changes"]} == {"recreate"}
    assert not buildx.setup(**wanted)["changed"]


def test_a_builder_is_not_given_up_for_one_that_cannot_be(buildx: BuilderBench) -> None:
    buildx.setup(name=NAME, use=True)
    before = buildx.kept(NAME)
    with pytest.raises(PartialFailure, match="was not touched: node %s0 at %s gives no answer" % (NAME, UNREACHABLE)):
        buildx.setup(name=NAME, nodes=[{"endpoint": UNREACHABLE}])
    with pytest.raises(PartialFailure, match="invalid driver option.*Its definition was put back"):
        buildx.setup(name=NAME, nodes=[{"driver_opts": {"unheard-of": "x"}}])
    found = buildx.setup(name=NAME, use=True)
    assert buildx.kept(NAME) == before and not found["changed"] and found["builder"]["current"]
    with pytest.raises(PartialFailure, match="it was not created"):
        buildx.setup(name="t-never", nodes=[{"endpoint": UNREACHABLE}])
    assert buildx.kept("t-never") is None
    with pytest.raises(PolicyError, match="is a node of builder %s already" % NAME):
        buildx.setup(name="t-never", nodes=[{"name": NAME + "0"}])


def test_a_node_that_died_is_given_up(buildx: BuilderBench, tmp_path: Path) -> None:
    """An engine at another socket, which goes."""
    link = tmp_path / "engine.sock"
    link.symlink_to(buildx.docker_host.partition("://")[2])
    died, stays = {"endpoint": "unix://%s" % link}, {"name": "stays", "endpoint": ENGINE["engine-28"]}
    buildx.setup(name=NAME, nodes=[died, stays], use=True)
    link.unlink()
    done = buildx.twice(name=NAME, nodes=[{}, stays])
    assert "gives no answer and is given up" in done["changes"][-1]["reason"] and done["builder"]["current"]
    link.symlink_to(buildx.docker_host.partition("://")[2])
    buildx.setup(name=NAME, nodes=[died, stays])
    link.unlink()
    with pytest.raises(
        PartialFailure, match="is removed here, but its BuildKit may be there still on %s0" % NAME
    ) as gone:
        buildx.setup(name=NAME, state="absent")
    assert gone.value.result["changed"] and buildx.kept(NAME) is None


def test_a_running_buildkit_is_used_from_afar(buildx: BuilderBench, tmp_path: Path) -> None:
    with DialSocket(tmp_path, buildx.docker_host, buildx.version) as dial:
        wanted = {"name": NAME, "driver": "remote", "nodes": [{"endpoint": dial.endpoint}], "bootstrap": True}
        done = buildx.twice(**wanted)
        assert rows(done) == [("create", ""), ("bootstrap", "")]
        (node,) = done["builder"]["nodes"]
        assert node["status"] == "running" and node["version"] and "linux/amd64" in node["platforms"]
        assert "running" in buildx.docker("buildx", "inspect", NAME)
        more = buildx.setup(**{**wanted, "nodes": [{"endpoint": dial.endpoint, "platforms": ["amd64"]}]})
        assert rows(more) == [("update", NAME + "0")] or {row["action"] for row in more["changes"]} == {
            "update",
            "bootstrap",
        }
        assert rows(buildx.setup(name=NAME, driver="remote", state="absent")) == [("remove", "")]
    with pytest.raises(PartialFailure, match="is defined, but its BuildKit does not run") as caught:
        buildx.setup(**wanted, timeout=30)
    assert buildx.kept(NAME) is not None and caught.value.result["changed"]


def test_builders_of_a_cluster(buildx: BuilderBench, tmp_path: Path) -> None:
    with StandInCluster() as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path)
        node: dict[str, Any] = {"platforms": ["arm64"], "driver_opts": {"namespace": "ci", "replicas": 2}}
        wanted: dict[str, Any] = {"name": NAME, "driver": "kubernetes", "kubeconfig": kubeconfig, "nodes": [node]}
        done = buildx.twice(**wanted, gc={"max_used_space": "10GB"})
        (made,) = done["builder"]["nodes"]
        assert made["status"] == "inactive" and made["endpoint"].startswith("kubernetes:///%s?deployment=" % NAME)
        asked = {one.path for one in cluster.requests()}
        assert asked == {"/apis/apps/v1/namespaces/ci/deployments/%s0" % NAME}
        wanted["nodes"] = [node, {"name": "second"}]
        assert rows(buildx.twice(**wanted, gc={"max_used_space": "10GB"})) == [("append", "second")]
        assert {row["action"] for row in buildx.twice(**wanted)["changes"]} == {"recreate"}
        cluster.mark()
        assert rows(buildx.setup(**wanted, state="absent")) == [("remove", "")] and buildx.kept(NAME) is None
        deleted = {one.path.rpartition("/")[2] for one in cluster.requests() if one.method == "DELETE"}
        assert {NAME + "0", "second"} <= deleted
    # buildx itself finds nothing wrong with a cluster that does not answer.
    (made, _second) = buildx.setup(**wanted)["builder"]["nodes"]
    assert made["status"] != "running"
    with pytest.raises(PartialFailure, match="is defined, but its BuildKit does not run"):
        buildx.setup(**wanted, bootstrap=True)
    with pytest.raises(PartialFailure, match="it was not created.*Kubernetes namespace"):
        buildx.setup(**{**wanted, "name": "t-never", "kubeconfig": str(tmp_path / "missing")})
    assert buildx.kept("t-never") is None


def test_one_builder_on_two_hosts(buildx: BuilderBench) -> None:
    """Of both image stores. Their BuildKit cannot be started, since its image cannot be had, and that is said."""
    nodes = [
        {"name": "one", "endpoint": at_host("host-1"), "platforms": ["linux/amd64"]},
        {"name": "two", "endpoint": at_host("host-3"), "platforms": ["linux/arm64"]},
    ]
    done = buildx.twice(name=NAME, nodes=nodes)
    assert [node["status"] for node in done["builder"]["nodes"]] == ["inactive", "inactive"]
    assert done["builder"]["platforms"] == ["linux/amd64", "linux/arm64"]
    before = buildx.kept(NAME)
    with pytest.raises(
        PartialFailure, match="is defined, but its BuildKit does not run: (?s:.)*moby/buildkit"
    ) as caught:
        buildx.setup(name=NAME, nodes=nodes, bootstrap=True, timeout=120)
    assert buildx.kept(NAME) == before and [row["outcome"] for row in caught.value.result["changes"]] == ["failed"]
    nodes[0]["platforms"], nodes[1]["platforms"] = ["linux/arm64"], ["linux/amd64"]
    assert rows(buildx.twice(name=NAME, nodes=nodes)) == [("update", "one"), ("update", "two")]
    assert rows(buildx.twice(name=NAME, nodes=nodes[1:])) == [("leave", "one")]
    buildx.setup(name=NAME, state="absent")


def test_the_builder_of_the_engine_can_be_used_and_not_removed(buildx: BuilderBench) -> None:
    buildx.setup(name=NAME, use=True)
    wanted = {"name": "default", "driver": "docker", "use": True, "bootstrap": True}
    assert rows(buildx.twice(**wanted)) == [("use", "")]
    found = buildx.setup(**wanted)["builder"]
    assert found["current"] and [node["status"] for node in found["nodes"]] == ["running"]
    # Engines before 28 collect nothing unless they are told to, as this one shows itself.
    (told,) = buildx.setup(**wanted)["findings"]
    assert told["code"] == "gc_off" and "GC Policy" not in buildx.docker("buildx", "inspect", "default")
    with pytest.raises(PolicyError, match="cannot be removed"):
        buildx.setup(**{**wanted, "state": "absent", "use": False})
    with pytest.raises(PolicyError, match="there is none of that name"):
        buildx.setup(name="nowhere", driver="docker")
