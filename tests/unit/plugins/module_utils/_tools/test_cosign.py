# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cosign it is, what its failures mean, and how they are told."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ToolError, ToolMissing
from ansible_collections.imagefleet.docker.plugins.module_utils._tools.cosign import (
    Cosign,
    Dialect,
    cause,
    read_dialect,
)


@pytest.mark.parametrize(
    "text, bundles",
    [
        ("    --tlog-upload=true:\n\twhether or not to upload to the tlog\n", False),
        ("    --signing-config='':\n    --tlog-upload=true:\n    --use-signing-config=false:\n", False),
        ("    --signing-config='':\n    --tlog-upload=true:\n    --use-signing-config=true:\n", True),
        ("    --signing-config='':\n    --use-signing-config=true:\n", True),
        ("    --signing-config='':\n", True),
    ],
    ids=["2.0 to 2.5", "2.6", "3.0", "3.1", "later"],
)
def test_the_flags_tell_the_version(text: str, bundles: bool) -> None:
    assert read_dialect(text, lambda: "unused") == Dialect(bundles)


def test_too_old() -> None:
    with pytest.raises(ToolMissing, match="^cosign v1.13.1 cannot sign without a transparency log"):
        read_dialect("    --no-tlog-upload=false:\n", lambda: "v1.13.1")


def answering(code: int, output: str = "", errors: str = "") -> Cosign:
    return Cosign(lambda _argv, _environment, _text: (code, output, errors), "/opt/cosign")


def test_failures() -> None:
    with pytest.raises(ToolMissing, match="/opt/cosign cannot be started: .*. Install cosign 2.0 or newer"):
        answering(127, errors="timeout: failed to run command '/opt/cosign': No such file or directory").must("sign")
    with pytest.raises(ToolMissing, match="cosign verify of this version does not know --trusted-root"):
        answering(1, errors="Error: unknown flag: --trusted-root\n").attempt("verify", "--trusted-root", "/f")
    with pytest.raises(ToolError, match="^cosign sign name gave no answer within 180 seconds"):
        answering(124).attempt("sign", "name")
    with pytest.raises(ToolError, match=r"^cosign sign failed \(1\): signing: denied$"):
        answering(
            1, errors="WARNING: insecure\nError: signing: denied\nerror during command execution: signing: denied\n"
        ).must("sign", "--key", "/secret/place")

    def gone(*_what: object) -> tuple[int, str, str]:
        raise FileNotFoundError(2, "no timeout")

    with pytest.raises(ToolMissing, match="no program timeout on this host"):
        Cosign(gone).attempt("version")


def test_the_version_is_asked_for_the_message_alone() -> None:
    asked: list[str] = []

    def run(argv: object, _environment: object, _text: object) -> tuple[int, str, str]:
        words = list(argv)  # type: ignore[call-overload]
        asked.append(words[4])
        return (0, "GitVersion:    v1.13.6\n", "") if words[4] == "version" else (0, "--no-tlog-upload", "")

    with pytest.raises(ToolMissing, match="cosign v1.13.6 cannot sign"):
        Cosign(run).dialect()
    assert asked == ["sign", "version"]


def test_a_cause_is_told_once() -> None:
    text = "WARNING: x\nError: one\n two\nerror during command execution: one\n two\nmain.go:62: error during command execution: one\n"
    assert cause(text) == "one\ntwo"


def test_no_secret_in_a_repr() -> None:
    made = Cosign(lambda *_what: (0, "", ""), environment={"COSIGN_PASSWORD": "of the key"})
    assert "of the key" not in repr(made)
