# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the metrics of sync and drift tell region by region."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ansible_collections.imagefleet.docker.plugins.module_utils._host_command.config import DRIFT, SYNC
from ansible_collections.imagefleet.docker.plugins.module_utils._image.metric_text import escaped
from ansible_collections.imagefleet.docker.plugins.module_utils._image.moment import parse_time
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.config import CommandConfig
from ansible_collections.imagefleet.docker.plugins.plugin_utils._command.outcome import DRIFTING, Outcome

Sample = Tuple[str, object]
Family = Tuple[str, str, List[Sample]]
# Outcomes of rows.
RESULTS = ("planned", "done", "deferred", "failed")
SYNC_FIGURES = (
    ("compared", "tags", "Tags that were compared, each once for each region."),
    ("copied_tags", "copied", "Tags that were brought or moved."),
    ("kept_back_by_scan_tags", "kept_back_by_scan", "Tags that the scan gate keeps back."),
    ("removed_tags", "removed", "Tags of regions that were removed, since the source has them no more."),
    ("read_bytes", "bytes", "Bytes of blobs that were read from the source."),
    ("sent_bytes", "bytes_sent", "Bytes of blobs that were sent to regions."),
)


def region_families(config: CommandConfig, outcome: Outcome) -> Iterator[Family]:
    """Nothing for other jobs, and for runs without a result."""
    if outcome.result is None:
        return
    if config.command == SYNC:
        for family, key, help_line in SYNC_FIGURES:
            yield family, help_line, [("", outcome.summary[key])]
        yield "tags", "Tags that differed, by region and what became of them.", _sync_samples(config, outcome.result)
    elif config.command == DRIFT:
        regions = outcome.result["regions"]
        yield (
            "tags",
            "Tags by region and how they compare with the source.",
            [
                (_labels(region=one["region"], status=status), one[status])
                for one in regions
                for status in ("equal", *DRIFTING, "extra", "unknown")
            ],
        )
        yield (
            "behind_seconds",
            "For how long the region has not had something that the source has, as far as checks have seen it.",
            [(_labels(region=one["region"]), _behind(one["region"], outcome)) for one in regions],
        )


def _sync_samples(config: CommandConfig, result: Mapping[str, Any]) -> List[Sample]:
    """Zeros for regions with nothing to do, so that a series does not end when all is well."""
    destinations = config.options.get("destinations") or []
    names = [str(one.get("name") or one.get("registry")) for one in destinations]
    counted: Dict[Tuple[str, str], int] = Counter((row["region"], row["outcome"]) for row in result["plan"])
    return [
        (_labels(region=name, result=outcome), counted.get((name, outcome), 0)) for name in names for outcome in RESULTS
    ]


def _behind(region: str, outcome: Outcome) -> int:
    drift = (outcome.result or {})["drift"]
    moments = [_moment(one.get("since")) for one in drift if one["region"] == region and one["status"] != "extra"]
    known = [moment for moment in moments if moment is not None]
    return max(outcome.finished - min(known), 0) if known else 0


def _moment(text: Any) -> Optional[int]:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        return None


def _labels(**labels: str) -> str:
    return "".join(',%s="%s"' % (name, escaped(value)) for name, value in labels.items())
