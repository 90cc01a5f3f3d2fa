# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a fleet runs is verified: real cosigns, a real notary server, real registries that come and go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest
import registry_content as content
from building import engine_of
from cosign import SUITES
from lab import TESTED
from lab.notary import Notary
from lab.paths import cache, instance
from own_registry import ADDRESS, OwnRegistry
from registry_pushing import push
from scheduled_regions import ScheduledJob
from signing import Signer, run_program
from trusting import NEWER, TrustScene
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.ledger import HostEntry, Ledger
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet import run_fleet_verification
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.fleet_request import parse_fleet_options
from ansible_collections.imagefleet.docker.plugins.module_utils._sign_run.scratch import Scratch
from ansible_collections.imagefleet.docker.plugins.module_utils._store.ledger import save_ledger

PASSWORD = "hunter2-of-signatures"
NOBODY = "sha256:" + "e" * 64


class Estate:
    """A ledger of hosts that run what is told; one key of cosign signs."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.json"
        self.uses: dict[str, tuple[str, ...]] = {}
        self.names: dict[str, tuple[str, ...]] = {}

    def runs(self, digest: str, *hosts: str, names: tuple[str, ...] = ()) -> str:
        self.uses[digest] = hosts
        self.names[digest] = names
        return digest

    def write(self, complete: bool = True, age: int = 0) -> None:
        now = int(time.time()) - age
        hosts = {host: HostEntry(now, True) for users in self.uses.values() for host in users}
        digests = {digest: dict.fromkeys(users, now) for digest, users in self.uses.items()}
        save_ledger(
            str(self.path), Ledger(now - 1, now, complete=complete, hosts=hosts, digests=digests, names=self.names)
        )

    def verify(self, run: Any = run_program, **options: Any) -> dict[str, Any]:
        with Scratch() as scratch:
            order, tools = parse_fleet_options({"ledger": str(self.path), **options}, scratch, run)
            return run_fleet_verification(order, tools, int(time.time()))


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path)


@pytest.fixture(params=sorted(SUITES))
def alice(request: pytest.FixtureRequest, tmp_path: Path, own: OwnRegistry) -> Signer:
    return Signer(request.param, tmp_path / "alice", own.address)


def pushed(estate: Estate, signer: Signer, name: str, *hosts: str) -> str:
    """An image that hosts run by its tag."""
    digest = push(signer.address, name, content.multi_platform(name), "1")
    full = "%s/%s" % (signer.address, name)
    return estate.runs(digest, *hosts, names=("%s:1" % full, "%s@%s" % (full, digest)))


def keys(signer: Signer, *others: Signer, **more: Any) -> dict[str, Any]:
    """Options that trust these keys."""
    paths = [str(one.cosign.public) for one in (signer, *others)]
    known = {"cosign": str(signer.program), "registries": [signer.access], "public_key_paths": paths}
    return {"method": "cosign", **known, **more}


def states(result: Mapping[str, Any]) -> dict[str, Any]:
    return {row["digest"]: row["verified"] for row in result["images"]}


def test_what_is_signed_and_what_is_not_with_the_hosts_that_run_it(estate: Estate, alice: Signer) -> None:
    web = pushed(estate, alice, "shop/web", "host-1", "host-2")
    tool = pushed(estate, alice, "shop/tool", "host-2")
    local = estate.runs(NOBODY, "host-3", names=("local/thing:1",))
    alice.run("shop/web:1")
    estate.write()
    result = estate.verify(**keys(alice))
    assert states(result) == {web: True, tool: False, local: None}
    assert result["summary"] == {"images": 3, "verified": 1, "unsigned": 1, "unknown": 1, "others": 0}
    assert result["ledger"] == {"path": str(estate.path), "complete": True, "problems": []}
    rows = {row["digest"]: row for row in result["images"]}
    assert rows[web]["hosts"] == ["host-1", "host-2"] and rows[web]["reason"] is None
    assert rows[web]["signers"] == [alice.run("shop/web:1")["signatures"][0]["key"]]
    assert rows[web]["image"] == "%s/shop/web@%s" % (alice.address, web)
    assert "%s/shop/web:1" % alice.address in rows[web]["references"]
    assert rows[tool]["hosts"] == ["host-2"] and "is not signed" in rows[tool]["reason"]
    assert "no name is known" in rows[local]["reason"] and rows[local]["image"] == "local/thing:1"
    assert result["images"] == sorted(result["images"], key=lambda row: row["image"])


def test_one_question_and_one_verification_for_each_image(estate: Estate, alice: Signer, own: OwnRegistry) -> None:
    names = ["shop/web", "shop/api", "shop/tool"]
    for name in names:
        pushed(estate, alice, name, "host-1", "host-2", "host-3")
        alice.run(name + ":1")
    estate.write()
    before = len(alice.calls().argv)
    assert estate.verify(**keys(alice))["summary"]["verified"] == 3
    words = [one.split(" ", 1)[0] for one in alice.calls().argv[before:]]
    # Its dialect is read off its help, once for a repository.
    assert words == ["sign", "verify"] * 3


def test_another_key_counts_only_when_it_is_given(estate: Estate, alice: Signer, tmp_path: Path) -> None:
    bob = Signer(alice.version, tmp_path / "bob", alice.address)
    web = pushed(estate, alice, "shop/web", "host-1")
    api = pushed(estate, alice, "shop/api", "host-1")
    alice.run("shop/web:1")
    bob.run("shop/api:1")
    estate.write()
    assert states(estate.verify(**keys(alice))) == {web: True, api: False}
    both = estate.verify(**keys(alice, bob))
    assert states(both) == {web: True, api: True}
    assert len({tuple(row["signers"]) for row in both["images"]}) == 2


def test_a_registry_that_is_silent_leaves_it_unknown_and_the_others_go_on(
    estate: Estate, alice: Signer, own: OwnRegistry, tmp_path: Path
) -> None:
    with OwnRegistry(tmp_path / "other") as other:
        there = Signer(alice.version, tmp_path / "there", other.address)
        far = pushed(estate, there, "far/web", "host-1")
        further = pushed(estate, there, "far/api", "host-2")
    web = pushed(estate, alice, "shop/web", "host-1")
    alice.run("shop/web:1")
    estate.write()
    entries = [alice.access, {"registry": other.address, "insecure": True, "retries": 0}]
    result = estate.verify(**keys(alice, registries=entries))
    assert states(result) == {far: None, further: None, web: True}
    reasons = [row["reason"] for row in result["images"] if row["verified"] is None]
    assert all(other.address in one for one in reasons)


def test_a_copy_in_another_region_counts_and_one_that_is_gone_says_nothing(
    estate: Estate, alice: Signer, own: OwnRegistry, tmp_path: Path
) -> None:
    with OwnRegistry(tmp_path / "other") as other:
        entries = [alice.access, {"registry": other.address, "insecure": True, "retries": 0}]
        copies = {}
        for name in ("shop/web", "shop/gone", "shop/lost"):
            release = content.multi_platform(name)
            places = {"shop/web": (own, other), "shop/gone": (own,), "shop/lost": ()}[name]
            digests = [push(one.address, name, release, "1") for one in places]
            digest = digests[0] if digests else "sha256:" + "d" * 64
            full = tuple("%s/%s@%s" % (one.address, name, digest) for one in (own, other))
            copies[name] = estate.runs(digest, "host-1", names=full)
        Signer(alice.version, alice.folder / "far", other.address).cosign.key.write_bytes(alice.cosign.key.read_bytes())
        far = Signer(alice.version, tmp_path / "far", other.address)
        far.run("shop/web:1", private_key_path=str(alice.cosign.key))
        estate.write()
        result = estate.verify(**keys(alice, registries=entries))
    assert states(result) == {copies["shop/web"]: True, copies["shop/gone"]: False, copies["shop/lost"]: None}
    (web,) = [row for row in result["images"] if row["verified"]]
    assert web["image"].startswith(other.address)


def test_only_these_repositories_and_how_far_the_ledger_can_be_believed(estate: Estate, alice: Signer) -> None:
    web = pushed(estate, alice, "shop/web", "host-1")
    pushed(estate, alice, "vendor/db", "host-1")
    alice.run("shop/web:1")
    estate.write(complete=False, age=3 * 86400)
    result = estate.verify(**keys(alice, repositories=["shop/**"]))
    assert states(result) == {web: True} and result["summary"]["others"] == 1
    assert result["ledger"]["complete"] is False and "the ledger is incomplete" in result["ledger"]["problems"][0]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"public_key_paths": []}, "public_key_paths: nothing can be verified without"),
        ({"public_key_paths": ["/nowhere.pub"]}, "there is no /nowhere.pub"),
        ({"running": True}, "one of the two"),
        ({"ledger": None}, "one of the two"),
        ({"ledger": "ledger.json"}, "ledger: 'ledger.json' is no absolute path"),
        ({"signed_as": "registry.example.com/web"}, "signed_as: it is for one image"),
        ({"repositories": [1]}, "repositories: 1 is not text"),
        ({"method": "docker_trust"}, "public_key_paths: it is for method: cosign"),
    ],
)
def test_what_cannot_be_meant(estate: Estate, alice: Signer, options: dict[str, Any], message: str) -> None:
    pushed(estate, alice, "shop/web", "host-1")
    estate.write()
    with pytest.raises(PolicyError, match=message):
        estate.verify(**keys(alice, **options))


def test_without_a_ledger_or_a_program_nothing_is_told(estate: Estate, alice: Signer) -> None:
    with pytest.raises(StateError, match="ledger: there is no file"):
        estate.verify(**keys(alice))
    pushed(estate, alice, "shop/web", "host-1")
    estate.write()
    with pytest.raises(ToolMissing, match="/nowhere/cosign cannot be started"):
        estate.verify(**keys(alice, cosign="/nowhere/cosign"))


# The schedule ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alice", ["3"], indirect=True)
def test_the_schedule_tells_what_is_not_signed_and_what_changed(estate: Estate, alice: Signer, tmp_path: Path) -> None:
    pushed(estate, alice, "shop/web", "host-1")
    tool = pushed(estate, alice, "shop/tool", "host-2")
    alice.run("shop/web:1")
    estate.write()
    options = {"ledger": str(estate.path), **keys(alice)}
    options["registries"] = [{**alice.access, "username": "u", "password": PASSWORD}]
    with ScheduledJob(tmp_path / "verify", "verify", options) as job:
        assert job.run("--dry-run").code == 14 and job.calls == []
        ended = job.run()
        assert (
            ended.code == 14 and "1 of 2 images in use are not signed: %s/shop/tool:1 (" % alice.address in ended.errors
        )
        assert "Not signed, and in use:" in ended.output and job.told["result"] == job.report["result"]
        assert job.metrics['imagefleet_verify_images{state="unsigned"}'] == 1
        alice.run("shop/tool:1")
        ended = job.run()
        news = "%s/shop/tool:1 is verified, it was not signed before" % alice.address
        assert ended.code == 0 and news in ended.output, ended.errors
        assert (len(job.calls), job.told["result"]["news"]) == (2, [news])
        assert job.run().code == 0 and len(job.calls) == 2
        alice.run("shop/tool@" + tool, state="revoked")
        estate.write(complete=False)
        ended = job.run()
        assert ended.code == 14 and "more may run than was verified: the ledger is incomplete" in ended.errors
        assert "is not signed, it was verified before" in job.told["result"]["news"][0]
        assert job.metrics["imagefleet_verify_ledger_incomplete{}"] == 1
        alice.run("shop/tool:1")
        assert job.run().code == 3, "what may run beside what is known may be unsigned"
        estate.path.unlink()
        ended = job.run()
        assert ended.code == 10 and str(estate.path) in ended.errors and job.report["result"] is None
        assert PASSWORD not in job.left() + ended.output + ended.errors


@pytest.mark.parametrize("alice", ["3"], indirect=True)
def test_what_the_host_itself_runs(alice: Signer, bench: Workbench, tmp_path: Path) -> None:
    """Of both image stores: what was pulled by a signed index, what by no signed one, and what was never in a registry."""
    names = {"signed": "shop/signed", "not": "shop/not"}
    containers = []
    options = {"running": True, "docker_host": bench.docker_host, **keys(alice)}
    try:
        for word, name in names.items():
            push(alice.address, name, content.multi_platform("%s on %s" % (word, bench.docker_host)), "1")
            full = "%s/%s" % (alice.address, name)
            bench.api.pull(full, tag="1")
            containers.append(bench.api.create_container(full + ":1", command="/none")["Id"])
        alice.run("shop/signed:1")
        with ScheduledJob(tmp_path / "verify", "verify", {**options, "repositories": alice.address + "/**"}) as job:
            ended = job.run()
            assert ended.code == 14, ended.errors
            report = job.report["result"]
        assert {row["references"][0].rpartition("/")[2]: row["verified"] for row in report["images"]} == {
            "signed:1": True,
            "not:1": False,
        }
        assert (report["ledger"]["path"], report["ledger"]["complete"], report["ledger"]["problems"]) == (
            None,
            True,
            [],
        )
        host = bench.api.info()["Name"]
        assert {tuple(row["hosts"]) for row in report["images"]} == {(host,)}
    finally:
        for one in containers:
            bench.api.remove_container(one, force=True)
        for name in names.values():
            bench.api.remove_image("%s/%s:1" % (alice.address, name), force=True)


# Docker Content Trust ----------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(lab: Any, tmp_path: Path, own: OwnRegistry) -> Iterator[TrustScene]:
    notary = Notary(tmp_path / "notary", ADDRESS, cache(), instance(TESTED).root).start()
    found = TrustScene(tmp_path, own, notary, engine_of(lab, "engine-20"))
    yield found
    found.sweep()
    notary.stop()


def test_content_trust_by_digest_and_a_server_that_is_down(estate: Estate, scene: TrustScene) -> None:
    digests = {}
    for name in ("shop/web", "shop/tool"):
        digests[name] = scene.push(name + ":1", name)
        estate.runs(digests[name], "host-1", names=("%s@%s" % (scene.name(name), digests[name]),))
    scene.sign("shop/web:1", "alice")
    estate.write()
    options = {key: value for key, value in scene.options("shop/web:1").items() if key != "image"}
    result = estate.verify(scene.run, **options)
    assert states(result) == {digests["shop/web"]: True, digests["shop/tool"]: False}
    assert [row["signers"] for row in result["images"]] == [[], ["alice"]]
    assert estate.verify(scene.run, **{**options, "signer": "bob"})["summary"]["unsigned"] == 2
    scene.notary.stop()
    assert set(states(estate.verify(scene.run, **options)).values()) == {None}
    newer = scene.folder / "docker-29"
    newer.write_text(NEWER)
    newer.chmod(0o755)
    with pytest.raises(ToolMissing, match="29.0.0 has no docker trust"):
        estate.verify(scene.run, **{**options, "docker_cli": str(newer)})


def test_a_pinned_root_refuses_a_server_with_another(estate: Estate, scene: TrustScene) -> None:
    digest = scene.push("shop/web:1", "web")
    scene.sign("shop/web:1", "alice")
    root = scene.config / "trust" / "tuf" / scene.name("shop/web") / "metadata" / "root.json"
    pinned = scene.notary.trusted_by(scene.folder / "pinned")
    place = pinned / "trust" / "tuf" / scene.name("shop/web") / "metadata"
    place.mkdir(parents=True)
    (place / "root.json").write_bytes(root.read_bytes())
    estate.runs(digest, "host-1", names=("%s@%s" % (scene.name("shop/web"), digest),))
    estate.write()
    options = {key: value for key, value in scene.options("shop/web:1").items() if key != "image"}
    assert states(estate.verify(scene.run, **{**options, "config_dir": str(pinned)})) == {digest: True}
    scene.notary.stop()
    # Its storage is memory: the same server with the same certificate, and whoever comes first starts the repository.
    scene.notary.start()
    scene.config = scene.notary.trusted_by(scene.folder / "thief")
    scene.sign("shop/web:1", "thief")
    refused = estate.verify(scene.run, **{**options, "config_dir": str(pinned)})
    assert states(refused) == {digest: None}
    assert "its root key may be another than the one remembered" in refused["images"][0]["reason"]
    told = scene.docker(
        "pull", scene.name("shop/web:1"), check=False, DOCKER_CONFIG=str(pinned), DOCKER_CONTENT_TRUST="1"
    )
    assert "could not rotate trust to a new trusted root" in told
    believing = scene.notary.trusted_by(scene.folder / "believing")
    assert states(estate.verify(scene.run, **{**options, "config_dir": str(believing)})) == {digest: True}


# The playbook ------------------------------------------------------------------------------------------------------------


def test_the_playbook_shows_and_by_choice_fails(estate: Estate, alice: Signer, tmp_path: Path) -> None:
    pushed(estate, alice, "shop/web", "host-1")
    pushed(estate, alice, "shop/tool", "host-2")
    alice.run("shop/web:1")
    estate.write()
    variables = {"image_fleet_signatures_" + name: value for name, value in keys(alice).items()}
    variables.update(
        image_fleet_ledger=str(estate.path),
        image_fleet_report=str(tmp_path / "page.html"),
        ansible_connection="local",
        ansible_become=False,
        ansible_python_interpreter=sys.executable,
    )
    (tmp_path / "variables.json").write_text(json.dumps(variables))

    def run(*words: str) -> tuple[int, str]:
        command = [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "imagefleet.docker.signatures"]
        done = subprocess.run(
            [*map(str, command), "-e", "@%s" % (tmp_path / "variables.json"), *words],
            env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    code, shown = run()
    assert code == 0, shown
    assert "2 images in use on 2 hosts: 1 verified, 1 not signed, 0 not known" in shown
    assert "host-2" in (tmp_path / "page.html").read_text()
    code, shown = run("-e", "image_fleet_signatures_enforce=true")
    assert code != 0 and "are not verified, see above" in shown
