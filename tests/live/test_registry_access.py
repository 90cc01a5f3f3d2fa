# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registries that want to know who asks: TLS, client certificates, basic authentication and tokens, all on the real thing."""

from __future__ import annotations

import base64
import json
import os
from itertools import count
from pathlib import Path
from typing import Any, Iterator

import pytest
from archive import Image, Layer
from lab import TESTED, load
from lab.addresses import free_port
from lab.certificates import make_certificates
from lab.paths import cache, instance
from lab.registry import Registry
from pushing import push, remove
from token_server import TokenServer

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import RegistryError
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.options import make_registry_options

USER, PASSWORD = "robot", "s3cret:with-colon"
# The password as bcrypt.
HTPASSWD = "robot:$2b$05$abcdefghijklmnopqrstuuIRNOPg51z5ET/i9COFSTpAout3SUOMq\n"
ADDRESS = "127.0.0.1"
NUMBERS = count(1)
ABSENT = "sha256:" + "0" * 64


class Guarded:
    """A registry of its own over the data of the first region, with one image at `path` and `digest`."""

    def __init__(self, folder: Path) -> None:
        region = load()["registries"][0]
        self.path = "t-access-%d-%d" % (os.getpid(), next(NUMBERS))
        self.pin = push("%s/%s" % (region["address"], self.path), Image([], [Layer(self.path)]))
        self.digest = self.pin.partition("@")[2]
        self.folder = folder
        self.certificates = folder / "tls"
        owner = instance(TESTED).root
        self.registry = Registry("guarded", folder, ADDRESS, free_port(ADDRESS), cache(), owner)
        self.registry.data = Path(region["data_dir"])

    def over_tls(self, **more: object) -> "Guarded":
        make_certificates(self.certificates, ADDRESS)
        pair = {"certificate": "server-cert.pem", "key": "server-key.pem"}
        self.registry.tls = {**{key: str(self.certificates / name) for key, name in pair.items()}, **more}
        return self

    def client(self, **options: Any) -> RegistryClient:
        known = {"retries": 0} if self.registry.tls else {"retries": 0, "insecure": True}
        return RegistryClient(make_registry_options({"registry": self.registry.address, **known, **options}))

    def served(self, **options: Any) -> bool:
        return self.client(**options).has_manifest(self.path, self.digest)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    found = Guarded(tmp_path)
    yield found
    found.registry.stop()
    remove(found.pin)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_tls_with_an_authority_of_its_own(guarded: Guarded) -> None:
    guarded.over_tls().registry.start()
    authority = str(guarded.certificates / "ca.pem")
    assert guarded.served(ca_path=authority)
    assert not guarded.client(ca_path=authority).has_manifest(guarded.path, ABSENT)
    assert guarded.served(validate_certs=False)
    with pytest.raises(RegistryError, match="(?i)certificate verify failed.*authority .* in ca_path"):
        guarded.served()
    with pytest.raises(RegistryError, match="answered 400"):
        guarded.served(insecure=True)


def test_plain_http_that_was_not_said(guarded: Guarded) -> None:
    guarded.registry.start()
    with pytest.raises(RegistryError, match="if the registry speaks plain HTTP, set insecure: true for it"):
        guarded.client(insecure=False).has_manifest(guarded.path, ABSENT)


def test_a_client_certificate(guarded: Guarded) -> None:
    folder = guarded.certificates
    guarded.over_tls(clientcas=[str(folder / "ca.pem")]).registry.start()
    known = {"ca_path": str(folder / "ca.pem")}
    assert guarded.served(**known, client_cert=str(folder / "cert.pem"), client_key=str(folder / "key.pem"))
    with pytest.raises(RegistryError, match="No answer from registry"):
        guarded.served(**known)


def test_a_user_and_a_password(guarded: Guarded, tmp_path: Path) -> None:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    guarded.registry.auth = {"htpasswd": {"realm": "lab", "path": str(tmp_path / "htpasswd")}}
    guarded.registry.start()
    assert guarded.served(username=USER, password=PASSWORD)
    for wrong in ({}, {"username": USER, "password": "guess-me"}):
        with pytest.raises(RegistryError, match="answered 401 .*give username and password") as caught:
            guarded.served(**wrong)
        assert "guess-me" not in str(caught.value)
    assert guarded.served(config_path=docker_config(guarded, tmp_path))


