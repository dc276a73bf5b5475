"""The doctor: what it finds here, and what it says about machines that lack something."""

import sys

import pytest

from grader.course import GraderError
from grader.sandbox import available, doctor
from tests.sandbox_rules import needs_sandbox


@pytest.fixture(autouse=True)
def _forget():
    yield
    available.has_options.cache_clear()
    available.obstacle.cache_clear()


@needs_sandbox
def test_all_is_well_here():
    found = doctor.checks()
    assert [(check.name, check.detail) for check in found if not check.ok] == []
    assert len(found) == 7
    assert not any(check.how_to_mend for check in found)


def test_another_system(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert [check.ok for check in doctor.checks()] == [False]
    with pytest.raises(GraderError, match="only on Linux"):
        available.require_sandbox()


@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
def test_no_bubblewrap(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(available, "find_spec", lambda name: None)
    assert [check.ok for check in doctor.checks()] == [True, False]
    with pytest.raises(GraderError, match="apt install bubblewrap"):
        available.require_sandbox()


@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
def test_no_namespaces(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text(
        '#!/bin/sh\ncase "$1" in --help) echo --size --perms --clearenv;; *) echo "No permissions" >&2; exit 1;; esac\n'
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert [check.ok for check in doctor.checks()] == [True, True, False]
    with pytest.raises(GraderError, match="No permissions"):
        available.require_sandbox()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("kernel/unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "max_user_namespaces"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0", "container"),
    ],
)
def test_what_forbids_namespaces(tmp_path, name, value, says):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n")
    assert says in available.how_to_allow(tmp_path)
