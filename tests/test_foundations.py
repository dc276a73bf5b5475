"""`helpers.foundations`: against scikit-learn, torch's optimisers and closed forms, and what must not change."""

import math

import pytest
import torch
from sklearn.linear_model import LinearRegression
from torch import nn

from helpers import data, foundations
from helpers.device import generator

DTYPES = [torch.float32, torch.float64]


def points(device, dtype=torch.float64, n=30, features=3):
    """Points away from the origin, on purpose: a forgotten bias or mean then shows."""
    stream = generator(0)
    x = torch.randn(n, features, generator=stream) + 5
    return x.to(device, dtype), torch.randn(n, generator=stream).to(device, dtype) - 2


def flat(plane):
    return torch.cat([part.reshape(-1) for part in plane])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_plane_is_scikit_learns(device, dtype):
    x, y = points(device, dtype)
    w, b = foundations.fit_plane(x, y)
    oracle = LinearRegression().fit(x.cpu().double().numpy(), y.cpu().double().numpy())
    assert (w.dtype, w.device) == (dtype, x.device)
    rtol = 1e-4 if dtype == torch.float32 else 1e-10
    torch.testing.assert_close(w.cpu().double(), torch.tensor(oracle.coef_), rtol=rtol, atol=rtol)
    assert b.item() == pytest.approx(oracle.intercept_, rel=rtol)


def test_the_plane_leaves_residuals_without_mean_and_without_slope(device):
    x, y = points(device)
    w, b = foundations.fit_plane(x, y)
    residuals = x @ w + b - y
    assert abs(residuals.mean().item()) < 1e-12
    assert (x.T @ residuals).abs().max().item() < 1e-10


def test_the_plane_moves_with_the_points(device):
    x, y = points(device)
    w, b = foundations.fit_plane(x, y)
    moved_w, moved_b = foundations.fit_plane(x + 7, 2 * y + 3)
    torch.testing.assert_close(moved_w, 2 * w)
    torch.testing.assert_close(moved_b, 2 * b + 3 - 7 * moved_w.sum())


def test_the_plane_survives_columns_that_are_nearly_alike():
    x = torch.randn(50, 1, generator=generator(1), dtype=torch.float64)
    x = torch.cat([x, x + 1e-7 * torch.randn(50, 1, generator=generator(2), dtype=torch.float64)], dim=1)
    w, b = foundations.fit_plane(x, x @ torch.tensor([1.0, 2.0], dtype=torch.float64) + 4)
    torch.testing.assert_close(w, torch.tensor([1.0, 2.0], dtype=torch.float64), rtol=1e-6, atol=0)
    assert b.item() == pytest.approx(4)


def test_points_that_fit_many_planes_are_refused(device):
    x, y = points(device)
    with pytest.raises(ValueError, match="3 points spread in 2 of 3 directions"):
        foundations.fit_plane(x[:3], y[:3])
    with pytest.raises(ValueError, match="30 points spread in 2 of 3"):
        foundations.fit_plane(torch.stack([x[:, 0], x[:, 1], x[:, 0] - x[:, 1]], dim=1), y)


def test_newton_reaches_the_plane_in_one_step_from_anywhere(device):
    x, y = points(device)

    def loss(theta):
        return (x @ theta[:3] + theta[3] - y).square().mean()

    theta = torch.tensor([3.0, -100.0, 0.5, 20.0], dtype=torch.float64, device=device, requires_grad=True)
    step = foundations.newton_step(loss, theta)
    torch.testing.assert_close(step, flat(foundations.fit_plane(x, y)), rtol=1e-8, atol=1e-8)
    assert not step.requires_grad
    assert theta.tolist() == [3.0, -100.0, 0.5, 20.0]
    assert theta.grad is None


def test_newton_in_one_dimension_is_the_school_formula():
    theta = torch.tensor([0.7], dtype=torch.float64)
    step = foundations.newton_step(lambda t: (t**4 / 4 + t).sum(), theta)
    assert step.item() == pytest.approx(0.7 - (0.7**3 + 1) / (3 * 0.7**2))


