# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a .dockerignore leaves out. That BuildKit sees it the same way is a live test."""

from __future__ import annotations

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._build.ignore import parse_ignore
from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError


@pytest.mark.parametrize(
    "lines, out, stays",
    [
        ("*.md", ["README.md"], ["docs/a.md", "README.mdx"]),
        ("**/*.md", ["README.md", "docs/a.md", "a/b/c.md"], ["a.txt"]),
        ("docs", ["docs", "docs/a", "docs/b/c"], ["a/docs"]),
        ("/docs/", ["docs", "docs/a"], ["a/docs"]),
        ("**/node_modules", ["node_modules", "a/node_modules", "a/node_modules/b"], ["node_modules2"]),
        ("docs/**", ["docs/a", "docs/a/b"], ["docs"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["z", "b/a/z"]),
        ("*\n!keep", ["a", "b/c"], ["keep", "keep/x"]),
        ("a\n!a/b\na/b/c", ["a/x", "a/b/c"], ["a/b", "a/b/d"]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("[ab]*", ["apple", "bear"], ["cat"]),
        ("[^a]x", ["bx"], ["ax"]),
        (r"a\*", ["a*"], ["ab"]),
        ("# all\n#x\n  \nsecret", ["secret"], ["#x"]),
        ("a/../b", ["b"], ["a"]),
        ("**", ["a", "a/b"], []),
        ("**foo", ["foo", "a/foo", "a/bigfoo"], ["foo2"]),
        ("a.c", ["a.c"], ["abc"]),
        ("! keep \nkeep", ["keep"], []),
    ],
)
def test_lines(lines, out, stays):
    ignored = parse_ignore(".dockerignore", lines)
    assert [path for path in out if not ignored(path)] == []
    assert [path for path in stays if ignored(path)] == []


@pytest.mark.parametrize("lines", ["ok\n!", "ok\n[a", "ok\nb\\", "ok\n[z-a]"])
def test_what_is_no_pattern_names_the_line(lines):
    with pytest.raises(PolicyError, match=r"\.dockerignore, line 2: "):
        parse_ignore(".dockerignore", lines)
