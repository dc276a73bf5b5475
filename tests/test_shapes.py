"""The helpers' tests run with every signature's shapes and types checked (pytest's --jaxtyping-packages)."""

import importlib
import inspect

import pytest
import torch
from jaxtyping import TypeCheckError

from helpers import clipping, training
from tests.notebooks import ROOT

MODULES = sorted(path.stem for path in (ROOT / "helpers").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_every_function_is_checked(name):
    module = importlib.import_module(f"helpers.{name}")
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    assert all(hasattr(function, "__wrapped__") for function in functions)


def test_a_wrong_dtype_raises():
    with pytest.raises(TypeCheckError, match="global_norm"):
        clipping.global_norm([torch.ones(3, dtype=torch.int64)])


def test_a_wrong_type_raises():
    with pytest.raises(TypeCheckError, match="max_norm"):
        clipping.clip_by_global_norm([torch.ones(3)], max_norm="1")


def test_a_wrong_shape_raises():
    x, y = torch.zeros(4, 2), torch.zeros(4, 1)  # one column too many for `y`
    with pytest.raises(TypeCheckError, match="accuracy"):
        training.accuracy(torch.nn.Identity(), x, y)


def test_right_shapes_pass():
    x, y = torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1])
    assert training.accuracy(torch.nn.Identity(), x, y) == 0.5
