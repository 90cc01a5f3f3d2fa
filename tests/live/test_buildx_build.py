# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds for two platforms on real engines: all three ways to a registry, and what happens the second time."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterator

import pytest
from building import BOTH, Kitchen, engine_of
from dial_socket import DialSocket
from faults import refuse
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from plain_http import call, digest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    PartialFailure,
    PolicyError,
    StateError,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
)

SECRET = "hunter2-of-the-build"
DOCKERFILE = """ARG BASE
FROM ${BASE}
RUN echo "built on $(uname -m)" > /made
COPY app /app
CMD ["cat", "/made"]
"""


@pytest.fixture(scope="module")
def registry(lab: Any, tmp_path_factory: Any) -> Iterator[OwnRegistry]:
    """With two base images."""
    assert "arm64" in lab["emulates"], "this machine runs no programs of arm64, so nothing here is proven"
    with OwnRegistry(tmp_path_factory.mktemp("registry") / "own") as found:
        cook = Kitchen(engine_of(lab, "engine-26"), tmp_path_factory.mktemp("bases"), found, "0.13")
        cook.base("1")
        cook.base("2")
        cook.sweep()
        yield found


#: (engine, version of buildx, driver): all ways to a registry.
WAYS = [
    pytest.param(("engine-20", "0.13", "docker"), id="one by one, 20.10"),
    pytest.param(("engine-26", "0.13", "docker"), id="through the engine, 26.1"),
    pytest.param(("engine-28", "0.29", "docker"), id="through the engine, 28.5"),
    pytest.param(("engine-26", "0.29", "remote"), id="by digest, remote"),
]


@pytest.fixture
def kitchen(request: Any, lab: Any, tmp_path: Path, registry: OwnRegistry) -> Iterator[Kitchen]:
    name, buildx, driver = request.param
    engine = engine_of(lab, name)
    found = Kitchen(engine, tmp_path, registry, buildx)
    found.way = "%s-%s" % (name, driver)
    found.base_name = "%s/base:%s" % (registry.address, found.way)
    move_base(found, "1")
    found.write("Dockerfile", DOCKERFILE)
    found.write("app", "one\n")
    with ExitStack() as stack:
        if driver == "remote":
            dial = stack.enter_context(DialSocket(tmp_path, engine["docker_host"], buildx))
            found.docker("buildx", "create", "--name", "far", "--driver", "remote", "--use", dial.endpoint)
        yield found
        found.sweep()


def move_base(kitchen: Kitchen, tag: str) -> None:
    """The base image of this test is another one from now on."""
    data = manifest(kitchen.registry, "base", tag)
    path = "/v2/base/manifests/%s" % kitchen.base_name.rpartition(":")[2]
    assert call(kitchen.registry.address, "PUT", path, data, [("Content-Type", OCI_INDEX)]).status == 201


def order(kitchen: Kitchen, name: str, **options: Any) -> dict[str, Any]:
    return {
        "name": "%s/%s" % (kitchen.registry.address, name),
        "tags": ["1.0", "latest"],
        "platforms": BOTH,
        "push": True,
        "build_args": {"BASE": kitchen.base_name},
        "verify": {"expect": "regex:^built on (x86_64|aarch64)$"},
        **options,
    }


def tags(registry: OwnRegistry, repository: str) -> list[str]:
    answer = call(registry.address, "GET", "/v2/%s/tags/list" % repository)
    return json.loads(answer.body)["tags"] or [] if answer.status == 200 else []


def manifest(registry: OwnRegistry, repository: str, tag: str) -> bytes:
    accept = [("Accept", OCI_INDEX), ("Accept", OCI_MANIFEST), ("Accept", DOCKER_MANIFEST)]
    answer = call(registry.address, "GET", "/v2/%s/manifests/%s" % (repository, tag), headers=accept)
    assert answer.status == 200, answer
    return answer.body


ways = pytest.mark.parametrize("kitchen", WAYS, indirect=True)


