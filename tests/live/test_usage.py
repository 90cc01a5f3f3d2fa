# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine tells the fleet's ledger that it uses, on every engine: containers in any state, images that are gone, digests
that were left to a registry (S1)."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from archive import BUSYBOX, Image, Layer
from lab import load
from pushing import REGISTRY, push
from workbench import LABEL, Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineUnreachable
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.bookkeeping import keep_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import observe

REACHED = [{"registry": REGISTRY, "insecure": True}]


def app(number: int, *names: str) -> Image:
    return Image(
        names or ("app:%d" % number,), [Layer("base", 20000, BUSYBOX), Layer("usage-%d" % number, 30000 + number)]
    )


def told(bench: Workbench) -> dict[str, Any]:
    result = observe({"docker_host": bench.docker_host, "state_file": str(bench.folder / "state.json")})
    assert result["changed"] is False
    return dict(result["usage"])


def row(bench: Workbench, usage: dict[str, Any], name: str) -> dict[str, Any]:
    canonical = parse_reference(bench.name(name)).canonical
    (found,) = [image for image in usage["images"] if canonical in image["references"]]
    return dict(found)


@pytest.fixture
def keep(bench: Workbench) -> Iterator[Callable[..., dict[str, Any]]]:
    """The ledger of a fleet of one host with this engine."""

    def run(usage: Any, **options: Any) -> dict[str, Any]:
        options = {
            "ledger": str(bench.folder / "ledger.json"),
            "expected_hosts": ["web-1"],
            "first_run": True,
            **options,
        }
        return keep_ledger({**options, "observations": {"web-1": {"usage": usage}}}, True)

    yield run


@pytest.mark.parametrize("state", ["created", "running", "paused", "exited"])
def test_a_container_in_any_state_uses_its_image(bench: Workbench, keep: Any, state: str) -> None:
    bench.load(app(1, "app:1", "app:also"), app(2))
    bench.container("app:1", state, name="usage-" + state)
    usage = told(bench)
    used, unused = row(bench, usage, "app:1"), row(bench, usage, "app:2")
    assert used["used_by"] == ["container usage-%s (%s)" % (state, state)]
    assert unused["used_by"] == [] and unused["last_used"] is None
    assert used["id"] in used["digests"]
    result = keep(usage)
    assert result["complete"], result["problems"]
    assert all(result["digests"][digest]["reason"] == "in use by web-1" for digest in used["digests"])
    assert not set(unused["digests"]) & set(result["digests"])
    # An old container that ended still counts when it is listed, not when it ended.
    assert result["digests"][used["id"]]["last_used"] == usage["observed"]


def test_the_observation_is_of_this_engine_and_writes_nothing(bench: Workbench) -> None:
    bench.load(app(1))
    usage = told(bench)
    info = bench.api.info()
    assert (usage["engine_id"], usage["engine_name"], usage["schema"]) == (info["ID"], info["Name"], 1)
    assert abs(usage["clock_offset_seconds"]) < 5
    assert usage["released"] == [] and usage["service_images"] == []
    assert list(bench.folder.iterdir()) == []


def test_no_environment_argument_or_label_is_told(bench: Workbench) -> None:
    """S12."""
    secret = "hunter2-" + bench.prefix
    bench.load(Image(["app:1"], [Layer("base", 20000, BUSYBOX)], {"token": secret}))
    bench.api.create_container(
        bench.name("app:1"),
        command=["/bin/busybox", secret],
        environment={"PASSWORD": secret},
        labels={LABEL: bench.prefix, "token": secret},
        host_config=bench.api.create_host_config(network_mode="none"),
    )
    assert "hunter2" not in str(told(bench))


def test_a_container_whose_image_was_removed_by_force_still_uses_it(bench: Workbench, keep: Any) -> None:
    bench.load(app(1), app(2))
    identity = bench.id_of("app:1")
    bench.container("app:1", "exited", name="usage-orphan")
    bench.api.remove_image(bench.name("app:1"), force=True)
    if bench.has_image(identity):
        bench.api.remove_image(identity, force=True)
    assert not bench.has_image(identity)
    usage = told(bench)
    assert identity not in [image["id"] for image in usage["images"]]
    (gone,) = [one for one in usage["containers_without_image"] if one["container"] == "usage-orphan"]
    assert gone["image"] == identity and identity in gone["digests"]
    assert gone["state"] == "exited"
    result = keep(usage)
    assert result["digests"][identity]["reason"] == "in use by web-1"
    assert identity in [one["image"] for one in result["unmapped"]]
    bench.api.remove_container("usage-orphan")
    assert "usage-orphan" not in str(told(bench))


