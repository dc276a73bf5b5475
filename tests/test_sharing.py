"""`helpers.sharing`: the tying penalty against its closed form, convolutions against the matrices that they are."""

import itertools

import pytest
import torch
from torch import nn

from helpers import models, sharing
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def network(seed, sizes=(3, 4, 2), device="cpu", dtype=torch.float64):
    model = models.mlp(sizes, generator=generator(seed)).to(device, dtype)
    with torch.no_grad():
        for parameter in model.parameters():  # biases, too
            parameter += 0.1 * seed
    return model


def flat(model):
    return torch.cat([parameter.flatten() for parameter in model.parameters()])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_penalty_is_the_squared_distance_of_all_parameters(device, dtype):
    a, b = network(1, device=device, dtype=dtype), network(2, device=device, dtype=dtype)
    penalty = sharing.tying_penalty(a, b)
    assert (penalty.dtype, penalty.device.type) == (dtype, device.type)
    distance = torch.linalg.vector_norm(flat(a) - flat(b))
    # A sum of two dozen squares in another order.
    torch.testing.assert_close(penalty, distance**2, rtol=1e-5, atol=0.0)
    torch.testing.assert_close(sharing.tying_penalty(b, a), penalty, rtol=0.0, atol=0.0)
    assert sharing.tying_penalty(a, a) == 0


def test_a_difference_of_three_costs_nine():
    a, b = network(1), network(1)
    with torch.no_grad():
        a[1].bias[0] += 3
    assert sharing.tying_penalty(a, b).item() == pytest.approx(9, rel=1e-12)


def test_its_gradients_are_opposite_and_twice_the_difference(device):
    a, b = network(1, device=device), network(2, device=device)
    sharing.tying_penalty(a, b).backward()
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p.grad, 2 * (p - q).detach(), rtol=0.0, atol=0.0)
        torch.testing.assert_close(q.grad, -p.grad, rtol=0.0, atol=0.0)


def test_descent_on_it_brings_both_to_their_mean():
    a, b = network(1), network(2)
    mean = ((flat(a) + flat(b)) / 2).detach()
    optimizer = torch.optim.SGD([*a.parameters(), *b.parameters()], lr=0.25)
    sharing.tying_penalty(a, b).backward()
    optimizer.step()  # lr * 2 * difference is half of it
    torch.testing.assert_close(flat(a), mean)
    torch.testing.assert_close(flat(b), mean)


def test_modules_without_parameters_are_alike():
    assert sharing.tying_penalty(nn.ReLU(), nn.Tanh()) == 0


def test_networks_that_do_not_match_raise():
    with pytest.raises(ValueError, match=r"only one .* \['5.bias', '5.weight'\]"):
        sharing.tying_penalty(network(1), network(1, (3, 4, 2, 2)))
    # (1, 4) would broadcast.
    with pytest.raises(ValueError, match=r"3.weight has shape \(2, 4\) in one, \(1, 4\) in the other"):
        sharing.tying_penalty(network(1), network(1, (3, 4, 1)))


def convolution(kind, *, bias=True, dtype=torch.float64, **options):
    layer = kind(**options, bias=bias, device="meta").to_empty(device="cpu").to(dtype)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.normal_(generator=generator(3))
    return layer


