# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found in a registry's settings, however people write them."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.imagefleet.docker.plugins.module_utils._collection.settings import (
    has_shared_cache,
    is_pull_through,
    storage_path,
)

DEBIAN = """version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
  delete:
    enabled: true
http:
  addr: :5000
"""
UPSTREAM = {"proxy": {"remoteurl": "https://registry-1.docker.io"}}


def written(document):
    """A configuration as YAML, and as JSON with and without line breaks, which is YAML as well."""
    return [
        yaml.safe_dump(document, default_flow_style=False),
        yaml.safe_dump(document, default_flow_style=True, width=10**6),
        json.dumps(document),
        json.dumps(document, indent=1),
        json.dumps(document, indent=4),
    ]


def changed(**more):
    document = yaml.safe_load(DEBIAN)
    for section, value in more.items():
        document[section] = {**document.get(section, {}), **value}
    return document


@pytest.mark.parametrize("text", written(changed(**UPSTREAM)))
def test_a_pull_through_cache_however_it_is_written(text):
    assert is_pull_through(text, {})


@pytest.mark.parametrize(
    "text", written(changed()) + [DEBIAN + "#proxy:\n#  remoteurl: https://registry-1.docker.io\n"]
)
def test_no_pull_through_cache(text):
    assert not is_pull_through(text, {"REGISTRY_PROXY_REMOTEURL": "", "HTTP_PROXY": "http://proxy:3128"})
    assert is_pull_through(text, {"REGISTRY_PROXY_REMOTEURL": "https://registry-1.docker.io"})
    assert is_pull_through(text, {"REGISTRY_PROXY": '{"remoteurl": "https://registry-1.docker.io"}'})


@pytest.mark.parametrize("key", ["blobdescriptor", "layerinfo"])
def test_a_cache_that_outlives_a_restart(key):
    for text in written(changed(storage={"cache": {key: "redis"}})):
        assert has_shared_cache(text, {}), text
        assert not has_shared_cache(text, {"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "inmemory"})


@pytest.mark.parametrize(
    "text", written(changed()) + [DEBIAN + "#  blobdescriptor: redis\nredis: {addr: 'localhost:6379'}\n"]
)
def test_no_cache_that_outlives_a_restart(text):
    assert not has_shared_cache(text, {"REGISTRY_REDIS_ADDR": "localhost:6379"})
    assert has_shared_cache(text, {"REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR": "redis"})
    # 2.8.2 takes a whole section from the environment.
    assert has_shared_cache(text, {"REGISTRY_STORAGE_CACHE": '{"blobdescriptor":"redis"}'})
    assert not has_shared_cache(text, {"REGISTRY_STORAGE_CACHE": '{"blobdescriptor":"inmemory"}'})


@pytest.mark.parametrize("path", ["/var/lib/docker-registry", "/srv/a b/registry", "/"])
def test_the_folder_however_it_is_written(path):
    for text in written(changed(storage={"filesystem": {"rootdirectory": path}})):
        assert storage_path(text, {}) == path, text


@pytest.mark.parametrize(
    "text, path",
    [
        ("rootdirectory: /a # where it lies\n", "/a"),
        ("rootdirectory: '/a'\n", "/a"),
        ("#rootdirectory: /b\nrootdirectory: /a\n", "/a"),
        ("rootdirectory: /a\nother:\n  rootdirectory: /a\n", "/a"),
        ("rootdirectory: /a\nother:\n  rootdirectory: /b\n", None),
        ("rootdirectory: data\n", None),
        ("rootdirectory:\n", None),
        ("s3: {bucket: images}\n", None),
        ("", None),
    ],
)
def test_what_can_mean_only_one_folder(text, path):
    assert storage_path(text, {}) == path
    assert storage_path(text, {"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": "/mnt"}) == "/mnt"
    assert storage_path(text, {"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": ""}) == path