@pytest.mark.engines("engine-28")
def test_a_mounted_image_is_used(bench: Workbench) -> None:
    bench.load(app(1), app(2, "data:1"))
    response = bench.api._post_json(
        bench.api._url("/containers/create"),
        data={
            "Image": bench.name("app:1"),
            "Labels": {LABEL: bench.prefix},
            "HostConfig": {
                "NetworkMode": "none",
                "Mounts": [{"Type": "image", "Source": bench.name("data:1"), "Target": "/data"}],
            },
        },
    )
    bench.api._raise_for_status(response)
    usage = told(bench)
    assert "mounted by container" in row(bench, usage, "data:1")["used_by"][0]
    assert not [
        one for one in usage["containers_without_image"] if one["container"] in str(row(bench, usage, "data:1"))
    ]


@pytest.fixture
def registry(bench: Workbench) -> Iterator[Workbench]:
    """The workbench with names of the lab's registry."""
    own = bench.prefix
    bench.prefix = "%s/%s" % (REGISTRY, own)
    yield bench
    bench.sweep()
    bench.prefix = own


def test_a_pulled_image_is_known_by_every_digest_that_means_it(registry: Workbench, keep: Any) -> None:
    """By the manifest that the registry has, and by the configuration, whichever of them the store takes as its ID."""
    image = Image([], [Layer("base", 20000, BUSYBOX), Layer("usage-pulled")], {LABEL: registry.prefix})
    pin = push(registry.name("app"), image)
    manifest = pin.partition("@")[2]
    registry.api.pull(pin)
    registry.api.tag(pin, registry.name("app"), "1")
    registry.container("app:1", "running")
    usage = told(registry)
    found = row(registry, usage, "app:1")
    config = "sha256:" + hashlib.sha256(image.config()).hexdigest()
    assert {manifest, config} <= set(found["digests"])
    assert pin in found["repo_digests"]
    result = keep(usage)
    assert {manifest, config} <= set(result["digests"])
    assert not [one for one in result["unmapped"] if one["image"] == found["id"]]


def test_what_was_deleted_as_restorable_stays_protected(registry: Workbench, keep: Any) -> None:
    bench = registry
    bench.load(app(1), app(2))
    assert "digest: sha256:" in bench.api.push(bench.name("app"), tag="1")
    digests = row(bench, told(bench), "app:1")["digests"]
    pushed = [name for name in bench.api.inspect_image(bench.name("app:1"))["RepoDigests"] if name.startswith(REGISTRY)]
    # What goes without a registry to come back from is not remembered: only app:1 is released.
    result = bench.clean(require_restorable=True, registries=REACHED)
    assert bench.actions(result) == {"app:1": "delete", "app:2": "keep"}
    bench.clean()
    assert bench.names() == set()
    usage = told(bench)
    released = {one["digest"] for one in usage["released"]}
    assert released == set(digests) and pushed[0].partition("@")[2] in released
    kept = keep(usage)
    assert all(kept["digests"][digest]["reason"].startswith("deleted as restorable by web-1 ") for digest in released)
    # It is remembered by later runs, and by those that observe only.
    bench.clean()
    assert {one["digest"] for one in told(bench)["released"]} == released


def test_a_clean_up_that_dies_has_announced_what_it_leaves_to_the_registry(registry: Workbench) -> None:
    bench = registry
    bench.load(app(1))
    assert "digest: sha256:" in bench.api.push(bench.name("app"), tag="1")
    digests = row(bench, told(bench), "app:1")["digests"]

    class Killed(BaseException):
        pass

    def kill(line: str) -> None:
        if line.startswith("deleting"):
            raise Killed

    with pytest.raises(Killed):
        bench._run(True, {"require_restorable": True, "registries": REACHED}, kill)
    assert {one["digest"] for one in told(bench)["released"]} == set(digests)
    # It did not come to it: the next run takes nothing back, since too much protection does no harm.
    assert bench.names() == {"app:1"}


def test_an_engine_that_does_not_answer_is_an_error_not_an_empty_host(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable):
        observe({"docker_host": "unix://%s/nothing.sock" % tmp_path, "state_file": str(tmp_path / "state.json")})


def test_two_engines_of_one_host(tmp_path: Path) -> None:
    """All that the ledger knows of must answer."""
    engines = load()["engines"][:2]
    both = [
        {"usage": observe({"docker_host": one["docker_host"], "state_file": str(tmp_path / one["name"])})["usage"]}
        for one in engines
    ]
    options = {"ledger": str(tmp_path / "ledger.json"), "expected_hosts": ["lab"], "first_run": True}
    assert keep_ledger({**options, "observations": {"lab": {"results": both}}}, True)["complete"]
    result = keep_ledger({**options, "observations": {"lab": both[:1]}}, True)
    assert result["coverage"] == {"answered": [], "from_ledger": ["lab"], "blind": []} and not result["complete"]
    late = keep_ledger({**options, "observations": {"lab": both[:1]}, "host_grace": "0"}, False, int(time.time()) + 5)
    assert late["coverage"]["blind"] == ["lab"]
    assert 'retired_hosts: ["lab/' in late["problems"][0] or "retired_hosts: [lab/" in late["problems"][0]
