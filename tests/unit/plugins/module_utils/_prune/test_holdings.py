# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of sets of images, against a naive recount on random layer graphs."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._prune.chains import align, chain_ids, settle
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.facts import (
    CONTAINERD,
    EngineFacts,
    HostFacts,
    ImageFacts,
    Layer,
)
from ansible_collections.imagefleet.docker.plugins.module_utils._prune.holdings import Holdings, Interval


def host(images, store="overlay2", cache_held=frozenset(), orphan_held=frozenset()):
    engine = EngineFacts("engine", "host", "20.10", "1.41", store, 1_700_000_000, "/var/lib/docker")
    return HostFacts(engine, tuple(images), cache_held=cache_held, orphan_held=orphan_held)


def image(name, *layers, **more):
    return ImageFacts(id=name, layers=tuple(Layer(chain, size) for chain, size in layers), **more)


chains = st.lists(st.integers(0, 3), min_size=0, max_size=5).map(
    lambda steps: [("/".join(map(str, steps[: depth + 1])), 1 + sum(steps[: depth + 1])) for depth in range(len(steps))]
)
graphs = st.lists(chains, min_size=1, max_size=8)


@given(graphs, st.data())
def test_the_sum_of_marginal_bytes_is_what_the_set_alone_held(graph, data):
    images = [image("image%d" % number, *layers) for number, layers in enumerate(graph)]
    chosen = data.draw(st.lists(st.sampled_from([one.id for one in images]), unique=True))
    sizes = {layer.chain: layer.size for one in images for layer in one.layers}
    kept = {layer.chain for one in images if one.id not in chosen for layer in one.layers}
    gone = {layer.chain for one in images if one.id in chosen for layer in one.layers}
    expected = sum(sizes[chain] for chain in gone - kept)
    assert sum(gain.low for gain in Holdings(host(images)).marginal(chosen)) == expected
    assert Holdings(host(images)).total(chosen) == Interval(expected, expected)


@given(graphs, st.data())
def test_dropping_images_that_add_nothing_frees_the_same(graph, data):
    images = [image("image%d" % number, *layers) for number, layers in enumerate(graph)]
    chosen = data.draw(st.lists(st.sampled_from([one.id for one in images]), unique=True))
    holdings = Holdings(host(images))
    useful = holdings.useful(chosen)
    assert set(useful) <= set(chosen)
    assert holdings.total(useful) == holdings.total(chosen)


@given(graphs, st.data())
def test_what_the_build_cache_may_hold_counts_only_for_the_upper_bound(graph, data):
    images = [image("image%d" % number, *layers) for number, layers in enumerate(graph)]
    everything = sorted({layer.chain for one in images for layer in one.layers})
    cached = frozenset(data.draw(st.lists(st.sampled_from(everything)))) if everything else frozenset()
    names = [one.id for one in images]
    plain = Holdings(host(images)).total(names)
    held = Holdings(host(images, cache_held=cached)).total(names)
    sizes = {layer.chain: layer.size for one in images for layer in one.layers}
    assert held.high == plain.high
    assert held.low == plain.low - sum(sizes[chain] for chain in cached)
    assert Holdings(host(images, cache_held=None)).total(names).low == 0
    assert Holdings(host(images, orphan_held=None)).total(names).low == 0


def test_an_image_without_known_layers_frees_between_nothing_and_its_size():
    unknown = ImageFacts(id="unknown", size=500)
    assert Holdings(host([unknown])).total(["unknown"]) == Interval(0, 500)


def test_content_blobs_are_counted_once_for_all_their_holders():
    one = image("one", ("base", 10), size=10 + 7, blobs={"sha256:base": 4, "sha256:one": 3})
    two = image("two", ("base", 10), size=10 + 9, blobs={"sha256:base": 4, "sha256:two": 5})
    holdings = Holdings(host([one, two], store=CONTAINERD))
    assert holdings.marginal(["one", "two"]) == [Interval(3, 3), Interval(19, 19)]


def test_content_that_cannot_be_read_widens_the_interval():
    one = image("one", ("base", 10), size=17)
    assert Holdings(host([one], store=CONTAINERD)).total(["one"]) == Interval(10, 17)


def test_the_chain_id_of_a_layer_follows_the_image_specification():
    first, second = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    assert chain_ids([]) == []
    assert chain_ids([first])[0] == first
    # printf 'sha256:aaa... sha256:bbb...' | sha256sum
    assert chain_ids([first, second]) == [
        first,
        "sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c",
    ]


def test_history_entries_are_matched_with_layers_only_when_that_is_certain():
    assert align(2, [5, 0, 7]) == [5, 7]
    assert align(3, [5, 0, 7]) == [5, 0, 7]
    assert align(3, [5, 0, 7, 0]) == [None, None, None]
    assert align(0, [0, 0]) == []


def test_open_sizes_are_settled_by_images_that_share_the_chain():
    certain = (Layer("a", 5), Layer("a/b", 7))
    open_ = (Layer("a", None), Layer("a/b", None), Layer("a/b/c", None))
    settled = settle({"certain": certain, "open": open_}, {"certain": 12, "open": 15})
    assert settled["open"] == (Layer("a", 5), Layer("a/b", 7), Layer("a/b/c", 3))


def test_sizes_that_nothing_settles_stay_open():
    open_ = (Layer("a", None), Layer("a/b", None))
    assert settle({"open": open_}, {"open": 15})["open"] == open_


def test_a_kept_image_with_the_same_layers_may_not_hold_their_snapshots():
    # Loaded when the snapshots were there already: they go with the image that brought them.
    one = image("one", ("base", 10), size=13, blobs={"one": 3})
    two = image("two", ("base", 10), size=15, blobs={"two": 5})
    other = image("other", ("base", 10), ("top", 7), size=18, blobs={"other": 1})
    assert Holdings(host([one, two], store=CONTAINERD)).total(["one"]) == Interval(3, 13)
    assert Holdings(host([one, two], store=CONTAINERD)).total(["one", "two"]) == Interval(18, 18)
    # An image whose chain ends in no other's holds what is below.
    assert Holdings(host([one, other], store=CONTAINERD)).total(["one"]) == Interval(3, 3)
    assert Holdings(host([one, two])).total(["one"]) == Interval(0, 0)


def test_snapshots_that_the_size_does_not_cover_are_not_promised():
    one = image("one", ("base", 10), size=3, blobs={"one": 3})
    assert Holdings(host([one], store=CONTAINERD)).total(["one"]) == Interval(3, 13)
