"""A student's kernel as test cells reach it: it is asked to connect back, and then answers one request at a time."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq

from grader.examiner.errors import BadReply, KernelLost, StudentTimeout
from grader.examiner.limits import Limits
from grader.examiner.line import TICK_MS, Line, listening
from grader.examiner.remote import CONNECT, loader

_LOAD_S = 60.0
_DELIMITER = b"<IDS|MSG>"
_MOST_SKIPPED = 200
_SILENT = {"code": "", "silent": True, "store_history": False, "allow_stdin": False, "stop_on_error": False}


class Session:
    """Talks to the student's kernel.

    Args:
        client: A started `jupyter_client.BlockingKernelClient`; nothing else may read its channels meanwhile.
        folder: Where the kernel can connect to us.
        inside: The same folder as the kernel sees it, if that is another path.
        limits: What an examination may take.
        interrupt: Interrupts the kernel, after a time-out.
        is_alive: Says whether the kernel still runs.

    Attributes:
        limits: As above; may be replaced between two cells.
        ignored: How many replies came that nobody had asked for.
        is_lost: Whether the kernel is gone, or did not come back after an interrupt.
    """

    def __init__(
        self,
        client: Any,
        folder: Path,
        inside: str = "",
        limits: Limits | None = None,
        interrupt: Callable[[], Any] = lambda: None,
        is_alive: Callable[[], bool] = lambda: True,
    ):
        self.client, self.limits = client, limits or Limits()
        self.ignored, self.is_lost = 0, False
        self._folder, self._inside = folder, inside or str(folder)
        self._interrupt, self._is_alive = interrupt, is_alive
        self._is_loaded = False
        self._asked: set[str] = set()  # requests that have not been answered yet
        self._line: Line | None = None
        self._cell_ends = 0.0

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Connect for one test cell, and start its clock.

        Raises:
            BadReply: If the kernel does not connect.
            StudentTimeout: If it does not do so in time.
            KernelLost: If it is gone.
        """
        if self.is_lost:
            raise KernelLost("the student's kernel does not answer any more")
        with listening(self._folder) as (name, listener):
            connection = self._connect(listener, f"{self._inside}/{name}")
        self._is_loaded = True
        with connection:
            self._line = Line(connection, self._channels(), self._skip, self._check)
            self._cell_ends = time.monotonic() + self.limits.cell_s
            try:
                yield
            finally:
                self._skip()  # on a busy machine nothing but replies may have been read so far
                self.ignored += self._line.ignored
                self._line = None

    def ask(self, request: bytes) -> bytes:
        """Send a request and wait for its reply.

        Raises:
            BadReply: If what came is no reply.
            StudentTimeout: If the student's code took too long.
            KernelLost: If the kernel is gone, or did not come back after a time-out.
        """
        if self._line is None or self.is_lost:
            raise KernelLost("the student's kernel does not answer any more")
        ends = min(time.monotonic() + self.limits.call_s, self._cell_ends)
        self._line.send(request, ends)
        reply = self._line.receive(self.limits.bounds.max_bytes, ends)
        if reply is None:
            self._interrupt()
            late = self._line.receive(self.limits.bounds.max_bytes, time.monotonic() + self.limits.grace_s)
            self.is_lost = late is None
            raise StudentTimeout("the code took too long")
        return reply

    def _check(self) -> None:
        if not self._is_alive():
            self.is_lost = True
            raise KernelLost("the student's kernel has died")

    def _connect(self, listener: socket.socket, path: str) -> socket.socket:
        poller = zmq.Poller()
        for each in (listener, *self._channels()):
            poller.register(each, zmq.POLLIN)
        asked = self._ask_to_connect(path)
        # The first time it imports torch, which takes its time on a busy machine: not the student's time.
        ends = time.monotonic() + (self.limits.call_s if self._is_loaded else _LOAD_S)
        while (left := ends - time.monotonic()) > 0:
            ready = dict(poller.poll(min(TICK_MS, left * 1000)))
            if listener.fileno() in ready:
                return listener.accept()[0]
            if not ready:
                self._check()
            self._skip()
            if asked not in self._asked:
                self._check()
                raise BadReply("the student's kernel did not connect to the tests")
        self._interrupt()
        self.is_lost = True
        raise StudentTimeout("the student's kernel took too long to connect to the tests")

    def _ask_to_connect(self, path: str) -> str:
        expressions = {"connect": CONNECT.format(path)}
        if not self._is_loaded:
            bounds = self.limits.bounds
            source = loader(bounds.max_nodes // 2, bounds.max_bytes // 2, self.limits.max_printed)
            expressions = {"load": f"exec({source!r}, {{**globals()}})", **expressions}
        message = self.client.session.msg("execute_request", _SILENT | {"user_expressions": expressions})
        self.client.shell_channel.send(message)
        self._asked.add(message["header"]["msg_id"])
        return message["header"]["msg_id"]

    def _channels(self) -> list[zmq.Socket]:
        return [self.client.shell_channel.socket, self.client.iopub_channel.socket]

    def _skip(self) -> None:
        """Throw away what came; what the student's code prints comes with the replies."""
        shell, _ = self._channels()
        for channel in self._channels():
            for _ in range(_MOST_SKIPPED):
                try:
                    frames = channel.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    break
                if channel is shell and (asked := _answered(frames)) is not None:
                    self.ignored += asked not in self._asked
                    self._asked.discard(asked)


def _answered(frames: list[bytes]) -> str | None:
    """Return the id of the request to which a message is the reply, None if it is not one."""
    try:
        header, parent = (json.loads(frame[:20_000]) for frame in frames[frames.index(_DELIMITER) + 2 :][:2])
        return str(parent["msg_id"]) if header["msg_type"] == "execute_reply" else None
    except (ValueError, TypeError, KeyError, LookupError, RecursionError):
        return None
