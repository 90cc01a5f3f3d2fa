# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds retention back as a whole: the brake, another run at work, clocks that differ, and state that cannot be kept."""

from __future__ import annotations

import email.utils
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest
import registry_content as content
from faults import Fault
from janitor import DAY, WEB, by_name, outcomes, state_file, tidy, time_passes
from meddling_proxy import MeddlingProxy
from own_registry import OwnRegistry
from registry_disk import lay

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import (
    LockedError,
    PartialFailure,
    RefusedError,
    StateError,
)

RULES = {"keep": [{"newest": 1}]}


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[MeddlingProxy]:
    """On the way to a registry with three releases."""
    (tmp_path / "registry").mkdir()
    with OwnRegistry(tmp_path / "registry") as registry, MeddlingProxy(registry.address) as found:
        for tag in ("1.0.0", "1.1.0", "2.0.0"):
            lay(registry, WEB, content.multi_platform(tag), tag)
        yield found


def deletions(proxy: MeddlingProxy) -> int:
    """Those of something that is there."""
    return sum(one.method == "DELETE" and one.status == 202 for one in proxy.requests())


def test_the_brake(proxy: MeddlingProxy, tmp_path: Path) -> None:
    (tmp_path / "hold").write_text("reason: freeze before the fair\n")
    for apply in (False, True):
        done = tidy(tmp_path, proxy.address, apply=apply, **RULES)
        assert outcomes(done) == {"1.0.0": "deferred", "1.1.0": "deferred", "2.0.0": "keep"}
        assert not done["changed"] and done["hold"] == {"reason": "freeze before the fair", "until": None}
        assert any("freeze before the fair" in note for note in done["notes"])
    assert deletions(proxy) == 0 and not (tmp_path / "undo").exists()
    (tmp_path / "hold").write_text("reason: freeze\nuntil: 2020-01-01\n")
    assert tidy(tmp_path, proxy.address, **RULES)["changed"]


def test_waiting_goes_on_under_the_brake(proxy: MeddlingProxy, tmp_path: Path) -> None:
    (tmp_path / "hold").write_text("reason: freeze\n")
    tidy(tmp_path, proxy.address, confirm_after="7d", **RULES)
    time_passes(tmp_path, 7 * DAY)
    (tmp_path / "hold").unlink()
    assert outcomes(tidy(tmp_path, proxy.address, confirm_after="7d", **RULES))["1.0.0"] == "done"


def test_two_runs_at_once(proxy: MeddlingProxy, tmp_path: Path) -> None:
    gate, arrived = threading.Event(), threading.Event()
    proxy.faults.add(Fault(held=gate), "GET", "tags/list", times=1)
    proxy.before = lambda _method, path: arrived.set() if path.endswith("tags/list") else None
    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(tidy(tmp_path, proxy.address, **RULES)["changed"]))
    first.start()
    assert arrived.wait(30)
    try:
        with pytest.raises(LockedError, match="is held by process"):
            tidy(tmp_path, proxy.address, **RULES)
        # A look does no harm.
        assert tidy(tmp_path, proxy.address, apply=False, **RULES)["changed"]
    finally:
        gate.set()
        first.join()
    assert found == [True]
    assert not tidy(tmp_path, proxy.address, **RULES)["changed"]


# Clocks (S11) --------------------------------------------------------------------------------------------------------


# Told to the day: the registry of this test always tells the same moment, however slow the machine is.
@pytest.mark.parametrize("offset", [-3.5 * DAY, 3.5 * DAY])
def test_ages_decide_nothing_while_clocks_differ(proxy: MeddlingProxy, tmp_path: Path, offset: float) -> None:
    date = email.utils.formatdate(time.time() + offset, usegmt=True)
    proxy.faults.add(Fault(headers=(("Date", date),)))
    aged = tidy(tmp_path, proxy.address, delete=[{"older_than": "1d", "clock": "created"}])
    assert not aged["changed"] and {row["kept_by"] for row in aged["plan"]} == {"clock"}
    assert "differ by 3d" in aged["clocks_distrusted"]
    floor = tidy(tmp_path, proxy.address, minimum_age="1h", **RULES)
    assert not floor["changed"] and floor["summary"]["to_delete"] == 0
    assert tidy(tmp_path, proxy.address, confirm_after="1h", **RULES)["summary"]["pending"] == 2
    # What is decided by versions alone is.
    assert outcomes(tidy(tmp_path, proxy.address, **RULES)) == {"1.0.0": "done", "1.1.0": "done", "2.0.0": "keep"}


def test_a_few_minutes_are_no_difference(proxy: MeddlingProxy, tmp_path: Path) -> None:
    proxy.faults.add(Fault(headers=(("Date", email.utils.formatdate(time.time() - 200, usegmt=True)),)))
    assert tidy(tmp_path, proxy.address, delete=[{"older_than": "1d", "clock": "created"}])["changed"]


def test_a_clock_behind_the_last_run(proxy: MeddlingProxy, tmp_path: Path) -> None:
    tidy(tmp_path, proxy.address, keep=[{"tags": "*"}])
    time_passes(tmp_path, -DAY)
    done = tidy(tmp_path, proxy.address, delete=[{"older_than": "1d", "clock": "created"}])
    assert not done["changed"] and "behind the last run" in done["clocks_distrusted"]


def test_a_registry_that_does_not_tell_the_time(proxy: MeddlingProxy, tmp_path: Path) -> None:
    proxy.faults.add(Fault(headers=(("Date", "sometime"),)))
    done = tidy(tmp_path, proxy.address, delete=[{"older_than": "1d", "clock": "created"}])
    assert done["changed"] and any("does not say what time it is" in note for note in done["notes"])


# Files ---------------------------------------------------------------------------------------------------------------


def test_no_undo_no_deletion(proxy: MeddlingProxy, tmp_path: Path) -> None:
    (tmp_path / "undo").write_text("a file where a folder should be")
    with pytest.raises(PartialFailure, match="6 of 6 deletions failed, 0 were done .*/undo/") as caught:
        tidy(tmp_path, proxy.address, **RULES)
    assert deletions(proxy) == 0
    assert set(outcomes(caught.value.result).values()) == {"failed", "keep"}


def test_no_memory_no_deletion(proxy: MeddlingProxy, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(StateError, match="state"):
        tidy(tmp_path, proxy.address, **RULES)
    assert deletions(proxy) == 0


def test_a_cache_that_cannot_be_written_or_is_damaged(proxy: MeddlingProxy, tmp_path: Path) -> None:
    tidy(tmp_path, proxy.address, apply=False, **RULES)
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(b"{}")
    planned = tidy(tmp_path, proxy.address, apply=False, **RULES)
    (tmp_path / "file").write_text("")
    assert by_name(planned) == by_name(
        tidy(tmp_path, proxy.address, apply=False, **RULES, cache_dir=str(tmp_path / "file"))
    )
    done = tidy(tmp_path, proxy.address, **RULES, cache_dir=None)
    assert outcomes(done) == {"1.0.0": "done", "1.1.0": "done", "2.0.0": "keep"}


def test_a_refused_run_remembers_what_it_saw(proxy: MeddlingProxy, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        tidy(tmp_path, proxy.address, refuse_above=1, confirm_after="7d", **RULES)
    time_passes(tmp_path, 7 * DAY)
    assert state_file(tmp_path).exists()
    assert outcomes(tidy(tmp_path, proxy.address, confirm_after="7d", **RULES))["1.0.0"] == "done"
