# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of modules that compare one registry with several others."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  source:
    description:
      - The registry that is followed. The options are those of M(imagefleet.docker.registry_info), O(source.registry) is required.
    type: dict
    required: true
    suboptions: &access
      registry:
        description: Host, or host and port, as in image names.
        type: str
        required: true
      username:
        description: User name. Without it, credentials come from the Docker client configuration, and without that the registry is asked anonymously.
        type: str
      password:
        description: Password of the user.
        type: str
      token:
        description: Bearer token, sent as it is, instead of user name and password.
        type: str
      config_path:
        description: A Docker client configuration (C(config.json)), a file on the target.
        type: path
      ca_path:
        description: Certificate authorities to trust, a file on the target.
        type: path
      client_cert:
        description: Client certificate, a file on the target.
        type: path
      client_key:
        description: Key of the client certificate, a file on the target.
        type: path
      validate_certs:
        description: Whether to verify the registry's certificate.
        type: bool
        default: true
      insecure:
        description: Use plain HTTP.
        type: bool
        default: false
      timeout:
        description: Seconds to wait for an answer, each time that the registry is silent.
        type: int
        default: 30
      retries:
        description: How often what failed in passing is tried again.
        type: int
        default: 5
      concurrency:
        description: How many requests may be under way at a time.
        type: int
        default: 8
      cache_dir:
        description: Where manifests are kept by digest, so that none is read twice.
        type: path
        default: /var/cache/imagefleet
  destinations:
    description:
      - The regions that follow it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the region is called in results. By default its registry.
        type: str
      <<: *access
  repositories:
    description:
      - What is meant, a list of mappings. C(name) is a repository or a pattern as in rules, C(tags) patterns as in rules or ranges of
        semantic versions such as V(semver:>=1.2 <2), everything by default; C(platforms) limits indexes to some platforms, which makes
        a new index with a digest of its own; C(to) is the repository's name in the regions, in which C({name}) stands for its name at the
        source.
    type: list
    elements: raw
    required: true
  referrers:
    description:
      - Signatures, attestations and lists of referrers are meant too, as far as they hang on what is meant by their tags.
    type: bool
    default: true
  floating_tags:
    description:
      - Tags that are meant to move, as patterns. By default V(latest), names of branches and environments, and versions of one or two
        numbers.
    type: raw
  floating_scope:
    description:
      - When tags are brought, V(all) moves a floating tag only when every region holds what it shall point at. V(region) moves it in
        each region that does.
    type: str
    choices: [all, region]
    default: all
  immutable_tags:
    description:
      - Tags that never move once they are pushed, as patterns. They are looked up in a region's list of tags only, which takes no
        request per tag.
    type: raw
  shard:
    description:
      - Only this share of the repositories, such as V(2/5) for the second of five. Every repository is in exactly one share, so several
        hosts can each bring theirs at the same time.
    type: str
requirements:
  - Python library C(requests) (distribution package C(python3-requests))
"""
