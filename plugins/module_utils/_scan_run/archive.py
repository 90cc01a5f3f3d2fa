# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of images as `docker save` writes them."""

from __future__ import annotations

import json
import tarfile
from typing import Any, Dict, List, Mapping

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import ContentError, PolicyError
from ansible_collections.imagefleet.docker.plugins.module_utils._image.manifest import digest_of, platform_of
from ansible_collections.imagefleet.docker.plugins.module_utils._image.reference import parse_reference
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.drafts import Draft
from ansible_collections.imagefleet.docker.plugins.module_utils._scan.target import ARCHIVE

MAX_DOCUMENT = 16 * 1024 * 1024
MANIFEST = "manifest.json"


def identify_archive(path: str) -> Draft:
    """The one image of an archive; what is wrong with it is the draft's `problem`."""
    draft = Draft(path, ARCHIVE, keys={"archive " + path})
    try:
        with tarfile.open(path) as tar:
            entry = only_entry(json.loads(_document(tar, MANIFEST).decode("utf-8")))
            config = _document(tar, str(entry["Config"]))
            told = json.loads(config.decode("utf-8"))
    except (OSError, tarfile.TarError, EOFError, ContentError, KeyError, ValueError, RecursionError) as error:
        cause = getattr(error, "strerror", None) or error
        draft.problem = "%s cannot be read as an archive of docker save: %s" % (path, cause)
        return draft
    draft.digest = digest_of(config)
    draft.keys.add(draft.digest)
    draft.configs.add(draft.digest)
    draft.platform = platform_of(told) or None
    draft.references.update(_references(entry))
    return draft


def only_entry(manifest: Any) -> Mapping[str, Any]:
    """The image of a manifest.json. Raises ContentError when there is none, or more than one."""
    entries = manifest if isinstance(manifest, list) else []
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise ContentError(
            "it holds %d images; save each into an archive of its own" % len(entries)
            if entries
            else "it holds no image"
        )
    entry: Dict[str, Any] = entries[0]
    layers = entry.get("Layers")
    if not isinstance(entry.get("Config"), str) or not isinstance(layers, list):
        raise ContentError("its %s names no configuration or no layers" % MANIFEST)
    return entry


def _document(tar: tarfile.TarFile, name: str) -> bytes:
    try:
        stream = tar.extractfile(name)
    except KeyError as error:
        raise ContentError("it has no %s" % name) from error
    if stream is None:
        raise ContentError("its %s is no file" % name)
    data = stream.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise ContentError("its %s is larger than %d bytes" % (name, MAX_DOCUMENT))
    return data


def _references(entry: Mapping[str, Any]) -> List[str]:
    found = []
    for name in entry.get("RepoTags") or ():
        try:
            found.append(parse_reference(name).canonical)
        except PolicyError:
            continue
    return found
