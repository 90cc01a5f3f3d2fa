# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull-through caches on a host: what the clean-up empties, what it leaves, and why descriptors are not cached (S13)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from http.client import IncompleteRead
from pathlib import Path
from typing import Any, Iterator

import pytest
from fleet_host import FleetHost
from fleet_playbooks import Playbooks
from lab.commands import wait_until
from lab.paths import cache as lab_cache
from mirror_bench import image, serve
from own_registry import OwnRegistry
from plain_http import call, digest
from registry_host import LAB
from registry_pushing import push

HOST = "host-2"
STORAGE = "/var/lib/imagefleet-mirror/live"
CONFIG = "/etc/imagefleet/clean-mirror-live.json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROGRAM = "/usr/bin/docker-registry"


class Cache:
    """The role's own cache of `upstream`, and its clean-up."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.host = FleetHost(HOST)
        (address,) = [host["address"] for host in LAB["hosts"] if host["name"] == HOST]
        self.address = "%s:5001" % address
        self._folder, self._books = folder, Playbooks(folder)
        self._entry = {"name": "live", "upstream": "http://" + upstream, "listen": self.address, "insecure": True}

    def role(self, state: str, **more: Any) -> str:
        """One run of the role; what it printed. More options of the cache may be given."""
        variables = {
            "registry_mirror_state": state,
            "registry_mirror_packages": [],
            "registry_mirror_remove_storage": True,
            "registry_mirror_caches": [{**self._entry, **more}],
        }
        play = [
            {
                "hosts": HOST,
                "gather_facts": False,
                "roles": [{"role": "imagefleet.docker.registry_mirror", **variables}],
            }
        ]
        book = self._folder / "cache.yml"
        book.write_text(json.dumps(play))
        return self._books.run("-vvv", "--diff", str(book)).stdout

    def clean(self, **options: Any) -> tuple[int, dict[str, Any]]:
        """One run of the clean-up with these options changed; its exit code and its report."""
        change = "import json; d = json.load(open('%s')); d['options'].update(%r); print(json.dumps(d))" % (
            CONFIG,
            options,
        )
        self.host.run('python3 -c "$(cat)" >/run/live.json && chmod 600 /run/live.json', change.encode())
        done = self.host.run(
            "imagefleet cache --config /run/live.json --json 2>/run/live.err; code=$?; echo; echo $code"
        )
        text, _line, code = done.rstrip().rpartition("\n")
        return int(code), json.loads(text)

    def pull(self, repository: str, reference: str) -> str:
        """Everything of an image, each piece compared with its digest; returns the digest of the image."""
        path = "/v2/%s/manifests/%s" % (repository, reference)
        answer = call(self.address, "GET", path, headers=[("Accept", OCI_MANIFEST)])
        assert answer.status == 200, answer
        manifest = json.loads(answer.body)
        for piece in (manifest["config"], *manifest["layers"]):
            blob = call(self.address, "GET", "/v2/%s/blobs/%s" % (repository, piece["digest"]))
            assert blob.status == 200 and digest(blob.body) == piece["digest"], piece
        return digest(answer.body)

    def holds(self, repository: str) -> bool:
        found = self.host.run(
            "test -d %s/docker/registry/v2/repositories/%s && echo yes || true" % (STORAGE, repository)
        )
        return bool(found.strip())


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[OwnRegistry]:
    with OwnRegistry(tmp_path / "upstream") as registry:
        yield registry


@pytest.fixture
def cache(tmp_path: Path, upstream: OwnRegistry) -> Iterator[Cache]:
    found = Cache(tmp_path, upstream.address)
    program = (lab_cache().tools("bookworm") / "usr/bin/docker-registry").read_bytes()
    found.host.run("cat >%s && chmod 755 %s" % (PROGRAM, PROGRAM), program)
    try:
        said = found.role("present")
        assert "failed=0" in said, said
        yield found
    finally:
        said = found.role("absent")
        found.host.run("rm -rf %s /run/live.json /run/live.err" % PROGRAM)
        assert "failed=0" in said, said


def test_it_is_emptied_only_while_its_upstream_answers_and_comes_back_when_nothing_can_be_pulled(
    cache: Cache, upstream: OwnRegistry
) -> None:
    one, two = (serve(upstream, name, "1") for name in ("library/one", "library/two"))
    assert cache.pull("library/one", "1") == one and cache.pull("library/two", "1") == two
    assert cache.holds("library/one") and cache.holds("library/two")

    upstream.stop()
    code, report = cache.clean(max_size="1kB")
    assert code == 4 and report["result"]["plan"][0]["outcome"] == "deferred", report
    assert cache.holds("library/one")
    upstream.start()

    # A proof that fails: the content comes back, and the cache serves.
    code, report = cache.clean(max_size="1kB", probe="library/nothing:1")
    assert code == 3 and "it has its old content again" in report["message"], report
    assert cache.holds("library/one")
    assert cache.pull("library/one", one) == one

    # A run that was killed after it set the content aside leaves a cache that starts, and the next run ends it.
    cache.host.run("echo empty >%s/.imagefleet-order && systemctl restart imagefleet-mirror-live" % STORAGE)
    assert not cache.holds("library/one")
    wait_until("the cache", lambda: call(cache.address, "GET", "/v2/").status == 200, 30)
    assert cache.pull("library/one", "1") == one and cache.pull("library/two", "1") == two
    code, report = cache.clean(max_size="1kB")
    summary = report["result"]["summary"]
    assert code == 0 and summary["images_read"] == 1 and 0 < summary["used_bytes"] < summary["used_bytes_before"], (
        report
    )
    # Of what it held it has the image that was its proof, and it brings the other one again, whole.
    assert cache.holds("library/one") and not cache.holds("library/two")
    assert cache.pull("library/one", "1") == one and cache.pull("library/two", "1") == two
    assert cache.host.run("ls -A %s" % STORAGE).split() == [
        ".imagefleet-emptied",
        ".imagefleet-mirror.json",
        "docker",
    ]


def test_what_is_not_marked_as_a_cache_is_refused(cache: Cache, upstream: OwnRegistry) -> None:
    serve(upstream, "library/one", "1")
    cache.pull("library/one", "1")
    cache.host.run("rm %s/.imagefleet-mirror.json" % STORAGE)
    code, report = cache.clean(max_size="1kB")
    assert code == 8 and "no marker" in report["message"], report
    said = cache.role("present")
    assert "is not empty and was not made for cache live" in said, said
    cache.host.run("""echo '{"cache": "live"}' >%s/.imagefleet-mirror.json""" % STORAGE)


def test_upstream_credentials_need_consent_and_are_shown_nowhere(cache: Cache) -> None:
    secret = "pw-5b1c9e-planted"
    refused = cache.role("present", username="u", password=secret)
    assert "set expose_private to true" in refused and secret not in refused
    said = cache.role("present", username="u", password=secret, expose_private=True)
    assert "failed=0" in said and secret not in said
    assert cache.host.run("grep -rl %s /etc /var/log /var/lib/imagefleet || true" % secret).split() == [
        "/etc/imagefleet-mirror/live/config.yml"
    ]
    assert cache.host.run("stat -c '%a %U %G' /etc/imagefleet-mirror/live/config.yml").strip() == (
        "640 root imagefleet-mirror-live"
    )
    command = cache.host.run("tr '\\0' ' ' </proc/$(systemctl show -P MainPID imagefleet-mirror-live)/cmdline")
    assert "serve" in command and secret not in command


@pytest.mark.parametrize("descriptors", [True, False], ids=["as-debian-has-it", "as-the-role-writes-it"])
def test_expired_content_that_two_repositories_share(tmp_path: Path, descriptors: bool) -> None:
    """distribution#2367 on the real program: 200 with nothing in it, where descriptors are cached."""
    with OwnRegistry(tmp_path / "up") as origin:
        shared = image("shared")
        for name in ("library/a", "library/b"):
            push(origin.address, name, shared, "1")
        layer = digest(max(shared.blobs, key=len))
        with OwnRegistry(
            tmp_path / "cache", cache_of="http://" + origin.address, descriptor_cache=descriptors
        ) as proxy:
            state = proxy.server.data / "scheduler-state.json"
            for name in ("library/a", "library/b"):
                assert size(proxy, name, layer) > 0
            wait_until("its scheduler", state.exists, 30)
            proxy.stop()
            soon = (datetime.now(timezone.utc) + timedelta(seconds=5)).isoformat()
            entries = json.loads(state.read_text())
            for key in entries:
                if key.startswith("library/a@"):
                    entries[key]["ExpiryData"] = soon
            state.write_text(json.dumps(entries))
            proxy.start()
            whole = size(proxy, "library/b", layer)
            path = proxy.server.data / "docker/registry/v2/blobs/sha256" / layer[7:9] / layer[7:]
            wait_until("its expiry", lambda: not path.exists(), 30)
            assert whole > 0 and size(proxy, "library/b", layer) == (0 if descriptors else whole)


def size(registry: OwnRegistry, repository: str, blob: str) -> int:
    """Bytes that come with an answer that all is well."""
    try:
        answer = call(registry.address, "GET", "/v2/%s/blobs/%s" % (repository, blob))
    except IncompleteRead as short:
        # The length that was promised, and nothing after it.
        return len(short.partial)
    assert answer.status == 200
    return len(answer.body)
