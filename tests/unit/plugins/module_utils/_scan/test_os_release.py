# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image says it is."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.os_release import debian_suite, parse_os_release

BOOKWORM = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
# a comment
NAME='Debian GNU/Linux'
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.example.com/\\$HOME"
nonsense
"""


def test_assignments_are_unquoted():
    found = parse_os_release(BOOKWORM)
    assert found["PRETTY_NAME"] == "Debian GNU/Linux 12 (bookworm)"
    assert found["NAME"] == "Debian GNU/Linux" and found["HOME_URL"] == "https://www.example.com/$HOME"
    assert "nonsense" not in found
    assert debian_suite(found) == "bookworm"


def test_the_number_will_do():
    assert debian_suite({"ID": "debian", "VERSION_ID": "11"}) == "bullseye"


@pytest.mark.parametrize(
    ("release", "says"),
    [
        ({}, "does not tell what system"),
        ({"ID": "ubuntu", "PRETTY_NAME": "Ubuntu 24.04", "VERSION_CODENAME": "noble"}, "no Debian but Ubuntu 24.04"),
        ({"ID": "debian"}, "which release"),
        ({"ID": "debian", "VERSION_CODENAME": "../x"}, "which release"),
    ],
)
def test_what_debians_data_says_nothing_of(release, says):
    with pytest.raises(ContentError, match=says):
        debian_suite(release)