def test_newton_refuses_a_saddle_and_nan(device):
    with pytest.raises(ValueError, match=r"at \[1.0, 2.0\] is not positive definite"):
        foundations.newton_step(lambda t: t[0] ** 2 - t[1] ** 2, torch.tensor([1.0, 2.0], device=device))
    with pytest.raises(ValueError, match="nan"):
        foundations.newton_step(lambda t: t.square().square().sum(), torch.tensor([math.nan, 1.0], device=device))


def bowl(theta):
    """Gradient of 1/2 (theta_1^2 + 20 theta_2^2)."""
    return theta * torch.tensor([1.0, 20.0], dtype=theta.dtype, device=theta.device)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_the_path_is_the_one_of_torchs_sgd(device, dtype, momentum):
    start = torch.tensor([3.0, -1.0], dtype=dtype, device=device)
    path = foundations.descent_path(bowl, start, [0.02] * 9, momentum=momentum)
    parameter = nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([parameter], lr=0.02, momentum=momentum)
    assert path.shape == (10, 2)
    for point in path:
        torch.testing.assert_close(point, parameter.detach())
        parameter.grad = bowl(parameter.detach())
        optimizer.step()
    assert start.tolist() == [3.0, -1.0]


def test_each_step_has_its_own_rate():
    path = foundations.descent_path(torch.ones_like, torch.zeros(1), [0.5, 0.0, 2.0])
    assert path.flatten().tolist() == [0.0, -0.5, -0.5, -2.5]
    # The old velocity is kept as it was, with the rate that it had.
    path = foundations.descent_path(torch.ones_like, torch.zeros(1), [0.5, 0.0, 2.0], momentum=0.5)
    assert path.flatten().tolist() == [0.0, -0.5, -0.75, -2.875]


def test_momentum_ends_at_steps_of_rate_over_one_minus_momentum():
    path = foundations.descent_path(torch.ones_like, torch.zeros(1, dtype=torch.float64), [0.1] * 200, momentum=0.9)
    assert (path[-1] - path[-2]).item() == pytest.approx(-0.1 / (1 - 0.9), rel=1e-8)


def test_starts_do_not_know_of_each_other(device):
    starts = torch.tensor([[1.0, 2.0], [-3.0, 0.5]], device=device)
    together = foundations.descent_path(bowl, starts, [0.01] * 5, momentum=0.3)
    for place, start in enumerate(starts):
        torch.testing.assert_close(together[:, place], foundations.descent_path(bowl, start, [0.01] * 5, momentum=0.3))


def test_no_rates_no_steps():
    assert foundations.descent_path(bowl, torch.ones(2), []).tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("momentum", [-0.1, 1.0, math.nan])
def test_momentum_out_of_range_is_refused(momentum):
    with pytest.raises(ValueError, match=f"got {momentum}"):
        foundations.descent_path(bowl, torch.ones(2), [0.1], momentum=momentum)


def test_a_negative_rate_is_refused():
    with pytest.raises(ValueError, match=r"got -0\.1"):
        foundations.descent_path(bowl, torch.ones(2), [0.1, -0.1])


def test_linear_decay_is_torchs():
    parameter = nn.Parameter(torch.zeros(1))
    parameter.grad = torch.zeros(1)
    optimizer = torch.optim.SGD([parameter], lr=0.8)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.05, total_iters=7)
    for rate in foundations.linear_decay(0.8, 0.04, n_decay=7, n_steps=12):
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()


def test_linear_decay_starts_at_the_first_and_stays_at_the_last():
    rates = foundations.linear_decay(1.0, 0.2, n_decay=4, n_steps=7)
    assert rates == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])
    assert foundations.linear_decay(1.0, 0.2, n_decay=4, n_steps=0) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": -1.0}, "got -1.0 and 0.1"),
        ({"last": math.nan}, "got 1.0 and nan"),
        ({"n_decay": 0}, "got 0 and 5"),
        ({"n_steps": -1}, "got 3 and -1"),
    ],
)
def test_linear_decay_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        foundations.linear_decay(**{"first": 1.0, "last": 0.1, "n_decay": 3, "n_steps": 5} | arguments)


