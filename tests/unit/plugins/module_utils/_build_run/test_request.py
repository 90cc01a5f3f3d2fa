# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the host is looked at before anything is started."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build_run.request import parse_build_options
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


def parse(*secrets):
    return parse_build_options(
        {"context": "/srv", "name": "app", "secrets": list(secrets)}, lambda *_words: (1, "", "")
    )


def test_secrets_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.delenv("BUILD_TOKEN", raising=False)
    with pytest.raises(PolicyError, match=r"secrets \(npm\): the variable BUILD_TOKEN is not set; set it in the task"):
        parse({"id": "npm", "env": "BUILD_TOKEN"})
    with pytest.raises(PolicyError, match=r"secrets \(key\): .*/none is not there on this host"):
        parse({"id": "key", "src": str(tmp_path / "none")})
    (tmp_path / "key").write_text("x")
    monkeypatch.setenv("BUILD_TOKEN", "")
    order, _registries, _docker = parse(
        {"id": "npm", "env": "BUILD_TOKEN"}, {"id": "key", "src": str(tmp_path / "key")}
    )
    assert [one.id for one in order.secrets] == ["npm", "key"]
