"""From the student to the grader: JSON and raw bytes become exact plain values, and nothing in them can execute."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from grader.examiner.limits import Bounds
from grader.examiner.raw import DEVICE, DTYPES, Raw, need, truth_bytes
from grader.examiner.remote.content import Content, tensor_from
from grader.examiner.remote.table import Table

_NAME = re.compile(r"(?!__)[^\W\d]\w{0,200}")
_KEY = re.compile(r"(global|free) (?!__)[^\W\d]\w{0,200}")
_CREATED = ("list", "dict", "set", "tensor", "array", "generator")


class NamedTuple(tuple):
    """A tuple whose entries have names too."""

    _fields: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", ())
        if name not in fields:
            raise AttributeError(name)
        return self[fields.index(name)]


class Decoder(Raw):
    """Decodes one reply.

    Args:
        table: The objects that both sides know; new ones are added.
        raw: The reply's raw bytes.
        bounds: What it may hold.
        handle: Makes a stand-in of a handle's fields.
        error: Makes an exception of an error's fields.
        missing: Stands for a name that the student does not have.
    """

    def __init__(
        self, table: Table, raw: bytes, bounds: Bounds, handle: Callable, error: Callable, missing: Any = None
    ):
        super().__init__(raw, bounds)
        self.table = table
        self.outputs: list[torch.Tensor] = []
        self._makers = {"handle": handle, "error": self._error(error), "missing": lambda: missing}
        self._nodes_left = bounds.max_nodes

    def value(self, node: Any) -> Any:
        """Return the value of a node."""
        self._nodes_left -= 1
        need(self._nodes_left >= 0, "too many values")
        if node is None or type(node) in (bool, float, str):
            return node
        if type(node) is int:
            return self.integer(node)
        need(type(node) is list and node and type(node[0]) is str, "a value of no known form")
        maker = self._makers.get(node[0]) or getattr(self, f"_{node[0]}", None) if node[0] in _TAGS else None
        need(maker is not None, "a value of no known kind")
        return maker(*node[1:])

    def values(self, nodes: Any) -> list:
        """Return the values of a list of nodes."""
        need(type(nodes) is list, "no list")
        return [self.value(node) for node in nodes]

    def integer(self, value: Any) -> int:
        """Return an integer of acceptable size."""
        need(type(value) is int and value.bit_length() <= self.bounds.max_bits, "no integer, or a huge one")
        return value

    def content(self, kind: str, node: Any, old: Content) -> Content:
        """Return what an object is to hold from now on.

        Args:
            kind: Its kind.
            node: Meta, children and bytes.
            old: What it held when both sides last agreed.
        """
        meta, children, where = node
        need(type(meta) is list and type(children) is list, "a change of no known form")
        if kind in ("object", "function"):
            pattern = _NAME if kind == "object" else _KEY
            need(len(meta) == len(children), "names without values")
            need(all(type(name) is str and pattern.fullmatch(name) for name in meta), "a strange name")
            kept: dict[Any, Any] = dict(zip(old.meta, old.children, strict=True))
            # A function there sees the student's names among its globals, which are not among those here.
            here = [(name, node) for name, node in zip(meta, children, strict=True) if _is_known(node, kept)]
            meta, children = [name for name, _ in here], [node for _, node in here]
        else:
            kept = dict(enumerate(old.children))
        children = [kept[node[1]] if _is_kept(node) else self.value(node) for node in children]
        return self._checked(kind, meta, children, where)

    def _checked(self, kind: str, meta: list, children: list, where: Any) -> Content:
        raw = self.blob(where)
        if kind == "tensor":
            name, shape, requires_grad = meta
            need(type(requires_grad) is bool and len(children) == 1, "a tensor of no known form")
            need(children[0] is None or isinstance(children[0], torch.Tensor), "a gradient that is no tensor")
            self.tensor([name, shape, False, "cpu", False], where)
            raw = truth_bytes(raw) if name == "torch.bool" else raw
            return Content((name, tuple(shape), requires_grad), children, raw)
        if kind == "array":
            return Content((self.array_type(meta[0]).str, tuple(meta[1])), [], self.array(meta, where).tobytes())
        if kind == "dict":
            need(len(children) % 2 == 0, "keys without values")
        if kind in ("dict", "set"):
            keys = children[::2] if kind == "dict" else children
            need(all(type(key) is not int or key.bit_length() <= 60 for key in keys), "a strange key")
        return Content(tuple(meta), children, raw)

    def _new(self, number: Any, kind: Any, meta: Any, nodes: Any, where: Any) -> Any:
        need(type(kind) is str and kind in _CREATED, "a value of no known kind")
        made = self._make(kind, meta, where)
        self._register(number, made, kind)
        children = self.values(nodes)
        if kind in ("list", "set"):
            made.extend(children) if kind == "list" else made.update(self._checked(kind, [], children, None).children)
        elif kind == "dict":
            pairs = self._checked(kind, [], children, None).children
            made.update(zip(pairs[::2], pairs[1::2], strict=True))
        elif kind == "tensor" and children != [None]:
            made.grad = children[0]
        return made

    def _make(self, kind: str, meta: Any, where: Any) -> Any:
        if kind == "tensor":
            return self.tensor(meta, where)
        if kind == "array":
            return self.array(meta, where)
        if kind == "generator":
            need(meta == ["cpu"], "a random generator that is not on the CPU")
            return torch.Generator().set_state(tensor_from(self.blob(where), torch.uint8, (len(self.blob(where)),)))
        return {"list": list, "dict": dict, "set": set}[kind]()

    def _register(self, number: Any, made: Any, kind: str) -> None:
        need(type(number) is int and number % 2 == 1 and number not in self.table.objects, "a number that is taken")
        need(len(self.table.objects) < self.bounds.max_pairs, "too many objects")
        self.table.add(made, kind, number)

    def _error(self, make: Callable) -> Callable:
        def error(kind: Any, name: Any, bases: Any, args: Any, message: Any, trace: Any) -> Exception:
            need(all(type(each) is str for each in (name, message, trace)), "an error without text")
            need(type(bases) is list and all(type(each) is str for each in bases), "an error of no known type")
            return make(self.integer(kind), name, bases, self.values(args), message, trace)

        return error

    def _int(self, text: Any) -> int:
        need(type(text) is str and len(text) <= self.bounds.max_bits // 4 + 3, "a huge integer")
        return self.integer(int(text, 16))

    def _float(self, text: Any) -> float:
        need(type(text) is str and len(text) < 40, "no number")
        return float.fromhex(text)

    def _complex(self, real: Any, imaginary: Any) -> complex:
        return complex(self._float(real), self._float(imaginary))

    def _str(self, text: Any) -> str:
        need(type(text) is str, "no text")
        return text

    def _bytes(self, where: Any) -> bytes:
        return self.blob(where)

    def _scalar(self, name: Any, where: Any) -> np.generic:
        return self.array([name, []], where)[()]

    def _tuple(self, fields: Any, nodes: Any) -> tuple:
        children = self.values(nodes)
        if not fields:
            return tuple(children)
        need(type(fields) is list and len(fields) == len(children), "names without values")
        need(all(type(name) is str and _NAME.fullmatch(name) for name in fields), "a strange name")
        made = NamedTuple(children)
        made.__dict__["_fields"] = tuple(fields)
        return made

    def _frozenset(self, nodes: Any) -> frozenset:
        return frozenset(self._checked("set", [], self.values(nodes), None).children)

    def _range(self, *parts: Any) -> range:
        start, stop, step = (self._int(part) for part in parts)
        made = range(start, stop, step)
        need(max(abs(start), abs(stop), abs(step)) < 2**62 and len(made) <= self.bounds.max_bytes // 8, "a huge range")
        return made

    def _slice(self, *nodes: Any) -> slice:
        return slice(*(self.value(node) for node in nodes))

    def _size(self, shape: Any) -> torch.Size:
        need(type(shape) is list and all(type(each) is int and 0 <= each < 2**62 for each in shape), "no shape")
        return torch.Size(shape)

    def _dtype(self, name: Any) -> torch.dtype:
        return DTYPES[f"torch.{name}"]

    def _device(self, name: Any) -> torch.device:
        need(type(name) is str and DEVICE.fullmatch(name), "no known device")
        return torch.device(name)

    def _pair(self, number: Any) -> Any:
        need(type(number) is int and number in self.table.objects, "a number of nothing")
        return self.table.objects[number]

    def _output(self, index: Any) -> torch.Tensor:
        need(type(index) is int and 0 <= index < len(self.outputs), "a number of nothing")
        return self.outputs[index]


_DATA = ("new", "pair", "output", "int", "float", "complex", "str", "bytes", "scalar", "tuple", "frozenset", "range")
_TAGS = frozenset([*_DATA, "slice", "size", "dtype", "device", "handle", "error", "missing"])


def _is_kept(node: Any) -> bool:
    return type(node) is list and len(node) == 2 and node[0] == "keep"


def _is_known(node: Any, kept: dict) -> bool:
    return not _is_kept(node) or node[1] in kept
