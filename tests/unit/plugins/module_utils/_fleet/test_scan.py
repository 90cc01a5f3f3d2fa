# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Image names in texts of every kind: too much found does no harm, too little would (S3)."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.scan import decode, scan
from ansible_collections.imagefleet.docker.tests.unit.plugins.module_utils._fleet.fleets import digest

R = "registry.example.com"
APP = R + "/shop/web:1.4.2"
PIN = digest("pin")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (APP, [APP]),
        ("image: " + APP, [APP]),
        ("image:" + APP, [APP]),
        ('{"image":"%s"}' % APP, [APP]),
        ('{"image":"%s"}' % APP.replace("/", "\\/"), [APP]),
        ('{"image":"%s"}' % APP.replace("/", "\\u002f").replace(":", "\\u003a"), [APP]),
        ('{"%s": 3}' % APP, [APP]),
        (json.dumps({"annotation": json.dumps({"spec": {"image": APP}})}), [APP]),
        (
            json.dumps({"log": json.dumps({"dockerfile": "# x\nFROM nginx:1\nFROM %s\n" % APP})}),
            [APP, "docker.io/library/nginx:1"],
        ),
        (json.dumps({"file": "a\n%s\tb" % APP}), [APP]),
        ("run %s." % APP, [APP]),
        ("(%s)" % APP, [APP]),
        ("--image=%s,tag" % APP, [APP]),
        ("[%s, localhost/a:1]" % APP, [APP, "localhost/a:1"]),
        ("docker://%s" % APP, [APP]),
        ("oci://%s" % APP, [APP]),
        ("user@%s" % APP, [APP]),
        ("docker-pullable://%s@%s" % (R + "/shop/web", PIN), [R + "/shop/web@" + PIN]),
        ("%s@%s" % (APP, PIN), [APP, R + "/shop/web@" + PIN]),
        ("x: localhost:5000/app:1", ["localhost:5000/app:1"]),
        ("x:localhost:5000/app:1", ["localhost:5000/app:1"]),
        ("127.0.0.1:5000/a/b/c:x_y.z", ["127.0.0.1:5000/a/b/c:x_y.z"]),
        ("[::1]:5000/app:1", ["[::1]:5000/app:1"]),
        ("${REGISTRY:-registry.example.com}/shop/web:1.4.2", [APP]),
        ("<b>%s</b>" % APP, [APP]),
        ("docker.io/team/app:1", ["docker.io/team/app:1"]),
        ("index.docker.io/library/nginx:1", ["docker.io/library/nginx:1"]),
        # Short names, where only an image can stand.
        ("image: nginx:1.25", ["docker.io/library/nginx:1.25"]),
        ("image: nginx", ["docker.io/library/nginx:latest"]),
        ("  - image: 'team/app:2'", ["docker.io/team/app:2"]),
        ('"Image": "redis:7"', ["docker.io/library/redis:7"]),
        ('image = "redis:7"', ["docker.io/library/redis:7"]),
        ("initImage: busybox:1", ["docker.io/library/busybox:1"]),
        ("images:\n  - nginx:1", ["docker.io/library/nginx:1"]),
        ("FROM nginx:1 AS build", ["docker.io/library/nginx:1"]),
        ("from --platform=linux/arm64 nginx:1", ["docker.io/library/nginx:1"]),
        ("COPY --from=tools:3 /a /b", ["docker.io/library/tools:3"]),
    ],
)
def test_names_are_found(text, wanted):
    assert set(wanted) <= set(scan(text).references)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (R + "/shop/web", R + "/shop/web"),
        ("image: %s/shop/web:${TAG}" % R, R + "/shop/web"),
        ("image: %s/shop/web:{{ .Values.tag }}" % R, R + "/shop/web"),
        ("repository: %s/shop/web\ntag: '1'" % R, R + "/shop/web"),
        ("image:\n  registry: %s\n  repository: shop/web\n  tag: 1" % R, R + "/shop/web"),
        ('{"registry": "%s", "image": {"repository": "shop/web"}}' % R, R + "/shop/web"),
    ],
)
def test_a_name_without_a_tag_stands_for_its_repository(text, wanted):
    assert wanted in scan(text).repositories


