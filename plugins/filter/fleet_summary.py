# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters fleet_summary and fleet_report."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.html import fleet_page
from ansible_collections.imagefleet.docker.plugins.plugin_utils._report.text import summary_lines


def fleet_summary(results: Any, expected_hosts: Sequence[str] | None = None, top: int = 10) -> list[str]:
    return summary_lines(_results("fleet_summary", results), expected_hosts, top)


def fleet_report(
    results: Any,
    expected_hosts: Sequence[str] | None = None,
    generated: str = "",
    title: str = "Docker images of the fleet",
) -> str:
    return fleet_page(_results("fleet_report", results), expected_hosts, generated, title)


def _results(name: str, results: Any) -> Mapping[str, Any]:
    if not isinstance(results, Mapping):
        raise AnsibleFilterError(
            "%s: a mapping of host names to results is needed, not a %s" % (name, type(results).__name__)
        )
    return results


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fleet_summary": fleet_summary, "fleet_report": fleet_report}
