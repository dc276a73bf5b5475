"""Carries out the grader's requests in the student's kernel."""

import base64
import contextlib
import copy
import io
import json
import operator
import traceback
from collections.abc import Callable
from typing import Any

from .content import Content, write
from .encode import MISSING, Encoder, Handles
from .lazy import torch, torch_types
from .line import serve
from .load import load
from .table import Table

_FRAMES = 20


class Server:
    """What the grader talks to.

    Args:
        namespace: The student's global names.
        limits: max_nodes, max_bytes and max_printed.
    """

    def __init__(self, namespace: dict[str, Any], limits: dict[str, int]):
        self.namespace, self.limits = namespace, limits
        self.reset()

    def reset(self) -> None:
        """Forget all that an examination left."""
        self.table, self.handles = Table(first=1), Handles()
        self.sources: dict[int, Any] = {}
        self.records: dict[int, tuple[list, list]] = {}
        self.names: dict[str, Any] = {}
        self._next_record = 0

    def connect(self, path: str) -> None:
        """Connect to the grader, and answer until one examination is over."""
        self.reset()
        serve(path, lambda request: self.answer(request))

    def answer(self, request: bytes) -> bytes:
        """Carry out one request."""
        printed = _Printed(self.limits["max_printed"])
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            reply, blobs = self._answer(request)
            reply["dropped"] = self.table.sweep()
            for number in reply["dropped"]:
                self.sources.pop(number, None)
            self.table.remember()
        reply["printed"] = printed.getvalue()
        head = json.dumps(reply).encode("ascii")
        return b"".join([len(head).to_bytes(8, "big"), head, *blobs])

    def _answer(self, request: bytes) -> tuple[dict, list[bytes]]:
        payload = load(request, self.table, self.handles.objects, self.sources)
        encoder = Encoder(self.table, self.handles, self.sources, self.limits["max_nodes"], self.limits["max_bytes"])
        reply: dict[str, Any] = {}
        try:
            reply["value"] = encoder.encode(self._do(payload))
            reply["names"] = {name: encoder.encode(value) for name, value in self._rebound()}
            self._finish(reply, encoder)
        except BaseException as error:
            reply = {"error": encoder.error(error, _trace(error)), "names": {}}
            self._finish(reply, encoder)
        if payload["random"] is not None:
            reply["random"] = base64.b64encode(torch.get_rng_state().numpy().tobytes()).decode("ascii")
        return reply, encoder.blobs

    def _finish(self, reply: dict, encoder: Encoder) -> None:
        updates = list(self.table.changed())
        known, kinds = self.table.known, self.table.kinds
        reply["updates"] = [[n, *encoder.content(kinds[n], content, known[n])] for n, content in updates]
        graph = encoder.graph()
        if graph is not None:
            roots, described, nodes = graph
            self.records[self._next_record] = (encoder.outputs, roots)
            reply["graph"] = [self._next_record, described, nodes]
            self._next_record += 1

    def _do(self, payload: dict) -> Any:
        for number in payload["dropped"]:
            self.table.drop(number)
        for record in payload["released"]:
            self.records.pop(record, None)
        for number, content in payload["updates"]:
            write(self.table.kinds[number], self.table.objects[number], Content(*content))
        if payload["random"]:
            torch.set_rng_state(torch.frombuffer(bytearray(payload["random"]), dtype=torch.uint8))
        self.table.remember()
        with _gradients_on(payload["grad"]):
            return _OPERATIONS[payload["operation"]](self, *payload["args"], **payload["kwargs"])

    def _names(self, names: list[str]) -> tuple:
        self.names |= {name: self.namespace.get(name, MISSING) for name in names}
        return tuple(self.names[name] for name in names)

    def _rebound(self) -> list[tuple[str, Any]]:
        now = [(name, self.namespace.get(name, MISSING)) for name in self.names]
        rebound = [(name, value) for name, value in now if value is not self.names[name]]
        self.names.update(rebound)
        return rebound

    def _gradients(self, record: int, used: list[int], grads: list, create_graph: bool) -> list:
        outputs, roots = self.records[record]
        return list(
            torch.autograd.grad(
                [outputs[index] for index in used],
                roots,
                grads,
                retain_graph=True,
                create_graph=create_graph,
                allow_unused=True,
            )
        )


def _gradients_on(wanted: bool) -> contextlib.AbstractContextManager:
    # On is what torch begins with.
    needs_torch = not wanted or torch_types("Tensor")
    return torch.set_grad_enabled(wanted) if needs_torch else contextlib.nullcontext()


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def __init__(self, limit: int):
        super().__init__()
        self._left = limit

    def write(self, text: str) -> int:
        super().write(text[: self._left])
        self._left -= min(self._left, len(text))
        return len(text)


def _trace(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "_examiner" not in frame.filename]
    for frame in frames:
        frame.filename = "your notebook" if "ipykernel" in frame.filename else frame.filename
    lines = traceback.format_list(frames[-_FRAMES:]) + traceback.format_exception_only(error)
    return "".join(lines)


def _call(server: Server, function: Callable, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _plainly(function: Callable) -> Callable:
    return lambda server, *args: function(*args)


_PLAIN = {
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "contains": operator.contains,
    "len": len,
    "iter": iter,
    "next": next,
    "bool": bool,
    "int": int,
    "float": float,
    "index": operator.index,
    "isinstance": isinstance,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
_OPERATIONS: dict[str, Callable] = {name: _plainly(function) for name, function in _PLAIN.items()}
_OPERATIONS |= {"call": _call, "names": Server._names, "gradients": Server._gradients}
