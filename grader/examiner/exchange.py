"""One examination's dealings with the student's kernel: requests out, replies in, both sides' objects kept in step."""

import base64
import re
import weakref
from collections import deque
from typing import Any

import torch

from grader.examiner.codec_in import Decoder
from grader.examiner.codec_out import dump
from grader.examiner.errors import BadReply, clean_text, error_class, student_error
from grader.examiner.raw import need, unpack
from grader.examiner.remote.content import Content, read, write
from grader.examiner.remote.table import Table
from grader.examiner.session import Session
from grader.examiner.standins import StandIn, known_classes

_MISSING = object()
_CLASSES = known_classes()


class Exchange:
    """What one test cell shares with the student's kernel.

    Args:
        session: The connection.
    """

    def __init__(self, session: Session):
        self.session, self.bounds = session, session.limits.bounds
        self.table = Table(first=0)
        self.printed = ""
        self.likely_names: frozenset[str] = frozenset()  # fetched together with the first
        self._stand_ins: dict[int, Any] = {}
        self._names: dict[str, Any] = {}
        self._dropped: list[int] = []
        self._released: deque[int] = deque()
        self._broken: Exception | None = None
        self._seed, self._random = torch.initial_seed(), b""

    def name(self, name: str) -> Any:
        """Return the student's object of this name.

        Raises:
            KeyError: If the student has none.
        """
        if name not in self._names:
            wanted = list({name, *self.likely_names} - set(self._names))
            self._names.update(zip(wanted, self.request("names", wanted), strict=True))
        if self._names[name] is _MISSING:
            raise KeyError(name)
        return self._names[name]

    def request(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Have an operation carried out in the student's kernel.

        Returns:
            Its result, as a plain value or a stand-in.

        Raises:
            BadReply: If no proper answer came, now or earlier.
            Exception: The student's.
        """
        if self._broken is not None:
            raise self._broken
        reply = self.session.ask(self._dump(operation, args, kwargs))
        try:
            result = self._take(*unpack(reply, self.bounds))
        except Exception as error:
            what = str(error) if isinstance(error, BadReply) else "the student's kernel sent a damaged reply"
            self._broken = BadReply(what)
            raise self._broken from None
        self._dropped = self.table.sweep()
        self.table.remember()
        if isinstance(result, _Raised):
            raise result.error
        return result

    def _dump(self, operation: str, args: tuple, kwargs: dict) -> bytes:
        released = [self._released.popleft() for _ in range(len(self._released))]
        payload = {
            "operation": operation,
            "args": args,
            "kwargs": kwargs,
            "updates": [(number, tuple(content)) for number, content in self.table.changed()],
            "dropped": self._dropped,
            "released": released,
            "grad": torch.is_grad_enabled(),
            "random": self._random_state(),
        }
        return dump(payload, self.table)

    def _random_state(self) -> bytes | None:
        """Return what the student's global random state is to become: nothing unless the test cell seeded ours."""
        if torch.initial_seed() == self._seed:
            return None
        state = torch.get_rng_state().numpy().tobytes()
        return b"" if state == self._random else state

    def _take(self, tree: dict, raw: bytes) -> Any:
        decoder = Decoder(self.table, raw, self.bounds, self._stand_in, self._error, _MISSING)
        printed = tree.get("printed", "")
        need(type(printed) is str, "no text")
        self.printed = clean_text(self.printed + printed, self.session.limits.max_printed)
        if "graph" in tree:
            self._connect(decoder, *tree["graph"])
        result = decoder.value(tree["error" if "error" in tree else "value"])
        if "error" in tree:
            need(isinstance(result, Exception), "an error that is none")
            result = _Raised(result)
        self._update(decoder, tree["updates"])
        self._names.update({name: decoder.value(node) for name, node in tree["names"].items() if name in self._names})
        for number in tree["dropped"]:
            self.table.drop(decoder.integer(number))
        if "random" in tree:
            self._random = base64.b64decode(tree["random"])
            torch.set_rng_state(torch.frombuffer(bytearray(self._random), dtype=torch.uint8))
            self._seed = None
        return result

    def _update(self, decoder: Decoder, updates: list) -> None:
        changes = []
        for number, *node in updates:
            kind, obj = self.table.kinds[decoder.integer(number)], self.table.objects[number]
            # Nothing here ran since the request went out, so what it holds now is what the other side started from.
            old = Content((), [obj.grad]) if kind == "tensor" else read(kind, obj)
            changes.append((kind, obj, decoder.content(kind, node, old)))
        for kind, obj, content in changes:
            write(kind, obj, content)

    def _connect(self, decoder: Decoder, record: Any, described: list, nodes: list) -> None:
        """Make results of the student's code part of our graph, so that gradients flow through them."""
        roots = decoder.values(nodes)
        need(all(isinstance(root, torch.Tensor) for root in roots), "a graph without tensors")
        values = [decoder.tensor([*meta[:2], False, meta[3], False], where) for _, meta, where in described]
        decoder.outputs = list(_Through.apply(_Record(self, decoder.integer(record)), values, *roots))
        for (number, _, _), output in zip(described, decoder.outputs, strict=True):
            decoder._register(number, output, "tensor")
        self.table.pinned.update(self.table.find(root) for root in roots)

    def _stand_in(self, number: Any, type_name: Any, bases: Any, raises: Any, name: Any) -> Any:
        need(type(number) is int and 0 <= number < 2**53, "a number of nothing")
        need(all(type(each) is str for each in (type_name, name, *bases, *raises)), "an object of no known type")
        if number not in self._stand_ins:
            if raises:
                self._stand_ins[number] = error_class(name, raises)
            else:
                classes = tuple(_CLASSES[base] for base in bases if base in _CLASSES)
                label, name = (re.sub(r"[^\w.<>]", "_", text[:80]) for text in (type_name, name))
                self._stand_ins[number] = StandIn(self, number, label, classes, name)
        return self._stand_ins[number]

    def _error(self, kind: int, name: str, bases: list[str], args: list, message: str, trace: str) -> Exception:
        made = self._stand_in(kind, name, [], [*bases, "Exception"], name)
        return student_error(made, args, message, trace)


class _Raised:
    def __init__(self, error: Exception):
        self.error = error


class _Record:
    """The student's side of a graph; when it is gone here, it may go there."""

    def __init__(self, exchange: Exchange, number: int):
        self.exchange, self.number = exchange, number
        weakref.finalize(self, exchange._released.append, number)


class _Through(torch.autograd.Function):
    """Passes gradients through the student's code: forward ran there, backward runs there."""

    @staticmethod
    def forward(ctx: Any, record: _Record, values: list[torch.Tensor], *roots: torch.Tensor) -> tuple:
        ctx.record = record
        ctx.set_materialize_grads(False)
        return tuple(values)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> tuple:
        used = [index for index, grad in enumerate(grads) if grad is not None]
        given = [grads[index] for index in used]
        record = ctx.record
        found = record.exchange.request("gradients", record.number, used, given, torch.is_grad_enabled())
        return None, None, *found
