# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker Content Trust with a real notary server and real docker command lines: what is signed, refused, revoked and rotated."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Iterator

import docker
import pytest
from building import engine_of
from cosign import Cosign
from lab import TESTED
from lab.addresses import free_port
from lab.notary import Notary
from lab.paths import cache, instance
from lab.registry import Registry
from own_registry import ADDRESS, OwnRegistry
from trusting import NEWER, PASSPHRASE, ROOT_PASSPHRASE, TrustScene

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    NotSigned,
    PolicyError,
    ToolError,
    ToolMissing,
)

STORES = ["engine-20", "engine-26", "engine-28"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: Any) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path_factory.mktemp("registry") / "own") as found:
        yield found


@pytest.fixture(scope="module")
def notary(tmp_path_factory: Any) -> Iterator[Notary]:
    found = Notary(tmp_path_factory.mktemp("notary"), ADDRESS, cache(), instance(TESTED).root).start()
    yield found
    found.stop()


@pytest.fixture(params=["26"])
def scene(
    request: Any, lab: Any, tmp_path: Path, registry: OwnRegistry, notary: Notary, monkeypatch: Any
) -> Iterator[TrustScene]:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    found = TrustScene(tmp_path, registry, notary, engine_of(lab, "engine-20"), request.param)
    yield found
    found.sweep()
    assert list((tmp_path / "scratch").iterdir()) == [], "a run left files"


def repository(request: Any) -> str:
    return "t/" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


@pytest.mark.parametrize("scene", ["20", "26", "28"], indirect=True)
def test_the_whole_life_of_a_signature(scene: TrustScene, request: Any) -> None:
    name = repository(request) + ":1"
    key = scene.key("alice")
    digest = scene.push(name, name)
    wanted = scene.admin(name, "alice", signer="alice", private_key_path=str(key))

    with pytest.raises(NotSigned, match="has no trust data of"):
        scene.signature(scene.options(name, state="pulled"))
    planned = scene.signature(wanted, apply=False)
    assert (planned["changed"], planned["verified"], planned["digest"]) == (True, False, digest)
    assert [(row["name"], row["action"]) for row in planned["signers_changed"]] == [("alice", "added")]
    assert scene.info(name)["verified"] is False

    signed = scene.signature(wanted)
    assert (signed["changed"], signed["verified"], signed["digest"]) == (True, True, digest)
    (row,) = signed["signatures"]
    assert (row["signer"], row["tag"], row["digest"]) == ("alice", "1", digest)
    assert row["key"] == signed["signers_changed"][0]["key"]
    roles = {one["name"]: one["role"] for one in signed["signers"]}
    assert roles == {"alice": "signer", "Root": "administrator", "Repository": "administrator"}
    assert scene.docker("pull", scene.name(name), DOCKER_CONTENT_TRUST="1")

    scene.argv.write_text("")
    again = scene.signature(wanted)
    assert (again["changed"], again["signers_changed"], again["signatures"]) == (False, [], signed["signatures"])
    assert not {"sign", "add", "load"} & set(scene.argv.read_text().splitlines())

    told = scene.info(name)
    assert (told["verified"], told["digest"], told["reason"]) == (True, digest, None)
    with pytest.raises(NotSigned, match="is signed by alice, and a signature of bob is wanted"):
        scene.signature(scene.options(name, state="pulled", signer="bob"))

    revocation = scene.options(name, state="revoked", private_key_path=str(key), signer="alice")
    assert scene.signature(revocation, apply=False)["removed"] == signed["signatures"]
    gone = scene.signature(revocation)
    assert (gone["changed"], gone["removed"], gone["signatures"]) == (True, signed["signatures"], [])
    assert scene.signature(revocation)["changed"] is False
    with pytest.raises(NotSigned, match="in it no signed tag"):
        scene.signature(scene.options(name, state="pulled"))
    assert "No valid trust data for 1" in scene.docker("pull", scene.name(name), check=False, DOCKER_CONTENT_TRUST="1")


def test_a_tag_beside_signed_ones_is_refused(scene: TrustScene, request: Any) -> None:
    name = repository(request)
    scene.push(name + ":1", "one of " + name)
    scene.sign(name + ":1", "alice")
    scene.push(name + ":2", "two of " + name)
    with pytest.raises(
        NotSigned, match=r":2 is not signed: .* has trust data of the repository, and in it only the tags 1$"
    ):
        scene.signature(scene.options(name + ":2", state="pulled"))
    told = scene.info(name + ":2")
    assert (told["verified"], told["digest"], told["signatures"]) == (False, None, [])


