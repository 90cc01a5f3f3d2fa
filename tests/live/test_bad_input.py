# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed options: one clear message with option, place, value and what is accepted, before the engine hears of anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from archive import Image, Layer
from lab import addresses
from proxy import Proxy
from workbench import Workbench

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError

NOWHERE = "unix:///nowhere/docker.sock"
EVERYTHING = {"repositories": "**"}


def rules(*one: Any) -> dict[str, Any]:
    return {"delete": list(one)}


#: name -> the options, and what the message must hold.
TABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    # The engine and the way there.
    "host-path": ({"docker_host": "/var/run/docker.sock"}, ("docker_host: '/var/run/docker.sock'", "unix://")),
    "host-scheme": ({"docker_host": "ftp://x:1"}, ("docker_host: 'ftp://x:1'", "tcp://", "ssh://")),
    "host-word": ({"docker_host": "docker"}, ("docker_host: 'docker'", "unix://")),
    "host-number": ({"docker_host": 2375}, ("docker_host: '2375'", "tcp://")),
    "host-port": ({"docker_host": "tcp://127.0.0.1:many"}, ("tcp://127.0.0.1:many", "many")),
    "host-ssh-path": ({"docker_host": "ssh://host/some/path"}, ("ssh://host/some/path",)),
    "socket-missing": ({"docker_host": NOWHERE}, (NOWHERE, "no socket /nowhere/docker.sock", "docker_host right")),
    "socket-no-socket": ({"docker_host": "unix:///etc/passwd"}, ("unix:///etc/passwd", "No answer")),
    "socket-folder": ({"docker_host": "unix:///tmp"}, ("unix:///tmp", "No answer")),
    "name-unknown": (
        {"docker_host": "tcp://no-such-host.invalid:2375"},
        ("tcp://no-such-host.invalid:2375", "No answer"),
    ),
    "timeout-0": ({"timeout": 0}, ("timeout: 0 ", "positive number of seconds")),
    "timeout-negative": ({"timeout": -1}, ("timeout: -1 ", "positive number of seconds")),
    "timeout-text": ({"timeout": "soon"}, ("timeout: 'soon'", "positive number of seconds")),
    "timeout-list": ({"timeout": [1]}, ("timeout: [1]", "positive number of seconds")),
    "api-version-text": ({"api_version": "newest"}, ("api_version: 'newest'", "auto", "1.41")),
    "api-version-old": ({"api_version": "1.24"}, ("1.24", "1.41")),
    "cert-without-key": ({"client_cert": "/x.pem"}, ("client_cert: given without client_key",)),
    "key-without-cert": ({"client_key": "/x.pem"}, ("client_key: given without client_cert",)),
    "ca-missing": (
        {"docker_host": "tcp://127.0.0.1:1", "tls": True, "validate_certs": True, "ca_path": "/nowhere/ca.pem"},
        ("tcp://127.0.0.1:1", "ca_path", "/nowhere/ca.pem"),
    ),
    "cert-missing": (
        {"docker_host": "tcp://127.0.0.1:1", "tls": True, "client_cert": "/nowhere/c", "client_key": "/nowhere/k"},
        ("tcp://127.0.0.1:1", "client_cert", "/nowhere/c"),
    ),
    # Rules.
    "rules-text": ({"delete": "all"}, ("delete: 'all' is not a list of rules",)),
    "rules-mapping": ({"keep": {"tags": "v1"}}, ("keep: ", "is not a list of rules")),
    "rule-text": (rules(EVERYTHING, "all"), ("delete[1]: 'all' is not a rule", "repositories")),
    "rule-empty": (rules(EVERYTHING, {}), ("delete[1]: it selects nothing in particular", '"**"')),
    "rule-name-only": (rules({"name": "x"}), ("delete[0]: it selects nothing in particular",)),
    "field-unknown": (
        rules({"repository": "x"}),
        ("delete[0].repository: no such field", "did you mean repositories?"),
    ),
    "field-of-keep": (rules({**EVERYTHING, "newest": 3}), ("delete[0].newest: only keep rules rank", "3")),
    "field-effectless": (
        {"keep": [{**EVERYTHING, "newest_per": "major"}]},
        ("keep[0].newest_per: 'major' has no effect",),
    ),
    "clock-effectless": (rules({**EVERYTHING, "clock": "created"}), ("delete[0].clock: created has no effect",)),
    "clock-unknown": (
        rules({"older_than": "1d", "clock": "born"}),
        ("delete[0].clock: 'born'", "arrived, created, last_used"),
    ),
    "age-text": (rules({"older_than": "1 month"}), ("delete[0].older_than: '1 month' is not a duration", "14d")),
    "age-no-unit": (rules(EVERYTHING, {"older_than": 30}), ("delete[1].older_than: 30 has no unit", "30d")),
    "age-negative": (rules({"older_than": "-1d"}), ("delete[0].older_than: '-1d' is not a duration",)),
    "age-twice": (rules({"younger_than": "1h2h"}), ("delete[0].younger_than: '1h2h' names a unit twice",)),
    "age-forever": (rules({"older_than": "9999w"}), ("delete[0].older_than: '9999w' is more than 100 years",)),
    "tags-number": (rules({"tags": 1.10}), ("delete[0].tags: 1.1 is not text", "quote it")),
    "tags-number-in-list": (rules({"tags": ["v1", 2]}), ("delete[0].tags: 2 is not text", "quote it")),
    "tags-empty": (rules({"tags": []}), ("delete[0].tags: the list is empty", '"**"')),
    "tags-blank": (rules({"tags": ["v1", " "]}), ("delete[0].tags: an empty pattern",)),
    "tags-mapping": (rules({"tags": {"a": 1}}), ("delete[0].tags: {'a': 1} is neither text nor a list",)),
    "regex-broken": (rules({"tags": "regex:v(["}), ("delete[0].tags: 'regex:v(['", "not a regular expression")),
    "regex-empty": (rules({"repositories": "regex:"}), ("delete[0].repositories: 'regex:' is an empty pattern",)),
    "regex-endless": (rules({"tags": "regex:(a+)+b"}), ("delete[0].tags: 'regex:(a+)+b'", "for ever")),
    "pattern-long": (rules({"tags": "x" * 501}), ("delete[0].tags: the pattern is longer than 500 characters",)),
    "label-nameless": (rules({"labels": "=x"}), ("delete[0].labels: '=x' has no label name", "key=pattern")),
    "tagged-word": (rules({"tagged": "maybe"}), ("delete[0].tagged: 'maybe' is neither true nor false",)),
    "tagged-contradiction": (rules({"tagged": False, "tags": "v1"}), ("delete[0].tagged: false contradicts tags",)),
    "newest-0": ({"keep": [{**EVERYTHING, "newest": 0}]}, ("keep[0].newest: 0 is not a whole number from 1 on",)),
    "newest-text": ({"keep": [{"newest": "few"}]}, ("keep[0].newest: 'few' is not a whole number",)),
    "newest-true": ({"keep": [{"newest": True}]}, ("keep[0].newest: True is not a whole number",)),
    "newest-per-unknown": ({"keep": [{"newest": 1, "newest_per": "day"}]}, ("keep[0].newest_per: 'day'", "minor")),
    "newest-per-pattern": (
        {"keep": [{"newest": 1, "newest_per": "pattern"}]},
        ("keep[0].newest_per: pattern", "regex:"),
    ),
    "order-unknown": ({"keep": [{"newest": 1, "order": "size"}]}, ("keep[0].order: 'size'", "version, clock")),
    "name-number": (rules({**EVERYTHING, "name": 7}), ("delete[0].name: 7 is not text",)),
    # What is protected.
    "protect-text": ({"protect": "app:1"}, ("protect: 'app:1' is not a list",)),
    "protect-pattern": ({"protect": ["app:1", "app:*"]}, ("protect[1]: 'app:*' is a pattern", "keep rule")),
    "protect-short-id": (
        {"protect": ["0123456789ab"]},
        ("protect[0]: '0123456789ab' looks like an image ID", "sha256:"),
    ),
    "protect-number": ({"protect": [1.2]}, ("protect[0]: 1.2 is not text",)),
    "protect-blank": ({"protect": ["a", ""]}, ("protect[1]: '' is not text",)),
    "protect-bad": ({"protect": ["App:1"]}, ("protect[0]: ", "App:1")),
    "protect-file-missing": ({"protect_file": "/nowhere/protect"}, ("protect_file: there is no /nowhere/protect",)),
    "protect-file-folder": ({"protect_file": "/etc"}, ("protect_file", "/etc", "cannot read")),
    "minimum-age": ({"minimum_age": "a day"}, ("minimum_age: 'a day' is not a duration", "24h")),
    "minimum-age-no-unit": ({"minimum_age": 24}, ("minimum_age: 24 has no unit",)),
    # Limits.
    "max-deletions-0": ({"max_deletions": 0}, ("max_deletions: 0 is not a whole number from 1 on",)),
    "max-deletions-text": ({"max_deletions": "all"}, ("max_deletions: 'all' is not a whole number",)),
    "refuse-above-text": ({"refuse_above": "half"}, ("refuse_above: 'half'", "50", "10%")),
    "refuse-above-share": ({"refuse_above": "101%"}, ("refuse_above: '101%'", "10%")),
    "refuse-above-negative": ({"refuse_above": -1}, ("refuse_above: -1 ",)),
    # Disk pressure.
    "pressure-text": ({"pressure": "85%"}, ("pressure: '85%' is not a mapping of high_watermark",)),
    "pressure-field": ({"pressure": {"high": "85%"}}, ("pressure.high: no such field", "high_watermark")),
    "watermark-text": (
        {"pressure": {"high_watermark": "full"}},
        ("pressure.high_watermark: 'full' is not a watermark", "85%"),
    ),
    "watermark-true": ({"pressure": {"high_watermark": True}}, ("pressure.high_watermark: True is not a watermark",)),
    "watermark-share": ({"pressure": {"high_watermark": "120%"}}, ("pressure.high_watermark: 120% is more than 100%",)),
    "watermark-low-only": (
        {"pressure": {"low_watermark": "70%"}},
        ("pressure.low_watermark: 70% needs high_watermark",),
    ),
    "watermark-order": (
        {"pressure": {"high_watermark": "70%", "low_watermark": "80%"}},
        ("pressure.low_watermark: 80% is above high_watermark: 70%",),
    ),
    "watermark-kinds": (
        {"pressure": {"high_watermark": "70%", "low_watermark": "10GB"}},
        ("pressure.low_watermark: 10GB and high_watermark: 70% measure different things",),
    ),
    "inodes-text": ({"pressure": {"min_free": "many inodes"}}, ("pressure.min_free: 'many inodes'", "inodes")),
    "pressure-remote": (
        {"docker_host": "tcp://127.0.0.1:1", "pressure": {"high_watermark": "85%"}},
        ("pressure: the engine at tcp://127.0.0.1:1 is remote", "run the task on that host"),
    ),
    "storage-remote": (
        {"docker_host": "ssh://127.0.0.1", "storage_path": "/var/lib/docker"},
        ("storage_path: the engine at ssh://127.0.0.1 is remote",),
    ),
    # Registries.
    "registries-text": ({"registries": "hub"}, ("registries: 'hub' is not a list",)),
    "registries-nameless": (
        {"registries": [{"username": "u", "password": "sesame"}]},
        ("registries[0]: ", "'registry'"),
    ),
}


