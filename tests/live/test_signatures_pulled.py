# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verified pull on every engine: what is signed arrives under its name, what is not leaves the engine as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
import registry_content as content
from cosign import SUITES
from own_registry import OwnRegistry
from registry_pushing import push
from signing import Signer
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import EngineConflict, EngineError, NotSigned
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.engine_images import EngineImages

WEB = "shop/web"
IMAGE = WEB + ":1.0.0"


class Scene:
    """A signer, an engine, and what the engine has of the signer's registry."""

    def __init__(self, signer: Signer, bench: Workbench) -> None:
        self.signer = signer
        self.api = bench.api
        self.docker_host = bench.docker_host
        self.name = "%s/%s" % (signer.address, IMAGE)

    def pull(self, image: str = IMAGE, apply: bool = True, **more: Any) -> dict[str, Any]:
        return self.signer.run(image, apply=apply, state="pulled", docker_host=self.docker_host, **more)

    def names(self) -> set[str]:
        return {
            name
            for image in self.api.images(all=True)
            for name in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]
            if name.startswith(self.signer.address)
        }

    def identity(self) -> str:
        return str(self.api.inspect_image(self.name)["Id"])

    def sweep(self) -> None:
        for name in sorted(self.names()):
            try:
                self.api.remove_image(name, force=True)
            except docker.errors.ImageNotFound:
                continue


@pytest.fixture
def version() -> str:
    """Of cosign. What the engine does with what was verified does not depend on it; the first test has both."""
    return "3"


@pytest.fixture
def scene(version: str, tmp_path: Path, own: OwnRegistry, bench: Workbench) -> Iterator[Scene]:
    push(own.address, WEB, content.multi_platform("release"), "1.0.0")
    found = Scene(Signer(version, tmp_path / "alice", own.address), bench)
    yield found
    found.sweep()


@pytest.mark.parametrize("version", sorted(SUITES))
def test_signed_arrives_and_a_second_run_changes_nothing(scene: Scene) -> None:
    digest = scene.signer.run(IMAGE, annotations={"env": "prod"})["digest"]
    planned = scene.pull(apply=False, annotations={"env": "prod"})
    assert planned["changed"] and planned["verified"] and planned["image_id"] is None and scene.names() == set()
    done = scene.pull(annotations={"env": "prod"})
    assert done["changed"] and done["digest"] == digest and done["image_id"] == scene.identity()
    assert done["signatures"] == planned["signatures"] and done["previous_image_id"] is None
    assert scene.names() == {scene.name, "%s/%s@%s" % (scene.signer.address, WEB, digest)}
    for apply in (False, True):
        again = scene.pull(apply=apply, annotations={"env": "prod"})
        assert not again["changed"] and again["image_id"] == done["image_id"]


def test_what_is_not_signed_is_not_pulled_and_the_name_stays(scene: Scene, own: OwnRegistry, tmp_path: Path) -> None:
    with pytest.raises(NotSigned, match="is not signed: its repository has no signature of it"):
        scene.pull()
    assert scene.names() == set()
    scene.signer.run(IMAGE)
    scene.pull()
    names, identity = scene.names(), scene.identity()
    # A newer image under the tag, signed by somebody else.
    push(own.address, WEB, content.multi_platform("tampered"), "1.0.0")
    Signer(scene.signer.version, tmp_path / "mallory", own.address).run(IMAGE)
    for apply in (False, True):
        with pytest.raises(NotSigned, match="none of its 1 signatures is a signature of key sha256:"):
            scene.pull(apply=apply)
    assert scene.names() == names and scene.identity() == identity


def test_a_new_release_moves_the_name_and_tells_what_it_was(scene: Scene, own: OwnRegistry) -> None:
    scene.signer.run(IMAGE)
    first = scene.pull()
    push(own.address, WEB, content.multi_platform("next"), "1.0.0")
    scene.signer.run(IMAGE)
    second = scene.pull()
    assert second["changed"] and second["previous_image_id"] == first["image_id"]
    assert scene.identity() == second["image_id"] != first["image_id"]
    # Back again: the digest is here already, only the name moves.
    third = scene.pull("%s@%s" % (WEB, first["digest"]))
    assert not third["changed"] and scene.identity() == second["image_id"]


def test_a_digest_is_pulled_without_a_name(scene: Scene) -> None:
    digest = scene.signer.run(IMAGE)["digest"]
    reference = "%s@%s" % (WEB, digest)
    assert scene.pull(reference)["changed"]
    assert {name for name in scene.names() if "@" not in name} == set()
    assert not scene.pull(reference)["changed"]
    named = scene.pull()
    assert named["changed"] and scene.identity() == named["image_id"]
    assert not scene.pull()["changed"]


def test_pulled_before_without_verifying(scene: Scene) -> None:
    """The same digest is there by a plain pull: on graph drivers nothing is missing then."""
    scene.signer.run(IMAGE)
    scene.api.pull("%s/%s" % (scene.signer.address, WEB), tag="1.0.0")
    identity = scene.identity()
    scene.pull()
    assert scene.identity() == identity and not scene.pull()["changed"]


def test_somebody_else_moves_the_name_meanwhile(
    scene: Scene, own: OwnRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.signer.run(IMAGE)
    push(own.address, WEB, content.multi_platform("other"), "other")
    pull = EngineImages.pull

    def pull_and_meddle(images: EngineImages, *what: Any) -> str:
        repository = "%s/%s" % (scene.signer.address, WEB)
        scene.api.pull(repository, tag="other")
        assert scene.api.tag(repository + ":other", repository, "1.0.0")
        return pull(images, *what)

    monkeypatch.setattr(EngineImages, "pull", pull_and_meddle)
    with pytest.raises(EngineConflict, match="was given to another image meanwhile"):
        scene.pull()
    other = scene.api.inspect_image("%s/%s:other" % (scene.signer.address, WEB))["Id"]
    assert scene.identity() == other


def test_an_engine_that_cannot_pull_says_why(scene: Scene, own: OwnRegistry) -> None:
    # Of an image that an engine has by another name it asks for no layers.
    push(own.address, WEB, content.multi_platform("never pulled"), "1.0.0")
    scene.signer.run(IMAGE)
    for blob in (own.folder / "data").rglob("blobs/sha256/*/*/data"):
        if blob.stat().st_size > 1024 and blob.read_bytes()[:1] != b"{":
            blob.unlink()
    with pytest.raises(EngineError, match="could not pull|answered"):
        scene.pull()
    assert scene.names() == set()
