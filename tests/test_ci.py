"""The workflow tests every push on the CPU, our own code on the GPU, and .ci/run installs only what is missing."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.notebooks import ROOT

# yaml 1.1 reads the key `on` as true
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
CPU, GPU = WORKFLOW["jobs"]["cpu"], WORKFLOW["jobs"]["gpu"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_push_and_pull_request():
    assert set(WORKFLOW[True]) == {"push", "pull_request"}


def test_the_token_can_only_read():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())


def test_cpu_runs_every_check_on_every_python():
    assert CPU["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert "if" not in CPU
    assert commands(CPU) == [".ci/run"]


def test_gpu_is_for_our_own_code_where_there_is_a_runner():
    condition = " ".join(GPU["if"].split())
    assert condition.startswith("vars.GPU_RUNNER != '' && (")
    ours = "github.event.pull_request.head.repo.full_name == github.repository"
    assert condition.endswith(f"(github.event_name == 'push' || {ours})")
    assert "vars.GPU_RUNNER" in GPU["runs-on"]


def test_gpu_has_cuda_before_anything_is_tested():
    assert GPU["env"]["COURSE_DEVICE"] == "cuda"
    _, cuda, tests = commands(GPU)
    assert "assert torch.cuda.is_available()" in cuda
    assert tests.split() == [".venv/bin/pytest", "--nbval-lax"]


def test_actions_have_a_major_version():
    used = [step["uses"] for job in (CPU, GPU) for step in job["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in used)


@pytest.fixture
def machine(tmp_path):
    """A machine with the tools named, all of them stubs that log their call; returns what .ci/run called on it."""
    for tool in ("bash", "dirname", "id"):
        (tmp_path / tool).symlink_to(shutil.which(tool))

    def run(*tools, broken=()):
        for tool in tools:
            stub = tmp_path / tool
            stub.write_text(f'#!/bin/sh\necho "{tool} $*" >> "{tmp_path}/calls"\nexit {int(tool in broken)}\n')
            stub.chmod(0o755)
        (tmp_path / "sudo").write_text('#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n')
        (tmp_path / "sudo").chmod(0o755)
        done = subprocess.run(
            [ROOT / ".ci/run"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60
        )
        return done, (tmp_path / "calls").read_text().splitlines()

    return run


TOOLS = ("git", "make", "python3", "apt-get")


def test_ci_installs_nothing_that_is_there(machine):
    done, calls = machine(*TOOLS)
    assert done.returncode == 0, done.stderr
    assert calls[-1] == "make test"
    assert not [call for call in calls if re.search(r"apt-get install.* (git|make|python3)", call)]
    assert [line for line in done.stdout.splitlines() if line.startswith("==")][-1] == "== All checks passed =="


def test_ci_installs_what_is_missing(machine):
    _, calls = machine("make", "python3", "apt-get", broken=["python3"])
    (install,) = [call for call in calls if re.search(r"apt-get install.* git", call)]
    assert install.split()[-3:] == ["git", "python3", "python3-venv"]


def test_ci_goes_on_without_the_data_set(machine):
    done, calls = machine(*TOOLS, broken=["apt-get"])
    assert done.returncode == 0
    assert calls[-1] == "make test"


def test_ci_fails_with_the_tests(machine):
    done, _ = machine(*TOOLS, broken=["make"])
    assert done.returncode != 0
    assert "All checks passed" not in done.stdout


def test_ci_can_be_executed():
    assert os.access(ROOT / ".ci/run", os.X_OK)