CASES = {
    "plain 1d": (nn.Conv1d, {"in_channels": 1, "out_channels": 1, "kernel_size": 3}, (1, 7)),
    "1d": (nn.Conv1d, {"in_channels": 2, "out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 2}, (2, 9)),
    "dilated 1d": (nn.Conv1d, {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "dilation": 3}, (2, 6)),
    "grouped 1d": (nn.Conv1d, {"in_channels": 4, "out_channels": 2, "kernel_size": 3, "groups": 2}, (4, 5)),
    "2d": (nn.Conv2d, {"in_channels": 2, "out_channels": 3, "kernel_size": (3, 2), "padding": (1, 0)}, (2, 4, 5)),
    "circular 2d": (
        nn.Conv2d,
        {"in_channels": 1, "out_channels": 2, "kernel_size": 3, "padding": 1, "padding_mode": "circular"},
        (1, 4, 4),
    ),
    "3d": (nn.Conv3d, {"in_channels": 1, "out_channels": 2, "kernel_size": 2}, (1, 3, 3, 2)),
}
each_case = pytest.mark.parametrize(("kind", "options", "shape"), CASES.values(), ids=CASES)


@each_case
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_convolution_is_its_matrix(device, kind, options, shape, bias, dtype):
    layer = convolution(kind, bias=bias, dtype=dtype, **options).to(device)
    x = torch.randn((5, *shape), generator=generator(4)).to(device, dtype)
    matrix = sharing.convolution_matrix(layer, shape)
    assert (matrix.dtype, matrix.device.type) == (dtype, device.type)
    found = (x.flatten(1) @ matrix.T).reshape(layer(x).shape)
    if bias:
        found = found + layer.bias.reshape(-1, *[1] * (len(shape) - 1))
    # Up to 18 products summed in another order; on a GPU, a convolution may round its factors to 10 bits.
    torch.testing.assert_close(found, layer(x), rtol=1e-4, atol=1e-4 if device.type == "cpu" else 2e-2)


def test_the_matrix_of_one_channel_is_toeplitz_band_by_band():
    layer = convolution(nn.Conv1d, in_channels=1, out_channels=1, kernel_size=3)
    expected = torch.zeros(5, 7, dtype=torch.float64)
    for row, offset in itertools.product(range(5), range(3)):
        expected[row, row + offset] = layer.weight[0, 0, offset].detach()
    assert torch.equal(sharing.convolution_matrix(layer, (1, 7)), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_all_its_entries_are_zeros_or_the_kernels(device, dtype):
    layer = convolution(nn.Conv2d, dtype=dtype, in_channels=1, out_channels=2, kernel_size=3).to(device)
    matrix = sharing.convolution_matrix(layer, (1, 6, 6)).detach()
    assert matrix.shape == (2 * 16, 36)
    assert matrix.count_nonzero() == 2 * 16 * 9
    assert set(matrix.unique().tolist()) == {0.0, *layer.weight.flatten().tolist()}


def test_a_shared_weights_gradient_is_the_sum_over_its_places():
    layer = convolution(nn.Conv1d, in_channels=1, out_channels=1, kernel_size=3)
    matrix = sharing.convolution_matrix(layer, (1, 7))
    matrix.retain_grad()
    places = torch.arange(5)
    (matrix * torch.randn(5, 7, generator=generator(5)).double()).sum().backward()
    expected = [matrix.grad[places, places + offset].sum().item() for offset in range(3)]
    assert layer.weight.grad.flatten().tolist() == pytest.approx(expected, rel=1e-12)


def test_the_layer_is_left_as_it_was():
    layer = convolution(nn.Conv1d, in_channels=1, out_channels=1, kernel_size=3)
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    sharing.convolution_matrix(layer, (1, 7))
    assert all(torch.equal(tensor, before[name]) for name, tensor in layer.state_dict().items())
    assert layer.bias.requires_grad


@pytest.mark.parametrize("shape", [(7,), (2, 7), (1, 7, 7), ()])
def test_a_shape_that_the_layer_does_not_take_raises(shape):
    layer = convolution(nn.Conv1d, in_channels=1, out_channels=1, kernel_size=3)
    with pytest.raises(ValueError, match=r"must be 1 channels and 1 sizes, got \(" if shape else r"got \(\)"):
        sharing.convolution_matrix(layer, shape)


def test_shared_parameters_are_free_once_and_frozen_ones_never():
    model = network(1, (3, 3, 3, 2))
    assert sharing.n_free_parameters(model) == 2 * (9 + 3) + 6 + 2
    model[3].weight = model[1].weight
    assert sharing.n_free_parameters(model) == 9 + 2 * 3 + 6 + 2
    model[5].requires_grad_(False)
    assert sharing.n_free_parameters(model) == 9 + 2 * 3
    assert sharing.n_free_parameters(nn.ReLU()) == 0
