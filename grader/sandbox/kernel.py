"""One student's kernel: start it, run cells in it, and end it with everything it started."""

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import zmq
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec
from nbformat import NotebookNode

from grader.course import GraderError
from grader.sandbox.limits import Limits
from grader.sandbox.messages import Message, Outputs, SandboxClient, count, parse
from grader.sandbox.provisioner import NAME

READY_S = 30
_GRACE_S = 2.0
_SHORTEST_S = 2.0
_OVERHEAD_BYTES = 256
_LOG_BYTES = 4000
_ARGUMENTS = ("--HistoryManager.enabled=False", "--log-level=ERROR")


@dataclass(frozen=True)
class CellRun:
    """What came of running a cell.

    Attributes:
        status: `ok`, `error`, `timeout`, `flooded` (too much output) or `dead` (there is no kernel any more).
        outputs: As a notebook holds them.
        execution_count: The kernel's number for the cell.
        reply: The content of the kernel's reply: a dictionary that the student may have forged.
        seconds: How long it took.
    """

    status: str
    outputs: list[NotebookNode] = field(default_factory=list)
    execution_count: int | None = None
    reply: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class _Manager(KernelManager):
    def _connect_control_socket(self) -> None:
        """Open no socket that reads without a limit; the kernel is ended by a signal."""


class Kernel:
    """A running kernel. Made by `sandboxed_kernel`.

    Attributes:
        client: For requests of another kind than running a cell. Its messages are as the student likes them.
        limits: What the kernel may use.
        dead_reason: Why there is no kernel any more, in words for the person who grades; empty while there is one.
    """

    def __init__(self, manager: KernelManager, limits: Limits):
        self.limits = limits
        self.dead_reason = ""
        self.client = manager.client()
        self._provisioner = manager.provisioner
        self._left_s = limits.notebook_s
        self._timeouts = 0
        self._poller = zmq.Poller()
        self._sockets: dict[str, zmq.Socket] = {}

    @property
    def cell_s(self) -> float:
        """Seconds for the next cell: half as many after each time-out, so that not every later cell costs them all."""
        shortest = min(self.limits.cell_s, _SHORTEST_S)
        return min(self._left_s, max(shortest, self.limits.cell_s / 2**self._timeouts))

    def spend(self, seconds: float, exceeded_s: float | None = None) -> None:
        """Take time off what the notebook has left, and end the kernel if there is none, or were too many time-outs.

        Args:
            seconds: How long a cell took.
            exceeded_s: How long it was allowed to take, if it had to be interrupted.
        """
        self._left_s -= seconds
        self._timeouts += exceeded_s is not None
        if self._left_s <= 0:
            self.end(f"its cells took longer than {self.limits.notebook_s:g} s together")
        elif exceeded_s is not None and self._timeouts >= self.limits.timeouts:
            self.end(f"a cell took longer than {exceeded_s:g} s")

    def run_cell(
        self, code: str, timeout_s: float | None = None, user_expressions: Mapping[str, str] | None = None
    ) -> CellRun:
        """Run a cell and wait for it, but not for ever.

        Args:
            code: The cell's text.
            timeout_s: Seconds after which it is interrupted, and soon after killed.
            user_expressions: Evaluated after the cell; in the reply under this name.
        """
        if self.is_dead():
            return CellRun("dead")
        started = time.monotonic()
        wanted = self.cell_s if timeout_s is None else min(timeout_s, self._left_s)
        run = _Run(self, started + wanted)
        status = run.to_end(code, dict(user_expressions or {}))
        seconds = time.monotonic() - started
        self.spend(seconds, wanted if status == "timeout" else None)
        return CellRun(status, run.outputs.nodes, run.execution_count, run.reply, seconds)

    def is_dead(self) -> bool:
        """Return whether there is no kernel any more, and remember why."""
        code = self._provisioner.process.poll() if self._provisioner.process else 0
        if not self.dead_reason and code is not None:
            self.dead_reason = self._provisioner.watchdog.reason or _exit_in_words(code)
        return bool(self.dead_reason)

    def interrupt(self) -> None:
        """Interrupt what the kernel does. Student code can swallow it."""
        self._provisioner.interrupt()

    def end(self, reason: str) -> None:
        """Kill the kernel and everything it started."""
        if not self.is_dead():
            self.dead_reason = reason
        self._provisioner.kill_all()

    def receive(self, timeout_s: float) -> tuple[str, int, Message | None] | None:
        """Return the next message: its channel, its size and what it says; None if there was none in time.

        The channel `closed` says that the kernel, or what it sent, ended a connection.
        """
        ready = dict(self._poller.poll(max(0, timeout_s) * 1000))
        # Outputs first: they come before the reply that ends a cell. What came before the end is still to be read.
        for channel, socket in self._sockets.items():
            if socket in ready:
                frames = socket.recv_multipart()
                return channel, sum(map(len, frames)), parse(frames)
        return None

    def close(self) -> None:
        """Kill the kernel, and close the connections to it."""
        self.end("it is no longer needed")
        for channel in ("iopub", "shell"):
            if channel in self._sockets:
                self._sockets[channel].disable_monitor()
        self.client.context.destroy(linger=0)

    def connect(self) -> None:
        """Wait until the kernel answers.

        Raises:
            GraderError: If it does not.
        """
        deadline = time.monotonic() + READY_S
        # Connecting is tried only once, and this socket is the last that the kernel opens.
        last = Path(f"{self.client.ip}-{self.client.hb_port}")
        while not last.exists():
            self._check_start(deadline)
            time.sleep(0.01)
        self.client.start_channels(stdin=False, hb=False)
        outputs, replies = self.client.iopub_channel.socket, self.client.shell_channel.socket
        self._sockets = {"iopub": outputs, "shell": replies}
        for socket in (outputs, replies):
            self._sockets[f"closed {len(self._sockets)}"] = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        for socket in self._sockets.values():
            self._poller.register(socket, zmq.POLLIN)
        heard: set[str] = set()
        asked = 0.0
        while not {"iopub", "shell"} <= heard:
            self._check_start(deadline)
            if (now := time.monotonic()) > asked + 0.1:
                self.client.kernel_info()
                asked = now
            if found := self.receive(0.02):
                heard.add(found[0])

    def _check_start(self, deadline: float) -> None:
        if self.is_dead() or time.monotonic() > deadline:
            raise GraderError(f"the kernel did not start: {self.dead_reason or f'no answer within {READY_S} s'}")


