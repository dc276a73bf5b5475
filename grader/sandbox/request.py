"""One request to run a cell: what comes of it, and what stops it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import zmq
from nbformat import NotebookNode

from grader.sandbox.messages import Message, Outputs, count

if TYPE_CHECKING:
    from grader.sandbox.kernel import Kernel

_GRACE_S = 2.0
_OVERHEAD_BYTES = 256


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


class Request:
    """One request to run a cell, and what has come of it so far."""

    def __init__(self, kernel: "Kernel", deadline: float):
        self.outputs = Outputs()
        self.execution_count: int | None = None
        self.reply: Mapping[str, Any] = {}
        self._kernel, self._deadline = kernel, deadline
        self._bytes = 0
        self._id = ""
        self._is_idle = False
        self._keeps = True

    def to_end(self, code: str) -> str:
        """Send the request; return the cell's status."""
        try:
            self._id = self._kernel.client.execute(code, allow_stdin=False, stop_on_error=False)
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
