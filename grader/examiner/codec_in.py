"""From the student to the grader: JSON and raw bytes become exact plain values, and nothing in them can execute."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from grader.examiner.errors import BadReply
from grader.examiner.remote.content import Content, tensor_from
from grader.examiner.remote.table import Table

_DTYPES = {str(each): each for each in vars(torch).values() if isinstance(each, torch.dtype) and each.itemsize}
_ARRAY = re.compile(r"[<>|=][?biufcmM]\d{1,2}(\[\w{1,10}\])?")
_DEVICE = re.compile(r"cpu|cuda(:\d{1,2})?")
_NAME = re.compile(r"(?!__)[^\W\d]\w{0,200}")
_KEY = re.compile(r"(global|free) (?!__)[^\W\d]\w{0,200}")
_CREATED = ("list", "dict", "set", "tensor", "array", "generator")


@dataclass(frozen=True)
class Bounds:
    """What a reply may hold.

    Attributes:
        max_nodes: Values in it, at any depth.
        max_bytes: Its size; no value in it may need more memory than that.
        max_bits: Of an integer.
        max_pairs: Objects that both sides keep in step.
    """

    max_nodes: int = 200_000
    max_bytes: int = 64_000_000
    max_bits: int = 8_192
    max_pairs: int = 20_000


class NamedTuple(tuple):
    """A tuple whose entries have names too."""

    _fields: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", ())
        if name not in fields:
            raise AttributeError(name)
        return self[fields.index(name)]


def need(condition: Any, what: str) -> None:
    """Raise BadReply unless the condition holds."""
    if not condition:
        raise BadReply(f"the student's kernel sent {what}")


def unpack(reply: bytes, bounds: Bounds) -> tuple[dict, bytes]:
    """Split a reply into its JSON part and its raw bytes.

    Raises:
        BadReply: If it is not of that form, or too large or too deep.
    """
    need(len(reply) <= bounds.max_bytes, "too much")
    size = int.from_bytes(reply[:8], "big")
    need(len(reply) >= 8 and size <= len(reply) - 8, "a truncated reply")
    head = reply[8 : 8 + size]
    need(head.count(b",") + head.count(b"[") + head.count(b"{") <= 4 * bounds.max_nodes, "too many values")
    try:
        tree = json.loads(head)
    except (ValueError, RecursionError):
        tree = None
    need(type(tree) is dict, "no JSON object")
    return tree, reply[8 + size :]


class Decoder:
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
        self.table, self.raw, self.bounds = table, raw, bounds
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

    def blob(self, where: Any) -> bytes:
        """Return the raw bytes that a node refers to."""
        if where is None:
            return b""
        need(type(where) is list and len(where) == 2 and all(type(each) is int for each in where), "no place of bytes")
        start, size = where
        need(0 <= start <= start + size <= len(self.raw), "a place outside its bytes")
        return self.raw[start : start + size]

    def tensor(self, meta: Any, where: Any) -> torch.Tensor:
        """Return a new tensor made of dtype, shape, requires_grad, device, whether it is a parameter, and bytes."""
        name, shape, requires_grad, device, parameter = meta
        need(type(name) is str and name in _DTYPES, "a tensor of no known dtype")
        need(type(device) is str and _DEVICE.fullmatch(device), "a tensor on no known device")
        need(type(requires_grad) is bool and type(parameter) is bool, "a tensor of no known form")
        raw = self._sized(shape, _DTYPES[name].itemsize, where)
        made = tensor_from(_truth(raw) if name == "torch.bool" else raw, _DTYPES[name], tuple(shape))
        if device != "cpu" and torch.cuda.is_available():
            made = made.to(device)
        return torch.nn.Parameter(made, requires_grad) if parameter else made.requires_grad_(requires_grad)

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
            raw = _truth(raw) if name == "torch.bool" else raw
            return Content((name, tuple(shape), requires_grad), children, raw)
        if kind == "array":
            return Content((self._array_type(meta[0]).str, tuple(meta[1])), [], self._array(meta, where).tobytes())
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
            return self._array(meta, where)
        if kind == "generator":
            need(meta == ["cpu"], "a random generator that is not on the CPU")
            return torch.Generator().set_state(tensor_from(self.blob(where), torch.uint8, (len(self.blob(where)),)))
        return {"list": list, "dict": dict, "set": set}[kind]()

    def _register(self, number: Any, made: Any, kind: str) -> None:
        need(type(number) is int and number % 2 == 1 and number not in self.table.objects, "a number that is taken")
        need(len(self.table.objects) < self.bounds.max_pairs, "too many objects")
        self.table.add(made, kind, number)

    def _array_type(self, name: Any) -> np.dtype:
        need(type(name) is str and _ARRAY.fullmatch(name), "an array of no known dtype")
        return np.dtype(name)

    def _array(self, meta: Any, where: Any) -> np.ndarray:
        name, shape = meta
        dtype = self._array_type(name)
        raw = self._sized(shape, dtype.itemsize, where)
        return np.frombuffer(_truth(raw) if dtype.kind == "b" else raw, dtype).reshape(shape).copy()

    def _sized(self, shape: Any, itemsize: int, where: Any) -> bytes:
        need(type(shape) is list and len(shape) <= 32, "a shape that is none")
        need(all(type(each) is int and 0 <= each < 2**40 for each in shape), "a shape that is none")
        need(math.prod(max(each, 1) for each in shape) * itemsize <= self.bounds.max_bytes, "a huge shape")
        raw = self.blob(where)
        need(math.prod(shape) * itemsize == len(raw), "a shape that does not fit its bytes")
        return raw

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
        return self._array([name, []], where)[()]

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
        return _DTYPES[f"torch.{name}"]

    def _device(self, name: Any) -> torch.device:
        need(type(name) is str and _DEVICE.fullmatch(name), "no known device")
        return torch.device(name)

    def _pair(self, number: Any) -> Any:
        need(type(number) is int and number in self.table.objects, "a number of nothing")
        return self.table.objects[number]

    def _output(self, index: Any) -> torch.Tensor:
        need(type(index) is int and 0 <= index < len(self.outputs), "a number of nothing")
        return self.outputs[index]


_TAGS = frozenset(
    "handle error missing new int float complex str bytes scalar tuple frozenset range slice size dtype device pair "
    "output".split()
)


def _is_kept(node: Any) -> bool:
    return type(node) is list and len(node) == 2 and node[0] == "keep"


def _is_known(node: Any, kept: dict) -> bool:
    return not _is_kept(node) or node[1] in kept


def _truth(raw: bytes) -> bytes:
    """Return bytes in which every value is 0 or 1, as truth values have to be."""
    return (np.frombuffer(raw, np.uint8) != 0).tobytes()
