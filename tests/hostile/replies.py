"""Replies that a student's code forges: to the grader they are bytes, and may be any bytes."""

import base64
import json
import pickle
from dataclasses import dataclass

import torch

from tests.hostile.lying import DOUBLE, Lie

TOOLS = """
import base64, json, pickle, sys

def pack(raw):
    return len(raw).to_bytes(8, "big") + raw

def make(value, **more):
    fields = {"value": value, "updates": [], "names": {}, "dropped": [], "printed": ""}
    return pack(json.dumps(fields | more).encode())

class Payload:
    def __reduce__(self):
        return open, ("@MARK@", "w")
"""
# The first call is answered properly and prepares the second, whose answer is forged; then all is as it was.
ANSWER = """
def forge(reply):
    package = sys.modules.get("_examiner")
    if package:
        package.server.answer = lambda request: package.server.__dict__.pop("answer") and reply

def f(x):
    forge({reply})
    return 2 * x
"""


@dataclass(frozen=True)
class Reply:
    """A forged reply.

    Attributes:
        name: What is wrong with it.
        reply: The expression that makes it.
        breaks: What a grader dies of that reads it without care; None if it then believes the reply.
    """

    name: str
    reply: str
    breaks: type[BaseException] | None

    def as_lie(self) -> Lie:
        """Return a task whose answer sends this reply when asked a second time."""
        return Lie(f"reply {self.name}", "f(1)\nassert f(3) == 6", DOUBLE, TOOLS + ANSWER.format(reply=self.reply))

    def made(self, mark: str) -> bytes:
        """Return the reply itself."""
        names: dict = {}
        exec(TOOLS.replace("@MARK@", mark), names)
        return eval(self.reply, names)


REPLIES = [
    Reply("a pickle that opens a file", "pickle.dumps(Payload())", None),
    Reply("a pickle among the data", "make(['pickle', base64.b64encode(pickle.dumps(Payload())).decode()])", None),
    Reply("says that the test passed", "make(True, ok=True, passed=True, points=999)", None),
    Reply("is cut off", "pack(b'{}')[:9]", ValueError),
    Reply("is empty", "b''", ValueError),
    Reply("is no JSON", "pack(b'{')", ValueError),
    Reply("has no fields", "pack(b'{}')", KeyError),
    Reply("nested 100000 deep", "pack(b'{\"value\": ' + b'[' * 10**5 + b']' * 10**5 + b'}')", RecursionError),
    Reply(
        "a tensor of a terabyte",
        "make(['new', 1, 'tensor', ['float32', [2**45], False, 'cpu', False], [], None])",
        RuntimeError,
    ),
    Reply(
        "a tensor of a negative size",
        "make(['new', 1, 'tensor', ['float32', [-1], False, 'cpu', False], [], None])",
        RuntimeError,
    ),
    Reply("an array of objects", "make(['new', 1, 'array', ['|O8', [1]], [None], None])", TypeError),
    Reply("an unhashable key", "make(['new', 1, 'dict', [], [['new', 3, 'list', [], [], None], 1], None])", TypeError),
    Reply("an integer of a million digits", "pack(b'{\"value\": ' + b'9' * 10**6 + b'}')", ValueError),
    Reply("a number of nothing", "make(['pair', 77])", KeyError),
    Reply("a kind of its own", "make(['__class__', '__bases__'])", KeyError),
    Reply("changes what it does not know", "make(6, updates=[[10**9, [], [], None]])", None),
]


def read_without_care(raw: bytes) -> object:
    """Read a reply as a grader would that expects no harm; whatever it raises would end the grading of a class."""
    if raw[:1] == b"\x80":
        return pickle.loads(raw)
    size = int.from_bytes(raw[:8], "big")
    return _value(json.loads(raw[8 : 8 + size])["value"])


def _value(node: object) -> object:
    if not isinstance(node, list):
        return node
    kind, *fields = node
    return _MAKERS[kind](*fields)


def _new(number: int, kind: str, meta: list, children: list, where: None) -> object:
    if kind == "tensor":
        return torch.ones(meta[1])
    values = [_value(child) for child in children]
    return {"list": list, "dict": lambda v: dict(zip(v[::2], v[1::2], strict=True)), "array": _array}[kind](values)


def _array(values: list) -> float:
    return sum(values)


_MAKERS = {"new": _new, "pair": {}.__getitem__, "pickle": lambda text: pickle.loads(base64.b64decode(text))}
