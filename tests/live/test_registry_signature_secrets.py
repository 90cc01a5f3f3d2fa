# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and passwords with both real cosigns: where they are while it runs, and that nothing of them is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import pytest
import registry_content as content
from cosign import PASSWORD, SUITES
from lab.certificates import make_certificates
from own_registry import OwnRegistry
from registry_pushing import push
from signing import Signer, left_behind
from test_registry_access import HTPASSWD, USER
from test_registry_access import PASSWORD as SECRET
from token_server import TokenServer

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import FleetError

WEB = "shop/web"
IMAGE = WEB + ":1.0.0"
STATEMENT = {"type": "https://example.com/built/v1", "predicate": {"by": "the lab"}}


@pytest.fixture(params=sorted(SUITES))
def guarded(request: pytest.FixtureRequest, tmp_path: Path, own: OwnRegistry) -> Iterator[Signer]:
    """A registry over TLS, with a certificate of an authority of ours, that asks who is there."""
    push(own.address, WEB, content.multi_platform("release"), "1.0.0")
    folder = tmp_path / "tls"
    make_certificates(folder, "127.0.0.1")
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    own.stop()
    own.server.tls = {"certificate": str(folder / "server-cert.pem"), "key": str(folder / "server-key.pem")}
    own.server.auth = {"htpasswd": {"realm": "lab", "path": str(tmp_path / "htpasswd")}}
    own.start()
    access = {"insecure": False, "ca_path": str(folder / "ca.pem"), "username": USER, "password": SECRET}
    yield Signer(request.param, tmp_path / "alice", own.address, **access)


def by_content(signer: Signer) -> dict[str, Any]:
    return {"private_key_path": None, "private_key_content": signer.cosign.key.read_text()}


def test_secrets_are_in_no_argument_and_in_no_file_that_others_can_read(guarded: Signer) -> None:
    before = left_behind()
    results = [
        guarded.run(IMAGE, **by_content(guarded)),
        guarded.run(IMAGE, state="attested", attestation=STATEMENT, **by_content(guarded)),
        guarded.info(IMAGE),
        guarded.run(IMAGE, state="revoked"),
    ]
    assert [one["changed"] for one in results] == [True, True, False, True]
    calls = guarded.calls()
    key = guarded.cosign.key.read_text().splitlines()[1]
    for text in ("\n".join(calls.argv), json.dumps(results)):
        assert all(secret not in text for secret in (SECRET, PASSWORD, key, str(guarded.cosign.key)))
    assert any("sign --key env://IMAGEFLEET_PRIVATE_KEY" in line for line in calls.argv)
    assert "COSIGN_PASSWORD=" + PASSWORD in calls.environment
    assert all(SECRET not in variable for variable in calls.environment)
    assert calls.files and {mode for mode, _path in calls.files} == {"600", "700"}
    assert left_behind() == before


def test_nothing_is_left_after_a_failure(guarded: Signer) -> None:
    before = left_behind()
    for options in (
        {"passphrase": "wrong word"},
        {"registries": [{**guarded.access, "password": "wrong word"}]},
        {"registries": [{**guarded.access, "ca_path": None, "retries": 0}]},
    ):
        with pytest.raises(FleetError) as failure:
            guarded.run(IMAGE, **{**by_content(guarded), **options})
        text = str(failure.value)
        assert all(secret not in text for secret in (SECRET, PASSWORD, "wrong word", "PRIVATE KEY"))
    assert left_behind() == before


def test_credentials_of_a_client_configuration(guarded: Signer, tmp_path: Path) -> None:
    access = {key: value for key, value in guarded.access.items() if key not in ("username", "password")}
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"auths": {guarded.address: {"username": USER, "password": SECRET}}}))
    options = {"registries": [access], "config_path": str(config)}
    assert guarded.run(IMAGE, **options)["changed"] and guarded.info(IMAGE, **options)["verified"]


def test_a_certificate_that_is_not_verified(guarded: Signer) -> None:
    access = {**guarded.access, "ca_path": None, "validate_certs": False}
    options = {"registries": [{key: value for key, value in access.items() if value is not None}]}
    assert guarded.run(IMAGE, **options)["changed"] and guarded.info(IMAGE, **options)["verified"]


def test_a_bearer_token(tmp_path: Path, own: OwnRegistry) -> None:
    """It is in the client configuration of the run, where both versions look for it."""
    push(own.address, WEB, content.multi_platform("release"), "1.0.0")
    make_certificates(tmp_path / "tls", "127.0.0.1")
    with TokenServer(tmp_path / "tls", USER, SECRET) as tokens:
        own.stop()
        own.server.auth = tokens.section()
        own.start()
        token = tokens.token(["repository:%s:pull,push" % WEB])
        for version in sorted(SUITES):
            signer = Signer(version, tmp_path / version, own.address, token=token)
            assert signer.run(IMAGE)["changed"] and signer.info(IMAGE)["verified"]
            assert token not in "\n".join(signer.calls().argv)
        assert tokens.asked == []
