"""The sandbox's limits: each cell runs to its end under a generous limit, and is stopped by a small one."""

import time

import pytest

from grader.sandbox.limits import MIB, Limits
from grader.sandbox.start import sandboxed_kernel
from tests.sandbox_rules import complaint, needs_sandbox, printed, run_alone

pytestmark = needs_sandbox

FORKS = """
import os, time
for _ in range({n}):
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
time.sleep(0.5)
"""
BYTES = "import time; taken = [bytearray(b'x' * 2**24) for _ in range({n})]; time.sleep(0.3)"
SHARED = """
import mmap, time
taken = [mmap.mmap(-1, 2**24) for _ in range({n})]
for piece in taken:
    piece.write(b"x" * 2**24)
time.sleep(0.3)
"""
FILES = """
import os, time
for folder in (".", "/tmp", "/dev/shm"):
    for _ in range({n} // 3 + 1):
        os.write(os.open(f"{{folder}}/{{time.monotonic_ns()}}", os.O_CREAT | os.O_WRONLY), b"x" * 2**24)
time.sleep(0.3)
"""


@pytest.mark.parametrize(
    ("code", "limit", "says"),
    [
        (FORKS.format(n=100), {"processes": 50}, "more than 50 processes"),
        (BYTES.format(n=24), {"memory_bytes": 250 * MIB}, "of memory"),
        (SHARED.format(n=24), {"memory_bytes": 250 * MIB}, "of memory"),
        (FILES.format(n=24), {"memory_bytes": 250 * MIB}, "of memory"),
    ],
    ids=["processes", "memory", "shared memory", "files in memory"],
)
def test_watched(code, limit, says):
    control, _ = run_alone(code, processes=200)
    assert control.status == "ok", complaint(control)
    run, reason = run_alone(code, **limit)
    assert run.status == "dead"
    assert says in reason


def test_pages_shared_after_a_fork_count_once():
    code = "import os, time; taken = b'x' * 2**27\n" + FORKS.format(n=6)
    assert run_alone(code, memory_bytes=600 * MIB)[0].status == "ok"


def test_a_storm_of_500_processes():
    run, reason = run_alone(FORKS.format(n=500))
    assert run.status == "dead"
    assert "more than 64 processes" in reason


@pytest.mark.parametrize("call", ["os.memfd_create('hidden')", "libc.shmget(0, 4096, 0o1600)"])
def test_memory_that_nobody_owns(call):
    code = f"import ctypes, os; libc = ctypes.CDLL(None); assert {call} >= 0"
    assert run_alone(code, protected=False)[0].status == "ok"
    assert run_alone(code)[0].status == "error"


@pytest.mark.parametrize("folder", [".", "/tmp", "/dev/shm", "/run/kernel"])
def test_disk(folder):
    code = f"n = [open('{folder}/mark', 'ab', 0).write(b'x' * 2**20) for _ in range(20)]; assert sum(n) == 20 * 2**20"
    with sandboxed_kernel() as roomy, sandboxed_kernel(Limits(disk_bytes=10 * MIB)) as small:
        assert roomy.run_cell(code).status == "ok"
        assert small.run_cell(code).status in ("error", "dead")


def test_many_files_beside_the_sockets():
    code = "import time\nfor i in range(1000): open(f'/run/kernel/{i}', 'w')\ntime.sleep(0.5)"
    assert run_alone(code)[0].status == "ok"
    run, reason = run_alone(code, disk_bytes=MIB)
    assert run.status == "dead"
    assert "beside its sockets" in reason


def test_folders_beside_the_sockets():
    code = (
        "import os, time; os.chdir('/run/kernel')\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\ntime.sleep(0.5)"
    )
    assert run_alone(code)[0].status == "dead"


def test_output():
    code = "for i in range(30): print('x' * 10_000, flush=True)"
    run, _ = run_alone(code)
    assert (run.status, len(printed(run))) == ("ok", 300_030)
    assert run_alone(code, output_bytes=100_000)[0].status == "flooded"


def test_endless_output_ends_soon():
    started = time.monotonic()
    with sandboxed_kernel() as kernel:
        run = kernel.run_cell("while True: print('x' * 1000)")
        assert run.status == "flooded"
        assert len(printed(run)) <= kernel.limits.output_bytes
        # An interrupt was enough, so the other cells still run.
        assert printed(kernel.run_cell("print(1)")) == "1\n"
    assert time.monotonic() - started < 10


def test_a_message_too_large_to_receive():
    code = "from IPython.display import display; display({'text/plain': 'x' * 40_000_000}, raw=True)"
    run, reason = run_alone(code)
    assert run.status == "flooded"
    assert "too large" in reason


SWALLOWS = """
import time
while True:
    try:
        time.sleep(0.05)
    except BaseException:
        pass
"""
IGNORES = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"


@pytest.mark.parametrize("code", [SWALLOWS, IGNORES])
def test_a_loop_that_swallows_the_interrupt(code):
    started = time.monotonic()
    with sandboxed_kernel(Limits(timeouts=5)) as kernel:
        assert kernel.run_cell("print('kept')", 1).status == "ok"
        assert kernel.run_cell(code, 0.5).status == "timeout"
        assert "did not stop" in kernel.dead_reason
        before = time.monotonic()
        assert kernel.run_cell("1", 5).status == "dead"
        assert time.monotonic() - before < 0.1
    assert time.monotonic() - started < 6


def test_a_kernel_can_outlive_a_time_out():
    with sandboxed_kernel(Limits(timeouts=2)) as kernel:
        run = kernel.run_cell("print('so far')\nwhile True: pass", 0.5)
        assert (run.status, printed(run)) == ("timeout", "so far\n")
        assert complaint(run).startswith("KeyboardInterrupt")
        assert printed(kernel.run_cell("print(1)")) == "1\n"
        assert kernel.run_cell("while True: pass", 0.5).status == "timeout"
        assert kernel.run_cell("1").status == "dead"
        assert "longer than 0.5 s" in kernel.dead_reason


def test_all_cells_together():
    with sandboxed_kernel(Limits(notebook_s=1.5, timeouts=9)) as kernel:
        assert kernel.run_cell("import time; time.sleep(1)").status == "ok"
        assert kernel.run_cell("time.sleep(1)").status == "timeout"
        assert "together" in kernel.dead_reason


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os._exit(3)", "exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.abort()", "SIG"),
        ("import os; os.closerange(3, 100); os._exit(0)", "exit status 0"),
    ],
)
@pytest.mark.parametrize("protected", [True, False])
def test_a_kernel_that_dies(code, says, protected):
    run, reason = run_alone("print('before', flush=True)\nimport time; time.sleep(0.1)\n" + code, protected=protected)
    assert (run.status, printed(run)) == ("dead", "before\n")
    assert says in reason


def test_leaving_is_no_death():
    with sandboxed_kernel() as kernel:
        assert kernel.run_cell("import sys; sys.exit(1)").status == "error"
        assert kernel.run_cell("1").status == "ok"


def test_input_fails_at_once():
    run, _ = run_alone("input('name? ')", timeout_s=5)
    assert run.status == "error"
    assert "StdinNotImplementedError" in complaint(run)


@pytest.mark.parametrize("name", ["cell_s", "processes", "memory_bytes", "timeouts"])
def test_a_limit_must_be_positive(name):
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})
