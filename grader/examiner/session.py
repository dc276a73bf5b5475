"""The connection to the student's kernel: one request at a time, over the kernel's own protocol."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import zmq

from grader.examiner.errors import BadReply, KernelLost, StudentTimeout
from grader.examiner.raw import Bounds

_PARTS = ("content", "table", "graph", "encode", "load", "serve")
_PACKAGE = "_examiner"
_DELIMITER = b"<IDS|MSG>"
_TICK_MS = 200
_LOAD_S = 60.0
_LOADER = """
import sys, types
package = types.ModuleType({package!r})
package.__path__ = []
sys.modules[{package!r}] = package
for name, source in {sources!r}:
    module = types.ModuleType({package!r} + "." + name)
    module.__package__ = {package!r}
    sys.modules[module.__name__] = module
    exec(compile(source, module.__name__, "exec"), vars(module))
    setattr(package, name, module)
get_ipython().kernel._execute_sleep = 0
package.server = package.serve.Server(get_ipython().user_ns, {limits!r})
"""


@dataclass(frozen=True)
class Limits:
    """What an examination may take.

    Attributes:
        call_s: Seconds for one call of the student's code.
        cell_s: Seconds for a whole test cell.
        grace_s: Seconds that the kernel has to come back after an interrupt.
        max_printed: Characters of output that are kept.
        bounds: What one reply may hold.
    """

    call_s: float = 30.0
    cell_s: float = 60.0
    grace_s: float = 2.0
    max_printed: int = 20_000
    bounds: Bounds = field(default_factory=Bounds)


def bound_messages(context: zmq.Context, max_bytes: int = 100_000_000) -> None:
    """Have sockets made from now on drop a peer that sends more at once, before it takes our memory."""
    context.setsockopt(zmq.MAXMSGSIZE, max_bytes)
    context.setsockopt(zmq.RCVHWM, 100)


class Session:
    """Talks to the student's kernel.

    Args:
        client: A started `jupyter_client.BlockingKernelClient`; nothing else may read its channels meanwhile.
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
        limits: Limits | None = None,
        interrupt: Callable[[], Any] = lambda: None,
        is_alive: Callable[[], bool] = lambda: True,
    ):
        self.client, self.limits = client, limits or Limits()
        self.ignored = 0
        self._interrupt, self._is_alive = interrupt, is_alive
        self.is_lost = False
        self._loaded, self._cell_ends = False, float("inf")

    def begin_cell(self) -> None:
        """Start the clock of a test cell; what answers our requests has been brought over before."""
        if not self._loaded:
            self._load()
        self._cell_ends = time.monotonic() + self.limits.cell_s

    def ask(self, request: str, first: bool) -> bytes:
        """Send a request and wait for its reply.

        Args:
            request: ASCII text without quotes.
            first: Whether it is the first of an examination.

        Raises:
            BadReply: If what came is no reply.
            StudentTimeout: If the student's code took too long.
            KernelLost: If the kernel is gone, or did not come back after a time-out.
        """
        reply = self._evaluate(f"__import__('sys').modules['{_PACKAGE}'].server.answer('{request}', {first})")
        try:
            return base64.b64decode(reply, validate=True)
        except ValueError:
            raise BadReply("the student's kernel sent no base64") from None

    def _load(self) -> None:
        """Bring over what answers our requests."""
        folder = files("grader.examiner") / "remote"
        sources = [(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in _PARTS]
        bounds = self.limits.bounds
        limits = {
            "max_nodes": bounds.max_nodes // 2,
            "max_bytes": bounds.max_bytes // 2,
            "max_printed": self.limits.max_printed,
        }
        loader = _LOADER.format(package=_PACKAGE, sources=sources, limits=limits)
        # It imports torch, which takes its time on a busy machine: not the student's time.
        self._evaluate(f"exec({loader!r}, {{**globals()}})", time.monotonic() + _LOAD_S)
        self._loaded = True

    def _evaluate(self, expression: str, ends: float | None = None) -> str:
        if self.is_lost:
            raise KernelLost("the student's kernel does not answer any more")
        content = {"code": "", "silent": True, "store_history": False, "allow_stdin": False, "stop_on_error": False}
        message = self.client.session.msg("execute_request", content | {"user_expressions": {"reply": expression}})
        self.client.shell_channel.send(message)
        ends = ends or min(time.monotonic() + self.limits.call_s, self._cell_ends)
        reply = self._wait(message["header"]["msg_id"], ends)
        if reply is None:
            self._interrupt()
            self.is_lost = self._wait(message["header"]["msg_id"], time.monotonic() + self.limits.grace_s) is None
            raise StudentTimeout("the code took too long")
        return _result(reply)

    def _wait(self, msg_id: str, ends: float) -> dict | None:
        poller = zmq.Poller()
        shell = self.client.shell_channel.socket
        others = [self.client.iopub_channel.socket, self.client.stdin_channel.socket]
        for socket in (shell, *others):
            poller.register(socket, zmq.POLLIN)
        while (left := ends - time.monotonic()) > 0:
            ready = dict(poller.poll(min(_TICK_MS, left * 1000)))
            for socket in filter(ready.get, others):
                _drain(socket)
            if shell in ready:
                content = self._open(shell.recv_multipart(zmq.NOBLOCK), msg_id)
                if content is not None:
                    return content
                self.ignored += 1
            elif not ready and not self._is_alive():
                self.is_lost = True
                raise KernelLost("the student's kernel has died")
        return None

    def _open(self, frames: list[bytes], msg_id: str) -> dict | None:
        """Return the content of the reply to this request, or None if that is not what came."""
        try:
            signature, *parts = frames[frames.index(_DELIMITER) + 1 :][:5]
            if not hmac.compare_digest(signature, self.client.session.sign(parts)):
                return None
            header, parent, _, content = parts
            small = len(header) + len(parent) < 20_000 and content.count(b",") + content.count(b"[") < 2_000
            if not small or len(content) > 2 * self.limits.bounds.max_bytes:
                return None
            if json.loads(header)["msg_type"] != "execute_reply" or json.loads(parent)["msg_id"] != msg_id:
                return None
            content = json.loads(content)
        except (ValueError, TypeError, KeyError, LookupError, RecursionError):
            return None
        return content if isinstance(content, dict) else None


def _result(content: dict) -> str:
    try:
        result = content["user_expressions"]["reply"]
        text = result["data"]["text/plain"] if result["status"] == "ok" else None
    except (TypeError, KeyError):
        text = None
    if type(text) is not str:
        raise BadReply("the student's kernel did not carry out a request")
    return text


def _drain(socket: zmq.Socket, most: int = 200) -> None:
    """Throw away what came; what the student's code prints comes with the replies."""
    for _ in range(most):
        try:
            socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return