class _Run:
    """One request to run a cell, and what has come of it so far."""

    def __init__(self, kernel: Kernel, deadline: float):
        self.outputs = Outputs()
        self.execution_count: int | None = None
        self.reply: Mapping[str, Any] = {}
        self._kernel, self._deadline = kernel, deadline
        self._bytes = 0
        self._id = ""
        self._is_idle = False
        self._keeps = True

    def to_end(self, code: str, expressions: Mapping[str, str]) -> str:
        """Send the request; return the cell's status."""
        try:
            self._id = self._kernel.client.execute(
                code, user_expressions=expressions, allow_stdin=False, stop_on_error=False
            )
        except zmq.Again:
            self._kernel.end("it no longer listened")
            return "dead"
        status = self._wait(self._deadline)
        if status in ("timeout", "flooded"):
            self._keeps = status == "timeout"
            self._kernel.interrupt()
            if self._wait(time.monotonic() + _GRACE_S) not in ("ok", "error"):
                what = "took too long" if status == "timeout" else "wrote too much"
                self._kernel.end(f"a cell {what}, and did not stop when it was interrupted")
        return status

    def _wait(self, deadline: float) -> str:
        while True:
            found = self._kernel.receive(min(0.1, deadline - time.monotonic()))
            if found is not None and (status := self._take(*found)):
                return status
            if found is None and self._kernel.is_dead():
                return "dead"
            if time.monotonic() > deadline:
                # The reply is what counts; the note that all outputs have been sent can have been lost.
                return str(self.reply["status"]) if self.reply else "timeout"

    def _take(self, channel: str, size: int, message: Message | None) -> str | None:
        """Look at a message; return the cell's status if that ends the wait."""
        if channel.startswith("closed"):
            return self._closed()
        self._bytes += size + _OVERHEAD_BYTES if channel == "iopub" else 0
        if self._keeps and self._bytes > self._kernel.limits.output_bytes:
            return "flooded"
        if message is None or message.parent != self._id:
            return None
        if channel == "shell" and message.kind == "execute_reply" and not self.reply:
            self.reply = message.content | {"status": "ok" if message.content.get("status") == "ok" else "error"}
        elif message.kind == "status":
            self._is_idle |= message.content.get("execution_state") == "idle"
        elif message.kind == "execute_input":
            self.execution_count = count(message.content.get("execution_count"))
        elif channel == "iopub" and self._keeps:
            self.outputs.add(message)
        return self.reply["status"] if self.reply and self._is_idle else None

    def _closed(self) -> str:
        deadline = time.monotonic() + 1
        while not self._kernel.is_dead():
            if time.monotonic() > deadline:
                self._kernel.end("it closed a connection, or sent a message that is too large")
                return "flooded"
            time.sleep(0.01)
        return "dead"


@contextmanager
def sandboxed_kernel(
    limits: Limits | None = None, data_files: Sequence[Path] = (), protected: bool = True
) -> Iterator[Kernel]:
    """Start a Python kernel; leave nothing of it behind.

    Args:
        limits: What it may use; the defaults of `Limits` if none.
        data_files: Files and folders to show, read-only, in its working directory.
        protected: False starts it without a sandbox: what students wrote then has all the rights of who grades.

    Raises:
        GraderError: If this machine has no sandbox, or the kernel does not start.
    """
    limits = limits or Limits()
    config = {"limits": asdict(limits), "data_files": [str(path) for path in data_files], "protected": protected}
    manager = _Manager(autorestart=False, client_factory=SandboxClient)
    manager._kernel_spec = KernelSpec(
        argv=["python", "-f", "{connection_file}"],
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
    )
    kernel = None
    with TemporaryFile() as log:
        try:
            manager.start_kernel(stdout=log, stderr=log, extra_arguments=[*_ARGUMENTS])
            kernel = Kernel(manager, limits)
            try:
                kernel.connect()
            except GraderError as error:
                log.seek(0)
                raise GraderError(f"{error}\n{log.read(_LOG_BYTES).decode(errors='replace')}".strip()) from error
            yield kernel
        finally:
            if kernel is not None:
                kernel.close()
            if manager.provisioner is not None:
                manager.provisioner.kill_all()
                manager.cleanup_resources()


def _exit_in_words(code: int) -> str:
    number = -code if code < 0 else code - 128
    try:
        return f"the kernel was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"the kernel ended by itself, with exit status {code}"
