"""`helpers.penalties`: which parameters count, the norms, the priors, against torch, scikit-learn and closed forms."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import models, penalties, training
from helpers.device import generator

CLOSE = {"rtol": 1e-5, "atol": 1e-7}


def names(model):
    wanted = {id(weight) for weight in penalties.weights(model)}
    return [name for name, parameter in model.named_parameters() if id(parameter) in wanted]


def some(device, shapes=((3, 5), (7,), (), (0,), (2, 3, 4))):
    stream = generator(0)
    return [torch.randn(shape, generator=stream).to(device).requires_grad_() for shape in shapes]


def network(device, seed=0):
    return models.mlp((4, 6, 3), generator=generator(seed), activation=nn.Tanh).to(device)


def batch(device):
    stream = generator(1)
    return torch.randn(20, 4, generator=stream).to(device), torch.randint(3, (20,), generator=stream).to(device)


def test_biases_norm_layers_and_slopes_are_no_weights():
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.GroupNorm(1, 2), nn.PReLU(), nn.LayerNorm((2, 3, 3)), nn.Linear(3, 1)
    )
    assert names(model) == ["0.weight", "5.weight"]
    assert names(nn.RMSNorm((2, 3))) == names(nn.InstanceNorm1d(3, affine=True)) == []


def test_weights_of_recurrence_embedding_and_attention():
    assert names(nn.LSTM(3, 4)) == ["weight_ih_l0", "weight_hh_l0"]
    assert names(nn.Embedding(5, 2)) == ["weight"]
    # bias_k and bias_v have three axes, and are biases still.
    attention = nn.MultiheadAttention(4, 2, add_bias_kv=True)
    assert names(attention) == ["in_proj_weight", "out_proj.weight"]


def test_tied_weights_are_listed_once_and_frozen_ones_not():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    model[2].weight.requires_grad_(False)
    assert [id(weight) for weight in penalties.weights(model)] == [id(model[0].weight)]


def test_groups_hold_every_parameter_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    decayed, rest = penalties.groups(model, 0.1)
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)
    assert [id(p) for p in decayed["params"]] == [id(model[0].weight)]
    together = [id(p) for p in decayed["params"] + rest["params"]]
    assert sorted(together) == sorted(map(id, model.parameters()))


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adam])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_l2_is_the_weight_decay_of_sgd_and_adam(device, make, momentum):
    options = {"momentum": momentum} if make is torch.optim.SGD else {"betas": (momentum, 0.999)}
    ours, theirs = network(device), network(device)
    x, y = batch(device)
    optimizers = make(ours.parameters(), lr=0.1, **options), make(penalties.groups(theirs, 0.3), lr=0.1, **options)
    for _ in range(5):
        for model, optimizer, strength in ((ours, optimizers[0], 0.3), (theirs, optimizers[1], 0.0)):
            weights = penalties.weights(model)
            loss = penalties.penalised(F.cross_entropy, lambda weights=weights: penalties.l2(weights), strength)
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)  # float32, and Adam divides by small numbers


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.AdamW])
def test_groups_decay_weights_by_a_constant_factor_and_leave_the_rest(device, make):
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).to(device)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer = make(penalties.groups(model, 0.2), lr=0.5)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for parameter, old in zip(model.parameters(), before, strict=True):
        factor = 1 - 0.5 * 0.2 if parameter is model[0].weight else 1
        torch.testing.assert_close(parameter.detach(), factor * old, **CLOSE)


def test_the_minimum_with_l2_is_ridges(device):
    stream = generator(2)
    x, y = torch.randn(30, 4, generator=stream).double(), torch.randn(30, 1, generator=stream).double()
    layer = nn.Linear(4, 1).double().to(device)
    newton = torch.optim.LBFGS(
        layer.parameters(), max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )
    fit = penalties.penalised(lambda a, b: (a - b).square().mean() / 2, lambda: penalties.l2([layer.weight]), 0.7)

    def closure():
        newton.zero_grad()
        loss = fit(layer(x.to(device)), y.to(device))
        loss.backward()
        return loss

    newton.step(closure)
    centred = x - x.mean(dim=0)
    ridge = torch.linalg.solve(centred.T @ centred / 30 + 0.7 * torch.eye(4).double(), centred.T @ (y - y.mean()) / 30)
    torch.testing.assert_close(layer.weight.detach().cpu(), ridge.T, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(layer.bias.detach().cpu(), (y - x @ ridge).mean(dim=0), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_norms_are_those_of_the_long_vector(device, dtype):
    tensors = [tensor.detach().to(dtype) for tensor in some(device)]
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    torch.testing.assert_close(penalties.l2(tensors), flat.norm() ** 2 / 2, **CLOSE)
    torch.testing.assert_close(penalties.l1(iter(tensors)), flat.norm(p=1), **CLOSE)


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0])
def test_gradients_are_w_and_its_sign(device, ratio):
    tensors = some(device)
    penalties.elastic_net(tensors, ratio).backward()
    for w in tensors:
        expected = ratio * w.detach().sign() + (1 - ratio) * w.detach()
        torch.testing.assert_close(w.grad, expected, **CLOSE)


@pytest.mark.parametrize("penalty", [penalties.l2, penalties.l1])
def test_zero_weights_and_no_weights_have_no_penalty(penalty):
    zero = torch.zeros(3, requires_grad=True)
    penalty([zero]).backward()
    assert zero.grad.tolist() == [0.0, 0.0, 0.0]
    assert penalty([]).item() == 0.0


def test_per_layer_strengths(device):
    model = network(device)
    got = penalties.per_layer(model, {"1": 0.5, "3": 2.0})
    expected = 0.25 * model[1].weight.square().sum() + model[3].weight.square().sum()
    torch.testing.assert_close(got, expected, **CLOSE)
    torch.testing.assert_close(penalties.per_layer(model, {"": 1.0}), penalties.l2(penalties.weights(model)), **CLOSE)
    only = penalties.per_layer(model, {"3": 0.1}, penalties.l1)
    torch.testing.assert_close(only, 0.1 * model[3].weight.abs().sum(), **CLOSE)
    assert penalties.per_layer(model, {"2": 1.0}).item() == 0.0  # the activation has no weights


def test_a_weight_shared_by_two_layers_counts_for_the_first():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    got = penalties.per_layer(model, {"0": 2.0, "1": 5.0})
    torch.testing.assert_close(got, model[0].weight.square().sum(), **CLOSE)


def test_unknown_layers_and_bad_strengths_raise():
    model = network("cpu")
    with pytest.raises(ValueError, match=r"no layer 'hidden', only \['0', '1', '2', '3'\]"):
        penalties.per_layer(model, {"hidden": 1.0})
    for bad in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"got {bad}"):
            penalties.per_layer(model, {"1": bad})
        with pytest.raises(ValueError, match=f"got {bad}"):
            penalties.penalised(F.mse_loss, lambda: torch.zeros(()), bad)
        with pytest.raises(ValueError, match=f"got {bad}"):
            penalties.groups(model, bad)
        with pytest.raises(ValueError, match=f"l1_ratio must be in \\[0, 1\\], got {bad}"):
            penalties.elastic_net([], bad)


def test_the_penalty_is_computed_anew_at_every_step(device):
    model = network(device)
    x, y = batch(device)
    loss = penalties.penalised(F.cross_entropy, lambda: penalties.l2(penalties.weights(model)), 0.1)
    first = loss(model(x), y)
    with torch.no_grad():
        model[1].weight.mul_(3)
    expected = F.cross_entropy(model(x), y) + 0.1 * penalties.l2(penalties.weights(model))
    torch.testing.assert_close(loss(model(x), y), expected, **CLOSE)
    assert loss(model(x), y) > first


def test_activations_are_the_latest_and_carry_gradients(device):
    model = network(device)
    x, _ = batch(device)
    with penalties.activations(model[2]) as seen:
        model(x)
        model(x[:5])
        penalties.activity(seen.values()).backward()
        torch.testing.assert_close(seen[model[2]], model[:3](x[:5]), **CLOSE)
    assert model[1].weight.grad.any()
    assert model[3].weight.grad is None
    assert not seen
    model(x)
    assert not seen


def test_hooks_are_removed_after_an_error():
    model = network("cpu")

    def fail():
        with penalties.activations(model[2], model[0]):
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        fail()
    assert not model[2]._forward_hooks
    assert not model[0]._forward_hooks


def test_activity_is_a_mean_over_examples_and_a_sum_over_units(device):
    h = torch.tensor([[1.0, -2.0, 0.0], [0.0, 0.0, 5.0]], device=device)
    assert penalties.activity([h]).item() == 4.0
    assert penalties.activity([h, h.reshape(2, 3, 1)]).item() == 8.0
    assert penalties.activity([torch.cat([h, h, h])]).item() == 4.0


def test_an_activity_penalty_makes_a_network_use_fewer_units(device):
    x, y = batch(device)

    def active(strength):
        model = models.mlp((4, 30, 3), generator=generator(0)).to(device)
        with penalties.activations(model[2]) as seen:
            loss = penalties.penalised(F.cross_entropy, lambda: penalties.activity(seen.values()), strength)
            sgd = torch.optim.SGD(model.parameters(), lr=0.1)
            training.fit(model, x, y, optimizer=sgd, loss=loss, n_epochs=60, batch_size=20, generator=generator(0))
        return (model[:3](x) > 0).float().mean().item()

    assert active(0.2) < active(0.0) - 0.1


@pytest.mark.parametrize("n", [1, 50])
@pytest.mark.parametrize(
    ("strength", "penalty", "prior"),
    [
        (penalties.gaussian_prior_strength, penalties.l2, torch.distributions.Normal),
        (penalties.laplace_prior_strength, penalties.l1, torch.distributions.Laplace),
    ],
)
def test_a_penalty_is_minus_the_log_prior_up_to_a_constant(strength, penalty, prior, n):
    w, scale = torch.linspace(-3, 3, 13), 0.4
    ours = torch.stack([n * strength(scale, n_examples=n) * penalty([entry]) for entry in w])
    theirs = -prior(0.0, scale).log_prob(w)
    torch.testing.assert_close(ours - ours[6], theirs - theirs[6], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strength", [penalties.gaussian_prior_strength, penalties.laplace_prior_strength])
@pytest.mark.parametrize(("scale", "n"), [(0.0, 1), (-1.0, 1), (math.nan, 1), (math.inf, 1), (1.0, 0)])
def test_a_prior_needs_a_width_and_an_example(strength, scale, n):
    with pytest.raises(ValueError, match=f"got {scale} and {n}"):
        strength(scale, n_examples=n)
