# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scans of images that real engines and registries have: what a scanner is told to scan is what the result names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import pushing
import pytest
from archive import Image, Layer
from pushing import REGISTRY
from registry_pushing import retag
from scan_scene import NOW, Scene, start
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.request import parse_scan_options
from ansible_collections.imagefleet.docker.plugins.module_utils._scan_run.run import run_scan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.scan_verdicts import load_verdicts

PUSHED = "%s/t-scan-images/app" % REGISTRY


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path, "trivy", tells="subject")


def scan(scene: Scene, bench: Workbench, run: Any = start, **options: Any) -> dict[str, Any]:
    given = {
        "docker_host": bench.engine["docker_host"],
        "registries": [{"registry": REGISTRY, "insecure": True}],
        **options,
    }
    scene.built(NOW)
    return run_scan(parse_scan_options(scene.options(**given)), run, None, NOW, True)


def scans(scene: Scene) -> list[dict[str, Any]]:
    return [call for call in scene.calls() if call["argv"][:2] == ["image", "--format"]]


def scanned(scene: Scene) -> list[list[str]]:
    return [call["argv"] for call in scans(scene)]


@pytest.fixture
def pushed() -> Iterator[str]:
    """The digest of one image that has two tags."""
    pin = pushing.push(PUSHED, Image([], [Layer("app", 1000)]))
    digest = pin.rpartition("@")[2]
    retag(REGISTRY, PUSHED.partition("/")[2], digest, "1.0", "1.0.0")
    yield digest
    pushing.remove(pin)


def test_several_tags_of_a_registry_are_one_scan_by_digest(scene: Scene, bench: Workbench, pushed: str) -> None:
    result = scan(scene, bench, images=[PUSHED + ":1.0", PUSHED + ":1.0.0"], source="registry")
    (row,) = result["results"]
    assert (row["image"], row["digest"]) == ("%s@%s" % (PUSHED, pushed), pushed)
    assert {PUSHED + ":1.0", PUSHED + ":1.0.0"} <= set(row["references"])
    (argv,) = scanned(scene)
    assert argv[-1] == row["image"]
    assert argv[argv.index("--image-src") + 1] == "remote"
    assert "TRIVY_NON_SSL" in scans(scene)[-1]["environment"]


def test_what_the_engine_has_is_scanned_there(scene: Scene, bench: Workbench) -> None:
    bench.load(Image(["app:2"], [Layer("app", 2000)]))
    name = bench.name("app:2")
    (row,) = scan(scene, bench, images=[name])["results"]
    assert row["image"] == name and row["digest"].startswith("sha256:")
    (argv,) = scanned(scene)
    assert argv[-1] == name
    assert argv[argv.index("--image-src") + 1] == "docker"
    assert "DOCKER_HOST" in scans(scene)[-1]["environment"]


def test_what_a_scanner_reads_instead_of_the_image_does_not_count(scene: Scene, bench: Workbench, pushed: str) -> None:
    """Whatever the image store calls the image, a true scan of it fits."""
    bench.load(Image(["mine:1"], [Layer("mine", 2000)]))
    bench.load(Image(["other:1"], [Layer("other", 2500)]))
    name, mine, other = bench.name("mine:1"), bench.id_of("mine:1"), bench.id_of("other:1")
    told = {"ImageID": mine, "ImageConfig": {"os": "linux", "architecture": "amd64"}}
    scene.order(tells="subject", image=told)
    assert scan(scene, bench, images=[name], source="engine")["summary"]["passed"] == 1
    scene.order(tells="subject", image={"ImageID": other, "RepoDigests": ["%s@%s" % (name.partition(":")[0], other)]})
    with pytest.raises(PartialFailure, match="read %s(?: or .*)?, and .*%s.* was to be read" % (other, mine)):
        scan(scene, bench, images=[name], source="engine")
    # In a registry the configuration is known too, which tells images of one index apart.
    scene.order(tells="subject", image=told)
    with pytest.raises(PartialFailure, match="or %s, and .*%s or .* was to be read" % (mine, pushed)):
        scan(scene, bench, images=[PUSHED + ":1.0"], source="registry")