@pytest.mark.parametrize(
    "text",
    [
        PIN,
        "imageID: " + PIN,
        "pkg:oci/web@" + PIN.replace(":", "%3A"),
        '"%s"' % PIN,
        "sha512:" + "a" * 128,
        "blob/%s." % PIN,
    ],
)
def test_digests_are_found(text):
    assert len(scan(text).digests) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "no image at all",
        "10:30:00",
        "key:value",
        "/usr/lib/x",
        "a b c",
        "Image: None",
    ],
)
def test_what_is_no_image_is_none(text):
    found = scan(text)
    assert found.references == () == found.digests


def test_with_a_registry_names_without_one_belong_to_it():
    text = "image: shop/web:1\nlist: [shop/api:2]\nFROM base"
    found = set(scan(text, R).references)
    assert {R + "/shop/web:1", R + "/shop/api:2", R + "/base:latest", "docker.io/shop/web:1"} <= found
    assert R + "/shop/web:1" not in scan(text).references


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_every_encoding(encoding):
    assert (
        APP
        in scan(decode(("é image: %s\n" % APP if encoding != "latin-1" else "\xe9 " + APP).encode(encoding))).references
    )


def test_the_count_is_that_of_names_and_digests_where_there_are_any():
    assert scan("%s %s app.kubernetes.io/name" % (APP, PIN)).count == 2
    assert scan("%s/a %s/b" % (R, R)).count == 2
    assert scan("nothing").count == 0


paths = st.lists(st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)?", fullmatch=True), min_size=1, max_size=3).map("/".join)
hosts = st.one_of(
    st.from_regex(r"[a-z0-9]{1,9}\.[a-z]{2,5}(:[0-9]{1,5})?", fullmatch=True), st.just("localhost"), st.just("reg:5000")
)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
wraps = st.sampled_from(
    ["%s", '"%s"', "'%s'", "image: %s\n", '{"a":["%s"]}', "x=%s;", "<%s>", "FROM %s AS x", "docker://%s", "a,%s,b"]
)


@given(hosts, paths, tags, wraps, wraps, st.booleans())
def test_any_name_in_any_dress(host, path, tag, wrap, other, escaped):
    name = "%s/%s:%s" % (host, path, tag)
    text = wrap % name + "\n" + other % "x"
    if escaped:
        text = json.dumps({"document": json.dumps({"inner": text})})
    assert name in scan(text).references


@given(st.text())
def test_any_text_can_be_read(text):
    scan(text, R)


@given(st.binary())
def test_any_bytes_can_be_read(data):
    scan(decode(data))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a/",
        "a:",
        "@",
        "\\",
        "image:",
        "image: ",
        "FROM ",
        "${",
        "--from=",
        "a.b/c:",
        "\\u0061",
        "[::1]:1/",
        "repository: a\n",
        '"FROM --a=b ',
        "registry: a.b ",
    ],
)
def test_long_repetitions_are_read_in_passing(unit):
    """No pattern goes back over what it has read: a file of 64 MiB must not take for ever."""
    scan(unit * 200_000)


@pytest.mark.parametrize(
    "text",
    [
        "image: shop/web:1.4.2",
        "see shop/web:1.4.2",
        "image: cellar/shop/web:1.4.2",
        "image:\n  repository: shop/web\n",
        "image: shop/web",
    ],
)
def test_a_registry_that_is_a_bare_host(text):
    """What a search domain completes; the option says that it is a host."""
    found = scan(text, "cellar")
    names = {*found.references, *found.repositories}
    assert names & {"cellar/shop/web:1.4.2", "cellar/shop/web", "cellar/shop/web:latest"}


def test_every_repository_on_every_registry_has_an_end():
    text = "".join("registry: r%d.example.com\nrepository: team/app-%d\n" % (number, number) for number in range(3000))
    assert len(scan(text).repositories) <= 110_000
