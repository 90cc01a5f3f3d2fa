# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing and removing below a folder that stands for a host, with a recorded systemctl."""

from __future__ import annotations

import hashlib
import json
import os
import stat

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import LockedError, PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command import paths as places
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.paths import paths_of
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import parse_schedule
from ansible_collections.imagefleet.docker.plugins.module_utils._install.install import Order, host_id, install
from ansible_collections.imagefleet.docker.plugins.module_utils._install.remove import remove
from ansible_collections.imagefleet.docker.plugins.module_utils._store.lock import exclusive_lock

NOW = 1795435200
COMMAND = b"#!/usr/bin/python3\nPK"


class Host:
    """A folder as a host; `active` are the units that systemd would call active."""

    def __init__(self, root):
        self.root = str(root)
        self.active = set()
        self.calls = []
        self.refuse = None

    def run(self, arguments):
        self.calls.append(" ".join(arguments[1:]))
        verb, unit = arguments[1], arguments[-1]
        if verb == self.refuse:
            return 1, "", "refused by test"
        if verb == "is-active":
            return (0 if unit in self.active else 3), "", ""
        if verb == "restart":
            self.active.add(unit)
        if verb == "stop":
            self.active.discard(unit)
        return 0, "", ""

    def at(self, path):
        return self.root + path

    def read(self, path):
        with open(self.at(path), "rb") as stream:
            return stream.read()

    def install(self, name="nightly", check=False, **changes):
        order = {
            "paths": paths_of(name),
            "config": {"mode": "apply", "options": {}, "metrics_file": None, "valid_until": None},
            "schedule": parse_schedule("daily"),
            "scheduler": "auto",
            "delay": 3600,
            "command_sha256": hashlib.sha256(COMMAND).hexdigest(),
            "command": COMMAND,
            "host_id": "host",
            "now": NOW,
        }
        return install(Order(**{**order, **changes}), self.run, check, self.root)

    def remove(self, name="nightly", check=False):
        return remove(paths_of(name), self.run, check, self.root)

    def files(self):
        found = []
        for folder, _folders, names in os.walk(self.root):
            found += [os.path.join(folder, name)[len(self.root) :] for name in names]
        return sorted(found)

    def everything(self):
        """Path, kind, mode and content of all that is there."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            for name in folders + names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                content = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
                if stat.S_ISREG(status.st_mode):
                    with open(path, "rb") as stream:
                        content = stream.read()
                found[path[len(self.root) :]] = (status.st_mode, content)
        return found


def make_host(tmp_path, *folders):
    for folder in folders:
        os.makedirs(str(tmp_path) + folder)
    return Host(tmp_path)


BASE = ("/usr/local/lib", "/usr/local/bin", "/etc/logrotate.d", "/var/lib", "/var/log", "/run/lock", "/etc/cron.d")


@pytest.fixture(name="cron_host")
def fixture_cron_host(tmp_path):
    return make_host(tmp_path, *BASE)


@pytest.fixture(name="systemd_host")
def fixture_systemd_host(tmp_path):
    folders = ("/run/systemd/system", "/etc/systemd/system/timers.target.wants", "/var/lib/systemd/timers")
    return make_host(tmp_path, *BASE, *folders)


@pytest.fixture(name="host", params=["cron", "systemd"])
def fixture_host(request):
    return request.getfixturevalue(f"{request.param}_host")


SHARED = ["/etc/imagefleet/nightly.json", "/etc/logrotate.d/imagefleet", "/usr/local/bin/imagefleet", places.COMMAND]
SCHEDULES = {
    "cron": ["/etc/cron.d/imagefleet-nightly"],
    "systemd": [
        "/etc/systemd/system/imagefleet-nightly.service",
        "/etc/systemd/system/imagefleet-nightly.timer",
        "/etc/systemd/system/timers.target.wants/imagefleet-nightly.timer",
    ],
}


def test_check_mode_tells_what_real_mode_does_and_touches_nothing(host):
    before = host.everything()
    told = host.install(check=True, command=None)
    assert host.everything() == before
    assert [call for call in host.calls if not call.startswith("is-active")] == []
    done = host.install()
    assert (told["changed"], told["scheduler"], told["schedule"]) == (True, done["scheduler"], done["schedule"])
    assert told["diff"] == done["diff"]
    assert host.files() == sorted(SHARED + SCHEDULES[done["scheduler"]])


def test_a_second_run_changes_nothing(host):
    assert host.install()["changed"] is True
    before, calls = host.everything(), len(host.calls)
    for check in (True, False):
        again = host.install(check=check, command=None, now=NOW + 3600)
        assert again["changed"] is False
        assert again["diff"] == []
    assert host.everything() == before
    assert [call for call in host.calls[calls:] if not call.startswith("is-active")] == []


def test_modes_and_links(host):
    host.install()
    modes = {path: stat.S_IMODE(mode) for path, (mode, _content) in host.everything().items()}
    assert modes["/etc/imagefleet/nightly.json"] == 0o600
    assert modes[places.COMMAND] == 0o755
    assert os.readlink(host.at("/usr/local/bin/imagefleet")) == places.COMMAND
    for path in SCHEDULES["cron"] + SCHEDULES["systemd"][:2]:
        assert modes.get(path, 0o644) == 0o644


@pytest.mark.parametrize(
    "path, damage",
    [
        (places.COMMAND, lambda path: os.chmod(path, 0o644)),
        (places.COMMAND, lambda path: open(path, "wb").close()),
        ("/etc/imagefleet/nightly.json", lambda path: os.chmod(path, 0o644)),
        ("/etc/imagefleet/nightly.json", lambda path: open(path, "wb").close()),
        ("/usr/local/bin/imagefleet", os.unlink),
        ("/etc/logrotate.d/imagefleet", os.unlink),
    ],
)
def test_damage_is_repaired(host, path, damage):
    host.install()
    before = host.everything()
    damage(host.at(path))
    repaired = host.install()
    assert [entry["after_header"] for entry in repaired["diff"]] == [path]
    assert host.everything() == before


def test_cron_runs_as_root_with_a_delay_of_its_own(cron_host):
    done = cron_host.install(scheduler="cron")
    line = cron_host.read("/etc/cron.d/imagefleet-nightly").decode().splitlines()[-1]
    assert (
        line
        == f"{done['schedule']} root /usr/local/bin/imagefleet cleanup --config /etc/imagefleet/nightly.json >/dev/null"
    )
    minute, hour, rest = done["schedule"].split(" ", 2)
    assert rest == "* * *"
    assert int(hour) * 60 + int(minute) <= 60
    assert cron_host.install(host_id="other", check=True)["changed"] is True


def test_a_timer_is_reloaded_and_started_once(systemd_host):
    systemd_host.install()
    assert systemd_host.calls == [
        "is-active --quiet imagefleet-nightly.timer",
        "daemon-reload",
        "restart imagefleet-nightly.timer",
    ]
    timer = systemd_host.read("/etc/systemd/system/imagefleet-nightly.timer").decode()
    assert "OnCalendar=*-*-* 0:0:00\nRandomizedDelaySec=3600\nPersistent=true\n" in timer
    service = systemd_host.read("/etc/systemd/system/imagefleet-nightly.service").decode()
    assert "ExecStart=/usr/local/bin/imagefleet cleanup --config /etc/imagefleet/nightly.json\n" in service


def test_a_stopped_timer_is_started_again(systemd_host):
    systemd_host.install()
    systemd_host.active.clear()
    assert systemd_host.install(check=True)["changed"] is True
    assert systemd_host.active == set()
    assert systemd_host.install()["changed"] is True
    assert systemd_host.active == {"imagefleet-nightly.timer"}


def test_changing_the_scheduler_leaves_nothing_of_the_other(systemd_host):
    systemd_host.install()
    open(systemd_host.at("/var/lib/systemd/timers/stamp-imagefleet-nightly.timer"), "wb").close()
    systemd_host.install(scheduler="cron")
    assert systemd_host.files() == sorted(SHARED + SCHEDULES["cron"])
    assert systemd_host.active == set()
    systemd_host.install(scheduler="systemd")
    assert systemd_host.files() == sorted(SHARED + SCHEDULES["systemd"])
    assert systemd_host.active == {"imagefleet-nightly.timer"}


def test_a_refusing_systemd_is_told(systemd_host):
    systemd_host.refuse = "restart"
    with pytest.raises(
        StateError, match="systemctl restart imagefleet-nightly.timer failed with exit code 1: refused by test"
    ):
        systemd_host.install()


def test_a_scheduler_that_is_not_there_is_told(tmp_path, cron_host):
    with pytest.raises(PolicyError, match="does not run systemd"):
        cron_host.install(scheduler="systemd")
    os.rmdir(cron_host.at("/etc/cron.d"))
    with pytest.raises(PolicyError, match="has no /etc/cron.d: install cron"):
        cron_host.install()
    assert cron_host.files() == []


def test_metrics_go_where_an_exporter_looks(cron_host):
    cron_host.install()
    assert (
        json.loads(cron_host.read("/etc/imagefleet/nightly.json"))["metrics_file"] == "/var/lib/imagefleet/nightly.prom"
    )
    os.makedirs(cron_host.at(places.EXPORTER_FOLDER))
    cron_host.install()
    wanted = "/var/lib/prometheus/node-exporter/imagefleet_nightly.prom"
    assert json.loads(cron_host.read("/etc/imagefleet/nightly.json"))["metrics_file"] == wanted


def test_credentials_reach_the_file_and_no_diff(cron_host):
    config = {"mode": "report", "options": {"registries": [{"registry": "r", "password": "hunter2"}]}}
    done = cron_host.install(config=config)
    assert b"hunter2" in cron_host.read("/etc/imagefleet/nightly.json")
    assert "hunter2" not in json.dumps(done)
    config["options"]["registries"][0]["password"] = "hunter3"
    changed = cron_host.install(config=config)
    assert changed["changed"] is True
    assert "hunter" not in json.dumps(changed)
    gone = cron_host.remove()
    assert "hunter" not in json.dumps(gone)


def leave_traces(host, name):
    """What runs, rotation, kills and systemd leave."""
    for path in (
        f"/var/lib/imagefleet/{name}.report.json",
        f"/var/lib/imagefleet/.{name}.report.json.x1.tmp",
        f"/var/lib/imagefleet/{name}.prom",
        "/var/lib/imagefleet/state.json",
        "/var/lib/imagefleet/state.json.lock",
        "/var/lib/imagefleet/state.json.corrupt",
        "/var/lib/imagefleet/.state.json.x1.tmp",
        "/var/log/imagefleet.log",
        "/var/log/imagefleet.log.1",
        "/var/log/imagefleet.log.2.gz",
        "/var/log/imagefleet.log-20261101",
        "/run/lock/imagefleet.lock",
    ):
        os.makedirs(os.path.dirname(host.at(path)), exist_ok=True)
        open(host.at(path), "wb").close()


def test_absent_removes_every_trace_and_says_the_same_before(host):
    before = host.everything()
    host.install()
    leave_traces(host, "nightly")
    full = host.everything()
    told = host.remove(check=True)
    assert host.everything() == full
    done = host.remove()
    assert done == told
    assert done["changed"] is True
    assert host.everything() == before
    assert host.active == set()
    assert host.remove(check=True)["changed"] is False
    assert host.remove()["changed"] is False
    assert host.everything() == before


def test_absent_keeps_what_other_names_need(host):
    host.install("other")
    kept = host.everything()
    host.install("nightly")
    leave_traces(host, "nightly")
    host.remove("nightly")
    left = host.everything()
    for path in (
        "/var/lib/imagefleet/state.json",
        "/var/log/imagefleet.log",
        places.COMMAND,
        "/usr/local/bin/imagefleet",
    ):
        assert path in left
    assert set(kept) <= set(left)
    assert not [path for path in left if "nightly" in path]


def test_absent_takes_a_state_file_of_its_own_along_unless_others_use_it(cron_host):
    own = {"mode": "report", "options": {"state_file": "/var/lib/mine.json"}}
    for name in ("nightly", "weekly"):
        cron_host.install(name, config=own)
    open(cron_host.at("/var/lib/mine.json"), "wb").close()
    cron_host.remove("nightly")
    assert "/var/lib/mine.json" in cron_host.files()
    cron_host.remove("weekly")
    assert cron_host.files() == []


def test_absent_leaves_the_brake_and_foreign_files(host):
    host.install()
    os.makedirs(host.at("/var/lib/imagefleet"))
    for path in ("/etc/imagefleet/hold", "/var/lib/imagefleet/foreign"):
        open(host.at(path), "wb").close()
    host.remove()
    assert host.files() == ["/etc/imagefleet/hold", "/var/lib/imagefleet/foreign"]


@pytest.mark.parametrize("lock", [places.LOCK, paths_of("nightly").lock])
def test_absent_waits_for_no_run_and_takes_nothing_from_it(host, lock):
    """Neither from one that holds the lock of the host, nor from one of a job that has a lock for each configuration."""
    host.install()
    full = host.everything()
    with exclusive_lock(host.at(lock)), pytest.raises(LockedError):
        host.remove()
    for path in sorted({lock, places.LOCK}):
        os.unlink(host.at(path))
    assert host.everything() == full


def test_absent_takes_the_lock_of_its_own_job_along(host):
    host.install()
    with exclusive_lock(host.at(paths_of("nightly").lock)), exclusive_lock(host.at(paths_of("weekly").lock)):
        pass
    host.remove()
    assert host.files() == [paths_of("weekly").lock]


def test_a_folder_in_the_way_is_told(cron_host):
    os.makedirs(cron_host.at("/usr/local/bin/imagefleet"))
    with pytest.raises(StateError, match="neither a file nor a link"):
        cron_host.install()


def test_hosts_differ():
    assert os.uname().nodename in host_id()