def test_the_key_with_the_longest_path_counts(guarded: Guarded, tmp_path: Path) -> None:
    """As podman keeps them: one user for the registry, another for what is below a path."""
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    guarded.registry.auth = {"htpasswd": {"realm": "lab", "path": str(tmp_path / "htpasswd")}}
    guarded.registry.start()
    whole, own = guarded.registry.address, "%s/%s" % (guarded.registry.address, guarded.path)
    right, wrong = "%s:%s" % (USER, PASSWORD), "somebody:guess-me"
    assert guarded.served(config_path=docker_config(guarded, tmp_path, **{whole: wrong, own: right}))
    for entries in ({whole: right, own: wrong}, {own + "/below": right}, {whole: wrong}):
        with pytest.raises(RegistryError, match="answered 401"):
            guarded.served(config_path=docker_config(guarded, tmp_path, **entries))


def test_credentials_that_cannot_be_decoded_are_told_before_anything_is_asked_without(
    guarded: Guarded, tmp_path: Path
) -> None:
    """A registry that lets anybody pull would not notice, and one that does not would blame the wrong thing."""
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    guarded.registry.auth = {"htpasswd": {"realm": "lab", "path": str(tmp_path / "htpasswd")}}
    guarded.registry.start()
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {guarded.registry.address: {"auth": "%%s3cret%%"}}}))
    says = "%s: the credentials of %s cannot be decoded: .*it is not base64" % (path, guarded.registry.address)
    with pytest.raises(RegistryError, match=says) as caught:
        guarded.served(config_path=str(path))
    assert "s3cret" not in str(caught.value)


def docker_config(guarded: Guarded, folder: Path, **entries: str) -> str:
    """A client configuration as docker login writes it, or with these pairs by key."""
    pairs = entries or {guarded.registry.address: "%s:%s" % (USER, PASSWORD)}
    auths = {key: {"auth": base64.b64encode(pair.encode()).decode()} for key, pair in pairs.items()}
    (folder / "config.json").write_text(json.dumps({"auths": auths}))
    return str(folder / "config.json")


def test_a_mount_is_allowed_by_one_token_for_both_repositories(guarded: Guarded, tmp_path: Path) -> None:
    """The right to push alone does not mount: what lies in the other repository must be readable too."""
    make_certificates(tmp_path / "tokens", ADDRESS)
    with TokenServer(tmp_path / "tokens", USER, PASSWORD) as tokens:
        guarded.registry.auth = tokens.section()
        guarded.registry.start()
        client = guarded.client(username=USER, password=PASSWORD)
        manifest = client.manifest(guarded.path, guarded.digest)
        assert manifest is not None
        blob = json.loads(manifest.data)["config"]["digest"]
        assert client.open_upload("t-mounted", {"mount": blob, "from": guarded.path}) == 201
        assert tokens.asked[-1] == "repository:t-mounted:pull,push repository:%s:pull" % guarded.path


def test_tokens_are_kept_per_repository_and_renewed(guarded: Guarded, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("tokens", "later")]
    for folder in folders:
        make_certificates(folder, ADDRESS)
    with TokenServer(folders[0], USER, PASSWORD) as tokens:
        guarded.registry.auth = tokens.section()
        guarded.registry.start()
        client = guarded.client(username=USER, password=PASSWORD)
        for _time in range(3):
            assert client.has_manifest(guarded.path, guarded.digest)
        assert tokens.asked == ["repository:%s:pull" % guarded.path]
        assert not client.has_manifest("t-elsewhere", ABSENT)
        assert tokens.asked[1:] == ["repository:t-elsewhere:pull"]

        # The tokens so far are good no longer.
        guarded.registry.stop()
        tokens.certificates = folders[1]
        guarded.registry.auth = tokens.section()
        guarded.registry.start()
        assert client.has_manifest(guarded.path, guarded.digest)
        assert len(tokens.asked) == 3

        assert guarded.served()  # anybody may pull here
        with pytest.raises(RegistryError, match="The token server of registry .* answered 401") as caught:
            guarded.served(username=USER, password="guess-me")
        assert "guess-me" not in str(caught.value)