@ways
def test_two_platforms_are_built_run_and_pushed_and_nothing_happens_the_second_time(kitchen: Kitchen) -> None:
    name = "way-%s" % kitchen.way
    wanted = order(kitchen, name)
    planned = kitchen.build(apply=False, **wanted)
    assert (planned["action"], planned["reason"], planned["image"]["digest"]) == (
        "build",
        "there is no such image yet",
        None,
    )

    made = kitchen.build(**wanted)
    assert made["image"]["platforms"] == BOTH
    assert {one["platform"]: one["how"] for one in made["verified"]} == {
        "linux/amd64": "native",
        "linux/arm64": "emulated",
    }
    assert made["inputs_digest"] == planned["inputs_digest"]
    told = [re.sub(r"\[.*(\d/\d)\]|\d+\.\d s", r"\1", line) for line in kitchen.told]
    assert {"2/3 RUN", "2/3 RUN: ", "3/3 COPY", "exporting the image"} <= set(told)
    assert told[0].startswith("building for linux/amd64")
    assert [line for line in told if line.startswith("running what was built for linux/amd64")]
    for tag in wanted["tags"]:
        assert digest(manifest(kitchen.registry, name, tag)) == made["image"]["digest"]

    started = len(kitchen.log)
    again = kitchen.build(**wanted)
    assert (again["changed"], again["action"], again["verified"]) == (False, "keep", [])
    assert again["image"] == made["image"]
    assert not [words for words in kitchen.log[started:] if "build" in words]


@ways
def test_each_change_is_told_and_only_changes_build(kitchen: Kitchen) -> None:
    wanted = order(kitchen, "changes-%s" % kitchen.way, verify=None)
    first = kitchen.build(**wanted)

    kitchen.write("app", "two\n")
    assert kitchen.build(apply=False, **wanted)["reason"] == "the files of the context changed"
    kitchen.write("app", "one\n")
    assert kitchen.build(apply=False, **wanted)["action"] == "keep"
    kitchen.write(".dockerignore", "notes\n.dockerignore\n")
    kitchen.write("notes", "nobody sees them\n")
    assert kitchen.build(apply=False, **wanted)["action"] == "keep"

    before = kitchen.build(apply=False, **wanted)["base_images"][kitchen.base_name]
    move_base(kitchen, "2")
    moved = kitchen.build(**wanted)
    after = moved["base_images"][kitchen.base_name]
    assert moved["reason"] == "base %s moved from %s to %s" % (kitchen.base_name, before, after)
    assert moved["image"]["digest"] != first["image"]["digest"]
    assert [row["previous_digest"] for row in moved["tags"]] == [first["image"]["digest"]] * 2

    more = kitchen.build(**{**wanted, "tags": ["1.0", "latest", "1"]})
    assert (more["action"], more["image"]["digest"]) == ("tag", moved["image"]["digest"])
    assert more["reason"] == "nothing that it is built from has changed, but 1 does not mean it yet"


@ways
def test_what_does_not_run_as_expected_gets_no_tag(kitchen: Kitchen) -> None:
    name = "refused-%s" % kitchen.way
    wanted = order(kitchen, name, verify={"command": ["cat", "/made"], "expect": "regex:x86_64"})
    with pytest.raises(
        PartialFailure, match="verify: .* on linux/arm64 printed 'built on aarch64', and 'regex:x86_64' was expected"
    ):
        kitchen.build(**wanted)
    assert tags(kitchen.registry, name) == []


@pytest.mark.parametrize("kitchen", WAYS[1:], indirect=True)
def test_a_cache_in_the_registry_serves_a_builder_that_lost_its_own(kitchen: Kitchen) -> None:
    cache = "%s/cache-%s:it" % (kitchen.registry.address, kitchen.engine["name"])
    wanted = order(kitchen, "cached-%s" % kitchen.way, verify=None, rebuild="always", cache_from=[cache])
    wanted["cache_to"] = ["type=registry,mode=max,ref=" + cache]
    kitchen.build(**wanted)
    kitchen.docker("buildx", "prune", "--all", "--force", "--builder", "default")
    second = kitchen.build(**wanted)
    assert second["steps"] == {"total": 4, "cached": 4}


@pytest.mark.parametrize("kitchen", WAYS[1:2], indirect=True)
def test_a_cache_that_cannot_be_written_fails_no_build(kitchen: Kitchen) -> None:
    wanted = order(kitchen, "uncached", verify=None, cache_to=["type=registry,ref=127.0.0.1:1/cache:it"])
    assert kitchen.build(**wanted)["image"]["digest"]
    wanted = order(kitchen, "uncached", verify=None, rebuild="always")
    wanted["cache_to"] = ["type=registry,ignore-error=false,ref=127.0.0.1:1/cache:it"]
    with pytest.raises(PartialFailure, match="docker buildx build failed"):
        kitchen.build(**wanted)


