"""`helpers.proximal`: exact zeros and norm bounds, against scikit-learn, torch and a grid search."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso
from torch import nn

from helpers import models, penalties, proximal, training
from helpers.device import generator

CLOSE = {"rtol": 1e-5, "atol": 1e-7}


def regression(seed=0):
    stream = generator(seed)
    x = torch.randn(60, 8, generator=stream, dtype=torch.float64)
    w = torch.tensor([3.0, -2.0, 0, 0, 1.0, 0, 0, 0], dtype=torch.float64)
    return x, x @ w + 0.5 * torch.randn(60, generator=stream, dtype=torch.float64)


def fitted(x, y, strength, l1_ratio, device, n_steps=2000):
    """Full-batch proximal gradient descent from 0: (d,)."""
    w = nn.Parameter(torch.zeros(x.shape[1], dtype=x.dtype, device=device))
    sgd = torch.optim.SGD([w], lr=0.2)
    with proximal.after_each_step(sgd, lambda: proximal.shrink([w], 0.2 * strength, l1_ratio=l1_ratio)):
        for _ in range(n_steps):
            w.grad = x.T @ (x @ w.detach() - y) / len(x)
            sgd.step()
    return w.detach().cpu()


@pytest.mark.parametrize("strength", [0.05, 0.5, 2.0])
def test_proximal_descent_finds_scikit_learns_lasso(device, strength):
    x, y = regression()
    ours = fitted(x.to(device), y.to(device), strength, 1.0, device)
    theirs = Lasso(alpha=strength, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x.numpy(), y.numpy()).coef_
    np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6)
    assert np.array_equal(ours.numpy() == 0, theirs == 0)
    assert (theirs == 0).any()


@pytest.mark.parametrize("ratio", [0.2, 0.8])
def test_proximal_descent_finds_scikit_learns_elastic_net(device, ratio):
    x, y = regression()
    ours = fitted(x.to(device), y.to(device), 0.5, ratio, device)
    exact = ElasticNet(alpha=0.5, l1_ratio=ratio, fit_intercept=False, tol=1e-12, max_iter=100_000)
    np.testing.assert_allclose(ours.numpy(), exact.fit(x.numpy(), y.numpy()).coef_, atol=1e-6)


def test_proximal_descent_finds_ridge(device):
    x, y = regression()
    ours = fitted(x.to(device), y.to(device), 0.5, 0.0, device)
    ridge = torch.linalg.solve(x.T @ x / 60 + 0.5 * torch.eye(8, dtype=torch.float64), x.T @ y / 60)
    torch.testing.assert_close(ours, ridge, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_soft_threshold_is_torchs(device, dtype):
    w = torch.linspace(-3, 3, 25, dtype=dtype, device=device)
    before = w.clone()
    torch.testing.assert_close(proximal.soft_threshold(w, 1.2), nn.functional.softshrink(w, 1.2), **CLOSE)
    assert torch.equal(proximal.soft_threshold(w, 0.0), w)
    assert torch.equal(w, before)
    assert proximal.soft_threshold(torch.tensor([0.1, -0.1, 0.2]), 0.2).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("w", [-2.0, 0.3, 1.5])
def test_shrink_minimises_distance_plus_penalty(ratio, w):
    v = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    values = (v - w).square() / 2 + 0.7 * (ratio * v.abs() + (1 - ratio) / 2 * v.square())
    tensor = torch.tensor(w, dtype=torch.float64)
    proximal.shrink([tensor], 0.7, l1_ratio=ratio)
    assert tensor.item() == pytest.approx(v[values.argmin()].item(), abs=1.1e-3)  # the grid's spacing


def test_shrinking_by_nothing_changes_nothing(device):
    tensors = [torch.tensor([1.0, -0.5, 0.0], device=device), torch.zeros(0, device=device)]
    proximal.shrink(tensors, 0.0, l1_ratio=0.5)
    assert tensors[0].tolist() == [1.0, -0.5, 0.0]


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3, 3), (6, 1)])
def test_limit_norms_is_the_formula_unit_by_unit(device, shape):
    tensor = (2 * torch.randn(shape, generator=generator(0))).to(device)
    tensor[0] *= 0.01  # within the bound
    expected = torch.stack([unit * min(1.0, 1.5 / unit.square().sum().sqrt().item()) for unit in tensor])
    inside = tensor[0].clone()
    assert not torch.equal(expected, tensor)
    proximal.limit_norms([tensor], 1.5)
    torch.testing.assert_close(tensor, expected, rtol=1e-5, atol=1e-6)
    assert torch.equal(tensor[0], inside)


def test_limit_norms_of_zeros_and_infinite_bound(device):
    tensor = torch.tensor([[0.0, 0.0], [3.0, 4.0]], device=device)
    proximal.limit_norms([tensor], math.inf)
    assert tensor.tolist() == [[0.0, 0.0], [3.0, 4.0]]
    proximal.limit_norms([tensor], 1e-30)
    assert not tensor.isnan().any()


def test_bad_numbers_raise_and_leave_the_weights(device):
    tensor = torch.tensor([[3.0, 4.0]], device=device)
    for bad in (-1.0, math.nan):
        with pytest.raises(ValueError, match=f"step must be >= 0 and finite, got {bad}"):
            proximal.shrink([tensor], bad)
        with pytest.raises(ValueError, match=f"l1_ratio must be in \\[0, 1\\], got {bad}"):
            proximal.shrink([tensor], 0.1, l1_ratio=bad)
        with pytest.raises(ValueError, match=f"threshold must be >= 0 and finite, got {bad}"):
            proximal.soft_threshold(tensor, bad)
        with pytest.raises(ValueError, match=f"max_norm must be > 0, got {bad}"):
            proximal.limit_norms([tensor], bad)
    with pytest.raises(ValueError, match="max_norm must be > 0, got 0"):
        proximal.limit_norms([tensor], 0.0)
    assert tensor.tolist() == [[3.0, 4.0]]


def test_a_constraint_holds_during_training_and_its_hook_goes(device):
    stream = generator(0)
    model = models.mlp((4, 8, 3), generator=stream).to(device)
    x, y = torch.randn(30, 4, generator=stream).to(device), torch.randint(3, (30,), generator=stream).to(device)
    weights = penalties.weights(model)
    sgd = torch.optim.SGD(model.parameters(), lr=0.5)
    norms = []

    class Log(training.Callback):
        def after_backward(self, run):
            norms.append(max(weight.norm(dim=1).max().item() for weight in weights))

    with proximal.after_each_step(sgd, lambda: proximal.limit_norms(weights, 0.5)):
        fit = {"optimizer": sgd, "loss": nn.functional.cross_entropy, "n_epochs": 3, "batch_size": 10}
        training.fit(model, x, y, generator=stream, callbacks=[Log()], **fit)
    assert norms[0] > 0.5
    assert max(norms[1:]) == pytest.approx(0.5, rel=1e-5)
    assert not sgd._optimizer_step_post_hooks


def test_the_hook_goes_after_an_error():
    sgd = torch.optim.SGD([nn.Parameter(torch.ones(2))], lr=0.1)

    def fail():
        with proximal.after_each_step(sgd, lambda: None):
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        fail()
    assert not sgd._optimizer_step_post_hooks


def test_subgradient_steps_leave_no_exact_zero_and_proximal_ones_do():
    x, y = regression()
    w = nn.Parameter(torch.zeros(8, dtype=torch.float64))
    sgd = torch.optim.SGD([w], lr=0.2)
    for _ in range(2000):
        sgd.zero_grad()
        ((x @ w - y).square().mean() / 2 + 0.5 * penalties.l1([w])).backward()
        sgd.step()
    assert proximal.zero_fraction([w]) == 0.0
    assert proximal.zero_fraction([fitted(x, y, 0.5, 1.0, "cpu")]) >= 0.5


def test_zero_fraction_counts_entries_not_tensors():
    assert proximal.zero_fraction([torch.tensor([0.0, 1e-30, -0.0]), torch.tensor([[1.0]])]) == 0.5
    with pytest.raises(ValueError, match="no entries"):
        proximal.zero_fraction(iter([torch.zeros(0)]))
