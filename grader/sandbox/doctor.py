"""What this machine can enforce, tried out, and how to mend what it cannot."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

from grader.course import GraderError
from grader.sandbox.available import INSTALL, find_bwrap, has_options, how_to_allow, obstacle
from grader.sandbox.limits import MIB, Limits

_CONNECT = "import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('connected')"
_ALLOCATE = "taken = [bytearray(b'x' * 2**24) for _ in range(64)]"
_SPAWN = "import subprocess, time; left = [subprocess.Popen(['sleep', '20']) for _ in range(40)]; time.sleep(2)"
_HIDE = "import os; os.memfd_create('hidden')"
_MEMORY = 300 * MIB


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes:
        name: What the grader promises.
        ok: Whether it holds on this machine.
        detail: What was found.
        how_to_mend: What to do about it; empty if it holds.
    """

    name: str
    ok: bool
    detail: str
    how_to_mend: str = ""


def checks() -> list[Check]:
    """Try what the sandbox promises, as far as the machine gets. It takes some seconds."""
    found: list[Check] = []
    steps: list[Callable[[], Check]] = [_platform, _bubblewrap, _namespaces, _network, _memory, _processes, _calls]
    for step in steps:
        try:
            found.append(step())
        except GraderError as error:
            found.append(Check(step.__name__.strip("_"), False, str(error), "see the line above"))
        # Each of the first three is what all that follows stands on.
        if not found[-1].ok and step in steps[:3]:
            break
    return found


def _platform() -> Check:
    mend = "grade on Linux, or in a Linux container or virtual machine"
    return _check("Linux", sys.platform == "linux", sys.platform, mend)


def _bubblewrap() -> Check:
    bwrap = find_bwrap()
    if bwrap is None:
        return _check("bubblewrap", False, "none that is new enough", INSTALL)
    nested = "" if has_options(bwrap, "--disable-userns") else "; 0.8 would also forbid namespaces inside"
    return _check("bubblewrap", True, bwrap + nested, "")


def _namespaces() -> Check:
    problem = obstacle(find_bwrap() or "bwrap")
    return _check("user namespaces", not problem, problem or "they work", how_to_allow())


def _network() -> Check:
    from grader.sandbox.start import sandboxed_kernel

    with socket.create_server(("127.0.0.1", 0)) as server, sandboxed_kernel() as kernel:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 2).close()
        run = kernel.run_cell(_CONNECT.format(port=port), 10)
    detail = "a server that answers outside is out of reach inside"
    return _check("no network", run.status == "error", detail, "bubblewrap did not cut the network: do not grade here")


def _memory() -> Check:
    reason = _end_of(_ALLOCATE, Limits(memory_bytes=_MEMORY))
    return _check("memory limit", "memory" in reason, reason or "1 GiB was taken", "is /proc mounted and readable?")


def _processes() -> Check:
    reason = _end_of(_SPAWN, Limits(processes=20))
    system = "the system counts too" if os.getuid() else "the system does not count for root, only the watchdog does"
    mend = "does the system's kernel have /proc/<pid>/task/<tid>/children?"
    return _check("process limit", "processes" in reason, f"{reason or '40 processes ran'}; {system}", mend)


def _calls() -> Check:
    from grader.sandbox.start import sandboxed_kernel

    with sandboxed_kernel() as kernel:
        ok = kernel.run_cell(_HIDE, 10).status == "error"
    detail = "memory that no process owns cannot be had" if ok else "no filter is known for this processor"
    return _check("system call filter", ok, detail, "grade on x86_64 or aarch64")


def _end_of(code: str, limits: Limits) -> str:
    from grader.sandbox.start import sandboxed_kernel

    with sandboxed_kernel(limits) as kernel:
        kernel.run_cell(code, 10)
        return kernel.dead_reason


def _check(name: str, ok: bool, detail: str, mend: str) -> Check:
    return Check(name, ok, detail, "" if ok else mend)
