"""`helpers.signals`: what is measured equals what torch computes on the same tensors, and nothing stays behind."""

import math

import pytest
import torch
from torch import nn

from helpers import initialization, models, signals
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

CLOSE = {"rtol": 1e-5, "atol": 1e-7}


def network(*widths, **options):
    return models.mlp(widths, generator=generator(0), **options)


def inputs(n, width):
    return torch.randn(n, width, generator=generator(1))


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules())


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(7, 3), (1, 4), (5, 3, 2, 2)])
def test_moments_are_torchs(device, dtype, shape):
    values = (3 + torch.randn(shape, generator=generator(0))).to(device, dtype)
    values[:, 1] = 0
    found, wide = signals.moments(values), values.double()
    torch.testing.assert_close(found.mean.double(), wide.mean(), **CLOSE)
    torch.testing.assert_close(found.variance.double(), wide.var(correction=0), **CLOSE)
    torch.testing.assert_close(found.mean_square.double(), wide.square().mean(), **CLOSE)
    assert found.silent.item() == pytest.approx(1 / shape[1])
    assert found.mean.dtype == torch.promote_types(dtype, torch.float32)


def test_a_unit_is_silent_if_it_is_zero_for_every_example():
    values = torch.tensor([[0.0, 0.0, -1.0, 2.0], [0.0, 1.0, 1.0, 2.0]])
    assert signals.moments(values).silent.item() == 0.25
    assert signals.moments(-values).silent.item() == 0.25


def test_moments_of_wide_numbers_do_not_overflow_in_half_precision():
    values = torch.full((4, 4), 300.0, dtype=torch.float16)
    values[:2] = -300.0
    assert signals.moments(values).variance.item() == 90_000


def test_watch_measures_outputs_and_gradients(device):
    model, x = network(6, 5, 3).to(device), inputs(8, 6).to(device)
    with signals.watch(model) as layers:
        model(x).square().sum().backward()
    first = model[1](x)
    last = model[3](first.relu())
    torch.testing.assert_close(layers[0].output, signals.moments(first))
    torch.testing.assert_close(layers[1].output, signals.moments(last))
    gradients = torch.autograd.grad(last.square().sum(), [first, last])
    torch.testing.assert_close([layer.gradient for layer in layers], list(map(signals.moments, gradients)))
    assert [layer.name for layer in layers] == ["1", "3"]


def test_watch_sees_the_kinds_that_it_is_asked_for():
    model, x = network(6, 5, 4, 3), inputs(8, 6)
    with signals.watch(model, (nn.ReLU,)) as layers:
        model(x)
    assert [layer.name for layer in layers] == ["2", "4"]
    assert all(layer.output.mean > 0 for layer in layers)
    assert all(layer.gradient is None for layer in layers)


def test_watch_measures_before_an_activation_in_place_overwrites():
    ours, theirs = network(6, 5, 3, activation=lambda: nn.ReLU(inplace=True)), network(6, 5, 3)
    seen = []
    for model in (ours, theirs):
        with signals.watch(model) as layers:
            model(inputs(8, 6)).sum().backward()
        seen.append([(layer.output, layer.gradient) for layer in layers])
    torch.testing.assert_close(*seen)


def test_each_call_has_its_entry():
    model, x = network(4, 4), inputs(8, 4)
    with signals.watch(model) as layers:
        model(model(x)).sum().backward()
    assert [layer.name for layer in layers] == ["1", "1"]
    assert layers[0].gradient.mean_square != layers[1].gradient.mean_square


def test_watching_changes_nothing():
    model, x = network(6, 5, 3), inputs(8, 6)
    plain = torch.autograd.grad(model(x).square().sum(), list(model.parameters()))
    with signals.watch(model):
        watched = torch.autograd.grad(model(x).square().sum(), list(model.parameters()))
    assert all(map(torch.equal, plain, watched))


def test_the_hooks_are_gone_afterwards():
    model, x = network(6, 5, 3), inputs(8, 6)
    with signals.watch(model) as layers:
        assert hooks(model) == 2
        output = model(x)
    assert hooks(model) == 0
    output.sum().backward()
    model(x)
    assert [layer.gradient for layer in layers] == [None, None]


def test_the_hooks_are_gone_after_an_error():
    model = network(6, 5, 3)
    with pytest.raises(RuntimeError), signals.watch(model):
        model(inputs(8, 7))
    assert hooks(model) == 0


