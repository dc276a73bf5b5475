"""Ensembles: bootstrap samples, and many members' outputs as one prediction.

    rows = ensembles.bootstrap(len(x), 10, generator=stream)        # x[rows[k]] trains member k
    logits = torch.stack([model(x_test) for model in members])      # or stacked.StackedMLP, all members at once
    prediction = ensembles.mean_probabilities(logits).argmax(dim=1)

Members come first in every shape. Where two classes tie, `argmax` and the vote take the lowest.
"""

import copy
import math
from collections.abc import Collection, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.averaging import ExponentialMovingAverage
from helpers.training import Callback, Run


def bootstrap(n: int, n_members: int, *, generator: torch.Generator) -> Int[Tensor, "members n"]:
    """Rows for every member: n of n examples, drawn *with* replacement, about 63.2 % of them distinct.

    Args:
        n: Examples, >= 1.
        n_members: Members, >= 1.
        generator: A CPU stream.

    Raises:
        ValueError: If a number is too small.

    Source:
        Breiman 1996, Bagging Predictors, https://doi.org/10.1007/BF00058655.
    """
    if n < 1 or n_members < 1:
        raise ValueError(f"n and n_members must be >= 1, got {n} and {n_members}")
    return torch.randint(n, (n_members, n), generator=generator)


def out_of_bag(indices: Int[Tensor, "members drawn"], n: int) -> Bool[Tensor, "members n"]:
    """Which of n examples each member has not drawn.

    Args:
        indices: As from `bootstrap`; a member may have drawn any number.
        n: Examples that were drawn from, more than the largest index.

    Raises:
        ValueError: If an index is not in 0 to n - 1.
    """
    if indices.numel() and not 0 <= indices.min() <= indices.max() < n:
        raise ValueError(f"indices must be in 0 to {n - 1}, got {indices.min()} to {indices.max()}")
    left_out = torch.ones(len(indices), n, dtype=torch.bool, device=indices.device)
    return left_out.scatter_(1, indices.long(), False)


def out_of_bag_mean(
    predictions: Float[Tensor, "members n *outputs"], left_out: Bool[Tensor, "members n"]
) -> Float[Tensor, " n *outputs"]:
    """For each example the mean prediction of those members that have not seen it: free validation.

    Args:
        predictions: Probabilities, or outputs of a regression, of every member for every example.
        left_out: As from `out_of_bag`.

    Raises:
        ValueError: If all members have seen an example, so that nobody may predict it: with few members, ask for
            `covered = left_out.any(dim=0)` and pass `predictions[:, covered]` and `left_out[:, covered]`.
    """
    n_judges = left_out.sum(dim=0)
    if n_seen_by_all := int((n_judges == 0).sum()):
        raise ValueError(f"all {len(left_out)} members have seen {n_seen_by_all} of {len(n_judges)} examples")
    # Not a product with the mask: NaN of a member that may not judge stays out.
    extra = (1,) * (predictions.ndim - 2)
    judged = torch.where(left_out.view(*left_out.shape, *extra), predictions, 0)
    return judged.sum(dim=0) / n_judges.view(-1, *extra)


def mean_probabilities(
    logits: Float[Tensor, "members batch classes"],
    *,
    weights: Float[Tensor, " members"] | None = None,
    log: bool = False,
) -> Float[Tensor, "batch classes"]:
    """The arithmetic mean of the members' probabilities: softmax first, mean second.

    Args:
        logits: Of every member.
        weights: Members' weights, >= 0, normalised here to sum to 1; by default all alike.
        log: Whether to return logarithms, which stay finite where the mean underflows.

    Raises:
        ValueError: If a weight is negative or they sum to 0.
    """
    # log sum_k exp(log w_k + log p_k)
    log_weights = _normalised(weights, logits).log().view(-1, 1, 1)
    mean = torch.logsumexp(log_weights + logits.log_softmax(dim=-1), dim=0)
    return mean if log else mean.exp()


def geometric_mean(
    logits: Float[Tensor, "members batch classes"], *, weights: Float[Tensor, " members"] | None = None
) -> Float[Tensor, "batch classes"]:
    """The softmax of the mean logits, which is the members' geometric mean, normalised: mean first, softmax second.

    Args:
        logits: Of every member.
        weights: As in `mean_probabilities`.

    Raises:
        ValueError: If a weight is negative or they sum to 0.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, equations 7.53 to 7.55.
    """
    return torch.tensordot(_normalised(weights, logits), logits, dims=1).softmax(dim=-1)


