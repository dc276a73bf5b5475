"""The grader's end of the connection to a student's kernel: what comes may be any bytes, at any time, or never."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq

from grader.examiner.errors import BadReply
from grader.examiner.remote.line import HEADER

TICK_MS = 200
_CHUNK = 2**20


class Line:
    """A connection that carries one request at a time.

    Args:
        connection: To the student's kernel.
        others: Sockets that are read meanwhile, so that what comes there does not fill our memory.
        skip: Reads them.
        check: Raises an exception if the kernel has died.

    Attributes:
        ignored: How many frames came that answer nothing.
    """

    def __init__(
        self,
        connection: socket.socket,
        others: Sequence[zmq.Socket],
        skip: Callable[[], object],
        check: Callable[[], None],
    ):
        self.ignored = 0
        self._connection, self._skip, self._check = connection, skip, check
        self._poller = zmq.Poller()
        for each in (connection, *others):
            self._poller.register(each, zmq.POLLIN)
        self._buffer = bytearray()
        self._number = 0

    def send(self, request: bytes, ends: float) -> None:
        """Send a request.

        Args:
            request: Its bytes.
            ends: When to give up, on the monotonic clock.

        Raises:
            BadReply: If the other side does not take it.
        """
        self._number += 1
        self._connection.settimeout(max(0.01, ends - time.monotonic()))
        try:
            self._connection.sendall(HEADER.pack(self._number, len(request)) + request)
        except OSError:
            self._closed()

    def receive(self, max_bytes: int, ends: float) -> bytes | None:
        """Return the reply to the last request, or None if there is none in time.

        Args:
            max_bytes: How large it may be.
            ends: When to give up, on the monotonic clock.

        Raises:
            BadReply: If the connection was closed, or what comes is too large.
        """
        while (left := ends - time.monotonic()) > 0:
            while (frame := self._frame(max_bytes)) is not None:
                if frame[0] == self._number:
                    return frame[1]
                self.ignored += 1
            ready = dict(self._poller.poll(min(TICK_MS, left * 1000)))
            if self._connection.fileno() in ready:
                self._take()
            elif ready:
                self._skip()
            else:
                self._check()
        return None

    def _frame(self, max_bytes: int) -> tuple[int, bytes] | None:
        if len(self._buffer) < HEADER.size:
            return None
        number, size = HEADER.unpack_from(self._buffer)
        if size > max_bytes:
            raise BadReply("the student's kernel sent too much")
        end = HEADER.size + size
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return number, body

    def _take(self) -> None:
        try:
            came = self._connection.recv(_CHUNK)
        except OSError:
            came = b""
        if not came:
            self._closed()
        self._buffer += came

    def _closed(self) -> None:
        # A kernel that ends closes its connections a moment before it can be seen to have ended.
        seen_by = time.monotonic() + 1
        while time.monotonic() < seen_by:
            self._check()
            time.sleep(0.02)
        raise BadReply("the student's kernel closed its connection to the tests")


@contextmanager
def listening(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """Wait for a connection; yield the name in the folder where that is, and the socket.

    Raises:
        BadReply: If the student's code has made the folder unusable.
    """
    name = f"tests-{secrets.token_hex(4)}"
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(str(folder / name))
            listener.listen(1)
        except OSError:
            raise BadReply("the student's code left no way to reach its kernel") from None
        try:
            yield name, listener
        finally:
            with suppress(OSError):
                (folder / name).unlink()