@pytest.fixture
def proxy(bench: Workbench, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(bench.docker_host, tmp_path / "proxy.sock") as found:
        yield found


def one_message(bench: Workbench, proxy: Proxy, options: dict[str, Any]) -> str:
    """The message of a run that must fail before the engine behind the proxy hears of it."""
    before = sorted(path.name for path in bench.folder.iterdir())
    with pytest.raises(FleetError) as caught:
        bench.clean(**{"docker_host": proxy.docker_host, "timeout": 10, **options})
    assert proxy.requests == []
    after = [path.name for path in bench.folder.iterdir() if path.name != "lock"]
    assert sorted(after) == [name for name in before if name != "lock"]
    message = str(caught.value)
    assert message and "\n" not in message.strip() and "Traceback" not in message and "sesame" not in message
    assert len(message) < 900
    return message


@pytest.mark.engines("engine-20")
@pytest.mark.parametrize("case", sorted(TABLE))
def test_one_clear_message(bench: Workbench, proxy: Proxy, case: str) -> None:
    options, parts = TABLE[case]
    message = one_message(bench, proxy, options)
    for part in parts:
        assert part in message


@pytest.mark.engines("engine-20")
def test_nothing_listens(bench: Workbench, proxy: Proxy) -> None:
    host = "tcp://127.0.0.1:%d" % addresses.free_port("127.0.0.1")
    message = one_message(bench, proxy, {"docker_host": host})
    assert host in message and "Nothing listens there: is the engine running?" in message


@pytest.mark.engines("engine-20")
def test_a_protect_file_with_a_bad_line(bench: Workbench, proxy: Proxy) -> None:
    """A list that cannot be understood must not turn into no protection."""
    path = bench.folder / "protect"
    path.write_text("# ours\napp:1\n\napp:*  # all of it\n")
    message = one_message(bench, proxy, {"protect": ["other:1"], "protect_file": str(path)})
    assert "'app:*' is a pattern" in message
    assert str(path) in message and "protect[2]" not in message  # the user has no third entry in `protect`


@pytest.mark.engines("engine-20")
def test_a_storage_path_that_is_not_there(bench: Workbench, proxy: Proxy) -> None:
    """Found when it is measured; nothing is deleted."""
    bench.load(Image(["app:1"], [Layer("bad-input")]))
    with pytest.raises(FleetError, match="storage_path: /nowhere/at/all cannot be measured"):
        bench.clean(docker_host=proxy.docker_host, pressure={"high_watermark": "1%"}, storage_path="/nowhere/at/all")
    assert not proxy.of("DELETE /images/*")
    assert bench.names() == {"app:1"}