def test_the_digest_that_scout_tells_of_a_registry_is_compared(tmp_path: Path, bench: Workbench, pushed: str) -> None:
    scene = Scene(tmp_path, "scout", "clean.sarif", packages=3)
    options = {"images": [PUSHED + ":1.0"], "source": "registry"}
    assert scan(scene, bench, **options)["summary"]["passed"] == 1
    scene.order("clean.sarif", packages=3, image={"digest": "sha256:" + "9" * 64})
    with pytest.raises(PartialFailure, match="read sha256:9+, and .*%s.* was to be read" % pushed):
        scan(scene, bench, **options)


def test_what_the_engine_has_for_another_platform_is_not_scanned(scene: Scene, bench: Workbench) -> None:
    bench.load(Image(["foreign:1"], [Layer("foreign", 2000)]))
    name = bench.name("foreign:1")
    assert scan(scene, bench, images=[name], source="engine", platform="linux/amd64")["summary"]["passed"] == 1
    with pytest.raises(PartialFailure, match="the engine has %s for linux/amd64, not for linux/arm64" % name) as caught:
        scan(scene, bench, images=[name], source="engine", platform="linux/arm64")
    (row,) = caught.value.result["results"]
    assert row["status"] == "not_scanned" and len(scanned(scene)) == 1


def test_a_tag_that_moves_while_it_is_scanned_is_not_scanned(scene: Scene, bench: Workbench) -> None:
    """What was found may be of either image, and the verdict would let the other one go on."""
    bench.load(Image(["moving:1"], [Layer("before", 2000)]))
    bench.load(Image(["moving:2"], [Layer("after", 3000)]))
    name = bench.name("moving:1")
    before, after = bench.id_of("moving:1"), bench.id_of("moving:2")

    def moves(argv: Any, environment: Any, text: Any) -> Any:
        told = start(argv, environment, text)
        if name in argv:
            bench.tag("moving:2", "moving:1")
        return told

    with pytest.raises(PartialFailure, match="was moved to .* while it was scanned; scan it again") as caught:
        scan(scene, bench, run=moves, images=[name], source="engine", policy={"max": {"critical": 100}})
    (row,) = caught.value.result["results"]
    assert row["status"] == "not_scanned"
    memory, _damage = load_verdicts(str(scene.folder / "state"))
    assert (
        {one["status"] for one in memory[row["digest"]].values()} == {"not_scanned"}
        and after not in memory
        and before != after
    )
    assert scan(scene, bench, images=[name], source="engine")["summary"]["passed"] == 1


def test_a_tag_that_nobody_has_is_left_to_the_scanner_and_said(scene: Scene, bench: Workbench, pushed: str) -> None:
    (row,) = scan(scene, bench, images=[PUSHED + ":9.9"])["results"]
    assert "the scanner was left to find the image itself" in " ".join(row["notes"])
    with pytest.raises(PartialFailure, match="not scanned") as caught:
        scan(scene, bench, images=[PUSHED + ":9.9", PUSHED + ":1.0"], source="registry")
    assert sorted(row["status"] for row in caught.value.result["results"]) == ["not_scanned", "passed"]


def test_what_a_registry_keeps(scene: Scene, bench: Workbench, pushed: str) -> None:
    kept = [{"registry": REGISTRY, "names": ["t-scan-images/*"], "tags": ["1.0*"]}]
    (row,) = scan(scene, bench, images=[], repositories=kept)["results"]
    assert {PUSHED + ":1.0", PUSHED + ":1.0.0"} <= set(row["references"])
    document = json.loads((scene.folder / "reports" / "scan.json").read_text())
    assert [one["image"] for one in document["results"]] == [row["image"]]
