"""One student's kernel: run cells in it, and end it with everything it started."""

import os
import signal
import time
from pathlib import Path

import zmq
from jupyter_client import KernelManager

from grader.course import GraderError
from grader.sandbox.bwrap import RUN
from grader.sandbox.limits import Limits
from grader.sandbox.messages import Message, parse
from grader.sandbox.request import CellRun, Request

READY_S = 30
_SHORTEST_S = 2.0


class Kernel:
    """A running kernel. Made by `sandboxed_kernel`.

    Attributes:
        client: For requests of another kind than running a cell. Its messages are as the student likes them.
        limits: What the kernel may use.
        folder: Where both sides can open sockets.
        inside: The same folder as the kernel sees it.
        dead_reason: Why there is no kernel any more, in words for the person who grades; empty while there is one.
    """

    def __init__(self, manager: KernelManager, limits: Limits):
        self.limits = limits
        self.dead_reason = ""
        self.client = manager.client()
        self._provisioner = manager.provisioner
        self.folder: Path = manager.provisioner.folder
        self.inside = RUN if manager.provisioner.protected else str(self.folder)
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

    def run_cell(self, code: str, timeout_s: float | None = None) -> CellRun:
        """Run a cell and wait for it, but not for ever.

        Args:
            code: The cell's text.
            timeout_s: Seconds after which it is interrupted, and soon after killed.
        """
        if self.is_dead():
            return CellRun("dead")
        started = time.monotonic()
        wanted = self.cell_s if timeout_s is None else min(timeout_s, self._left_s)
        run = Request(self, started + wanted)
        status = run.to_end(code)
        seconds = time.monotonic() - started
        self.spend(seconds, wanted if status == "timeout" else None)
        return CellRun(status, run.outputs.nodes, run.execution_count, run.reply, seconds)

    def is_dead(self) -> bool:
        """Return whether there is no kernel any more, and remember why."""
        code = self._provisioner.process.poll() if self._provisioner.process else 0
        if not self.dead_reason and code is not None:
            self.dead_reason = self._provisioner.watchdog.reason or _exit_in_words(code)
        return bool(self.dead_reason)

    def cpu_s(self) -> float:
        """Return the seconds that the kernel has computed, without other processes that it started."""
        try:
            times = Path(f"/proc/{self._provisioner.first_pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:
            return 0.0
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

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


def _exit_in_words(code: int) -> str:
    number = -code if code < 0 else code - 128
    try:
        return f"the kernel was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"the kernel ended by itself, with exit status {code}"
