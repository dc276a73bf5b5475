"""Raw bytes of the student's: tensors and arrays whose dtype, shape and size are checked before anything is made."""

import json
import math
import re
from typing import Any

import numpy as np
import torch

from grader.examiner.errors import BadReply
from grader.examiner.limits import Bounds
from grader.examiner.remote.content import tensor_from

DTYPES = {str(each): each for each in vars(torch).values() if isinstance(each, torch.dtype) and each.itemsize}
_ARRAY = re.compile(r"[<>|=][?biufcmM]\d{1,2}(\[\w{1,10}\])?")
DEVICE = re.compile(r"cpu|cuda(:\d{1,2})?")


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


class Raw:
    """The raw bytes of one reply.

    Args:
        raw: The bytes.
        bounds: What the reply may hold.
    """

    def __init__(self, raw: bytes, bounds: Bounds):
        self.raw, self.bounds = raw, bounds

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
        need(type(name) is str and name in DTYPES, "a tensor of no known dtype")
        need(type(device) is str and DEVICE.fullmatch(device), "a tensor on no known device")
        need(type(requires_grad) is bool and type(parameter) is bool, "a tensor of no known form")
        raw = self._sized(shape, DTYPES[name].itemsize, where)
        made = tensor_from(truth_bytes(raw) if name == "torch.bool" else raw, DTYPES[name], tuple(shape))
        if device != "cpu" and torch.cuda.is_available():
            made = made.to(device)
        return torch.nn.Parameter(made, requires_grad) if parameter else made.requires_grad_(requires_grad)

    def array_type(self, name: Any) -> np.dtype:
        """Return the dtype of an array of numbers."""
        need(type(name) is str and _ARRAY.fullmatch(name), "an array of no known dtype")
        return np.dtype(name)

    def array(self, meta: Any, where: Any) -> np.ndarray:
        """Return a new array made of dtype, shape and bytes."""
        name, shape = meta
        dtype = self.array_type(name)
        raw = self._sized(shape, dtype.itemsize, where)
        return np.frombuffer(truth_bytes(raw) if dtype.kind == "b" else raw, dtype).reshape(shape).copy()

    def _sized(self, shape: Any, itemsize: int, where: Any) -> bytes:
        need(type(shape) is list and len(shape) <= 32, "a shape that is none")
        need(all(type(each) is int and 0 <= each < 2**40 for each in shape), "a shape that is none")
        need(math.prod(max(each, 1) for each in shape) * itemsize <= self.bounds.max_bytes, "a huge shape")
        raw = self.blob(where)
        need(math.prod(shape) * itemsize == len(raw), "a shape that does not fit its bytes")
        return raw


def truth_bytes(raw: bytes) -> bytes:
    """Return bytes in which every value is 0 or 1, as truth values have to be."""
    return (np.frombuffer(raw, np.uint8) != 0).tobytes()
