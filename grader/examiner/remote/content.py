"""What a mutable object holds, read and written in place: how two copies of one object are kept the same."""

from __future__ import annotations

import dis
from collections import Counter, OrderedDict, defaultdict, deque
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from .lazy import torch, torch_types

LISTS = (list, deque)
DICTS = (dict, OrderedDict, defaultdict, Counter)


class Content(NamedTuple):
    """What an object holds, one level deep.

    Attributes:
        meta: What describes it besides its children: names, a dtype, a shape.
        children: The objects that it refers to.
        raw: The bytes of a tensor, an array or a random state.
    """

    meta: tuple
    children: list
    raw: bytes = b""


def kind_of(obj: Any) -> str | None:
    """Return how a mutable piece of data is kept in step with its copy, or None if it is not."""
    type_ = type(obj)
    if type_ in LISTS:
        return "list"
    if type_ in DICTS:
        return "dict"
    if type_ is set:
        return "set"
    if issubclass(type_, torch_types("Tensor")):
        return "tensor" if obj.layout is torch.strided and obj.device.type != "meta" else None
    if issubclass(type_, np.ndarray):
        return "array" if obj.dtype.kind in "?biufcmM" else None
    return "generator" if issubclass(type_, torch_types("Generator")) else None


def same(one: Content, other: Content) -> bool:
    """Whether nothing was assigned or overwritten between two readings."""
    if one.meta != other.meta or one.raw != other.raw or len(one.children) != len(other.children):
        return False
    return all(a is b for a, b in zip(one.children, other.children, strict=True))


def read(kind: str, obj: Any) -> Content:
    """Return what an object of this kind holds now."""
    return _READ[kind](obj)


def write(kind: str, obj: Any, content: Content) -> None:
    """Make an object hold this."""
    _WRITE[kind](obj, *content)


def tensor_bytes(tensor: torch.Tensor) -> bytes:
    """Return the entries of a tensor in row-major order."""
    flat = torch.Tensor.detach(tensor).resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()


def tensor_from(raw: bytes, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    """Return the tensor with these entries."""
    if not raw:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(dtype).reshape(shape)


@lru_cache(maxsize=1000)
def global_names(code: CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """Return the global names that code reads or assigns, and those that it assigns, inner functions included."""
    used, assigned = set(), set()
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "STORE_GLOBAL"):
            used.add(step.argval)
            assigned.update([step.argval] if step.opname == "STORE_GLOBAL" else [])
    for inner in filter(lambda constant: isinstance(constant, CodeType), code.co_consts):
        more = global_names(inner)
        used, assigned = used | more[0], assigned | more[1]
    return frozenset(used), frozenset(assigned)


def _read_tensor(obj: torch.Tensor) -> Content:
    grad = obj.grad if obj.is_leaf else None
    return Content((str(obj.dtype), tuple(obj.shape), obj.requires_grad), [grad], tensor_bytes(obj))


def _write_tensor(obj: torch.Tensor, meta: tuple, children: list, raw: bytes) -> None:
    dtype, shape, requires_grad = meta
    value = tensor_from(raw, getattr(torch, dtype.removeprefix("torch.")), shape).to(obj.device)
    if obj.dtype == value.dtype and obj.shape == value.shape:
        obj.detach().copy_(value)
    else:
        obj.data = value
    if obj.is_leaf:
        obj.requires_grad_(requires_grad)
        if obj.grad is not children[0]:
            obj.grad = children[0]


def _read_array(obj: np.ndarray) -> Content:
    return Content((obj.dtype.str, obj.shape), [], np.ndarray.tobytes(obj))


def _write_array(obj: np.ndarray, meta: tuple, children: list, raw: bytes) -> None:
    value = np.frombuffer(raw, dtype=meta[0]).reshape(meta[1])
    if value.shape != obj.shape:
        obj.resize(value.shape, refcheck=False)
    obj[...] = value


def _read_dict(obj: dict) -> Content:
    return Content((), [each for item in obj.items() for each in item])


def _write_dict(obj: dict, meta: tuple, children: list, raw: bytes) -> None:
    obj.clear()
    for key, value in zip(children[::2], children[1::2], strict=True):
        obj[key] = value


def _write_list(obj: list, meta: tuple, children: list, raw: bytes) -> None:
    obj.clear()
    obj.extend(children)


def _write_set(obj: set, meta: tuple, children: list, raw: bytes) -> None:
    obj.clear()
    obj.update(children)


def _read_object(obj: Any) -> Content:
    return Content(tuple(vars(obj)), list(vars(obj).values()))


def _write_object(obj: Any, meta: tuple, children: list, raw: bytes) -> None:
    attributes = vars(obj)
    attributes.clear()
    attributes.update(zip(meta, children, strict=True))


def _read_function(obj: FunctionType) -> Content:
    used, _ = global_names(obj.__code__)
    held = {
        f"global {name}": obj.__globals__[name] for name in sorted(used) if dict.__contains__(obj.__globals__, name)
    }
    for name, cell in zip(obj.__code__.co_freevars, obj.__closure__ or (), strict=True):
        if cell != type(cell)():
            held[f"free {name}"] = cell.cell_contents
    return Content(tuple(held), list(held.values()))


def _write_function(obj: FunctionType, meta: tuple, children: list, raw: bytes) -> None:
    _, assigned = global_names(obj.__code__)
    cells = dict(zip(obj.__code__.co_freevars, obj.__closure__ or (), strict=True))
    for key, value in zip(meta, children, strict=True):
        scope, name = key.split(" ")
        if scope == "free" and name in cells:
            cells[name].cell_contents = value
        elif scope == "global" and name in assigned:
            obj.__globals__[name] = value


def _write_generator(obj: torch.Generator, meta: tuple, children: list, raw: bytes) -> None:
    obj.set_state(torch.frombuffer(bytearray(raw), dtype=torch.uint8))


_READ = {
    "list": lambda obj: Content((), list(obj)),
    "dict": _read_dict,
    "set": lambda obj: Content((), list(obj)),
    "tensor": _read_tensor,
    "array": _read_array,
    "generator": lambda obj: Content((str(obj.device),), [], obj.get_state().numpy().tobytes()),
    "object": _read_object,
    "function": _read_function,
}
_WRITE = {
    "list": _write_list,
    "dict": _write_dict,
    "set": _write_set,
    "tensor": _write_tensor,
    "array": _write_array,
    "generator": _write_generator,
    "object": _write_object,
    "function": _write_function,
}
