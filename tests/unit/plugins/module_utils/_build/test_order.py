# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What buildx_build is asked for, what it refuses, and how buildx is told."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build.argv import build_words, secret_variables
from ansible_collections.imagefleet.docker.plugins.module_utils._build.order import parse_order
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError

NAMED = {"context": "/srv/app", "name": "registry.example.com/app"}


@pytest.mark.parametrize(
    "options, says",
    [
        ({"name": "app"}, "context: it is missing"),
        (
            {"context": "https://git.example.com/app.git", "name": "a"},
            "context: .* is no folder on this host; check it out",
        ),
        ({"context": "git@example.com:app", "name": "a"}, "context: .* is no folder"),
        ({"context": "/srv"}, "rebuild: without name"),
        ({**NAMED, "outputs": ["type=oci,dest=/a.tar"]}, "rebuild: with outputs nothing stays"),
        ({**NAMED, "rebuild": "always", "push": True, "outputs": ["type=oci"]}, "outputs: with push"),
        ({"context": "/srv", "rebuild": "always", "push": True}, "push: it needs a name"),
        ({"context": "/srv", "rebuild": "always", "tags": ["1"]}, "tags: they need a name"),
        ({**NAMED, "tags": [1.1]}, r"tags\[0\]: 1.1 is not text; quote it"),
        ({**NAMED, "tags": ["a b"]}, "name, tags: .* is not a tag"),
        ({**NAMED, "name": "app:1", "tags": ["2"]}, "name: 'app:1' has a tag, and there are tags"),
        ({**NAMED, "name": "app@sha256:" + "a" * 64}, "name: .* has a digest"),
        ({**NAMED, "name": "App"}, "name, tags: .*lower case"),
        ({**NAMED, "platforms": ["amd64"]}, "platforms: 'amd64' is not a platform"),
        ({**NAMED, "build_args": {"V": 1.1}}, "build_args.V: 1.1 is a number, .*quote it"),
        ({**NAMED, "build_args": {"V": ["x"]}}, r"build_args.V: \['x'\] is not text"),
        ({**NAMED, "labels": {"io.imagefleet.build.inputs": "x"}}, "labels: .* is the label in which"),
        ({**NAMED, "secrets": [{"id": "a b", "env": "X"}]}, r"secrets\[0\]: it has no id"),
        ({**NAMED, "secrets": [{"id": "a"}]}, r"secrets\[0\] \(a\): give one of env, src, value"),
        ({**NAMED, "secrets": [{"id": "a", "env": "A", "value": "b"}]}, "give one of env, src, value"),
        ({**NAMED, "secrets": [{"id": "a", "env": "A"}, {"id": "a", "env": "B"}]}, "there are two secrets a"),
        ({**NAMED, "verify": {"command": "uname -m"}}, "verify.command: .* write a list"),
        ({**NAMED, "verify": {"expect": "regex:("}}, "verify.expect: .* is not a regular expression"),
        ({**NAMED, "cache_to": ["type=disk"]}, r"cache_to\[0\]: 'disk' is no kind of cache"),
        ({**NAMED, "cache_to": ["type=registry"]}, r"cache_to\[0\]: a cache of type registry needs ref"),
        ({**NAMED, "cache_to": [{"ref": "x"}]}, r"cache_to\[0\]: it has no type"),
        ({**NAMED, "cache_from": [5]}, r"cache_from\[0\]: 5 is neither"),
        (
            {**NAMED, "cache_to": [{"type": "s3", "bucket": "b", "secret_access_key": "x"}]},
            "secret_access_key would stand on a command line .* set AWS_SECRET_ACCESS_KEY",
        ),
        (
            {**NAMED, "cache_from": ["type=azblob,name=n,secret_access_key=x"]},
            "secret_access_key would stand on a command line .* leave it out",
        ),
        ({**NAMED, "cache_from": ["type=gha,token=x"]}, "token would stand .* ACTIONS_RUNTIME_TOKEN"),
        ({**NAMED, "cache_to": ["type=inline,mode=max"]}, "an inline cache has mode min only"),
        ({**NAMED, "verify": {"expect": "x"}, "rebuild": "always", "outputs": ["type=oci"]}, "verify: with outputs"),
    ],
)
def test_refused(options, says):
    with pytest.raises(PolicyError, match=says):
        parse_order(options)