def median(logits: Float[Tensor, "members batch classes"]) -> Float[Tensor, "batch classes"]:
    """The median of the members' probabilities, for each class by itself, then normalised to sum to 1.

    For an even number of members it is the middle between the two in the middle (`torch.median` takes the lower).
    """
    ordered = logits.log_softmax(dim=-1).sort(dim=0).values
    lower, upper = ordered[(len(logits) - 1) // 2], ordered[len(logits) // 2]
    return torch.logaddexp(lower, upper).softmax(dim=-1)  # normalising takes the half of "half their sum" out


def vote(logits: Float[Tensor, "members batch classes"]) -> Float[Tensor, "batch classes"]:
    """The fraction of members whose largest logit is at each class; a member with a tie votes for the lowest class."""
    return F.one_hot(logits.argmax(dim=-1), logits.shape[-1]).to(logits.dtype).mean(dim=0)


def expected_error(variance: float, covariance: float, n_members: int) -> float:
    """The expected squared error of the mean of k regressors: v / k + (k - 1) c / k.

    Args:
        variance: v, every member's expected squared error, >= 0.
        covariance: c, the expected product of two members' errors, from -v / (k - 1) to v.
        n_members: k, >= 1.

    Raises:
        ValueError: If there are no such members.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 7.11.
    """
    if n_members < 1 or not 0 <= variance < math.inf:
        raise ValueError(f"n_members must be >= 1 and the variance >= 0, got {n_members} and {variance}")
    slack = 1e-9 * variance  # for measured values, rounded
    if n_members > 1 and not -variance / (n_members - 1) - slack <= covariance <= variance + slack:
        raise ValueError(f"{n_members} errors of variance {variance} cannot have covariance {covariance}")
    return variance / n_members + (n_members - 1) / n_members * covariance


class Snapshots(Callback):
    """Keeps copies of the model during one training run: an ensemble that costs no more training.

    Attributes:
        models: By the number of epochs trained, a copy of the model in evaluation mode.

    Source:
        Huang et al. 2017, Snapshot Ensembles, https://arxiv.org/abs/1704.00109, without its cyclic learning rate.
    """

    def __init__(self, epochs: Collection[int]):
        """Copy after these epochs, counted from 1; those past the end of training are never made."""
        if min(epochs, default=1) < 1:
            raise ValueError(f"epochs are counted from 1, got {min(epochs)}")
        self.epochs = frozenset(epochs)
        self.models: dict[int, nn.Module] = {}

    def before_fit(self, run: Run) -> None:
        """Forget the fit before."""
        self.models = {}

    def after_epoch(self, run: Run) -> None:
        """Copy, if this epoch was asked for."""
        if run.epoch + 1 in self.epochs:
            self.models[run.epoch + 1] = copy.deepcopy(run.model).eval().requires_grad_(False)


def mean_parameters(models: Sequence[nn.Module]) -> nn.Module:
    """A new model with the mean of the parameters and floating-point buffers: one network, not an ensemble.

    It is good for models on one path of training, and bad for models that were trained apart, between which the
    loss is high.

    Args:
        models: One or more, with the same names and shapes.

    Raises:
        ValueError: If there is none.
    """
    if not models:
        raise ValueError("the mean of no models is undefined, got 0")
    mean = copy.deepcopy(models[0])
    # A rate of 1 / K, warmed up, is the plain mean of K updates.
    average = ExponentialMovingAverage(mean, rate=1 / len(models), warm_up=True, average_buffers=True)
    for model in models:
        mean.load_state_dict(model.state_dict())
        average.update()
    mean.load_state_dict(average.averages, strict=False)  # which names a shared tensor once
    return mean


def _normalised(weights: Tensor | None, logits: Tensor) -> Tensor:
    if weights is None:
        return logits.new_full((len(logits),), 1 / len(logits))
    if not (weights.min() >= 0 and 0 < weights.sum() < math.inf):
        raise ValueError(f"weights must be >= 0 with a positive sum, got {weights.min()} to {weights.max()}")
    return (weights / weights.sum()).to(logits)