def test_a_server_that_is_down_is_told_apart_and_nothing_remembered_counts(scene: TrustScene, request: Any) -> None:
    name = repository(request) + ":1"
    scene.push(name, name)
    server = Notary(scene.folder / "own-notary", ADDRESS, cache(), instance(TESTED).root).start()
    server.trusted_by(scene.config)
    here = {"trust_server": server.url, "registries": [{"registry": scene.registry.address, "insecure": True}]}
    here["registries"].append({"registry": server.address, "retries": 0})
    try:
        with pytest.raises(NotSigned, match="has no trust data of"):
            scene.signature(scene.options(name, state="pulled", **here))
        scene.sign(name, "alice", **here)
        assert scene.info(name, **here)["verified"] is True
    finally:
        server.stop()
    remembered = scene.docker("trust", "inspect", scene.name(name), DOCKER_CONTENT_TRUST_SERVER=server.url)
    assert '"SignedTag": "1"' in remembered, "the command line remembers, which is what this test is about"
    for state in ("pulled", "signed", "revoked"):
        with pytest.raises(
            ToolError, match="it cannot be told whether .* is signed: the notary server .* does not answer"
        ):
            scene.signature(scene.options(name, state=state, passphrase=PASSPHRASE, **here))
    with pytest.raises(ToolError, match="does not answer"):
        scene.info(name, **here)


def test_another_server_is_not_taken_for_one_without_signatures(scene: TrustScene, request: Any) -> None:
    other = Registry("tls", scene.folder / "tls", ADDRESS, free_port(ADDRESS), cache(), instance(TESTED).root)
    place = scene.notary.authority.parent
    other.tls = {"certificate": str(place / "server-cert.pem"), "key": str(place / "server-key.pem")}
    other.start()
    try:
        entry = {"registry": other.address, "ca_path": str(scene.notary.authority), "retries": 0}
        with pytest.raises(ToolError, match="it is no notary server"):
            scene.info(repository(request) + ":1", trust_server="https://" + other.address, registries=[entry])
    finally:
        other.stop()


def test_a_tag_that_moved_after_signing_is_refused_and_signed_as_it_is_now(scene: TrustScene, request: Any) -> None:
    name = repository(request) + ":1"
    first = scene.push(name, "first of " + name)
    scene.sign(name, "alice")
    second = scene.push(name, "second of " + name)
    with pytest.raises(NotSigned) as refused:
        scene.signature(scene.options(name, state="pulled"))
    told = scene.info(name)
    assert told["verified"] is False
    for reason in (str(refused.value), told["reason"]):
        assert "is not signed as it is now" in reason and first in reason and second in reason
    # The digest that is asked for counts, whether the registry has it or not: never what is signed instead of it.
    for digest, verified in ((first, True), (second, False), ("sha256:" + "e" * 64, False)):
        assert scene.info("%s@%s" % (name, digest))["verified"] is verified
        if not verified:
            with pytest.raises(NotSigned, match="is not signed as it is now"):
                scene.signature(scene.options("%s@%s" % (name, digest), state="pulled"))
    assert scene.sign(name, "alice")["digest"] == second
    assert scene.info(name)["digest"] == second


def test_a_signer_is_rotated_and_every_tag_stays_signed(scene: TrustScene, request: Any) -> None:
    name = repository(request)
    for tag in ("1", "2"):
        scene.push("%s:%s" % (name, tag), "%s of %s" % (tag, name))
        scene.sign("%s:%s" % (name, tag), "alice")
    new = scene.key("bob")
    wanted = {
        "signers": [
            {"name": "bob", "public_key_path": str(scene.public("bob"))},
            {"name": "alice", "state": "absent"},
        ],
        "signer": "bob",
        "private_key_path": str(new),
    }
    with pytest.raises(ToolError, match="signer alice is not removed from .*: nobody else has signed 2"):
        scene.signature(scene.admin(name + ":1", **wanted))
    scene.sign(name + ":2", "bob")

    rotated = scene.signature(scene.admin(name + ":1", **wanted))
    assert {row["name"]: row["action"] for row in rotated["signers_changed"]} == {"alice": "removed"}
    assert [row["signer"] for row in rotated["signatures"]] == ["bob"]
    assert [row["name"] for row in rotated["signers"] if row["role"] == "signer"] == ["bob"]
    assert scene.signature(scene.admin(name + ":1", **wanted))["changed"] is False
    for tag in ("1", "2"):
        full = "%s:%s" % (name, tag)
        assert [row["signer"] for row in scene.info(full)["signatures"]] == ["bob"]
        assert scene.docker("pull", scene.name(full), DOCKER_CONTENT_TRUST="1")
    with pytest.raises(ToolError, match="The key is that of no signer of the repository"):
        key = str(scene.keys / "alice.pem")
        scene.signature(scene.options(name + ":1", signer="alice", private_key_path=key))


