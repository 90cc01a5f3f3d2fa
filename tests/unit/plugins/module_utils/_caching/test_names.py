# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to a cache, and what does not."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._caching.names import (
    Upstream,
    cache_names,
    marked,
    upstream_of,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


def test_the_parts_of_a_cache():
    names = cache_names("hub")
    assert names.unit == "imagefleet-mirror-hub.service"
    assert names.config == "/etc/imagefleet-mirror/hub/config.yml"
    assert names.storage == "/var/lib/imagefleet-mirror/hub"


@pytest.mark.parametrize("name", ["", "Hub", "../x", "a" * 15, "-a", "a-", None, 1, "a\n"])
def test_names_that_no_cache_has(name):
    with pytest.raises(PolicyError):
        cache_names(name)


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]", b"{}", b'{"cache": 1}', b"\xff"])
def test_markers_that_are_none(data):
    assert marked(data) is None


def test_a_marker_names_its_cache():
    assert marked(b'{"cache": "hub"}\n') == "hub"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('proxy:\n  remoteurl: "https://registry-1.docker.io"\n', Upstream("registry-1.docker.io", False)),
        ("proxy:\n  remoteurl: http://127.0.0.1:5000/path\n", Upstream("127.0.0.1:5000", True)),
        ("#  remoteurl: http://127.0.0.1:5000\n", None),
        ("storage:\n  delete:\n    enabled: true\n", None),
    ],
)
def test_the_upstream_by_the_configuration(text, expected):
    assert upstream_of(text) == expected
