"""From the student to the grader: values as JSON and raw bytes, everything else as a number to refer to it by."""

from __future__ import annotations

import enum
import math
from types import GeneratorType
from typing import Any

import numpy as np

from .content import Content, kind_of, read, tensor_bytes
from .graph import leaves
from .lazy import torch, torch_types
from .table import Table

MAX_DEPTH = 60
MISSING = object()  # a name that the student does not have
_KNOWN_BASES = ("torch.", "collections.abc")


class TooLargeError(ValueError):
    """What the student's code returned is more than the grader takes."""


class Handles:
    """The student's objects that stay here, by the numbers that the grader knows them by."""

    def __init__(self):
        self.objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    def number(self, obj: Any) -> int:
        """Return the number of an object, a new one at its first time."""
        if id(obj) not in self._numbers:
            self._numbers[id(obj)] = len(self.objects)
            self.objects[len(self.objects)] = obj
        return self._numbers[id(obj)]


class Encoder:
    """Encodes one reply.

    Args:
        table: The objects that both sides know.
        handles: The student's objects that stay here.
        sources: What stands for a tensor of the grader's in graphs, if not the tensor itself, by its number.
        max_nodes: How many nodes the grader takes.
        max_bytes: How many bytes of raw data it takes.
    """

    def __init__(self, table: Table, handles: Handles, sources: dict[int, Any], max_nodes: int, max_bytes: int):
        self.table, self.handles, self.sources = table, handles, sources
        self.blobs: list[bytes] = []
        self.outputs: list[torch.Tensor] = []
        self._described: list[list] = []
        self._new: dict[int, list] = {}
        self._nodes_left, self._bytes_left, self._position = max_nodes, max_bytes, 0

    def encode(self, obj: Any, depth: int = 0) -> Any:
        """Return the JSON node of a value."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise TooLargeError("the result has more parts than the grader takes")
        number = self.table.find(obj)
        if number is not None:
            return ["pair", number]
        if obj is MISSING:
            return ["missing"]
        if obj is None or type(obj) in (bool, str):
            return self._text(obj)
        if (type(obj) is int and abs(obj) < 2**53) or (type(obj) is float and math.isfinite(obj)):
            return obj
        if isinstance(obj, enum.Enum) or depth > MAX_DEPTH:
            return self._handle(obj)
        return self._number(obj) or self._fixed(obj, depth) or self._mutable(obj, depth) or self._handle(obj)

    def content(self, kind: str, content: Content, old: Content) -> list:
        """Return the node of what an object holds now, given what it held before."""
        # A set has another order on the other side.
        places = {} if kind == "set" else {id(child): index for index, child in enumerate(old.children)}
        named = kind in ("object", "function")
        children = []
        for child in content.children:
            place = places.get(id(child)) if self.table.find(child) is None else None
            key = old.meta[place] if named and place is not None else place
            children.append(self.encode(child) if place is None else ["keep", key])
        return [list(content.meta), children, self._blob(content.raw)]

    def graph(self) -> list | None:
        """Return the node of the results that gradients can flow through, and of the leaves that they flow to."""
        if not self.outputs:
            return None
        number_of = {id(source): number for number, source in self.sources.items()}
        roots = leaves(self.outputs)
        nodes = [["pair", number_of[id(root)]] if id(root) in number_of else self.encode(root) for root in roots]
        return [roots, self._described, [self._moved(node) for node in nodes]]

    def _moved(self, node: Any) -> Any:
        """Return the whole node of a tensor that is new in this reply, whose place elsewhere now refers to it.

        The graph is read before the values. A value can hold the tensor, too, and it came first when this was written.
        """
        if type(node) is not list or node[0] != "pair" or node[1] not in self._new:
            return node
        place = self._new.pop(node[1])
        whole, place[:] = list(place), node
        whole[4] = [self._moved(child) for child in whole[4]]  # its grad
        return whole

    def _text(self, obj: str | bool | None) -> str | bool | None:
        if type(obj) is str:
            self._spend(len(obj))
        return obj

    def _number(self, obj: Any) -> Any:
        if isinstance(obj, np.generic):
            return ["scalar", obj.dtype.str, self._blob(obj.tobytes())] if obj.dtype.kind in "?biufcmM" else None
        if isinstance(obj, int):
            return ["int", hex(int.__index__(obj))]
        if isinstance(obj, float):
            value = float.__pos__(obj)
            return ["float", repr(value)] if not math.isfinite(value) else ["float", float.hex(value)]
        if isinstance(obj, complex):
            return ["complex", float.hex(obj.real), float.hex(obj.imag)]
        return None

    def _fixed(self, obj: Any, depth: int) -> list | None:
        if isinstance(obj, str):
            return ["str", self._text(str.__str__(obj))]
        if isinstance(obj, (bytes, bytearray)):
            return ["bytes", self._blob(bytes(obj))]
        if isinstance(obj, torch_types("Size")):
            return ["size", [int(each) for each in obj]]
        if isinstance(obj, tuple):
            return ["tuple", self._names(obj), [self.encode(each, depth + 1) for each in tuple.__iter__(obj)]]
        if isinstance(obj, frozenset):
            return ["frozenset", [self.encode(each, depth + 1) for each in obj]]
        if isinstance(obj, range):
            return ["range", *(hex(each) for each in (obj.start, obj.stop, obj.step))]
        if isinstance(obj, slice):
            return ["slice", *(self.encode(each, depth + 1) for each in (obj.start, obj.stop, obj.step))]
        if isinstance(obj, torch_types("dtype", "device")):
            return [type(obj).__name__, str(obj).removeprefix("torch.")]
        return self.error(obj) if isinstance(obj, Exception) else None

    def _names(self, obj: tuple) -> list[str]:
        fields = getattr(obj, "_fields", None)
        if fields is None and type(obj).__module__ == "torch.return_types":
            fields = [name for name in dir(obj) if any(getattr(obj, name) is each for each in obj)]
            fields.sort(key=lambda name: next(i for i, each in enumerate(obj) if each is getattr(obj, name)))
        return list(fields) if fields and len(fields) == len(obj) else []

    def error(self, error: BaseException, trace: str = "") -> list:
        """Return the node of an exception."""
        bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
        plain = all(type(each) in (str, int, float, bool, type(None)) for each in error.args)
        args = [self.encode(each) for each in error.args] if plain else []
        try:
            message = str(error)
        except Exception:
            message = ""
        kind = self.handles.number(type(error))
        return ["error", kind, type(error).__name__, bases, args, message[:10_000], trace[-10_000:]]

    def _mutable(self, obj: Any, depth: int) -> list | None:
        kind = kind_of(obj) or _broad_kind(obj)
        if isinstance(obj, (type({}.keys()), type({}.values()), type({}.items()))):
            obj, kind = list(obj), "list"
        if kind is None or type(obj).__name__ == "mappingproxy":
            return None
        number = self.table.add(obj, kind)
        if kind == "tensor":
            return self._tensor(number, obj)
        if kind == "list":
            meta, children, raw = (), list(obj), b""
        else:
            meta, children, raw = read(kind, obj)
        nodes = [self.encode(child, depth + 1) for child in children]
        return ["new", number, kind, list(meta), nodes, self._blob(raw)]

    def _tensor(self, number: int, obj: torch.Tensor) -> list:
        raw, grad = self._blob(tensor_bytes(obj)), obj.grad if obj.is_leaf else None
        meta = [
            str(obj.dtype),
            list(obj.shape),
            obj.requires_grad,
            str(obj.device),
            isinstance(obj, torch.nn.Parameter),
        ]
        if obj.requires_grad and not obj.is_leaf:
            self.outputs.append(obj)
            self._described.append([number, meta, raw])
            return ["output", len(self.outputs) - 1]
        self._new[number] = ["new", number, "tensor", meta, [self.encode(grad)], raw]
        return self._new[number]

    def _handle(self, obj: Any) -> list:
        bases = [f"{base.__module__}.{base.__qualname__}" for base in type(obj).__mro__]
        bases = [base for base in bases if base.startswith(_KNOWN_BASES)]
        bases += ["collections.abc.Generator"] if isinstance(obj, GeneratorType) else []
        raises = []
        if isinstance(obj, type) and issubclass(obj, Exception):
            raises = [base.__name__ for base in obj.__mro__ if base.__module__ == "builtins"]
        name = str(getattr(obj, "__name__", "") if isinstance(obj, type) or callable(obj) else "")
        return ["handle", self.handles.number(obj), type(obj).__name__, bases, raises, name]

    def _blob(self, raw: bytes) -> list[int] | None:
        if not raw:
            return None
        self._spend(len(raw))
        self.blobs.append(raw)
        self._position += len(raw)
        return [self._position - len(raw), len(raw)]

    def _spend(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise TooLargeError("the result has more bytes than the grader takes")


def _broad_kind(obj: Any) -> str | None:
    kinds = {list: "list", dict: "dict", set: "set"}
    return next((kind for base, kind in kinds.items() if isinstance(obj, base)), None)
