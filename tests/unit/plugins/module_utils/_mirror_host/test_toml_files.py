# Copyright (c) 2026, imagefleet.docker contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of clients in a folder: ours are written and removed, those of others stay."""

from __future__ import annotations

import os

import pytest

from ansible_collections.imagefleet.docker.plugins.module_utils._errors import PolicyError, StateError
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror.definition import parse_mirrors
from ansible_collections.imagefleet.docker.plugins.module_utils._mirror_host.toml_files import FilePlan
from ansible_collections.imagefleet.docker.plugins.module_utils._store.files import apply_change, save_aside

PEM = b"-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n"
REGISTRY = "registry.corp.test:5000"
MIRROR = "m.example.com:5000"


def mirrors(ca_file=None, registry=REGISTRY, host=MIRROR):
    return parse_mirrors([{"registry": registry, "endpoints": [{"url": "https://" + host, "ca_file": ca_file}]}])


class Disk:
    """A folder certs.d, and what is remembered of it."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "certs.d"
        self.known = {}

    def plan(self, found):
        plan = FilePlan(self.known)
        plan.hosts("dockerd", str(self.root), found, None)
        return plan

    def run(self, found):
        """Path below the root -> what was done."""
        plan = self.plan(found)
        for change in plan.changes:
            if change.action != "unchanged":
                apply_change(change)
        self.known = dict(plan.authorities)
        return {os.path.relpath(one.path, str(self.root)): one.action for one in plan.changes}

    def files(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.glob("**/*"))

    def write(self, name, data=b"theirs"):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    @property
    def authority(self):
        path = self.folder / "ca.pem"
        if not path.exists():
            path.write_bytes(PEM)
        return str(path)


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_made_unchanged_and_gone_with_its_folders(disk):
    found = mirrors(disk.authority)
    assert disk.run(found) == {MIRROR + "/ca.crt": "created", REGISTRY + "/hosts.toml": "created"}
    text = (disk.root / REGISTRY / "hosts.toml").read_text()
    assert 'ca = "%s"' % (disk.root / MIRROR / "ca.crt") in text
    assert set(disk.run(found).values()) == {"unchanged"}
    assert disk.run(()) == {MIRROR + "/ca.crt": "removed", REGISTRY + "/hosts.toml": "removed"}
    assert disk.files() == [] and disk.known == {}


def test_what_is_not_defined_any_more_goes(disk):
    disk.run(mirrors(disk.authority) + mirrors(registry="quay.io", host="q.example.com"))
    assert disk.run(mirrors(registry="quay.io", host="q.example.com")) == {
        "quay.io/hosts.toml": "unchanged",
        MIRROR + "/ca.crt": "removed",
        REGISTRY + "/hosts.toml": "removed",
    }
    assert disk.files() == ["quay.io", "quay.io/hosts.toml"]


def test_a_hosts_toml_of_others_is_refused_and_stays(disk):
    path = disk.write(REGISTRY + "/hosts.toml")
    with pytest.raises(StateError) as error:
        disk.plan(mirrors())
    assert str(path) in str(error.value) and "was not written by this module" in str(error.value)
    disk.run(())
    assert path.read_bytes() == b"theirs"


def test_certificates_of_others_are_refused_and_stay(disk):
    path = disk.write(MIRROR + "/ca.crt")
    with pytest.raises(StateError) as error:
        disk.plan(mirrors(disk.authority))
    assert str(path) in str(error.value)
    assert disk.run(()) == {} and path.read_bytes() == b"theirs"


def test_the_same_certificate_that_was_there_before_is_not_ours(disk):
    path = disk.write(MIRROR + "/ca.crt", PEM)
    assert disk.run(mirrors(disk.authority))[MIRROR + "/ca.crt"] == "unchanged"
    disk.run(())
    assert path.read_bytes() == PEM


def test_a_renewed_authority_is_written(disk):
    disk.run(mirrors(disk.authority))
    (disk.folder / "ca.pem").write_bytes(PEM + PEM)
    assert disk.run(mirrors(disk.authority))[MIRROR + "/ca.crt"] == "updated"
    assert disk.run(())[MIRROR + "/ca.crt"] == "removed"


def test_a_certificate_of_ours_that_somebody_changed_is_his(disk):
    disk.run(mirrors(disk.authority))
    path = disk.write(MIRROR + "/ca.crt")
    assert MIRROR + "/ca.crt" not in disk.run(())
    assert path.read_bytes() == b"theirs"


def test_an_empty_folder_that_hides_the_other_is_the_one_to_use(disk):
    disk.run(mirrors())
    (disk.root / "registry.corp.test_5000_").mkdir()
    assert disk.run(mirrors()) == {
        "registry.corp.test_5000_/hosts.toml": "created",
        REGISTRY + "/hosts.toml": "removed",
    }
    assert set(disk.run(mirrors()).values()) == {"unchanged"}


def test_certificates_of_the_registry_that_lie_there_are_named(disk):
    for name in ("own.crt", "client.cert", "client.key"):
        disk.write("%s/%s" % (REGISTRY, name))
    disk.run(mirrors())
    text = (disk.root / REGISTRY / "hosts.toml").read_text()
    folder = disk.root / REGISTRY
    assert 'ca = ["%s/own.crt"]' % folder in text
    assert 'client = [["%s/client.cert", "%s/client.key"]]' % (folder, folder) in text
    assert set(disk.run(mirrors()).values()) == {"unchanged"}
    disk.run(())
    assert disk.files() == [REGISTRY] + [
        "%s/%s" % (REGISTRY, name) for name in ("client.cert", "client.key", "own.crt")
    ]


def test_a_client_certificate_without_key(disk):
    disk.write(REGISTRY + "/client.cert")
    with pytest.raises(StateError) as error:
        disk.plan(mirrors())
    assert "client.key" in str(error.value)


@pytest.mark.parametrize(("data", "says"), [(None, "there is no"), (b"no", "holds no certificate")])
def test_an_authority_that_is_none(disk, data, says):
    path = disk.folder / "other.pem"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(PolicyError) as error:
        disk.plan(mirrors(str(path)))
    assert says in str(error.value) and str(path) in str(error.value)


def test_buildkit_has_one_file_that_goes_when_it_is_ours(disk):
    path = disk.folder / "buildkit" / "buildkitd.toml"

    def run(found):
        plan = FilePlan(disk.known)
        plan.buildkitd("buildkit", str(path), found)
        for change in plan.changes:
            apply_change(change)
        disk.known = dict(plan.authorities)

    run(mirrors(disk.authority))
    copy = path.parent / "certs.d" / MIRROR / "ca.crt"
    assert copy.read_bytes() == PEM and str(copy) in path.read_text()
    run(())
    assert not path.exists() and not copy.exists()
    path.write_bytes(b"[worker.oci]\n")
    with pytest.raises(StateError):
        run(mirrors())
    run(())
    assert path.read_bytes() == b"[worker.oci]\n"


def test_mode_and_owner_of_a_file_stay_also_in_its_copy(disk):
    disk.run(mirrors())
    path = disk.root / REGISTRY / "hosts.toml"
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(str(path), 4711, 4712)
    before = path.stat()
    (change,) = [one for one in disk.plan(mirrors(host="n.example.com")).changes if one.action == "updated"]
    copy = save_aside(change, 0)
    apply_change(change)
    for name in (str(path), copy):
        status = os.stat(name)
        assert (status.st_mode, status.st_uid, status.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    with open(copy, "rb") as stream:
        assert stream.read() == change.before
    assert os.path.basename(copy).startswith("hosts.toml.") and copy.endswith("~")


def test_a_folder_in_the_place_of_a_file(disk):
    (disk.root / REGISTRY / "hosts.toml").mkdir(parents=True)
    with pytest.raises(StateError) as error:
        disk.plan(mirrors())
    assert "is not a file" in str(error.value)
