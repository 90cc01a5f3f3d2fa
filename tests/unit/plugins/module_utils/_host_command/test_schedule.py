# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules: cron's notation, the same for systemd, and delays that differ between hosts and never between runs."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.schedule import parse_schedule


@pytest.mark.parametrize(
    "text, cron, calendar",
    [
        ("hourly", "0 * * * *", "*-*-* *:0:00"),
        ("daily", "0 0 * * *", "*-*-* 0:0:00"),
        ("weekly", "0 0 * * 0", "Sun *-*-* 0:0:00"),
        ("Monthly ", "0 0 1 * *", "*-*-1 0:0:00"),
        ("30 2 * * 1-5", "30 2 * * 1,2,3,4,5", "Mon,Tue,Wed,Thu,Fri *-*-* 2:30:00"),
        ("*/15 8-10 * * *", "0,15,30,45 8,9,10 * * *", "*-*-* 8,9,10:0,15,30,45:00"),
        ("5 0 1,15 jan-mar *", "5 0 1,15 1,2,3 *", "*-1,2,3-1,15 0:5:00"),
        ("0 0 * * sun,7,6", "0 0 * * 0,6", "Sun,Sat *-*-* 0:0:00"),
        ("50/5 0 * * *", "50,55 0 * * *", "*-*-* 0:50,55:00"),
        ("0-59 0-23 * 1-12 0-7", "* * * * *", "*-*-* *:*:00"),
    ],
)
def test_one_notation_for_both_schedulers(text, cron, calendar):
    schedule = parse_schedule(text)
    assert schedule.cron == cron
    assert schedule.calendar == calendar


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "the five fields of cron"),
        ("yearly", "one of hourly, daily, weekly, monthly"),
        ("* * * *", "the five fields of cron"),
        ("60 * * * *", "'60' is no minute; numbers from 0 to 59"),
        ("* 24 * * *", "'24' is no hour"),
        ("* * 0 * *", "'0' is no day of month"),
        ("* * * 13 *", "'13' is no month"),
        ("* * * * 8", "'8' is no day of week"),
        ("* * * * noon", "'noon' is no day of week"),
        ("5-1 * * * *", "'5-1' is no minute"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("*-5 * * * *", "'*-5' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("0 0 1 * 1", "a day of month or a day of week"),
        ("0 0 * * *; rm", "the five fields of cron"),
        ("0 0 * * *\n* * * * * root x", "the five fields of cron"),
    ],
)
def test_what_is_no_schedule_says_which_field(text, words):
    with pytest.raises(PolicyError) as caught:
        parse_schedule(text)
    assert words in str(caught.value)


def start(schedule):
    return schedule.hours[0] * 60 + schedule.minutes[0]


def test_a_delay_is_stable_for_a_host_and_spreads_a_fleet():
    daily = parse_schedule("daily")
    fleet = [start(daily.delayed(4 * 3600, f"host-{number}")) for number in range(500)]
    assert fleet == [start(daily.delayed(4 * 3600, f"host-{number}")) for number in range(500)]
    assert min(fleet) >= 0
    assert max(fleet) <= 240
    # 500 hosts over 241 minutes: far from all at once, and both ends used.
    assert len(set(fleet)) > 150
    assert min(fleet) < 20 and max(fleet) > 220


def test_a_delay_never_moves_a_run_into_another_day_or_hour():
    late = parse_schedule("30 22 * * 1")
    assert all(start(late.delayed(4 * 3600, str(seed))) in range(22 * 60 + 30, 24 * 60) for seed in range(300))
    hourly = parse_schedule("10 * * * *")
    moved = [hourly.delayed(4 * 3600, str(seed)) for seed in range(300)]
    assert {schedule.hours for schedule in moved} == {hourly.hours}
    assert all(10 <= schedule.minutes[0] <= 59 for schedule in moved)


@pytest.mark.parametrize("text, delay", [("daily", 0), ("daily", 59), ("*/15 * * * *", 3600), ("59 23 * * *", 3600)])
def test_no_room_no_delay(text, delay):
    schedule = parse_schedule(text)
    assert all(schedule.delayed(delay, str(seed)) == schedule for seed in range(50))
