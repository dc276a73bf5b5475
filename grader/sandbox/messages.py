"""Reading what a kernel sends when every byte of it may be forged.

Nothing is believed but sizes and types that were checked here. Signatures are not looked at: the student's code has the
key, and nobody else can reach the sockets.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import zmq
from jupyter_client import BlockingKernelClient
from nbformat import NotebookNode
from nbformat.v4 import new_output

MESSAGE_BYTES = 32 * 2**20
PARTS = 64
SEND_MS = 1000
# Later than any grading ends. With -1, "never", libzmq drops what it has received of a message when the other side
# ends, in the middle of reading it: a student who prints and ends the kernel would hang or abort the grader.
_A_DAY_MS = 86_400_000

_DELIMITER = b"<IDS|MSG>"
_STREAMS = ("stdout", "stderr")


class SandboxClient(BlockingKernelClient):
    """A client that never reconnects: where its socket was, the student may have put something else."""

    def _create_connected_socket(self, channel: str, identity: bytes | None = None) -> zmq.Socket:
        kind = {"iopub": zmq.SUB}.get(channel, zmq.DEALER)
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.sndtimeo = SEND_MS
        socket.maxmsgsize = MESSAGE_BYTES
        socket.reconnect_ivl = _A_DAY_MS
        if identity:
            socket.identity = identity
        if kind == zmq.SUB:
            socket.subscribe(b"")
        socket.connect(self._make_url(channel))
        return socket


@dataclass(frozen=True)
class Message:
    """A message whose outer shape is as it should be; `content` has been checked by nobody."""

    kind: str
    parent: str
    content: dict[str, Any]


def parse(frames: Sequence[bytes]) -> Message | None:
    """Return the message, or None for anything that is none."""
    if len(frames) > PARTS or _DELIMITER not in frames:
        return None
    parts = frames[frames.index(_DELIMITER) + 2 :]
    try:
        header, parent, _, content = (json.loads(part) for part in parts[:4])
        kind, parent_id = header["msg_type"], parent.get("msg_id", "")
    # RecursionError: nested too deeply; ValueError: too few parts, no JSON, no UTF-8, a number of too many digits.
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError, MemoryError):
        return None
    if not (isinstance(kind, str) and isinstance(parent_id, str) and isinstance(content, dict)):
        return None
    return Message(kind, parent_id, content)


def text(value: Any) -> str:
    """Return a string that every file can hold; anything else becomes empty."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """Return an execution count, or None for anything that is none."""
    return value if type(value) is int and 0 <= value < 2**31 else None


@dataclass
class Outputs:
    """The outputs of one cell, as they come in."""

    nodes: list[NotebookNode] = field(default_factory=list)
    _clears: bool = False

    def add(self, message: Message) -> None:
        """Keep an output of a known kind; ignore the rest."""
        if message.kind == "clear_output":
            self._clears = True
            if message.content.get("wait") is not True:
                self._clear()
        elif (node := _node(message)) is not None:
            self._clear()
            self._append(node)

    def _clear(self) -> None:
        if self._clears:
            self.nodes.clear()
            self._clears = False

    def _append(self, node: NotebookNode) -> None:
        last = self.nodes[-1] if self.nodes else None
        if last is not None and node.output_type == last.output_type == "stream" and node.name == last.name:
            last.text += node.text
        else:
            self.nodes.append(node)


def _node(message: Message) -> NotebookNode | None:
    content = message.content
    if message.kind == "stream" and content.get("name") in _STREAMS:
        return new_output("stream", name=content["name"], text=text(content.get("text")))
    if message.kind == "error":
        lines = content.get("traceback")
        lines = [text(line) for line in lines] if isinstance(lines, list) else []
        return new_output(
            "error", ename=text(content.get("ename")), evalue=text(content.get("evalue")), traceback=lines
        )
    if message.kind in ("display_data", "execute_result") and isinstance(content.get("data"), dict):
        data = {text(key): text(value) for key, value in content["data"].items() if isinstance(value, str)}
        more = {"execution_count": count(content.get("execution_count"))} if message.kind == "execute_result" else {}
        return new_output(message.kind, data=data, **more)
    return None