def test_without_the_notary_command_line_nobody_is_said_to_be_removed(scene: TrustScene, request: Any) -> None:
    name = repository(request) + ":1"
    scene.push(name, name)
    scene.sign(name, "alice")
    scene.sign(name, "bob")
    scene.without_notary()
    order = scene.admin(name, signers=[{"name": "alice", "state": "absent"}], signer="bob")
    order["private_key_path"] = str(scene.keys / "bob.pem")
    with pytest.raises(ToolMissing, match="signer alice is still there: .* .package notary of Debian"):
        scene.signature(order)
    assert {row["signer"] for row in scene.info(name)["signatures"]} == {"alice", "bob"}


@pytest.mark.parametrize("store", STORES)
def test_what_is_signed_is_pulled_by_its_digest(scene: TrustScene, request: Any, lab: Any, store: str) -> None:
    name = repository(request) + ":1"
    digest = scene.push(name, name)
    scene.sign(name, "alice")
    engine = engine_of(lab, store)
    api = docker.APIClient(base_url=engine["docker_host"], version="auto", timeout=120)
    scene.sweep()
    pin = [{"name": "alice", "public_key_path": str(scene.public("alice"))}]
    order = scene.options(name, state="pulled", docker_host=engine["docker_host"], signer="alice", signers=pin)
    try:
        assert scene.signature(order, apply=False)["changed"] is True
        pulled = scene.signature(order)
        assert (pulled["changed"], pulled["digest"], pulled["verified"]) == (True, digest, True)
        there = api.inspect_image(scene.name(name))
        assert set(there["RepoDigests"]) == {"%s@%s" % (scene.name(name).rpartition(":")[0], digest)}
        assert scene.signature(order)["changed"] is False
        other = scene.key("mallory")
        forged = [{"name": "alice", "public_key_path": str(scene.public(other.stem))}]
        with pytest.raises(NotSigned, match="a signature of alice with the given key is wanted"):
            scene.signature({**order, "signers": forged})
        if store == STORES[0]:
            # Whoever has the repository's own key adds another one to the name: which of both signed is not told.
            scene.signature(scene.admin(name, signers=forged))
            with pytest.raises(
                NotSigned, match="alice has other keys there as well .* which of them signed is not told"
            ):
                scene.signature(order)
            assert scene.signature({**order, "signers": [*pin, *forged]})["verified"] is True
    finally:
        api.remove_image(scene.name(name), force=True)


@pytest.mark.parametrize("store", STORES[1:])
def test_an_engine_that_cannot_sign_is_told_before_it_pushes(
    scene: TrustScene, request: Any, lab: Any, store: str
) -> None:
    name = repository(request) + ":1"
    digest = scene.push(name, name)
    elsewhere = {"docker_host": engine_of(lab, store)["docker_host"]}
    with pytest.raises(ToolError, match="keeps images in containerd's store"):
        scene.sign(name, "alice", **elsewhere)
    scene.sign(name, "alice")
    # A second signer pushes nothing, so any engine will do, or none.
    both = scene.sign(name, "bob", docker_host="tcp://127.0.0.1:1")
    assert sorted(row["signer"] for row in both["signatures"]) == ["alice", "bob"]
    assert both["digest"] == digest


def test_nothing_else_than_what_the_registry_has_is_signed(scene: TrustScene, request: Any) -> None:
    name = repository(request) + ":1"
    first = scene.push(name, "first of " + name)
    scene.load(name, "never pushed of " + name)
    with pytest.raises(
        ToolError, match="is %s in its registry, and in the engine an image that was never pushed" % first
    ):
        scene.sign(name, "alice")
    scene.sweep()
    with pytest.raises(ToolError, match="the engine has no "):
        scene.sign(name, "alice")
    assert scene.registry.tags(name.partition(":")[0]) == {"1": first}

    fresh = repository(request) + "-new:1"
    scene.load(fresh, "new of " + name)
    signed = scene.sign(fresh, "alice")
    assert signed["digest"] == scene.registry.tags(fresh.partition(":")[0])["1"]


