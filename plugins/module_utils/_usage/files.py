# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of `protect_from`, read; what cannot be read is told, not raised: it stops deletion, not the ledger."""

from __future__ import annotations

import os

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.scan import decode, scan
from ansible_collections.imagefleet.docker.plugins.module_utils._fleet.sources import Reading, Source
from ansible_collections.imagefleet.docker.plugins.module_utils._store.atomic import read_capped

MAXIMUM_BYTES = 64 * 1024 * 1024


def read_source(source: Source) -> Reading:
    """Never raises for what is wrong with the file."""
    path = os.path.expanduser(source.path)
    try:
        # Before the content: a file that is replaced meanwhile must not look newer than what is read.
        modified = int(os.stat(path).st_mtime)
        data = read_capped(path, MAXIMUM_BYTES)
    except FileNotFoundError:
        return Reading(source, "there is no such file")
    except OSError as error:
        return Reading(source, "it cannot be read: %s" % (error.strerror or error))
    except StateError as error:
        return Reading(source, str(error))
    if data is None:
        return Reading(source, "there is no such file")
    return Reading(source, None, modified, len(data), scan(decode(data), source.registry))
