"""`helpers.clipping`: which gradients count, and clipping by norm against torch and closed forms."""

import math

import pytest
import torch
from torch import nn

from helpers import clipping, models
from helpers.device import generator

# A joint norm is a sum over all entries, rounded in another order than in the oracle: a few units in the last place.
CLOSE = {"rtol": 1e-5, "atol": 0.0}
SHAPES = [(3, 5), (7,), (), (0,), (2, 3, 4)]


def some(device, shapes=SHAPES):
    stream = generator(0)
    return [torch.randn(shape, generator=stream).to(device) for shape in shapes]


def flat(tensors):
    return torch.cat([tensor.detach().double().cpu().flatten() for tensor in tensors])


def model_with_gradients(device):
    stream = generator(0)
    model = models.mlp((6, 8, 3), generator=stream).to(device)
    model(torch.randn(16, 6, generator=stream).to(device)).square().sum().backward()
    return model


def with_gradient(gradient):
    parameter = nn.Parameter(torch.zeros_like(gradient))
    parameter.grad = gradient
    return parameter


def test_gradients_are_the_parameters_own(device):
    model = model_with_gradients(device)
    found = clipping.gradients(model.parameters())
    assert len(found) == 4
    assert all(g is p.grad for g, p in zip(found, model.parameters(), strict=True))


def test_missing_gradients_are_left_out():
    used, unused = with_gradient(torch.zeros(1)), nn.Parameter(torch.ones(1))
    assert clipping.gradients([unused, used, unused]) == [used.grad]
    assert clipping.gradients([unused]) == []


def test_tied_weights_give_their_gradient_once():
    tied, other = with_gradient(torch.ones(2)), with_gradient(torch.ones(2))
    found = clipping.gradients(iter([tied, other, tied]))
    assert [id(g) for g in found] == [id(tied.grad), id(other.grad)]


def test_a_tensor_listed_twice_counts_once(device):
    twice, once = torch.tensor([3.0], device=device), torch.tensor([4.0], device=device)
    assert clipping.global_norm([twice, once, twice]).item() == 5.0
    assert clipping.clip_by_global_norm([twice, once, twice], 1.0).item() == 5.0
    torch.testing.assert_close(flat([twice, once]), torch.tensor([0.6, 0.8], dtype=torch.float64), **CLOSE)
    assert clipping.clip_by_tensor_norm([twice, once, twice], 10.0).shape == (2,)


def test_equal_tensors_are_not_one_tensor():
    assert clipping.global_norm([torch.tensor([3.0]), torch.tensor([3.0])]).item() == pytest.approx(math.sqrt(18))


def test_an_empty_list_has_norm_zero():
    assert clipping.global_norm([]).item() == 0.0
    assert clipping.clip_by_global_norm([], 1.0).item() == 0.0
    assert clipping.clip_by_tensor_norm([], 1.0).shape == (0,)
    clipping.clip_by_value([], 1.0)


def test_global_norm_is_the_long_vectors_norm(device):
    tensors = some(device)
    norm = clipping.global_norm(tensors)
    assert norm.device.type == device.type
    torch.testing.assert_close(norm.double().cpu(), flat(tensors).norm(), **CLOSE)


def test_global_norm_ignores_how_the_vector_is_cut(device):
    long = some(device, [(1000,)])
    cut = list(long[0].split([1, 600, 399]))
    torch.testing.assert_close(clipping.global_norm(cut), clipping.global_norm(long), **CLOSE)


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.999])
def test_global_norm_clipping_agrees_with_torch(device, fraction):
    ours, theirs = model_with_gradients(device), model_with_gradients(device)
    max_norm = fraction * clipping.global_norm(clipping.gradients(ours.parameters())).item()
    our_norm = clipping.clip_by_global_norm(clipping.gradients(ours.parameters()), max_norm)
    their_norm = nn.utils.clip_grad_norm_(theirs.parameters(), max_norm)
    torch.testing.assert_close(our_norm, their_norm, **CLOSE)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-5, atol=1e-12)  # torch divides by norm + 1e-6


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, 5.0])
def test_the_direction_is_kept_and_the_norm_is_the_bound(device, max_norm):
    tensors = some(device)
    before = flat(tensors)
    assert before.norm() > max_norm
    clipping.clip_by_global_norm(tensors, max_norm)
    torch.testing.assert_close(flat(tensors), before * max_norm / before.norm(), rtol=1e-5, atol=1e-12)


def test_clipping_twice_is_clipping_once(device):
    tensors = some(device)
    clipping.clip_by_global_norm(tensors, 1.0)
    once = flat(tensors)
    assert clipping.clip_by_global_norm(tensors, 1.0).item() == pytest.approx(1.0, rel=1e-5)
    torch.testing.assert_close(flat(tensors), once, **CLOSE)


@pytest.mark.parametrize(("clip", "norm"), [(clipping.clip_by_global_norm, 5.0), (clipping.clip_by_tensor_norm, 4.0)])
@pytest.mark.parametrize("factor", [1.0, 1.001, math.inf])
def test_nothing_is_written_within_the_bound(device, clip, norm, factor):
    tensors = [torch.tensor([3.0, 0.0], device=device), torch.tensor([0.0, 4.0], device=device)]
    versions = [tensor._version for tensor in tensors]
    clip(tensors, norm * factor)
    assert [tensor._version for tensor in tensors] == versions
    clip(tensors, 1.0)
    assert all(tensor._version > version for tensor, version in zip(tensors, versions, strict=True))


def test_zero_gradients_stay_zero(device):
    tensors = [torch.zeros(3, device=device)]
    assert clipping.clip_by_global_norm(tensors, 1e-30).item() == 0.0
    assert clipping.clip_by_tensor_norm(tensors, 1e-30).tolist() == [0.0]
    assert not tensors[0].any()


def test_tensor_norm_clipping_is_torchs_clipping_one_by_one(device):
    ours, theirs = some(device), [with_gradient(tensor) for tensor in some(device)]
    norms = clipping.clip_by_tensor_norm(ours, 1.5)
    expected = [nn.utils.clip_grad_norm_([parameter], 1.5) for parameter in theirs]
    torch.testing.assert_close(norms, torch.stack(expected), **CLOSE)
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b.grad, rtol=1e-5, atol=0.0)


def test_tensor_norm_clipping_changes_the_joint_direction(device):
    tensors = [torch.tensor([30.0], device=device), torch.tensor([0.5], device=device)]
    assert clipping.clip_by_tensor_norm(tensors, 1.0).tolist() == [30.0, 0.5]
    torch.testing.assert_close(flat(tensors), torch.tensor([1.0, 0.5], dtype=torch.float64), **CLOSE)


def test_one_tensor_is_its_own_joint_norm(device):
    (a,), (b,) = some(device, [(9, 9)]), some(device, [(9, 9)])
    norm, norms = clipping.clip_by_global_norm([a], 0.1), clipping.clip_by_tensor_norm([b], 0.1)
    assert norm == norms[0]
    assert torch.equal(a, b)
