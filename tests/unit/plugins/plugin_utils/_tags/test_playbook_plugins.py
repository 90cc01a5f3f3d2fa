# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.filter.tags_for import FilterModule
from ansible_collections.imagefleet.docker.plugins.test.tagged_by_convention import TestModule

tags_for = FilterModule().filters()["tags_for"]
keeps = TestModule().tests()["tagged_by_convention"]
REPOSITORY = {
    "name": "shop/web",
    "tags": [{"name": name, "digest": digest} for name, digest in (("1.0.0", "a"), ("1.0.1", "b"), ("1.0", "b"))],
}


def test_the_filter():
    assert tags_for("1.9.1", existing=["1.9.0", "2.0.1"]) == ["1.9.1", "1.9", "1"]
    with pytest.raises(AnsibleFilterError, match="tags_for: shemes is no option"):
        tags_for("1.0.0", shemes=[])
    # As `map` hands names over, to be read once.
    assert tags_for("1.9.1", existing=(name for name in ["1.9.0", "2.0.1"])) == ["1.9.1", "1.9", "1"]


@pytest.mark.parametrize("existing", ["1.0.0", None, 5, [{"name": "1.0.0"}]])
def test_existing_that_is_no_list_of_names(existing):
    with pytest.raises(AnsibleFilterError, match=r"existing: .* is not a list of names; .* map\(attribute='name'\)"):
        tags_for("1.0.0", existing=existing)


def test_the_test():
    assert keeps(REPOSITORY) and all(map(keeps, REPOSITORY["tags"])) and keeps("1.0.0")
    assert not keeps("final2") and not keeps({"name": "1.0.0-alpine"})
    assert keeps("1.0.0-alpine", [{"type": "semver", "suffix": "-alpine"}])
    stale = {**REPOSITORY, "tags": [*REPOSITORY["tags"], {"name": "latest", "digest": "a"}]}
    assert not keeps(stale) and keeps(stale["tags"][-1])
    with pytest.raises(AnsibleFilterError, match="neither a tag nor an entry"):
        keeps(7)
