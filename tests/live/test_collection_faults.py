# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Garbage collection that fails on the way: the registry takes pushes again, and what happened is told (S8)."""

from __future__ import annotations

import threading
from typing import Any

import registry_content as content
from collecting import APP, filled
from held_collector import HeldCollector
from lab import load
from lab.commands import wait_until
from plain_http import call
from registry_host import DROP_IN, STORAGE, UNIT, RegistryHost
from registry_pushing import push
from test_registry_access import HTPASSWD, PASSWORD, USER
from whole import all_whole, pulls_whole

OPEN_AGAIN = 60


def is_open(host: RegistryHost) -> bool:
    """It answers, takes pushes, and nothing is left that would close it."""
    return host.answers() and host.takes_pushes() and host.on("test -e %s || echo none" % DROP_IN).strip() == "none"


def test_while_it_is_closed_pulls_go_on_and_a_killed_run_is_cleared_up(host: RegistryHost) -> None:
    filled(host)
    before = host.blobs()
    with HeldCollector(host) as held:
        assert call(host.address, "POST", "/v2/%s/blobs/uploads/" % APP).status == 405
        assert not pulls_whole(host.address, APP, "2.0", attached=True)
        held.kill()
        wait_until("the guard to open the registry", lambda: is_open(host), OPEN_AGAIN)
    assert set(before) <= set(host.blobs()), "the sweep had not begun"
    assert "inactive" in host.on("systemctl is-active imagefleet-collect-docker-registry", check=False)
    assert not all_whole(host.address, APP)
    done = host.collect(quiet_period="0")
    assert done.code == 0 and done.result["summary"]["deleted"] > 0, done.errors


def test_a_collector_that_takes_too_long_is_ended(host: RegistryHost) -> None:
    filled(host)
    with HeldCollector(host, collect_timeout="5s") as held:
        failed = held.end()
    assert failed.code == 3 and "longer than 5 seconds (collect_timeout)" in failed.errors, failed.errors
    assert {row["outcome"] for row in failed.result["plan"]} == {"failed"}
    assert failed.result["summary"]["reclaimed_bytes"] == 0
    assert is_open(host) and not all_whole(host.address, APP)


def test_a_second_run_finds_the_lock(host: RegistryHost) -> None:
    filled(host)
    with HeldCollector(host, collect_timeout="30s") as held:
        second = host.collect()
        assert second.code == 6, second.errors
        assert call(host.address, "POST", "/v2/%s/blobs/uploads/" % APP).status == 405, "the first goes on"
        held.kill()
        wait_until("the guard to open the registry", lambda: is_open(host), OPEN_AGAIN)


def test_a_registry_that_does_not_close_is_not_collected(host: RegistryHost) -> None:
    """Settings of its unit win over ours; the upload that is taken tells."""
    filled(host)
    before = host.blobs()
    host.put("/run/imagefleet-test.env", b'REGISTRY_STORAGE_MAINTENANCE_READONLY={"enabled":false}\n')
    unit = host.on("cat %s" % UNIT)
    host.put(UNIT, unit.replace("[Service]\n", "[Service]\nEnvironmentFile=/run/imagefleet-test.env\n").encode())
    host.on("systemctl daemon-reload && systemctl restart docker-registry")
    host.wait()
    refused = host.collect()
    host.put(UNIT, unit.encode())
    host.on("systemctl daemon-reload && systemctl restart docker-registry")
    host.wait()
    assert refused.code == 8 and "still takes uploads (202)" in refused.errors, refused.errors
    assert set(before) <= set(host.blobs()) and refused.result["summary"]["deleted"] == 0
    assert is_open(host)


def test_a_registry_that_does_not_start_again_is_told_with_what_to_do(host: RegistryHost) -> None:
    """Its configuration was broken since its last start: that would have happened at any restart."""
    filled(host)
    before = host.blobs()
    config = host.on("cat /etc/docker/registry/config.yml")
    host.on('sed -i \'s/"addr"/"adr"/; s/"version": "0.1"/"version": 9/\' /etc/docker/registry/config.yml')
    failed = host.collect()
    host.put("/etc/docker/registry/config.yml", config.encode())
    assert failed.code != 0 and set(before) <= set(host.blobs())
    assert "by hand: rm" in failed.errors or "garbage-collect --dry-run failed" in failed.errors, failed.errors
    host.on("systemctl reset-failed docker-registry; systemctl start docker-registry")
    host.wait()
    assert is_open(host)


def test_what_an_earlier_run_left_closed_is_opened(host: RegistryHost) -> None:
    filled(host)
    host.put(DROP_IN, b"[Service]\nEnvironment='REGISTRY_STORAGE_MAINTENANCE_READONLY={\"enabled\":true}'\n")
    host.on("systemctl daemon-reload && systemctl restart docker-registry")
    host.wait()
    assert not host.takes_pushes()
    looked = host.collect("report")
    assert looked.code == 0 and any("read-only since" in note for note in looked.result["notes"]), looked.errors
    done = host.collect()
    assert done.code == 0 and any("was opened again" in note for note in done.result["notes"]), done.errors
    assert done.result["summary"]["deleted"] > 0 and is_open(host)


