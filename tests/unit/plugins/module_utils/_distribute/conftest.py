# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source and two regions, all in memory."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._distribute import job as job_module
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute import region as region_module
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute import run as run_module
from ansible_collections.imagefleet.docker.plugins.module_utils._distribute.request import parse_sync_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PartialFailure, RegistryRefusal
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._registry.client import Body, Head


class Memory:
    """A registry. `log` is what was asked of it; `fault(method, repository, what)` may raise."""

    def __init__(self, name):
        self.name = name
        self.options = SimpleNamespace(registry=name, retries=2, concurrency=2, cache_dir=None)
        self.tagged, self.manifests, self.blobs, self.log = {}, {}, {}, []
        self.fault = lambda method, repository, what: None
        self.server_time = None
        self.mounts = True
        self.speaks = False

    @property
    def requests(self):
        return len(self.log)

    def _note(self, method, repository, what=""):
        self.log.append((method, repository, what))
        self.fault(method, repository, what)

    def hold(self, repository, tag, text):
        config = json.dumps({"text": text}).encode()
        data = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {"mediaType": "application/x", "digest": digest_of(config), "size": len(config)},
                "layers": [],
            }
        ).encode()
        self.blobs[(repository, digest_of(config))] = config
        self.manifests[(repository, digest_of(data))] = data
        self.tagged.setdefault(repository, {})[tag] = digest_of(data)
        return digest_of(data)

    def pause(self, _attempt):
        self._note("PAUSE", "")

    def tags(self, repository):
        self._note("LIST", repository)
        return list(self.tagged[repository]) if repository in self.tagged else None

    def head(self, repository, tag):
        self._note("HEAD", repository, tag)
        digest = self.tagged.get(repository, {}).get(tag)
        return None if digest is None else Head(digest, OCI_MANIFEST)

    def manifest(self, repository, digest):
        self._note("GET", repository, digest)
        digest = self.tagged.get(repository, {}).get(digest, digest)
        data = self.manifests.get((repository, digest))
        kind = None if data is None else json.loads(data.decode())["mediaType"]
        return None if data is None else Body(digest, kind, data)

    def attach(self, repository, subject, text):
        """Something that refers to a digest, pushed by its own digest."""
        config = text.encode()
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/x", "digest": digest_of(config), "size": len(config)},
            "layers": [],
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1},
        }
        data = json.dumps(document).encode()
        self.blobs[(repository, digest_of(config))] = config
        self.manifests[(repository, digest_of(data))] = data
        return digest_of(data)

    def list_under(self, repository, subject, *digests):
        """The list of what refers to a digest, under its tag."""
        listed = [{"mediaType": OCI_MANIFEST, "digest": one, "size": 1} for one in digests]
        data = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}).encode()
        self.manifests[(repository, digest_of(data))] = data
        self.tagged[repository][subject.replace(":", "-")] = digest_of(data)

    def listed(self, repository, subject):
        """What is under the tag, or what the registry lists by itself."""
        tag = subject.replace(":", "-")
        if self.speaks:
            return [one["digest"] for one in json.loads(self.referrers(repository, subject))["manifests"]]
        data = self.manifests[(repository, self.tagged[repository][tag])]
        return [one["digest"] for one in json.loads(data.decode())["manifests"]]

    def referrers(self, repository, digest):
        self._note("REFERRERS", repository, digest)
        if not self.speaks:
            return None
        found = [
            {"mediaType": OCI_MANIFEST, "digest": one, "size": len(data)}
            for (name, one), data in sorted(self.manifests.items())
            if name == repository and (json.loads(data.decode()).get("subject") or {}).get("digest") == digest
        ]
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": found}).encode()

    def has_manifest(self, repository, digest):
        return (repository, digest) in self.manifests

    def blob(self, repository, digest, _limit=0):
        self._note("BLOB", repository, digest)
        return self.blobs.get((repository, digest))

    def has_blob(self, repository, digest):
        self._note("HAS", repository, digest)
        return (repository, digest) in self.blobs

    def put_blob(self, repository, data):
        self._note("SEND", repository, digest_of(data))
        self.blobs[(repository, digest_of(data))] = data

    def open_upload(self, repository, query):
        self._note("MOUNT", repository, query["mount"])
        if not self.mounts:
            return 202
        self.blobs[(repository, query["mount"])] = self.blobs[(query["from"], query["mount"])]
        return 201

    def put_manifest(self, repository, reference, _media_type, data):
        self._note("PUT", repository, reference)
        if not reference.startswith("sha256:") and (repository, digest_of(data)) not in self.manifests:
            raise RegistryRefusal("tagged before it was there", 400)
        document = json.loads(data.decode())
        for blob in [document["config"]["digest"]] if "config" in document else []:
            if (repository, blob) not in self.blobs:
                raise RegistryRefusal("blob unknown", 400)
        for child in document.get("manifests", ()):
            if (repository, child["digest"]) not in self.manifests:
                raise RegistryRefusal("manifest unknown", 400)
        self.manifests[(repository, digest_of(data))] = data
        if not reference.startswith("sha256:"):
            self.tagged.setdefault(repository, {})[reference] = digest_of(data)

    def moves(self):
        return [what for method, _repository, what in self.log if method == "PUT" and not what.startswith("sha256:")]


class World:
    def __init__(self, monkeypatch, state_dir):
        self.state_dir = str(state_dir)
        self.source, self.eu, self.us = (
            Memory(name) for name in ("src.example.com", "eu.example.com", "us.example.com")
        )
        known = {one.name: one for one in (self.source, self.eu, self.us)}
        for module in (job_module, region_module):
            monkeypatch.setattr(module, "TransferClient", lambda options, run_program=None: known[options.registry])

    def run(self, apply=True, **more):
        given = {
            "source": {"registry": "src.example.com"},
            "destinations": [
                {"name": "eu", "registry": "eu.example.com"},
                {"name": "us", "registry": "us.example.com"},
            ],
            "repositories": ["app"],
            "state_dir": self.state_dir,
            **more,
        }
        return run_module.run_sync(parse_sync_options(given), apply)

    def fails(self, **more):
        with pytest.raises(PartialFailure) as caught:
            self.run(**more)
        return str(caught.value), caught.value.result


@pytest.fixture
def world(monkeypatch, tmp_path):
    return World(monkeypatch, tmp_path)