def test_bias_and_variance_by_hand(device):
    predictions = torch.tensor([[1.0, 4.0], [3.0, 4.0]], device=device)
    got = foundations.bias_variance(predictions, torch.tensor([0.0, 5.0], device=device))
    assert got.variance.tolist() == [2.0, 0.0]
    assert got.squared_bias.tolist() == [4.0 - 1.0, 1.0]


def test_bias_and_variance_come_out_right_on_average():
    """Of 20 000 experiments with 3 sets each: truth 0, bias 0.5, variance 4; and with no bias at all."""
    noise = 2 * torch.randn(3, 20_000, generator=generator(0), dtype=torch.float64)
    for bias in (0.5, 0.0):
        got = foundations.bias_variance(noise + bias, torch.zeros(20_000, dtype=torch.float64))
        assert got.variance.mean().item() == pytest.approx(4.0, abs=0.12)  # four standard errors of 0.028
        assert got.squared_bias.mean().item() == pytest.approx(bias**2, abs=0.07)  # and of 0.019


def test_one_training_set_has_no_variance():
    with pytest.raises(ValueError, match="got 1"):
        foundations.bias_variance(torch.zeros(1, 4), torch.zeros(4))


def one_by_one(curves, place, x):
    """The same network as `curves` holds at `place`, made of torch's own layers."""
    n_hidden = curves.weight1.shape[1]
    net = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1)).to(x)
    with torch.no_grad():
        net[0].weight.copy_(curves.weight1[place][:, None])
        net[0].bias.copy_(curves.bias1[place])
        net[2].weight.copy_(curves.weight2[place][None])
        net[2].bias.copy_(curves.bias2[place])
    return net


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_curves_and_gradients_are_those_of_each_network_alone(device, dtype):
    curves = foundations.TanhCurves(4, (3, 1)).to(device, dtype)
    x, y = (part.to(device, dtype) for part in data.sine(6, noise_std=0.1, generator=generator(0)))
    out = curves(x)
    assert out.shape == (6, 2)
    (out - y).square().mean(dim=0).sum().backward()
    for place in range(2):
        net = one_by_one(curves, place, x)
        torch.testing.assert_close(out[:, [place]], net(x))
        (net(x) - y).square().mean().backward()
        torch.testing.assert_close(curves.weight1.grad[place], net[0].weight.grad[:, 0])
        torch.testing.assert_close(curves.bias1.grad[place], net[0].bias.grad)
        torch.testing.assert_close(curves.weight2.grad[place], net[2].weight.grad[0])
        torch.testing.assert_close(curves.bias2.grad[place], net[2].bias.grad[0])


def test_curves_take_inputs_of_their_own():
    curves = foundations.TanhCurves(3, range(2))
    x = torch.rand(5, 2, generator=generator(0))
    own = curves(x)
    for place in range(2):
        torch.testing.assert_close(own[:, place], curves(x[:, [place]])[:, place])


def test_a_seed_makes_the_same_curve_in_any_company(same_global_randomness):
    alone, among = foundations.TanhCurves(3, [7]), foundations.TanhCurves(3, [1, 7])
    for mine, theirs in zip(alone.parameters(), among.parameters(), strict=True):
        assert torch.equal(mine[0], theirs[1])
    assert not torch.equal(among.weight1[0], among.weight1[1])


def test_units_start_as_steps_between_minus_one_and_one():
    curves = foundations.TanhCurves(10, range(50))
    centres = -curves.bias1 / curves.weight1
    assert centres.abs().max() <= 1
    assert centres.std() > 0.4
    assert (curves.weight1.abs() > 1).float().mean() > 0.6


def test_a_network_without_units_is_refused():
    with pytest.raises(ValueError, match="got 0"):
        foundations.TanhCurves(0, [0])
