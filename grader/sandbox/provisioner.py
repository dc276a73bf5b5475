"""A kernel provisioner that starts kernels inside a sandbox: Jupyter's own way to decide where a kernel runs."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from traitlets import Bool, Dict, List, Unicode

from grader.sandbox.available import require_sandbox
from grader.sandbox.bwrap import COURSE, LAUNCHER, PACKAGES, RUN, sandbox_command
from grader.sandbox.launcher import RLIMITS
from grader.sandbox.limits import Limits
from grader.sandbox.seccomp import program
from grader.sandbox.watchdog import Watchdog, children, tree

NAME = "sandbox"

_SOCKET_PATH_BYTES = 90  # the system allows 107, of which `/s-5` and libzmq's own check take some


class SandboxProvisioner(LocalProvisioner):
    """Starts this environment's Python kernel in a sandbox of its own, and watches over it.

    Whatever the kernel specification says, the kernel is the grader's own interpreter, with the grader's launcher.
    """

    limits = Dict(help="The fields of Limits that differ from their defaults.").tag(config=True)
    data_files = List(Unicode(), help="Files and folders to show in the working directory.").tag(config=True)
    protected = Bool(True, help="False runs what students wrote with all the rights of who grades.").tag(config=True)

    folder: Path | None = None
    watchdog: Watchdog | None = None
    first_pid: int | None = None  # the kernel: of its process namespace the first, so that all others end with it
    _filter: int | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Give the kernel a private folder for its sockets, and put the sandbox before its command."""
        found = Limits(**self.limits)
        bwrap = require_sandbox() if self.protected else None
        self.folder = _private_folder()
        manager = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / "s")
        manager.connection_file = str(self.folder / "kernel.json")
        kwargs = await super().pre_launch(transport_encryption="disabled", **kwargs)
        arguments = kwargs["cmd"][kwargs["cmd"].index(manager.connection_file) + 1 :]
        variables = {RLIMITS: json.dumps(found.rlimits(self.protected))}
        python = [sys.executable, "-P", "-s"]
        if bwrap is None:
            kwargs["cmd"] = [*python, str(LAUNCHER), "-f", manager.connection_file, *arguments]
            # The kernel watches its parent, which works only outside a process namespace.
            kwargs["env"] = {**os.environ, "PYTHONPATH": str(PACKAGES[0].parent), **variables}
            kwargs["cwd"] = str(self._open_working_folder())
        else:
            if (calls := program()) is not None:
                self._filter = _readable(calls)
                kwargs["pass_fds"] = (self._filter,)
            files = [Path(file) for file in self.data_files]
            sandbox = sandbox_command(bwrap, found, self.folder, files, variables=variables, filter_fd=self._filter)
            kwargs["cmd"] = [*sandbox, *python, f"{COURSE}/{LAUNCHER.name}", "-f", f"{RUN}/inside.json", *arguments]
            # /proc/1/environ shows what bubblewrap itself was started with.
            kwargs["env"] = {}
            inside = json.loads(Path(manager.connection_file).read_text()) | {"ip": f"{RUN}/s"}
            (self.folder / "inside.json").write_text(json.dumps(inside))
        return kwargs | {"stdin": subprocess.DEVNULL}

    def _open_working_folder(self) -> Path:
        work = self.folder / "work"
        work.mkdir()
        for file in map(Path, self.data_files):
            (work / file.name).symlink_to(file.resolve())
        return work

    async def post_launch(self, **kwargs: Any) -> None:
        """Find the sandbox's first process, and let the watchdog watch it."""
        await super().post_launch(**kwargs)
        self._close_filter()
        self.first_pid = self.pid
        deadline = time.monotonic() + 10
        while self.protected and self.first_pid == self.pid and self.process.poll() is None:
            if time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start within 10 s")
            self.first_pid = next(iter(children(self.pid)), self.pid)
            await asyncio.sleep(0.002)
        self.watchdog = Watchdog(self.first_pid, Limits(**self.limits), self.folder, self.protected)
        self.watchdog.start()

    def _close_filter(self) -> None:
        if self._filter is not None:
            os.close(self._filter)
            self._filter = None

    async def send_signal(self, signum: int) -> None:
        """Send an interrupt to the kernel alone, and anything else to the whole sandbox."""
        if signum == signal.SIGINT:
            self.interrupt()
        elif signum != 0:
            self.kill_all()

    def interrupt(self) -> None:
        """Interrupt the kernel; its code can swallow that."""
        if self.process and self.process.poll() is None and self.first_pid is not None:
            with suppress(OSError):
                os.kill(self.first_pid, signal.SIGINT)

    def kill_all(self) -> None:
        """Kill every process of the sandbox. Without a sandbox: those that have not hidden."""
        if self.process is None or self.process.poll() is not None:
            return
        # The first process of a namespace is gone only when all others are, and bubblewrap waits for it.
        for pid in [self.first_pid or self.pid] if self.protected else reversed(list(tree(self.pid))):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()

    async def kill(self, restart: bool = False) -> None:
        """Kill every process of the sandbox."""
        self.kill_all()

    async def terminate(self, restart: bool = False) -> None:
        """Kill every process of the sandbox: there is nothing in it to be saved."""
        self.kill_all()

    async def cleanup(self, restart: bool = False) -> None:
        """Stop watching and remove the kernel's folder."""
        await super().cleanup(restart=restart)
        self._close_filter()
        if self.watchdog is not None:
            self.watchdog.stop()
        if self.folder is not None:
            _remove(self.folder)


def _readable(content: bytes) -> int:
    """Return an open file with this content, which fits into a pipe."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def _private_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="kernel-")
    if len(os.fsencode(folder)) > _SOCKET_PATH_BYTES:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="kernel-", dir="/tmp")
    return Path(folder)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # folders nested too deeply for Python
        subprocess.run(["rm", "-rf", "--", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def register() -> None:
    """Make the provisioner known where the package is used without being installed."""
    entry = EntryPoint(NAME, f"{__name__}:{SandboxProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.provisioners[NAME] = entry


register()
