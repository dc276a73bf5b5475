"""What lecture 00 builds on: a plane through points, steps downhill, curves of a few units, bias and variance."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from helpers.device import generator


def fit_plane(
    x: Float[Tensor, "n features"], y: Float[Tensor, " n"]
) -> tuple[Float[Tensor, " features"], Float[Tensor, ""]]:
    """The weights and the bias that make the mean squared error of x @ w + b smallest.

    Centring takes care of the bias: w = (X'X)^-1 X'y of the centred data, b = mean(y) - mean(x) w.

    Args:
        x: One example per row, more rows than columns.
        y: One target per row.

    Returns:
        The weights and the bias.

    Raises:
        ValueError: If the points do not decide on one plane: too few, or all on a line (in general, in a subspace).

    Source:
        Hastie, Tibshirani, Friedman 2009, The Elements of Statistical Learning, section 3.2.
    """
    x_mean, y_mean = x.mean(dim=0), y.mean()
    centred = x - x_mean
    rank = int(torch.linalg.matrix_rank(centred))
    if rank < x.shape[1]:
        raise ValueError(f"{len(x)} points spread in {rank} of {x.shape[1]} directions: many planes fit equally well")
    # A QR factorisation: the products in (X'X)^-1 X'y would cost half of the digits.
    q, r = torch.linalg.qr(centred)
    w = torch.linalg.solve_triangular(r, (q.T @ (y - y_mean))[:, None], upper=True)[:, 0]
    return w, y_mean - x_mean @ w


def newton_step(
    loss: Callable[[Float[Tensor, " n"]], Float[Tensor, ""]], theta: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    """Where Newton's method goes from `theta`: to the minimum of the parabola that touches the loss there.

    Args:
        loss: Twice differentiable by autograd.
        theta: The point; it stays as it is.

    Returns:
        theta - H^-1 g, with gradient g and Hessian H of the loss at `theta`.

    Raises:
        ValueError: If the parabola has no minimum there (H is not positive definite): the step would lead to a saddle
            or a maximum.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 4.3.1.
    """
    theta = theta.detach()
    gradient = torch.autograd.functional.jacobian(loss, theta)
    factor, failed = torch.linalg.cholesky_ex(torch.autograd.functional.hessian(loss, theta))
    if failed or not factor.isfinite().all():
        raise ValueError(f"the Hessian at {theta.tolist()} is not positive definite: no minimum to step to")
    return theta - torch.cholesky_solve(gradient[:, None], factor)[:, 0]


def descent_path(
    gradient: Callable[[Float[Tensor, "*shape"]], Float[Tensor, "*shape"]],
    start: Float[Tensor, "*shape"],
    rates: Sequence[float],
    *,
    momentum: float = 0.0,
) -> Float[Tensor, " steps *shape"]:
    """The points that gradient descent visits: v <- momentum v - rate gradient, then theta <- theta + v.

    Args:
        gradient: Called with a point, returns the gradient there, exact or from a minibatch.
        start: The first point; one, or several that do not know of each other.
        rates: The learning rate of each step, >= 0.
        momentum: The share of the last step that is kept, in [0, 1).

    Returns:
        The start and the point after each step, len(rates) + 1 in all.

    Raises:
        ValueError: If `momentum` is out of range or a rate is negative.

    Source:
        Polyak 1964, https://doi.org/10.1016/0041-5553(64)90137-5; Goodfellow et al. 2016, algorithm 8.2.
    """
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum must be in [0, 1), got {momentum}")
    if not all(rate >= 0 for rate in rates):
        raise ValueError(f"rates must be >= 0, got {min(rates)}")
    path, velocity = [start], torch.zeros_like(start)
    for rate in rates:
        velocity = momentum * velocity - rate * gradient(path[-1])
        path.append(path[-1] + velocity)
    return torch.stack(path)


def linear_decay(first: float, last: float, *, n_decay: int, n_steps: int) -> list[float]:
    """Learning rates that fall along a straight line and then stay: (1 - a) first + a last, a = min(step / n_decay, 1).

    Args:
        first: Rate of step 0, >= 0.
        last: Rate from step `n_decay` on, >= 0.
        n_decay: Steps until the last rate is reached, >= 1.
        n_steps: How many rates, >= 0.

    Raises:
        ValueError: If a number is out of range.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, equation 8.14.
    """
    if not (first >= 0 and last >= 0):
        raise ValueError(f"first and last must be >= 0, got {first} and {last}")
    if n_decay < 1 or n_steps < 0:
        raise ValueError(f"n_decay must be >= 1 and n_steps >= 0, got {n_decay} and {n_steps}")
    shares = [min(step / n_decay, 1.0) for step in range(n_steps)]
    return [(1 - share) * first + share * last for share in shares]


class BiasVariance(NamedTuple):
    """How far predictions are from the truth on average, and how far from each other; in squared units of y."""

    squared_bias: Tensor
    variance: Tensor


def bias_variance(predictions: Float[Tensor, " sets *points"], truth: Float[Tensor, "*points"]) -> BiasVariance:
    """Squared bias and variance at each point, from models that were fitted to training sets of their own.

    Both are estimates without a bias of their own: the mean of few models is itself off by chance, and this is taken
    out of the squared bias, which can therefore come out slightly below 0.

    Args:
        predictions: One row per training set, two or more.
        truth: What a perfect model would predict.

    Raises:
        ValueError: If there are fewer than two training sets.

    Source:
        Geman, Bienenstock, Doursat 1992, Neural networks and the bias/variance dilemma,
        https://doi.org/10.1162/neco.1992.4.1.1.
    """
    if len(predictions) < 2:
        raise ValueError(f"a variance needs two training sets or more, got {len(predictions)}")
    variance = predictions.var(dim=0, correction=1)
    return BiasVariance((predictions.mean(dim=0) - truth).square() - variance / len(predictions), variance)


class TanhCurves(nn.Module):
    """Networks with one input, one hidden layer of tanh units and one output: one per seed, side by side.

    They start as steep steps at random places between -1 and 1, with small weights to the output.
    """

    def __init__(self, n_hidden: int, seeds: Sequence[int]):
        """Make a network with `n_hidden` units, >= 1, per seed."""
        super().__init__()
        if n_hidden < 1:
            raise ValueError(f"n_hidden must be >= 1, got {n_hidden}")
        streams = [generator(seed) for seed in seeds]
        slope, place, height = torch.stack([torch.randn(3, n_hidden, generator=stream) for stream in streams], dim=1)
        self.weight1 = nn.Parameter(3 * slope)  # (seeds, n_hidden)
        self.bias1 = nn.Parameter(3 * slope * place.tanh())
        self.weight2 = nn.Parameter(0.3 * height / n_hidden**0.5)
        self.bias2 = nn.Parameter(torch.zeros(len(streams)))

    def forward(self, x: Float[Tensor, "n one_or_seeds"]) -> Float[Tensor, "n seeds"]:
        """The output of each network, for inputs (n, 1) that all share or inputs (n, seeds) of their own."""
        hidden = torch.tanh(x[:, :, None] * self.weight1 + self.bias1)  # (n, seeds, n_hidden)
        return (hidden * self.weight2).sum(dim=2) + self.bias2