@pytest.mark.parametrize("kitchen", WAYS[1:], indirect=True)
def test_secrets_reach_the_build_and_nothing_else(kitchen: Kitchen, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("BUILD_TOKEN", SECRET + "-env")
    (tmp_path / "token").write_text(SECRET + "-src")
    kitchen.write(
        "Dockerfile",
        "ARG BASE\nFROM ${BASE}\n"
        + "".join(
            "RUN --mount=type=secret,id=%s wc -c < /run/secrets/%s >> /lengths\n" % (id, id) for id in ("a", "b", "c")
        )
        + 'CMD ["cat", "/lengths"]\n',
    )
    secrets = [
        {"id": "a", "value": SECRET},
        {"id": "b", "env": "BUILD_TOKEN"},
        {"id": "c", "src": str(tmp_path / "token")},
    ]
    lengths = "%d\n%d\n%d" % (len(SECRET), len(SECRET) + 4, len(SECRET) + 4)
    wanted = order(kitchen, "secret-%s" % kitchen.way, secrets=secrets, verify={"expect": lengths})
    made = kitchen.build(**wanted)
    assert SECRET not in str(made)
    assert SECRET not in str(kitchen.told) and "/lengths" not in str(kitchen.told)
    assert not [words for words in kitchen.log if SECRET in " ".join(words)]
    kitchen.write(
        "Dockerfile",
        "ARG BASE\nFROM ${BASE}\n"
        "RUN --mount=type=secret,id=a --mount=type=secret,id=c cat /run/secrets/a /run/secrets/c >&2; exit 3\n",
    )
    with pytest.raises(PartialFailure, match="exit code: 3") as failure:
        kitchen.build(**wanted)
    assert SECRET not in str(failure.value) and "********" in str(failure.value)
    assert SECRET not in str(kitchen.told) and [line for line in kitchen.told if line.endswith("RUN: failed")]
    assert not failure.value.result["changed"], "nothing was built"


@pytest.mark.parametrize("kitchen", WAYS[:2], indirect=True)
def test_an_image_for_the_engine(kitchen: Kitchen) -> None:
    wanted = order(kitchen, "local", push=False, platforms=["linux/amd64"], verify={"expect": "built on x86_64"})
    made = kitchen.build(**wanted)
    assert made["image"]["digest"] == kitchen.docker(
        "image", "inspect", "--format", "{{.Id}}", wanted["name"] + ":latest"
    )
    assert [one["how"] for one in made["verified"]] == ["native"]
    assert kitchen.build(**wanted)["action"] == "keep"
    kitchen.docker("image", "rm", wanted["name"] + ":1.0")
    assert kitchen.build(**wanted)["action"] == "tag"
    assert kitchen.build(**wanted)["action"] == "keep"


@pytest.mark.parametrize("kitchen", WAYS[:1], indirect=True)
def test_what_this_engine_cannot_is_told_before_anything_is_built(kitchen: Kitchen) -> None:
    with pytest.raises(PolicyError, match="platforms: the store of this engine holds one platform"):
        kitchen.build(**order(kitchen, "both", push=False))
    with pytest.raises(PolicyError, match="builder: there is no missing on this host, but default"):
        kitchen.build(**order(kitchen, "both", builder="missing"))
    with pytest.raises(StateError, match="Base image .*/nothing:1 is not in its registry"):
        kitchen.build(**order(kitchen, "both", build_args={"BASE": kitchen.registry.address + "/nothing:1"}))
    binding = ["type=registry,ignore-error=false,ref=%s/cache:it" % kitchen.registry.address]
    with pytest.raises(PolicyError, match="cache_to: a builder of driver docker writes a cache of type registry only"):
        kitchen.build(**order(kitchen, "both", cache_to=binding))
    assert not [words for words in kitchen.log[-3:] if "build" in words]


@pytest.mark.parametrize("kitchen", WAYS[:1], indirect=True)
def test_a_cache_that_this_engine_cannot_write_is_left_out_and_told(kitchen: Kitchen) -> None:
    cache = {"type": "registry", "ref": "%s/cache-20:it" % kitchen.registry.address}
    made = kitchen.build(**order(kitchen, "without-cache", verify=None, cache_to=[cache, "type=inline"]))
    assert made["image"]["digest"] and len(made["notes"]) == 1
    assert made["notes"][0].startswith("cache_to (type=registry): not written, since builder default")


@pytest.mark.parametrize("kitchen", WAYS[1:2], indirect=True)
def test_what_nobody_can_tell_is_built_when_that_is_said_and_not_recorded(kitchen: Kitchen) -> None:
    kitchen.write("Dockerfile", "ARG BASE\nFROM ${BASE} AS one\nFROM scratch\nCOPY app /app\n")
    wanted = order(kitchen, "unknown", verify=None, platforms=["linux/amd64"], build_args={})
    with pytest.raises(PolicyError, match=r"what \$\{BASE\} means is not known .* or say rebuild: always"):
        kitchen.build(**wanted)
    with pytest.raises(PartialFailure, match="docker buildx build failed"):
        kitchen.build(**wanted, rebuild="always")
    wanted["build_args"] = {"BASE": kitchen.registry.address + "/nothing:1"}
    with pytest.raises(StateError, match="Base image .*/nothing:1 is not in its registry"):
        kitchen.build(**wanted)
    # BuildKit skips the stage that nothing needs, so it can build what cannot be told.
    made = kitchen.build(**wanted, rebuild="always")
    assert (made["action"], made["base_images"]) == ("build", {})
    assert made["notes"][0].startswith("not in the record of what it is built from: Base image ")


@pytest.mark.parametrize("kitchen", WAYS[1:2], indirect=True)
def test_a_further_context_without_what_its_dockerignore_leaves_out(kitchen: Kitchen, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    for name, text in (("wanted", "1"), ("scratch", "1"), (".dockerignore", "scratch")):
        (more / name).write_text(text)
    kitchen.write("Dockerfile", 'ARG BASE\nFROM ${BASE}\nCOPY --from=more . /more/\nCMD ["ls", "/more"]\n')
    wanted = order(
        kitchen, "more", platforms=["linux/amd64"], build_contexts={"more": str(more)}, verify={"expect": "wanted"}
    )
    kitchen.build(**wanted)
    (more / "scratch").write_text("2")
    assert kitchen.build(**wanted)["action"] == "keep"
    (more / "wanted").write_text("2")
    assert kitchen.build(**wanted)["reason"] == "build_contexts changed"
    wanted["build_contexts"] = {"more": str(tmp_path / "none")}
    with pytest.raises(PolicyError, match="build_contexts.more: .*/none' is neither a folder on this host nor"):
        kitchen.build(apply=False, **wanted)


@pytest.mark.parametrize("kitchen", WAYS[1:2], indirect=True)
def test_attestations_and_annotations(kitchen: Kitchen) -> None:
    wanted = order(
        kitchen, "attested", verify=None, provenance="mode=max", annotations={"index:org.example.owner": "shop"}
    )
    made = kitchen.build(**wanted)
    index = json.loads(manifest(kitchen.registry, "attested", "latest"))
    assert index["annotations"]["org.example.owner"] == "shop"
    assert len(index["manifests"]) == 4
    assert made["image"]["platforms"] == BOTH


@pytest.mark.parametrize("kitchen", WAYS[:2], indirect=True)
def test_a_platform_that_nothing_here_runs_is_told_and_no_failure(kitchen: Kitchen) -> None:
    # The header of a program for s390x, which the lab has no handler for.
    header = b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x02\x00\x16"
    (kitchen.context / "app").write_bytes(header + bytes(200))
    (kitchen.context / "app").chmod(0o755)
    kitchen.write("Dockerfile", 'FROM scratch\nCOPY app /app\nCMD ["/app"]\n')
    made = kitchen.build(**order(kitchen, "foreign-" + kitchen.way, platforms=["linux/s390x"], verify={"expect": "hi"}))
    assert [(one["platform"], one["how"]) for one in made["verified"]] == [("linux/s390x", "not_run")]
    assert "exec format error" in made["verified"][0]["reason"]
    with pytest.raises(PartialFailure, match="verify: .* on linux/amd64 ended with"):
        kitchen.build(**order(kitchen, "wrong-" + kitchen.way, platforms=["linux/amd64"], verify={"expect": "hi"}))


@pytest.mark.parametrize("kitchen", WAYS[:2], indirect=True)
def test_what_is_pushed_is_what_was_run_and_built_once(kitchen: Kitchen) -> None:
    kitchen.write(
        "Dockerfile", 'ARG BASE\nFROM ${BASE}\nRUN cat /proc/sys/kernel/random/uuid > /once\nCMD ["cat", "/once"]\n'
    )
    name = "once-" + kitchen.way
    wanted = order(kitchen, name, platforms=["linux/amd64"], no_cache=True, verify={"expect": "regex:-"})
    made = kitchen.build(**wanted)
    assert made["steps"] == {"total": 1, "cached": 0}
    (run,) = [words for words in kitchen.log if "run" in words]
    image = next(word for word in run if word.startswith("sha256:"))
    pushed = manifest(kitchen.registry, name, "latest")
    assert image in (digest(pushed), json.loads(pushed).get("config", {}).get("digest"))
    assert made["image"]["digest"] == digest(pushed)


@pytest.mark.parametrize("kitchen", WAYS[:1], indirect=True)
def test_an_image_that_fails_keeps_the_names_it_had(kitchen: Kitchen) -> None:
    wanted = order(kitchen, "kept", push=False, platforms=["linux/amd64"], verify=None)
    made = kitchen.build(**wanted)
    with pytest.raises(PartialFailure, match="was expected"):
        kitchen.build(**{**wanted, "rebuild": "always", "verify": {"expect": "something else"}})
    assert kitchen.docker("image", "inspect", "--format", "{{.Id}}", wanted["name"] + ":1.0") == made["image"]["digest"]


@pytest.mark.parametrize("kitchen", WAYS[:1], indirect=True)
def test_annotations_of_an_index_that_is_joined(kitchen: Kitchen) -> None:
    kitchen.build(**order(kitchen, "joined", verify=None, annotations={"index:org.example.owner": "shop"}))
    index = json.loads(manifest(kitchen.registry, "joined", "latest"))
    assert index["annotations"] == {"org.example.owner": "shop"}


@pytest.mark.parametrize("kitchen", WAYS[:1], indirect=True)
def test_a_builder_elsewhere_loads_into_an_engine_with_another_store(
    kitchen: Kitchen, lab: Any, tmp_path: Path
) -> None:
    with DialSocket(tmp_path, engine_of(lab, "engine-26")["docker_host"], "0.13") as dial:
        kitchen.docker("buildx", "create", "--name", "elsewhere", "--driver", "remote", dial.endpoint)
        wanted = order(kitchen, "loaded", push=False, platforms=["linux/amd64"], builder="elsewhere")
        made = kitchen.build(**wanted)
        assert made["image"]["digest"] == kitchen.docker(
            "image", "inspect", "--format", "{{.Id}}", wanted["name"] + ":1.0"
        )
        assert [one["how"] for one in made["verified"]] == ["native"]
        assert kitchen.build(**wanted)["action"] == "keep"


@pytest.mark.parametrize("kitchen", WAYS[1:2], indirect=True)
def test_a_tag_that_cannot_be_set_stops_no_other_and_all_are_told(kitchen: Kitchen) -> None:
    name = "partly-" + kitchen.way
    with MeddlingProxy(kitchen.registry.address) as proxy:
        proxy.faults.add(refuse(403, "DENIED"), "PUT", "/manifests/second$")
        wanted = order(kitchen, name, platforms=["linux/amd64"], verify=None, tags=["first", "second", "third"])
        wanted["name"] = "%s/%s" % (proxy.address, name)
        wanted["registries"] = [
            {"registry": address, "insecure": True, "retries": 0}
            for address in (proxy.address, kitchen.registry.address)
        ]
        with pytest.raises(PartialFailure, match="second could not be set: .* 403") as failure:
            kitchen.build(**wanted)
        kitchen.docker("image", "rm", "%s:first" % wanted["name"])
    assert sorted(tags(kitchen.registry, name)) == ["first", "third"]
    told = {row["name"]: row["digest"] for row in failure.value.result["tags"]}
    assert told == {"first": digest(manifest(kitchen.registry, name, "first")), "second": None, "third": told["first"]}
