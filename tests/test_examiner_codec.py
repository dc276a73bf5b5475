"""What comes from the student's kernel: exact values, or BadReply, whatever the bytes."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.examiner import BadReply
from grader.examiner.codec_in import Decoder
from grader.examiner.codec_out import dump
from grader.examiner.exchange import Exchange
from grader.examiner.limits import Bounds, Limits
from grader.examiner.raw import unpack
from grader.examiner.remote.encode import Encoder, Handles
from grader.examiner.remote.load import load
from grader.examiner.remote.table import Table

ALL_DTYPES = [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64, torch.complex64]


class Sessionless:
    """Stands for the connection in an exchange that never asks."""

    limits = Limits(bounds=Bounds(max_nodes=1000, max_bytes=1_000_000))


def there_and_here(value):
    """Encode as the student's side does, decode as ours does."""
    encoder = Encoder(Table(1), Handles(), {}, 10_000, 10_000_000)
    node = json.loads(json.dumps(encoder.encode(value)))
    return Decoder(Table(0), b"".join(encoder.blobs), Bounds(), handle=tuple, error=tuple).value(node)


def here_to_there(value):
    return load(dump({"value": value}, Table(0)), Table(1), {}, {})["value"]


VALUES = [None, True, 0, -(2**80), 0.1, float("inf"), 1j, "é\ud800", b"ab", [1, [2.0]], (1, ()), {"a": {1: 2}}, {1, 2}]
VALUES += [frozenset({1}), range(2, 9, 3), slice(1, None), torch.Size([2, 3]), torch.float32, torch.device("cpu")]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_as_they_are(value):
    got = there_and_here(value)
    assert got == value
    assert type(got) is type(value)


def test_floats_that_equal_nothing_or_zero():
    assert np.isnan(there_and_here(float("nan")))
    assert str(there_and_here(-0.0)) == "-0.0"


@pytest.mark.parametrize("dtype", ALL_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)], ids=str)
@pytest.mark.parametrize("way", [there_and_here, here_to_there])
def test_tensors(dtype, shape, way):
    tensor = torch.ones(shape, dtype=dtype)
    got = way(tensor)
    assert (got.dtype, got.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(got, tensor)


@pytest.mark.parametrize("way", [there_and_here, here_to_there])
def test_a_parameter_keeps_its_gradient(way):
    tensor = torch.nn.Parameter(torch.ones(2))
    tensor.grad = torch.full((2,), 3.0)
    got = way(tensor)
    assert type(got) is torch.nn.Parameter
    assert got.grad.tolist() == [3, 3]
    assert not way(torch.nn.Parameter(torch.ones(2), requires_grad=False)).requires_grad


@pytest.mark.parametrize("way", [there_and_here, here_to_there])
@pytest.mark.parametrize("dtype", ["?", "i1", "<u4", "<f8", ">f4", "<c8"])
def test_arrays(way, dtype):
    array = np.ones((2, 3), dtype)
    got = way(array)
    assert got.dtype == array.dtype
    assert (got == array).all()
    assert type(there_and_here(array[0, 0])) is type(array[0, 0])


def test_identity_is_kept_on_the_way_out():
    base = torch.zeros(4)
    shared = [base, base[1:], [base]]
    got = here_to_there(shared)
    got[1].fill_(1.0)
    assert got[0].tolist() == [0, 1, 1, 1]
    assert got[2][0] is got[0]


def test_an_optimizer_keeps_its_module():
    module = torch.nn.Linear(2, 1)
    got, optimizer = here_to_there((module, torch.optim.Adam(module.parameters())))
    assert optimizer.param_groups[0]["params"][0] is got.weight


def test_subclasses_become_plain():
    class Text(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    class Number(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert type(there_and_here(Text("a"))) is str
    assert type(there_and_here(Number(2.0))) is float
    assert there_and_here(Number(2.0)) == 2.0


def decode(tree, raw=b""):
    """Take a reply as an examination does; the only exception allowed is BadReply."""
    exchange = Exchange(Sessionless())
    exchange.table.add([1], "list")
    exchange.table.add(torch.zeros(2), "tensor")
    exchange.session.ask = lambda request: tree
    return exchange.request("len", [1])


def frame(tree, raw=b""):
    head = json.dumps(tree).encode()
    return len(head).to_bytes(8, "big") + head + raw


TAGS = (
    "new pair output int float complex str bytes scalar tuple frozenset range slice size dtype device handle error keep"
)
NAMES = [
    "list",
    "dict",
    "set",
    "tensor",
    "array",
    "generator",
    "object",
    "torch.float32",
    "torch.bool",
    "<f4",
    "|O8",
    "cpu",
]
leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(NAMES)
leaf |= st.sampled_from([0, 1, 2, 3, 4, 8, 10**12, "0x1", "a", [0, 4], [0, 8], [2], [None]])
node = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.builds(lambda tag, rest: [tag, *rest], st.sampled_from(TAGS.split()), st.lists(inner, max_size=7))
    ),
    max_leaves=25,
)
reply = st.fixed_dictionaries(
    {"updates": st.lists(node, max_size=3), "names": st.just({}), "dropped": st.lists(st.integers(0, 5), max_size=2)},
    optional={"value": node, "error": node, "graph": node, "printed": node, "random": node},
)


@settings(max_examples=300, deadline=None)
@given(reply, st.binary(max_size=16))
def test_any_json_is_a_value_or_a_bad_reply(tree, raw):
    try:
        decode(frame(tree, raw))
    except BadReply:
        pass
    except Exception as error:
        if not hasattr(error, "student_traceback"):
            raise


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=50).map(lambda raw: len(raw).to_bytes(8, "big") + raw))
def test_any_bytes_are_a_bad_reply(raw):
    try:
        decode(raw)
    except BadReply:
        return
    pytest.fail("random bytes passed for a reply")


def test_too_many_values():
    with pytest.raises(BadReply, match="too many"):
        unpack(frame([[]] * 10_000), Bounds(max_nodes=100))
