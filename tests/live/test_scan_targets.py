# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is scanned: each content once, however many hosts, stores, names and registries lead to it, and nothing is dropped."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Sequence

import pytest
import registry_content as content
from archive import BUSYBOX, Image, Layer
from lab import load
from lab.addresses import free_port
from own_registry import ADDRESS, OwnRegistry
from pushing import REGISTRY
from registry_pushing import delete_manifest, push
from workbench import LABEL, Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._builder.platforms import parse_platform
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.api import EngineApi
from ansible_collections.imagefleet.docker.plugins.module_utils._engine.options import parse_engine_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import parse_manifest
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.by_host import RegistriesByHost
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.identity import Identity
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import Target
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.target_request import parse_target_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.targets import Targets, find_targets
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.bookkeeping import keep_ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._usage.observe import observe

HERE = parse_platform("platform", os.uname().machine)
BOTH = ("linux/amd64", "linux/arm64")


def no_engine() -> EngineApi:
    return EngineApi(parse_engine_options({"docker_host": "unix:///nonexistent/docker.sock"}))


def find(addresses: Sequence[str], engine: Callable[[], EngineApi] = no_engine, **options: Any) -> Targets:
    registries = [{"registry": address, "insecure": True, "retries": 0} for address in addresses]
    return find_targets(parse_target_options(options), engine, RegistriesByHost(registries, None), int(time.time()))


def child(index: content.Manifest, platform: str) -> content.Manifest:
    return next(one for one in index.children if one.platform == platform)


# In registries ---------------------------------------------------------------------------------------------------------


def test_names_of_one_image_are_one_target(own: OwnRegistry) -> None:
    release = content.multi_platform("targets", BOTH, attested=True)
    image = child(release, HERE)
    push(own.address, "shop/web", release, "1.0", "latest")
    base = "%s/shop/web" % own.address
    names = [base + ":1.0", base, "%s@%s" % (base, release.digest), "%s@%s" % (base, image.digest)]
    found = find([own.address], images=names, source="registry")
    references = [*names, base + ":latest"]
    references.remove(base)
    assert found.targets == (
        Target(
            name="%s@%s" % (base, image.digest),
            source="registry",
            references=tuple(sorted(references)),
            digest=image.digest,
            platform=HERE,
            identity=Identity(
                configs=(parse_manifest(image.body).config.digest,),
                manifests=tuple(sorted([image.digest, release.digest])),
                platform=HERE,
            ),
        ),
    )
    assert found.notes == ()


def test_the_same_content_in_two_registries_is_scanned_once(own: OwnRegistry) -> None:
    image = content.simple("twice")
    push(own.address, "shop/web", image, "1")
    push(REGISTRY, "t-scan-targets/twice", image, "2")
    names = ["%s/shop/web:1" % own.address, "%s/t-scan-targets/twice:2" % REGISTRY]
    (only,) = find([own.address, REGISTRY], images=names, source="registry").targets
    assert set(names) < set(only.references) and only.digest == image.digest and only.platform == "linux/amd64"


def test_what_cannot_be_found_is_a_target_that_says_why(own: OwnRegistry) -> None:
    push(own.address, "shop/web", content.multi_platform("why", BOTH), "1")
    push(own.address, "shop/bill", content.referrer(content.simple("subject")), "1")
    dead = "%s:%d" % (ADDRESS, free_port(ADDRESS))
    base = own.address
    names = ["%s/shop/web:2" % base, "%s/none:1" % base, "%s/shop/bill:1" % base, "%s/a:1" % dead, "%s/b:1" % dead]
    found = find([base, dead], images=names, source="registry").targets
    problems = {one.name: str(one.problem) for one in found}
    assert set(problems) == set(names)
    assert "%s/shop/web has no 2" % base in problems[names[0]] and "/none has no 1" in problems[names[1]]
    assert "no image that can be scanned" in problems[names[2]]
    assert dead in problems[names[3]] and dead in problems[names[4]]
    (other,) = find([base], images=["%s/shop/web:1" % base], source="registry", platform="linux/s390x").targets
    assert other.problem == "it has no image for linux/s390x; there are linux/amd64, linux/arm64"


def test_an_index_without_this_platform_gives_what_there_is(own: OwnRegistry) -> None:
    release = content.multi_platform("foreign", ("linux/s390x", "linux/ppc64le"))
    push(own.address, "shop/web", release, "1")
    (only,) = find([own.address], images=["%s/shop/web:1" % own.address], source="registry").targets
    assert (only.problem, only.platform, only.digest) == (None, "linux/s390x", release.children[0].digest)
    (only,) = find([own.address], images=["%s/shop/web:1" % own.address], platform="linux/ppc64le").targets
    assert only.digest == release.children[1].digest


