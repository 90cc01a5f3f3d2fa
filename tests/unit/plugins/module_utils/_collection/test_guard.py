# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's script, run by a real shell with programs that write down how they are called."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._collection import units
from ansible_collections.imagefleet.docker.plugins.module_utils._collection.units import Names, guard_command

# No process has it: it is larger than what the kernel gives (proc(5), pid_max).
NOBODY = 2**22 + 1
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >> "$LOG"
case "$1" in
    show) count=$(cat "$STATES"); echo "$((count - 1))" > "$STATES"; [ "$count" -gt 0 ] && echo deactivating || echo "$LAST" ;;
    restart) count=$(cat "$FAILURES"); echo "$((count - 1))" > "$FAILURES"; [ "$count" -le 0 ] ;;
esac
"""


class Guard:
    """Runs the script; `log` is what it did, in order. The drop-in is there, and whether it is when something is called."""

    def __init__(self, folder, monkeypatch):
        monkeypatch.setattr(units, "RUN", str(folder / "units"))
        monkeypatch.setattr(units, "WORK", str(folder / "work"))
        self.names = Names("docker-registry.service")
        self.folder = folder
        os.makedirs(self.names.drop_in_folder)
        (folder / "work").mkdir()
        for path in (self.names.drop_in, *self.names.collector.files, *self.names.asking(NOBODY).files):
            with open(path, "w", encoding="ascii"):
                pass
        for name, text in (("systemctl", SYSTEMCTL), ("sleep", '#!/bin/sh\necho "sleep $*" >> "$LOG"\n')):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def run(self, process=NOBODY, seconds=10, working=0, last="inactive", failures=0):
        """`working`: how often the collector is still there; `failures`: how often the registry does not start."""
        (self.folder / "states").write_text(str(working))
        (self.folder / "failures").write_text(str(failures))
        environment = {
            "PATH": "%s:%s" % (self.folder, os.environ["PATH"]),
            "LOG": str(self.folder / "log"),
            "STATES": str(self.folder / "states"),
            "FAILURES": str(self.folder / "failures"),
            "LAST": last,
        }
        command = guard_command(self.names, process, seconds)
        argv = [word.replace("$$", "$") for word in command[command.index("--") + 1 :]]
        subprocess.run(argv, env=environment, check=False)
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture(name="guard")
def fixture_guard(tmp_path, monkeypatch):
    return Guard(tmp_path, monkeypatch)


STOP = "systemctl stop imagefleet-collect-docker-registry.service"
STATE = "systemctl show --property=ActiveState --value imagefleet-collect-docker-registry.service"
OPEN = [
    "systemctl daemon-reload",
    "systemctl reset-failed docker-registry.service",
    "systemctl restart docker-registry.service",
]


def test_when_the_process_has_ended_the_registry_is_opened(guard):
    assert guard.run() == [STOP, STATE, *OPEN]
    assert not os.path.exists(guard.names.drop_in_folder)
    assert os.listdir(guard.folder / "work") == []


@pytest.mark.parametrize("seconds, sleeps", [(0, 0), (1, 1), (10, 5)])
def test_when_the_process_does_not_end_the_time_does(guard, seconds, sleeps):
    assert guard.run(process=os.getpid(), seconds=seconds) == ["sleep 2"] * sleeps + [STOP, STATE, *OPEN]


def test_the_registry_stays_closed_until_the_collector_has_ended(guard):
    assert guard.run(working=2) == [STOP, STATE, "sleep 2", STOP, STATE, "sleep 2", STOP, STATE, *OPEN]


def test_a_collector_that_failed_has_ended(guard):
    assert guard.run(last="failed") == [STOP, STATE, *OPEN]


def test_no_collector_can_begin_from_then_on(guard):
    """It asserts that the drop-in is there, and may have been ordered just before its parent was killed."""
    (guard.folder / "systemctl").write_text(
        '#!/bin/sh\n[ -e "%s" ] && echo "too late: $*" >> "$LOG"\necho "$*" >> "$LOG"\n[ "$1" = show ] && echo inactive\ntrue\n'
        % guard.names.drop_in
    )
    assert not [line for line in guard.run() if line.startswith("too late")]


def test_a_start_that_fails_is_tried_again(guard):
    assert guard.run(failures=2) == [STOP, STATE, *OPEN, "sleep 2", *OPEN, "sleep 2", *OPEN]


def test_it_gives_up_at_last(guard):
    assert guard.run(failures=1000).count("systemctl restart docker-registry.service") == 31


def test_drop_ins_of_others_stay(guard):
    other = os.path.join(guard.names.drop_in_folder, "limits.conf")
    with open(other, "w", encoding="ascii"):
        pass
    guard.run()
    assert os.listdir(guard.names.drop_in_folder) == ["limits.conf"]