def test_keys_of_all_kinds_sign_or_are_refused_by_name(scene: TrustScene, request: Any) -> None:
    name = repository(request)
    kept = scene.folder / "kept"
    kept.mkdir()
    scene.docker(
        "trust", "key", "generate", "carol", "--dir", str(kept),
        DOCKER_CONFIG=str(kept), DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=PASSPHRASE,
    )  # fmt: skip
    shutil.copy(kept / "carol.pub", scene.public("carol"))
    (generated,) = (kept / "trust" / "private").glob("*.key")
    text = generated.read_text()
    assert "role: carol" in text
    scene.push(name + ":1", "one of " + name)
    with pytest.raises(PolicyError, match="passphrase: .* is encrypted"):
        scene.signature(scene.admin(name + ":1", "carol", private_key_content=text, passphrase=None))
    signed = scene.signature(scene.admin(name + ":1", "carol", private_key_content=text))
    assert [row["signer"] for row in signed["signatures"]] == ["carol"]

    scene.key("dave")
    plain = (scene.keys / "dave.pem").read_text()
    scene.signature(scene.admin(name + ":1", "dave"))
    signed = scene.signature(scene.options(name + ":1", signer="dave", private_key_content=plain))
    assert sorted(row["signer"] for row in signed["signatures"]) == ["carol", "dave"]

    with pytest.raises(ToolError, match="not signed by eve|no valid signing keys"):
        scene.key("eve")
        scene.signature(scene.options(name + ":1", signer="eve", private_key_path=str(scene.keys / "eve.pem")))
    scene.push(name + ":2", "two of " + name)
    with pytest.raises(ToolError, match="was not signed|is not signed"):
        scene.signature(scene.options(name + ":2", private_key_content=text, passphrase="not-the-passphrase"))
    assert scene.info(name + ":2")["verified"] is False


def test_no_secret_is_in_arguments_output_or_files(scene: TrustScene, request: Any) -> None:
    name = repository(request)
    key = scene.key("alice")
    scene.key("bob")
    text = key.read_text()
    scene.push(name + ":1", name)
    key.unlink()
    first = scene.signature(scene.admin(name + ":1", "alice", signer="alice", private_key_content=text))
    bob = str(scene.keys / "bob.pem")
    scene.signature(scene.admin(name + ":1", "bob", signer="bob", private_key_path=bob))
    goes = [{"name": "alice", "state": "absent"}]
    scene.signature(scene.admin(name + ":1", signers=goes, signer="bob", private_key_path=bob))
    scene.signature(scene.options(name + ":1", state="revoked", signer="bob", private_key_path=bob))
    with pytest.raises(ToolError) as error:
        scene.signature(scene.options(name + ":1", signer="alice", private_key_content=text, passphrase="0therSecret"))
    secrets = [
        PASSPHRASE,
        ROOT_PASSPHRASE,
        "0therSecret",
        text.splitlines()[1],
    ]  # its other lines hold the public key too
    shown = [repr(first), str(error.value), *scene.printed]
    words = scene.argv.read_text()
    assert "sign" in words.splitlines() and "witness" in words.splitlines()
    for secret in secrets:
        assert secret not in words
        assert not [one for one in shown if secret in one]
        assert not [path for path in scene.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    private = list((scene.config / "trust" / "private").iterdir())
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert {"root", "targets"} == {re.findall(r"role: (\S+)", path.read_text())[0] for path in private}


def test_a_command_line_without_trust_is_refused_and_the_host_is_told(
    scene: TrustScene, request: Any, monkeypatch: Any
) -> None:
    name = repository(request) + ":1"
    scene.push(name, name)
    scene.sign(name, "alice")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    told = scene.info(name)["environment"]
    assert (told["docker_content_trust"], told["effective"]) == ("1", True)
    assert told["cli_version"].startswith("26.1")

    newer = scene.folder / "docker29"
    newer.write_text(NEWER)
    newer.chmod(0o755)
    words = "29.0.0 has no docker trust: .* DOCKER_CONTENT_TRUST=1 does nothing there. Use method: cosign"
    for state in ("signed", "pulled", "revoked"):
        with pytest.raises(ToolMissing, match=words):
            scene.signature(scene.options(name, state=state, docker_cli=str(newer), passphrase=PASSPHRASE))
    told = scene.info(name, docker_cli=str(newer))
    assert told["verified"] is None and re.search(words, told["reason"])
    assert (told["environment"]["cli_version"], told["environment"]["effective"]) == ("29.0.0", False)
    assert "removed with version 29" in told["environment"]["reasons"][0]


def test_what_was_signed_is_listed_and_signed_with_cosign(scene: TrustScene, request: Any) -> None:
    name = repository(request)
    digests = {}
    for tag in ("1", "2"):
        digests[tag] = scene.push("%s:%s" % (name, tag), "%s of %s" % (tag, name))
        scene.sign("%s:%s" % (name, tag), "alice")
    scene.push(name + ":3", "three of " + name)
    told = scene.info(name)
    assert told["verified"] is True
    assert {row["tag"]: row["digest"] for row in told["signatures"]} == digests
    tool = Cosign("2", scene.folder / "cosign")
    for row in told["signatures"]:
        tool.sign("%s@%s" % (row["repository"], row["digest"]))
    assert all(tool.verifies(scene.name("%s:%s" % (name, tag))) for tag in digests)
    assert not tool.verifies(scene.name(name + ":3"))