def test_what_a_registry_keeps(own: OwnRegistry) -> None:
    release = content.multi_platform("kept", BOTH)
    old = content.simple("old")
    push(own.address, "shop/web", release, "2.0", "latest")
    push(own.address, "shop/web", old, "1.0")
    push(own.address, "shop/web", content.cosign(release), content.cosign_tag(release.digest))
    push(own.address, "shop/web", content.referrer(old), "bill")
    push(own.address, "other/tool", content.simple("tool"), "1")
    kept = find([own.address], repositories=[{"registry": own.address, "names": ["shop/*"]}])
    base = "%s/shop/web" % own.address
    assert {one.digest for one in kept.targets} == {child(release, HERE).digest, old.digest}
    (new,) = [one for one in kept.targets if one.digest != old.digest]
    assert {base + ":2.0", base + ":latest"} < set(new.references) and not new.hosts
    assert kept.notes == ("%s: 1 tags are no images and were not scanned: bill" % base,)
    tagged = find([own.address], repositories=[{"registry": own.address, "names": "shop/web", "tags": "1.*"}])
    assert [one.digest for one in tagged.targets] == [old.digest]
    every = find([own.address], repositories=[{"registry": own.address}])
    assert len(every.targets) == 3


def test_a_repository_that_is_gone_is_a_target_that_says_so(own: OwnRegistry) -> None:
    for names, says in ((["shop/gone"], "has no repository shop/gone"), (["nothing/*"], "has no repository that")):
        (only,) = find([own.address], repositories=[{"registry": own.address, "names": names}]).targets
        assert says in str(only.problem)
    dead = "%s:%d" % (ADDRESS, free_port(ADDRESS))
    for names in (None, ["shop/web"]):
        (only,) = find([dead], repositories=[{"registry": dead, "names": names}]).targets
        assert dead in str(only.problem)


# In use ----------------------------------------------------------------------------------------------------------------


