"""The sandbox's walls: each attack works without them, and fails behind them."""

import os
import signal
import socket
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from grader.course import ROOT
from grader.sandbox.start import sandboxed_kernel
from tests.sandbox_rules import complaint, needs_sandbox, printed

pytestmark = needs_sandbox

SOLUTION = next(Path(ROOT, "solutions").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def walls():
    with sandboxed_kernel() as kernel:
        yield kernel


@pytest.fixture(scope="module")
def no_walls():
    with sandboxed_kernel(protected=False) as kernel:
        yield kernel


@pytest.fixture
def gradebook(tmp_path):
    path = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("create table grade (score)")
        base.execute("insert into grade values (1)")
    return path


def attack(walls, no_walls, code):
    """Run the attack on both kernels; return the error of the protected one."""
    control = no_walls.run_cell(code)
    assert control.status == "ok", complaint(control)
    run = walls.run_cell(code)
    assert run.status == "error", printed(run)
    return complaint(run)


def test_network(walls, no_walls):
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2).close()"
        assert "refused" in attack(walls, no_walls, code)


def test_only_the_loopback_interface_is_there(walls):
    assert printed(walls.run_cell("import socket; print(*(name for _, name in socket.if_nameindex()))")) == "lo\n"


def test_abstract_sockets_of_the_host(walls, no_walls):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0grader-test-" + str(os.getpid()))
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0grader-test-{os.getpid()}')"
        assert "refused" in attack(walls, no_walls, code)


@pytest.mark.parametrize("path", [SOLUTION, Path(ROOT, "pyproject.toml"), Path(ROOT, "grader", "course.py")], ids=str)
def test_reading_the_course(walls, no_walls, path):
    assert "FileNotFoundError" in attack(walls, no_walls, f"open({str(path)!r}).read()")


def test_changing_the_gradebook(walls, no_walls, gradebook):
    code = f"import sqlite3; base = sqlite3.connect({str(gradebook)!r}); base.execute('update grade set score = 9')"
    assert "unable to open" in attack(walls, no_walls, code)


def test_writing_outside(walls, no_walls, tmp_path):
    attack(walls, no_walls, f"open({str(tmp_path / 'mark')!r}, 'a').write('x')")
    assert (tmp_path / "mark").read_text() == "x"


WRITABLE = """
import os
found = set()
for folder, folders, files in os.walk("/"):
    if folder in ("/", "/usr", "/proc", "/home/student", "/tmp", "/course", "/etc"):
        folders[:] = [name for name in folders if folder != "/" or name not in ("usr", "proc")]
    found |= {path for path in [folder, *(f"{folder}/{name}" for name in files)] if os.access(path, os.W_OK)}
print(*sorted(found))
"""


def test_nothing_but_its_own_folders_is_writable():
    with sandboxed_kernel() as kernel:
        found = printed(kernel.run_cell(WRITABLE)).split()
    own = ("/home/student", "/run/kernel", "/tmp", "/dev/shm", "/dev/pts")
    devices = {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console")}
    devices |= {f"/dev/std{name}" for name in ("in", "out", "err")}
    assert [path for path in found if not path.startswith(own) and path not in devices] == []
    assert {"/home/student", "/tmp", "/dev/shm"} <= set(found)


SETTINGS = """
import os
found = [f"{folder}/{name}" for folder, _, names in os.walk("/proc") if "/fd" not in folder for name in names]
print(*(path for path in found if os.access(path, os.W_OK)))
"""


def test_the_systems_settings_are_read_only(walls):
    assert printed(walls.run_cell(SETTINGS)) == "\n"
    assert "'sys'" not in printed(walls.run_cell("print(os.listdir('/'))"))


def test_environment(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "swordfish")
    code = """print(*(open(f"/proc/{p}/environ", errors="replace").read() for p in [1]))"""
    with sandboxed_kernel() as inside, sandboxed_kernel(protected=False) as outside:
        assert "swordfish" in printed(outside.run_cell("import os; print(os.environ)"))
        assert "swordfish" not in printed(inside.run_cell("import os; print(os.environ)"))
        assert "PATH" in printed(inside.run_cell(code))
        assert "swordfish" not in printed(inside.run_cell(code))


def test_a_start_up_file_does_not_reach_the_next_kernel(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    poison = """
import os
folder = os.path.expanduser("~/.ipython/profile_default/startup")
os.makedirs(folder, exist_ok=True)
open(f"{folder}/00.py", "w").write("poisoned = True")
"""
    for protected, expected in [(False, "ok"), (True, "error")]:
        with sandboxed_kernel(protected=protected) as kernel:
            assert kernel.run_cell(poison).status == "ok"
        with sandboxed_kernel(protected=protected) as kernel:
            assert kernel.run_cell("poisoned").status == expected


@pytest.mark.parametrize("protected", [False, True])
def test_a_detached_process_is_gone_afterwards(protected):
    seconds = f"77{os.getpid()}"
    with sandboxed_kernel(protected=protected) as kernel:
        code = f"import subprocess, time; subprocess.run(['setsid', '--fork', 'sleep', '{seconds}']); time.sleep(0.3)"
        assert kernel.run_cell(code).status == "ok"
        assert len(sleepers(seconds)) == 1
    left = sleepers(seconds)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert len(left) == (0 if protected else 1)


def sleepers(seconds):
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "cmdline").read_bytes() == f"sleep\0{seconds}\0".encode():
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("protected", [False, True])
def test_data_files_are_in_the_working_directory(tmp_path, protected):
    (tmp_path / "data.csv").write_text("1,2\n")
    with sandboxed_kernel(data_files=[tmp_path / "data.csv"], protected=protected) as kernel:
        assert (
            printed(kernel.run_cell("import os; print(os.listdir(), open('data.csv').read())"))
            == "['data.csv'] 1,2\n\n"
        )
        if protected:
            assert kernel.run_cell("open('data.csv', 'w')").status == "error"
    assert (tmp_path / "data.csv").read_text() == "1,2\n"


def test_the_courses_packages_work_inside():
    with sandboxed_kernel() as kernel:
        started = time.monotonic()
        run = kernel.run_cell("import torch, helpers; print(torch.ones(2).sum().item(), torch.get_num_threads())")
        assert printed(run) == "2.0 1\n", complaint(run)
        assert time.monotonic() - started < 20
        assert kernel.run_cell("import grader").status == "error"


def test_two_kernels_see_nothing_of_each_other():
    with sandboxed_kernel() as one, sandboxed_kernel() as other:
        code = "import os; open('/tmp/mark', 'w'); open('mark', 'w'); open('/dev/shm/mark', 'w'); print(os.getpid())"
        assert one.run_cell(code).status == "ok"
        look = "import glob; print(glob.glob('/tmp/mark') + glob.glob('mark') + glob.glob('/dev/shm/mark'))"
        assert printed(other.run_cell(look)) == "[]\n"
        pids = printed(other.run_cell("import os; print(sorted(p for p in os.listdir('/proc') if p.isdigit()))"))
        assert pids == "['1']\n"
