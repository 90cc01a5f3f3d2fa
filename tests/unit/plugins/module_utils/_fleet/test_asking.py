# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every image is asked for under one name after the other, until some repository settles it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.asking import ask_by_names
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.running import RunningImage
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import digest

PLACES = ("a.example.com/app", "b.example.com/app", "b.example.com/other")


def image(name, *places):
    one = digest(name)
    return RunningImage(one, tuple("%s@%s" % (place, one) for place in places), (), ("host-1",))


def test_repository_by_repository_and_no_more_than_needed():
    asked = []

    def ask(host, path, images):
        asked.append((host, path, [one.digest for one in images]))
        return {one.digest: "not in " + host for one in images if host == "a.example.com"}

    web, api, made = image("web", *PLACES[:2]), image("api", PLACES[0]), image("made")
    left = ask_by_names([web, api, made], ask)
    assert asked == [
        ("a.example.com", "app", [web.digest, api.digest]),
        ("b.example.com", "app", [web.digest]),
    ]
    assert left == [(made, ()), (api, ("not in a.example.com",))]


@given(
    st.lists(st.lists(st.sampled_from(PLACES), unique=True), max_size=6),
    st.sets(st.tuples(st.integers(0, 5), st.sampled_from(PLACES))),
)
def test_settled_where_some_repository_has_it_and_else_with_every_reason(places, there):
    images = [image("image %d" % number, *names) for number, names in enumerate(places)]
    has = {(digest("image %d" % number), place) for number, place in there}
    asked = []

    def ask(host, path, some):
        place = "%s/%s" % (host, path)
        asked.extend((one.digest, place) for one in some)
        return {one.digest: place for one in some if (one.digest, place) not in has}

    left = {one.digest: why for one, why in ask_by_names(images, ask)}
    for one, names in zip(images, places):
        found = [place for place in names if (one.digest, place) in has]
        assert (one.digest in left) == (not found)
        if not found:
            assert left[one.digest] == tuple(names)
    assert len(asked) == len(set(asked))