class Fleet:
    """Hosts by name, each what one engine of the lab tells; and the ledger of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.json"
        self.folder = folder
        self.told: dict[str, Any] = {}

    def observe(self, host: str, engine: str) -> None:
        state = str(self.folder / ("%s.json" % host))
        self.told[host] = observe({"docker_host": engine, "state_file": state})

    def keep(self, **options: Any) -> dict[str, Any]:
        options = {"ledger": str(self.path), "expected_hosts": sorted(self.told), "first_run": True, **options}
        return keep_ledger({**options, "observations": self.told}, True)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def runs(bench: Workbench, name: str, platform: str = "") -> None:
    """A container of an image that is pulled by this name."""
    for line in bench.api.pull(name, platform=platform or None, stream=True, decode=True):
        assert "error" not in line, line
    bench.api.create_container(
        name, host_config=bench.api.create_host_config(network_mode="none"), labels={LABEL: bench.prefix}
    )


@pytest.fixture
def benches(tmp_path: Path) -> Any:
    """Both stores at a time."""
    made = {}
    for engine in load()["engines"][:2]:
        made[engine["kind"]] = Workbench(engine, tmp_path, "t-scan-targets")
    for bench in made.values():
        bench.sweep()
    yield made
    for bench in made.values():
        bench.sweep()
        for image in bench.api.images():
            for name in image["RepoTags"] or ():
                if "/t-scan-targets/" in name:
                    bench.api.remove_image(name)


def mine(found: Targets) -> list[Target]:
    """Without what else the engines of the lab run."""
    return [one for one in found.targets if any("t-scan-targets" in name for name in (one.name, *one.references))]


def test_both_stores_that_run_one_image_lead_to_one_scan(benches: dict[str, Workbench], fleet: Fleet) -> None:
    release = content.index([content.image([Layer("shared", 5000, BUSYBOX)], platform=one, note=one) for one in BOTH])
    name = "%s/t-scan-targets/stores:1" % REGISTRY
    push(REGISTRY, "t-scan-targets/stores", release, "1")
    for host, bench in (("web-1", benches["overlay2"]), ("web-2", benches["containerd"])):
        runs(bench, name)
        fleet.observe(host, bench.docker_host)
    fleet.keep()
    (only,) = mine(find([REGISTRY], ledger=str(fleet.path)))
    assert only.hosts == ("web-1", "web-2") and only.problem is None
    assert (only.digest, only.platform) == (child(release, HERE).digest, HERE)
    by_index = "%s/t-scan-targets/stores@%s" % (REGISTRY, release.digest)
    assert {name, by_index, only.name} == set(only.references)
    # Named as well, known by the engine, and kept by the registry: still one.
    for bench in benches.values():
        engine = parse_engine_options({"docker_host": bench.docker_host})
        for more in ({}, {"repositories": [{"registry": REGISTRY, "names": ["t-scan-targets/stores"]}]}):
            again = find([REGISTRY], partial(EngineApi, engine), ledger=str(fleet.path), images=[name], **more)
            (only,) = mine(again)
            assert (only.source, only.hosts) == ("engine", ("web-1", "web-2"))


def test_hosts_of_another_platform_have_a_scan_of_their_own(benches: dict[str, Workbench], fleet: Fleet) -> None:
    release = content.index(
        [content.image([Layer("platform", 5000, BUSYBOX)], platform=one, note="own " + one) for one in BOTH]
    )
    push(REGISTRY, "t-scan-targets/arm", release, "1")
    name = "%s/t-scan-targets/arm:1" % REGISTRY
    runs(benches["overlay2"], name, "linux/arm64")
    fleet.observe("arm-1", benches["overlay2"].docker_host)
    fleet.keep()
    (only,) = mine(find([REGISTRY], ledger=str(fleet.path)))
    assert (only.digest, only.platform, only.hosts) == (child(release, "linux/arm64").digest, "linux/arm64", ("arm-1",))
    (chosen,) = mine(find([REGISTRY], ledger=str(fleet.path), platform="linux/amd64"))
    assert (chosen.platform, chosen.hosts) == ("linux/amd64", ("arm-1",))


def test_what_no_registry_has_is_not_dropped(bench: Workbench, fleet: Fleet, own: OwnRegistry) -> None:
    bench.load(Image(["app:1"], [Layer("handmade", 5000, BUSYBOX)]))
    bench.container("app:1", "created")
    fleet.observe("web-1", bench.docker_host)
    fleet.keep()
    found = find([], ledger=str(fleet.path), source="registry")
    image = bench.id_of("app:1")
    (only,) = [one for one in found.targets if image in (one.digest, one.name)]
    assert "it is in use on web-1" in str(only.problem) and only.hosts == ("web-1",)
    assert "docker.io/%s" % bench.name("app:1") in only.references
    # The engine of the host that scans has it.
    engine = parse_engine_options({"docker_host": bench.docker_host})
    (only,) = [
        one
        for one in find([], partial(EngineApi, engine), ledger=str(fleet.path), source="engine").targets
        if one.digest == image
    ]
    assert (only.problem, only.source, only.hosts) == (None, "engine", ("web-1",))


def test_an_image_that_its_registry_lost(benches: dict[str, Workbench], fleet: Fleet, own: OwnRegistry) -> None:
    image = content.image([Layer("lost", 5000, BUSYBOX)])
    name = "%s/t-scan-targets/lost:1" % own.address
    push(own.address, "t-scan-targets/lost", image, "1")
    bench = benches["overlay2"]
    runs(bench, name)
    fleet.observe("web-1", bench.docker_host)
    fleet.keep()
    own.stop()
    (silent,) = mine(find([own.address], ledger=str(fleet.path)))
    assert "in use on web-1" in str(silent.problem) and own.address in str(silent.problem)
    own.start()
    (back,) = mine(find([own.address], ledger=str(fleet.path)))
    assert (back.problem, back.digest) == (None, image.digest)
    assert delete_manifest(own.address, "t-scan-targets/lost", image.digest) == 202
    (gone,) = mine(find([own.address], ledger=str(fleet.path)))
    assert "in use on web-1, and no registry has it" in str(gone.problem) and gone.hosts == ("web-1",)


# The ledger itself -----------------------------------------------------------------------------------------------------


def test_an_incomplete_ledger_is_used_and_said(benches: dict[str, Workbench], fleet: Fleet) -> None:
    image = content.image([Layer("partly", 5000, BUSYBOX)])
    push(REGISTRY, "t-scan-targets/partly", image, "1")
    runs(benches["overlay2"], "%s/t-scan-targets/partly:1" % REGISTRY)
    fleet.observe("web-1", benches["overlay2"].docker_host)
    fleet.keep(expected_hosts=["web-1", "web-2"])
    found = find([REGISTRY], ledger=str(fleet.path))
    assert [one.digest for one in mine(found)] == [image.digest]
    assert "the ledger is incomplete" in found.notes[0] and "web-2" in found.notes[0]


def test_a_ledger_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="there is no file .*fleet_ledger writes it"):
        find([], ledger=str(tmp_path / "none.json"))


def test_without_an_engine_the_registry_tells_and_it_is_said(own: OwnRegistry) -> None:
    image = content.simple("remote")
    push(own.address, "shop/web", image, "1")
    name = "%s/shop/web:1" % own.address
    found = find([own.address], images=[name, "sha256:" + "a" * 64])
    assert [one.digest for one in found.targets if one.problem is None] == [image.digest]
    assert [one.name for one in found.targets if one.problem] == ["sha256:" + "a" * 64]
    assert len(found.notes) == 1 and "No engine was asked" in found.notes[0]


def test_an_engine_that_is_asked_for_must_answer() -> None:
    (only,) = find([], images=["app:1"], source="engine").targets
    assert "/nonexistent/docker.sock" in str(only.problem)
