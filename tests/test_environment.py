"""One environment: pyproject.toml names it, requirements.lock pins it, Makefile and environment.yml install it."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.notebooks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = sorted({Requirement(line).name for line in sum(EXTRAS.values(), PROJECT["dependencies"])})


def locked():
    """The lock's requirements, without those for another platform or Python."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    here = [each for each in requirements if each.marker is None or each.marker.evaluate()]
    return {canonicalize_name(each.name): each.specifier for each in here}


def conda_packages():
    return [Requirement(line) for line in CONDA["dependencies"] if isinstance(line, str)]


def pip_arguments():
    """What conda hands to pip: its lines are a requirements file in the repository's root."""
    (section,) = [each["pip"] for each in CONDA["dependencies"] if isinstance(each, dict)]
    return [word for line in section for word in shlex.split(line)]


def test_conda_brings_python_and_pip_only():
    assert CONDA["name"] == PROJECT["name"]
    assert CONDA["channels"] == ["conda-forge"]
    packages = {each.name: each.specifier for each in conda_packages()}
    assert packages == {"python": SpecifierSet(PROJECT["requires-python"]), "pip": SpecifierSet()}


def test_conda_and_make_install_the_same():
    (line,) = re.findall(r"pip install (.*)", (ROOT / "Makefile").read_text())
    assert [word for word in shlex.split(line) if word != "--quiet"] == pip_arguments()


def test_all_extras_are_installed():
    assert f".[{','.join(EXTRAS)}]" in pip_arguments()


def test_pip_lines_need_nothing_that_is_not_installed():
    offline = ["--isolated", "--dry-run", "--no-index", "--no-build-isolation", "--quiet", "--report=-"]
    command = [sys.executable, "-m", "pip", "install", *offline, *pip_arguments()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert [each["metadata"]["name"] for each in json.loads(done.stdout)["install"]] == [PROJECT["name"]]


@pytest.mark.parametrize("name", DIRECT)
def test_lock_pins_what_is_installed(name):
    specifier = locked()[canonicalize_name(name)]
    assert [each.operator for each in specifier] == ["=="]
    assert specifier.contains(version(name), prereleases=True)


def test_lock_has_no_url_and_no_loose_version():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert line.startswith("#") or re.match(r"[\w.-]+==[\w.]+( ; .+)?$", line), line
