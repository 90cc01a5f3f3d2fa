# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.filter.scan_hosts import FilterModule
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import iso_time
from ansible_collections.imagefleet.docker.plugins.plugin_utils._scans.asking import has_passed
from ansible_collections.imagefleet.docker.plugins.test.scan_passed import TestModule
from ansible_collections.imagefleet.docker.tests.unit.plugins.plugin_utils.report import scan_samples as made

scan_hosts = FilterModule().filters()["scan_hosts"]
scan_passed = TestModule().tests()["scan_passed"]
NAME = "registry.example.com/shop/mail:3"
NOW = 1_795_000_000
DAY = 86400


def test_every_host_gets_the_worst_of_what_it_runs():
    found = scan_hosts(made.troubled())
    assert {host: one["status"] for host, one in found.items()} == {
        "db-1": "not_scanned",
        **dict.fromkeys(("web-1", "web-2", "web-3", "web-4"), "failed"),
    }
    assert [row["image"] for row in found["db-1"]["images"]] == ["registry.example.com/shop/job:7", NAME]
    assert len(found["web-1"]["images"]) == 2 and found["web-2"]["images"][0] == made.troubled()["results"][4]
    assert {one["status"] for one in scan_hosts(made.clean()).values()} == {"passed"}
    assert scan_hosts(made.nothing()) == {}
    assert scan_hosts(made.scheduled(made.clean())) == scan_hosts(made.clean())


def test_a_status_that_is_none_is_not_scanned():
    told = made.result(made.image("shop/web:1", "clean"), made.image("shop/api:1"))
    assert scan_hosts(told)["web-1"]["status"] == "not_scanned"
    assert not scan_passed("registry.example.com/shop/web:1", told)


def test_only_what_is_there_and_passed_passed():
    told = made.troubled()
    digests = {row["image"]: row["digest"] for row in told["results"]}
    passed = {name for name in digests if scan_passed(name, told)}
    assert passed == {NAME, "registry.example.com/shop/base:12"}
    assert scan_passed(digests[NAME], told) and scan_passed("other.example.com/any@" + digests[NAME], told)
    for name in (
        "registry.example.com/shop/web:latest",
        "registry.example.com/shop/job:7",
        digests["registry.example.com/shop/job:7"],
        "registry.example.com/shop/mail",
        "registry.example.com/shop/mail:4",
        "mail:3",
        NAME + "@" + digests["registry.example.com/shop/web:2.1.0"],
        "sha256:" + "0" * 64,
    ):
        assert not scan_passed(name, told), name


def test_names_mean_what_the_engine_takes_them_for():
    told = made.result(made.image("x", image="nginx", references=["docker.io/library/nginx:latest"], digest=None))
    for name in ("nginx", "nginx:latest", "docker.io/library/nginx", "index.docker.io/library/nginx:latest"):
        assert scan_passed(name, told), name
    archive = made.result(made.image("x", image="/srv/Web 1.tar", references=[]))
    assert scan_passed("/srv/Web 1.tar", archive)


def test_every_platform_counts():
    one, other = (made.image("shop/web:1", status, platform=status) for status in ("passed", "failed"))
    assert not scan_passed(one["digest"], made.result(one, other)) and scan_passed(one["digest"], made.result(one))


@pytest.mark.parametrize("age, passes", [(0, True), (3 * DAY, True), (3 * DAY + 1, False), (-400, False)])
def test_what_passed_long_ago_does_not_count(age, passes):
    report = {**made.scheduled(made.clean()), "finished": iso_time(NOW - age)}
    assert has_passed("registry.example.com/shop/web:2.1.0", report, "3d", NOW) == passes
    told = made.clean()
    for row in told["results"]:
        row["scanned"] = iso_time(NOW - age)
    assert has_passed("registry.example.com/shop/web:2.1.0", told, "3d", NOW) == passes


def test_a_run_that_could_not_tell_leaves_the_one_before():
    report = {**made.scheduled(None, 3), "last_with_result": {"finished": iso_time(NOW), "result": made.clean()}}
    name = "registry.example.com/shop/web:2.1.0"
    assert has_passed(name, report, "1d", NOW + DAY) and not has_passed(name, report, "1d", NOW + DAY + 1)
    fresh = {**made.scheduled(made.clean()), "finished": iso_time(int(time.time()))}
    assert scan_passed(name, fresh, max_age="1h")


@pytest.mark.parametrize(
    "told, words",
    [
        (None, "it has no results"),
        ("text", "it has no results"),
        ({"failed": True, "msg": "there is no trivy"}, "it has no results (there is no trivy)"),
        (made.scheduled(None, 3, "there is no trivy"), "it has no results (there is no trivy)"),
        ({"results": "all"}, "it has no results"),
        ({"results": [1]}, "1 of results is no mapping with image, status and hosts"),
        ({"results": [{"image": "a", "hosts": "web-1"}]}, "of results is no mapping with image, status and hosts"),
    ],
)
def test_what_is_no_result_is_told(told, words):
    for ask in (scan_hosts, lambda one: scan_passed("nginx:1", one)):
        with pytest.raises(AnsibleFilterError) as caught:
            ask(told)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    "image, max_age, words",
    [
        (7, None, "scan_passed: 7 is not an image reference"),
        ("", None, "scan_passed: '' is not an image reference"),
        ("A B", None, "scan_passed: 'A B' is not an image reference"),
        (NAME, "soon", "scan_passed: max_age: 'soon' is not a duration"),
        (NAME, "3", "scan_passed: max_age: 3 has no unit; write 3d"),
        (NAME, "3d", "scan_passed: max_age: the result does not tell when it was made"),
    ],
)
def test_bad_input_is_told(image, max_age, words):
    with pytest.raises(PolicyError) as caught:
        has_passed(image, made.troubled(), max_age, NOW)
    assert words in str(caught.value)