def words(**options):
    order = parse_order({**NAMED, **options})
    return order, build_words(order, {"l": "r"}, ["app:1"], None, "/m.json")


def values(argv, option):
    return [argv[place + 1] for place, word in enumerate(argv) if word == option]


def test_the_words():
    _order, argv = words(
        platforms=["linux/amd64", "linux/arm64"],
        dockerfile="build/Dockerfile",
        target="prod",
        builder="fleet",
        build_args={"B": "2", "A": "1"},
        annotations={"index:a": "b"},
        ssh=["default"],
        provenance="mode=max",
        sbom=False,
        no_cache=True,
        network="none",
        build_contexts={"assets": "/srv/assets"},
    )
    assert argv[:4] == ["buildx", "build", "--progress", "plain"]
    assert argv[-2:] == ["--", "/srv/app"]
    assert values(argv, "--file") == ["/srv/app/build/Dockerfile"]
    assert values(argv, "--platform") == ["linux/amd64,linux/arm64"]
    assert values(argv, "--build-arg") == ["A=1", "B=2"]
    assert values(argv, "--label") == ["l=r"]
    assert values(argv, "--tag") == ["app:1"]
    assert {"--provenance=mode=max", "--sbom=false", "--no-cache", "--pull"} <= set(argv)
    for option, value in (("--target", "prod"), ("--builder", "fleet"), ("--ssh", "default"), ("--network", "none")):
        assert values(argv, option) == [value]


def test_without_options_as_little_as_possible():
    _order, argv = words(pull=False)
    assert argv == [
        "buildx", "build", "--progress", "plain", "--metadata-file", "/m.json", "--file", "/srv/app/Dockerfile",
        "--tag", "app:1", "--label", "l=r", "--", "/srv/app",
    ]  # fmt: skip


def test_no_secret_among_the_words():
    order, argv = words(
        secrets=[{"id": "a", "value": "hunter2"}, {"id": "b", "env": "B_TOKEN"}, {"id": "c", "src": "/with,comma"}]
    )
    assert "hunter2" not in str(argv)
    assert values(argv, "--secret") == ["env=IMAGEFLEET_SECRET_0,id=a", "env=B_TOKEN,id=b", 'id=c,"src=/with,comma"']
    assert secret_variables(order) == {"IMAGEFLEET_SECRET_0": "hunter2"}


@pytest.mark.parametrize(
    "given, written",
    [
        ("registry.example.com/app:cache", "type=registry,ref=registry.example.com/app:cache"),
        ("type=gha,scope=main", "type=gha,scope=main"),
        ({"type": "local", "src": "/var/cache/app"}, "type=local,src=/var/cache/app"),
        ("type=s3,region=eu,bucket=b,name=n", "type=s3,bucket=b,name=n,region=eu"),
    ],
)
def test_caches_to_read(given, written):
    assert values(words(cache_from=[given])[1], "--cache-from") == [written]


@pytest.mark.parametrize(
    "given, written",
    [
        (
            "r.example.com/a:c",
            "type=registry,ignore-error=true,image-manifest=true,oci-mediatypes=true,ref=r.example.com/a:c",
        ),
        (
            "type=registry,ref=r/a,image-manifest=false,ignore-error=false",
            "type=registry,ignore-error=false,image-manifest=false,oci-mediatypes=true,ref=r/a",
        ),
        ("type=inline", "type=inline"),
        ({"type": "local", "dest": "/c", "mode": "max"}, "type=local,dest=/c,ignore-error=true,mode=max"),
        ({"type": "gha", "mode": "max"}, "type=gha,ignore-error=true,mode=max"),
    ],
)
def test_caches_to_write(given, written):
    assert values(words(cache_to=[given])[1], "--cache-to") == [written]


@pytest.mark.parametrize(
    "options, tags",
    [({}, ("latest",)), ({"name": "app:1"}, ("1",)), ({"name": "app", "tags": ["1", "2", "1"]}, ("1", "2"))],
)
def test_tags(options, tags):
    assert parse_order({**NAMED, **options}).tags == tags


def test_arguments_that_are_named_like_secrets_do_not_count():
    order = parse_order({**NAMED, "build_args": {"VERSION": 1, "NPM_TOKEN": "x", "DEBUG": True}})
    assert order.published_args == {"VERSION": "1", "DEBUG": "true"}
    assert order.build_args["NPM_TOKEN"] == "x"
