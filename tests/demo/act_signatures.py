# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A promotion is signed, hosts pull what is signed, and what is not is refused, or found where it runs."""

from __future__ import annotations

import json
import re

from archive import BUSYBOX, Layer
from demo import BRAKED, CONTROL, HERE, OLD_API, PLAYBOOKS, SECURITY_REPORT, STOPPED, Demo
from lab.paths import cache
from lab.unpacked import unpacked
from registry_content import image
from registry_pushing import push
from telling import insist, told

PAY = "shop/pay"
#: A host of each image store.
PULLING = (BRAKED, OLD_API)
_PROGRAM = Layer("pay-program", 100_000, BUSYBOX)


def sign_and_refuse(demo: Demo) -> None:
    _bring_cosign(demo)
    demo.listen(HERE / "keys.yml", options=_options(demo))
    signed = _push(demo, "1.0.0", "1.0.0")
    _promote(demo, "1.0.0", "staging", "tag.yml")
    _promote(demo, "staging", "production", "tag.yml", "sign.yml")
    told("The key never leaves %s, the role content_trust has made it; every host has its public half." % CONTROL)
    told("%s:1.0.0 is promoted to production: the tag moves, and the digest is signed with env=production." % PAY)
    told("%s and %s, one of each image store, pull it by image_signature with state=pulled:\n" % PULLING)
    demo.listen(HERE / "pull.yml", options=_options(demo))
    for name in PULLING:
        told("  %s  %s:production is %s" % (name, PAY, _run(demo, name, signed)))

    unsigned = _push(demo, "hotfix-2", "production")
    told("\nSomebody pushes a hotfix over %s:production by hand. Both hosts pull again, and refuse:\n" % PAY)
    refused = demo.listen(HERE / "pull.yml", options=_options(demo), fails=True)
    told("\n".join("  %s  %s" % (name, _refusal(refused, name)) for name in PULLING))
    for name in PULLING:
        insist(_digest(demo, name) == signed, "%s has another image by the name than the signed one" % name)
    told("\nNothing was pulled, and the name means what it meant. Docker itself asks for no signature:\n")
    told("%s# docker run -d %s:production" % (STOPPED, demo.registry + "/" + PAY))
    told(_run(demo, STOPPED, unsigned))

    told(
        "\nSo what runs without a signature? playbooks/ledger.yml asks the hosts, image_signature_info the registry:\n"
    )
    report = ("-e", "image_fleet_report=%s" % SECURITY_REPORT)
    seen = demo.listen(PLAYBOOKS / "ledger.yml", HERE / "verify.yml", options=(*_options(demo), *report))
    found = re.search(r"^Signatures of production: .*?(?=\n\n)", seen, re.MULTILINE | re.DOTALL)
    insist(found is not None, "no signatures are told in\n%s" % seen)
    verdict = found.group() if found else ""
    told(verdict)
    told("\nThe hotfix on %s is among them. What is verified is %s:1.0.0 on %s and %s." % (STOPPED, PAY, *PULLING))
    pay = r"^Not signed, and in use:\n(?:  .*\n)*  %s/%s\S* +%s +%s " % (demo.registry, PAY, unsigned[:19], STOPPED)
    insist(re.search(pay, verdict, re.MULTILINE) is not None, "the hotfix on %s is not found" % STOPPED)
    insist(" 1 verified," in verdict, "the signed release is not told as verified")


def _bring_cosign(demo: Demo) -> None:
    """As the package of the distribution has it; the lab installs nothing."""
    for name in (CONTROL, *PULLING):
        demo.bring(name, unpacked(cache(), "cosign", "trixie").program("cosign"), "/usr/bin/cosign")


def _push(demo: Demo, content: str, tag: str) -> str:
    layers = [_PROGRAM, Layer("pay-" + content, 500_000)]
    return push(demo.registry_address, PAY, image(layers, note=content), tag)


def _promote(demo: Demo, tag: str, stage: str, *steps: str) -> None:
    """As a CI job does it."""
    promoted = {"demo_tag": {"image": "%s/%s:%s" % (demo.registry, PAY, tag), "environment": stage}}
    demo.listen(*(HERE / step for step in steps), options=(*_options(demo), "-e", json.dumps(promoted)))


def _options(demo: Demo) -> tuple[str, ...]:
    told_apart = {
        "demo_passphrase": "%s/passphrase" % demo.lab["root"],
        "demo_pull": "%s/%s:production" % (demo.registry, PAY),
        "demo_pull_on": ",".join(PULLING),
    }
    return ("-e", json.dumps(told_apart))


def _run(demo: Demo, name: str, digest: str) -> str:
    """Start what the host has, or gets, by the name; its digest, which must be that."""
    demo.on(name, "docker run -d --network=none --name pay %s/%s:production" % (demo.registry, PAY))
    found = _digest(demo, name)
    insist(found == digest, "%s runs %s, not %s" % (name, found, digest))
    return found


def _digest(demo: Demo, name: str) -> str:
    """What the name means on the host."""
    form = "docker image inspect --format '{{index .RepoDigests 0}}' %s/%s:production"
    return demo.on(name, form % (demo.registry, PAY)).partition("@")[2]


def _refusal(output: str, name: str) -> str:
    """Why a host refused."""
    # YAML, whose lines Ansible folds.
    found = re.search(r"^fatal: \[%s\].*?\bmsg: (.*?)\n(?=\S|\n)" % name, output, re.MULTILINE | re.DOTALL)
    insist(found is not None, "no refusal of %s is told in\n%s" % (name, output))
    return " ".join(found.group(1).split()).strip("'") if found else ""