def literal_loop(model, x, std):
    """First layer that is too small, raise its weights, repeat: with a pass over the data for each."""
    while True:
        with torch.no_grad(), signals.watch(model) as layers:
            model(x)
        sizes = [(layer.name, layer.output.variance.sqrt().item()) for layer in layers]
        small = next(((name, size) for name, size in sizes if size < std * (1 - 1e-5)), None)
        if small is None:
            return
        name, size = small
        model.get_submodule(name).weight.data.mul_(std / size)


@pytest.mark.parametrize("gains", [(0.1, 0.2, 0.05, 0.3), (0.1, 7.0, 0.01, 3.0)])
def test_one_pass_does_what_the_literal_loop_does(device, gains):
    ours, theirs = (network(6, 40, 40, 40, 3).to(device) for _ in range(2))
    for model in (ours, theirs):
        for gain, layer in zip(gains, model[1::2], strict=True):
            layer.weight.data.mul_(gain)
    x = inputs(64, 6).to(device)
    factors = signals.scale_to_std(ours, x, only_raise=True)
    literal_loop(theirs, x, 1.0)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=0)
    assert min(factors.values()) >= 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("std", [0.5, 1.0, 30.0])
def test_every_layer_reaches_the_deviation(device, dtype, std):
    model, x = network(6, *[50] * 20, 3, activation=nn.Tanh).to(device, dtype), inputs(64, 6).to(device, dtype)
    initialization.initialize(model, lambda fans: 4 / fans.n_in**2, generator=generator(2), bias=0.3)
    before = [layer.weight.detach().clone() for layer in model[1::2]]
    factors = signals.scale_to_std(model, x, std=std)
    with torch.no_grad(), signals.watch(model) as layers:
        model(x)
    assert [layer.output.variance.sqrt().item() for layer in layers] == pytest.approx([std] * 21, rel=1e-4)
    for layer, old, factor in zip(model[1::2], before, factors.values(), strict=True):
        torch.testing.assert_close(layer.weight, old * factor, **CLOSE)
        torch.testing.assert_close(layer.bias, torch.full_like(layer.bias, 0.3))


def test_it_works_for_convolutions():
    convolution, transposed = nn.utils.skip_init(nn.Conv2d, 1, 4, 3), nn.utils.skip_init(nn.ConvTranspose2d, 4, 2, 2)
    model = nn.Sequential(convolution, nn.ReLU(), transposed)
    initialization.initialize(model, lambda fans: 1e-6, generator=generator(0))
    signals.scale_to_std(model, torch.randn(8, 1, 6, 6, generator=generator(1)))
    with torch.no_grad(), signals.watch(model) as layers:
        model(torch.randn(8, 1, 6, 6, generator=generator(1)))
    assert [layer.output.variance.item() for layer in layers] == pytest.approx([1, 1], rel=1e-4)


def test_modes_and_running_statistics_stay():
    stream = generator(0)
    first, last = models.linear(4, 4, generator=stream), models.linear(4, 4, generator=stream)
    model = nn.Sequential(first, nn.BatchNorm1d(4), nn.Dropout(), last)
    model[1].eval()
    signals.scale_to_std(model, inputs(16, 4))
    assert [module.training for module in model.modules()] == [True, True, False, True, True]
    assert model[1].num_batches_tracked == 0
    assert hooks(model) == 0
    assert not any(parameter.grad_fn for parameter in model.parameters())


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda model: model[3].weight.data.zero_(), "'3'"),
        (lambda model: model[3].weight.data.fill_(math.inf), "'3'"),
        (lambda model: model.append(model[3]), "called twice"),
    ],
)
def test_a_model_that_cannot_be_scaled_stays_as_it_was(spoil, what):
    model = network(6, 6, 6, 6)
    spoil(model)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with pytest.raises(ValueError, match=what):
        signals.scale_to_std(model, inputs(16, 6))
    assert all(map(torch.equal, before, model.parameters()))
    assert hooks(model) == 0
    assert model.training


@pytest.mark.parametrize("std", [0.0, -1.0, math.nan, math.inf])
def test_a_bad_deviation_raises(std):
    with pytest.raises(ValueError, match=str(std)):
        signals.scale_to_std(network(2, 2), inputs(4, 2), std=std)