def test_nothing_pushed_meanwhile_is_lost(host: RegistryHost) -> None:
    """CI pushes all through it, and tries again while the registry is closed."""
    filled(host)
    stop, pushed, problems = threading.Event(), [], []

    def ci() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            image = content.multi_platform("ci-%d" % number)
            while True:
                try:
                    push(host.address, "shop/ci", image, "build-%d" % number)
                    pushed.append("build-%d" % number)
                    break
                except (OSError, AssertionError) as error:
                    problems.append(error)
                    if stop.is_set():
                        return

    pusher = threading.Thread(target=ci)
    pusher.start()
    try:
        wait_until("the first push", lambda: len(pushed) > 2)
        ends = [host.collect(quiet_period="0") for _round in range(3)]
    finally:
        stop.set()
        pusher.join()
    # What came since the plan was made makes a run stop: it says so, and nothing went.
    assert {end.code for end in ends} <= {0, 8}, [end.errors for end in ends]
    assert all("run again" in end.errors for end in ends if end.code == 8), [end.errors for end in ends]
    assert len(pushed) > 5 and problems, "some pushes met the closed registry"
    for tag in pushed:
        assert not pulls_whole(host.address, "shop/ci", tag)
    assert not all_whole(host.address, APP)


def test_other_registries_are_refused(host: RegistryHost) -> None:
    filled(host)
    before = host.blobs()
    elsewhere = load()["registries"][0]["address"]
    wrong = host.collect(registry=elsewhere, canary_repository="t-collect-canary")
    assert wrong.code == 8 and "does not arrive in /var/lib/docker-registry" in wrong.errors, wrong.errors
    nothing = host.collect(service="docker-registry-2")
    assert nothing.code == 8 and "service docker-registry-2.service does not run" in nothing.errors, nothing.errors
    folder = host.collect(storage_path="/srv")
    assert folder.code == 8 and "no registry keeps its content in /srv" in folder.errors, folder.errors
    other = host.collect(service="ssh")
    assert other.code == 8 and "as the distribution registry is started" in other.errors, other.errors
    assert set(before) <= set(host.blobs()) and is_open(host)


def test_a_damaged_storage_is_not_collected(host: RegistryHost) -> None:
    """The collector passes over a manifest that is lost, and takes what it names: nothing would bring that back."""
    kept, _gone = filled(host)
    name = kept.children[0].digest.partition(":")[2]
    blob = "%s/docker/registry/v2/blobs/sha256/%s/%s/data" % (STORAGE, name[:2], name)
    host.on("mv %s /run/imagefleet-test.blob" % blob)
    try:
        before = host.blobs()
        refused = host.collect()
        assert refused.code == 8 and kept.children[0].digest in refused.errors, refused.errors
        assert host.blobs() == before and is_open(host)
    finally:
        host.on("mv /run/imagefleet-test.blob %s" % blob)
    done = host.collect(quiet_period="0")
    assert done.code == 0 and done.result["summary"]["deleted"] > 0, done.errors
    assert not all_whole(host.address, APP)


def test_settings_that_forbid_it(host: RegistryHost) -> None:
    filled(host)
    upstream = "http://%s" % load()["registries"][0]["address"]
    refused: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "storage.delete.enabled": ({"delete": {"enabled": False}}, {}),
        "remembers its blobs in Redis": ({"cache": {"blobdescriptor": "redis"}}, {"redis": {"addr": "127.0.0.1:1"}}),
        "is a pull-through cache": ({}, {"proxy": {"remoteurl": upstream}}),
    }
    for told, (storage, settings) in refused.items():
        host.settings = settings
        try:
            host.configure(**storage)
            end = host.collect()
        finally:
            host.settings = {}
            host.configure()
        assert end.code == 8 and told in end.errors, end.errors


def test_credentials_are_used_and_never_told(host: RegistryHost) -> None:
    """Those of ours, and what is secret in the registry's own environment."""
    filled(host)
    host.put("/run/imagefleet-test.htpasswd", HTPASSWD.encode())
    unit = host.on("cat %s" % UNIT)
    host.put(UNIT, unit.replace("[Service]\n", "[Service]\nEnvironment=REGISTRY_HTTP_SECRET=h1dden-secret\n").encode())
    host.settings = {"auth": {"htpasswd": {"realm": "basic-realm", "path": "/run/imagefleet-test.htpasswd"}}}
    try:
        host.configure()
        wrong = host.collect(username=USER, password="n0t-the-one")
        done = host.collect(username=USER, password=PASSWORD)
    finally:
        host.settings = {}
        host.put(UNIT, unit.encode())
        host.configure()
    assert wrong.code == 8 and "401" in wrong.errors, wrong.errors
    assert done.code == 0 and done.result["summary"]["deleted"] > 0, done.errors
    told = host.on("cat /run/imagefleet-test.log /run/imagefleet-test.report.json /run/imagefleet-test.prom")
    told += wrong.errors + done.errors + str(wrong.report) + str(done.report)
    assert not [secret for secret in ("n0t-the-one", PASSWORD, "h1dden-secret") if secret in told]


def test_other_maintenance_of_the_registry_goes_on(host: RegistryHost) -> None:
    """Ours is one setting of the section in which it has others."""
    filled(host)
    purging = {"enabled": True, "age": "168h", "interval": "24h", "dryrun": False}
    try:
        host.configure(maintenance={"uploadpurging": purging})
        done = host.collect()
    finally:
        host.configure()
    assert done.code == 0 and done.result["summary"]["deleted"] > 0, done.errors
