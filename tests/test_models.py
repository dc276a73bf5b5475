"""`helpers.models`: the weights' distribution, what seeds fix, and the identity that the recurrence starts from."""

import pytest
import torch
from torch import nn

from helpers import models
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

# The standard deviation of n normal draws has the relative standard error 1 / sqrt(2 n); five of them for n = 10 000.
FIVE_SIGMAS = 5 / (2 * 10_000) ** 0.5


@pytest.mark.parametrize(("weight_std", "expected"), [(None, (2 / 50) ** 0.5), (0.5, 0.5), (0.0, 0.0)])
def test_linear_has_hes_or_the_given_variance(weight_std, expected):
    layer = models.linear(50, 200, generator=generator(0), weight_std=weight_std)
    assert layer.weight.shape == (200, 50)
    assert layer.weight.std().item() == pytest.approx(expected, rel=FIVE_SIGMAS)
    assert layer.weight.mean().item() == pytest.approx(0.0, abs=5 * expected / 10_000**0.5)
    assert not layer.bias.any()


def test_hes_variance_keeps_the_signal_through_relu():
    stream = generator(0)
    model = models.mlp([400] * 11, generator=stream)
    x = torch.randn(64, 400, generator=stream)
    # Ten layers of random factors of variance about 5 / 400 each: the logarithm's spread is about 0.35.
    assert 1 / 3 < (model(x).square().mean() / 2 / x.square().mean()).item() < 3


def test_mlp_is_linear_layers_with_activations_between():
    model = models.mlp((6, 5, 4, 3), generator=generator(0), activation=nn.Tanh)
    assert [type(module) for module in model] == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]
    assert [tuple(p.shape) for p in model.parameters()] == [(5, 6), (5,), (4, 5), (4,), (3, 4), (3,)]
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_mlp_computes_the_formula(device):
    model = models.mlp((6, 5, 3), generator=generator(0)).to(device)
    x = torch.randn(4, 1, 2, 3, generator=generator(1)).to(device)
    hidden = (x.reshape(4, 6) @ model[1].weight.T).clamp(min=0)
    torch.testing.assert_close(model(x), hidden @ model[3].weight.T, rtol=1e-5, atol=1e-6)


def test_mlp_gives_every_layer_the_given_deviation():
    model = models.mlp((100, 100, 100), generator=generator(0), weight_std=0.3)
    assert [model[i].weight.std().item() for i in (1, 3)] == [pytest.approx(0.3, rel=FIVE_SIGMAS)] * 2


@pytest.mark.parametrize("sizes", [(), (5,)])
def test_mlp_needs_an_input_and_an_output(sizes):
    with pytest.raises(ValueError, match=rf"got \[{'5' if sizes else ''}\]"):
        models.mlp(sizes, generator=generator(0))


def recurrent(seed):
    return models.RecurrentClassifier(2, 64, 3, generator=generator(seed))


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: models.linear(4, 3, generator=generator(seed)),
        lambda seed: models.mlp((4, 3, 2), generator=generator(seed)),
        recurrent,
    ],
    ids=["linear", "mlp", "recurrent"],
)
def test_a_seed_fixes_the_weights(make):
    first, second, other = (list(make(seed).parameters()) for seed in (0, 0, 1))
    assert all(map(torch.equal, first, second))
    assert not torch.equal(first[0], other[0])
    assert all(parameter.isfinite().all() for parameter in first)  # no memory left as it was found


def test_the_recurrence_starts_as_the_identity(device):
    model = recurrent(0).to(device)
    assert torch.equal(model.rnn.weight_hh_l0, torch.eye(64, device=device))
    with torch.no_grad():
        model.rnn.weight_ih_l0.abs_()  # with positive inputs, ReLU then never cuts
    x = torch.rand(5, 30, 2, generator=generator(1)).to(device)
    summed = model.head(x.sum(dim=1) @ model.rnn.weight_ih_l0.T)
    torch.testing.assert_close(model(x), summed, rtol=1e-4, atol=1e-5)  # 30 float32 additions in another order


def test_nothing_vanishes_at_the_start(device):
    model = recurrent(0).to(device)
    x = torch.zeros(1, 100, 2, device=device, requires_grad=True)
    with torch.no_grad():
        model.rnn.bias_ih_l0.fill_(0.1)  # every state is positive, so ReLU lets every gradient through
    model(x)[0, 0].backward()
    torch.testing.assert_close(x.grad[0, 0], x.grad[0, -1], rtol=1e-5, atol=0.0)
    assert x.grad.any()


def test_the_recurrences_other_weights():
    stream = generator(0)
    model = models.RecurrentClassifier(100, 100, 100, generator=stream)
    assert model.rnn.weight_ih_l0.std().item() == pytest.approx(0.1, rel=FIVE_SIGMAS)
    assert model.head.weight.std().item() == pytest.approx(100**-0.5, rel=FIVE_SIGMAS)
    assert not any(bias.any() for bias in (model.rnn.bias_ih_l0, model.rnn.bias_hh_l0, model.head.bias))
