# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of modules that meet signatures of images."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  method:
    description:
      - V(cosign) signs digests, with the program of that name.
      - V(docker_trust) is Docker Content Trust, with a docker command line before version 29 and a notary server.
    type: str
    choices: [cosign, docker_trust]
    required: true
  public_key_path:
    description:
      - The public key that signatures have to be of (cosign), a file on the target.
    type: path
  public_key_content:
    description:
      - The same as text.
    type: str
  annotations:
    description:
      - Texts by name that a signature must have been made with to count (cosign). They cannot hold C(=), commas and line breaks, which
        cosign does not take.
    type: dict
    default: {}
  signed_as:
    description:
      - The repository that the image must have been signed in (cosign). A signature is of a digest, so it also holds for a copy elsewhere.
        Without this option any repository will do, and RV(signatures[].repository) tells which it was.
      - Signatures of cosign 3 name no repository and never match. Sign with O(annotations) that tell it instead.
    type: str
  config_dir:
    description:
      - The folder with the command line's configuration and its keys of Docker Content Trust. Default is E(DOCKER_CONFIG), or C(~/.docker).
    type: path
  trust_server:
    description:
      - The address of the notary server. Default is that of the registry.
    type: str
  signer:
    description:
      - The name of the signer whose signature is wanted (Docker Content Trust). Without it any signer will do.
    type: str
"""

    PROGRAMS = r"""
options:
  cosign:
    description:
      - The program for O(method=cosign), a name or a path on the target.
    type: path
    default: cosign
  docker_cli:
    description:
      - The docker command line for O(method=docker_trust), a name or a path on the target.
    type: path
    default: docker
"""
