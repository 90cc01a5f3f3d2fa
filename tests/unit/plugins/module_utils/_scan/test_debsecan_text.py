# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debsecan's detailed text; the sample was printed by the real program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.debsecan_text import read_debsecan
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.finding import Scanned

SAMPLE = (Path(__file__).resolve().parents[4] / "samples" / "scanners" / "debsecan" / "detail.txt").read_text()
ENTRY = """CVE-2024-1 (fixed, low urgency)
  what it is
  installed: left 1-1
             (built from left-source 1-1)
  fixed in unstable: left-source 2-1 (source package)
  fix is available for the selected suite (bookworm)

"""


def test_what_the_real_program_printed() -> None:
    found = read_debsecan(SAMPLE, "debsecan.txt")
    assert (found.packages, found.system, found.scanner) == (None, "debian bookworm", "debsecan")
    assert [(one.id, one.package, one.installed, one.fixed, one.severity) for one in found.findings] == [
        ("CVE-2023-1003", "gone", "1-1", None, "high"),
        # Of two fixed branches and unstable: the lowest that lies above 3.0.9-1.
        ("CVE-2024-1001", "libssl3", "3.0.9-1", "3.0.11-1~deb12u2", "high"),
        ("CVE-2024-1004", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "medium"),
        ("CVE-2024-1006", "libfoo", "1.0~rc1-1", "2.0-1", "medium"),
        # Fixed on another branch only: no fix for this suite.
        ("TEMP-0000000-ABCDEF", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "low"),
        ("CVE-2023-1003", "zlib1g", "1:1.2.13.dfsg-1+b1", None, "unknown"),
        ("CVE-2024-1005", "libssl3", "3.0.9-1", None, "unknown"),
    ]
    assert found.findings[1].title == "openssl: Out-of-bounds write, in a parser (with brackets)"
    assert found.findings[2].title == "installed: fake 1.0"
    assert found.findings[0].title is None
    assert all(one.score is None and one.epss is None and one.purl is None for one in found.findings)


def test_an_empty_text_proves_nothing() -> None:
    assert read_debsecan("", "debsecan.txt") == Scanned(scanner="debsecan")


def test_a_run_without_a_suite_names_no_system() -> None:
    found = read_debsecan(ENTRY.replace("(bookworm)", "(None)"), "debsecan.txt")
    assert (found.system, found.findings[0].fixed) == (None, "2-1")


def test_a_fix_whose_version_is_not_named() -> None:
    text = "".join(line + "\n" for line in ENTRY.splitlines() if "unstable" not in line)
    assert read_debsecan(text, "debsecan.txt").findings[0].fixed == "the version in bookworm"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("error: could not open 'status': No such file or directory\n", "a.txt: line 1 is \"error: could not open"),
        ("CVE-2024-1 left\n", "a.txt: line 1 is 'CVE-2024-1 left', the name of a vulnerability is needed"),
        (ENTRY + "\n", "a.txt: line 8 is '', the name of a vulnerability is needed"),
        ("CVE-2024-1\n", "a.txt: line 2: the report is cut off, a description is missing"),
        (ENTRY[:-1], "a.txt: line 7: the report is cut off, an empty line is missing"),
        (ENTRY[: ENTRY.index("  fix is")], "a.txt: line 6: the report is cut off, the suite that has the fix is missing"),
        (ENTRY.replace("low urgency", "grave urgency"), "a.txt: line 1 is 'CVE-2024-1 (fixed, grave urgency)', a name with notes"),
        (ENTRY.replace("fixed, low", "low"), "a.txt: line 7 is '', the note 'fixed' is needed"),
        (ENTRY.replace("installed:", "removed:"), "a.txt: line 3 is '  removed: left 1-1', the installed package is needed"),
        (ENTRY.replace("built from", "made of"), "a.txt: line 4 is"),
    ],
)  # fmt: skip
def test_what_is_no_report_of_debsecan(text: str, told: str) -> None:
    with pytest.raises(ToolError, match=re.escape(told)):
        read_debsecan(text, "a.txt")


@given(st.integers(0, len(SAMPLE)), st.integers(0, 40), st.text(max_size=20))
def test_a_damaged_report_is_an_error_or_tells_everything(start: int, length: int, other: str) -> None:
    text = SAMPLE[:start] + other + SAMPLE[start + length :]
    try:
        found = read_debsecan(text, "debsecan.txt")
    except ToolError as error:
        assert str(error).startswith("debsecan.txt: line ")
        return
    # Names of vulnerabilities begin a line in no other place.
    assert len(found.findings) == len(re.findall(r"^[A-Z][A-Za-z0-9]*-", text, re.MULTILINE))


@given(st.text(max_size=200))
def test_any_other_text_is_an_error(text: str) -> None:
    try:
        assert read_debsecan(text, "debsecan.txt").findings == ()
        assert text == "" or text == "\n"
    except ToolError as error:
        assert str(error).startswith("debsecan.txt")
