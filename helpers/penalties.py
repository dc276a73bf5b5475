"""Norm penalties: which parameters they are about, what they add to a loss, and which priors they stand for.

One convention everywhere: the penalised loss is `loss + strength * penalty`, the L2 penalty is 1/2 ||w||^2, so its
gradient is `strength * w`, as in `torch.optim`'s `weight_decay`.

    weights = penalties.weights(model)
    loss = penalties.penalised(cross_entropy, lambda: penalties.l2(weights), strength=0.01)
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from helpers.training import Loss

Penalty = Callable[[Sequence[Tensor]], Tensor]
NORM_LAYERS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)  # _NormBase: all batch and instance norms


def weights(model: nn.Module) -> list[nn.Parameter]:
    """The parameters that a penalty is about: those that say how two variables interact.

    Not among them are biases, normalisation layers' scales, and other parameters with one axis only (such as the slopes
    of a PReLU). Weights that several layers share are listed once. Frozen weights are left out: no penalty moves them.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 7.1.
    """
    found: dict[int, nn.Parameter] = {}
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_weight = parameter.ndim >= 2 and "bias" not in name and not isinstance(module, NORM_LAYERS)
            if is_weight and parameter.requires_grad:
                found[id(parameter)] = parameter
    return list(found.values())


def groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Parameter groups for a `torch.optim` optimizer that decays weights and nothing else.

    Args:
        model: Every one of its parameters is in exactly one of the two groups.
        weight_decay: Of the first group, >= 0; the second has 0.

    Raises:
        ValueError: If `weight_decay` is negative.
    """
    require_strength("weight_decay", weight_decay)
    decayed = weights(model)
    ids = {id(parameter) for parameter in decayed}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in ids]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


def l2(tensors: Iterable[Float[Tensor, "..."]]) -> Float[Tensor, ""]:
    """Half the sum of all squared entries, 1/2 ||w||^2: no root."""
    return _total(tensor.square().sum() for tensor in tensors) / 2


def l1(tensors: Iterable[Float[Tensor, "..."]]) -> Float[Tensor, ""]:
    """The sum of all magnitudes, ||w||_1. Its gradient at 0 is taken as 0."""
    return _total(tensor.abs().sum() for tensor in tensors)


def elastic_net(tensors: Sequence[Float[Tensor, "..."]], l1_ratio: float) -> Float[Tensor, ""]:
    """A mixture of both: l1_ratio * ||w||_1 + (1 - l1_ratio) / 2 * ||w||^2.

    Args:
        tensors: The weights, any shapes.
        l1_ratio: In [0, 1]; 1 is L1, 0 is L2.

    Raises:
        ValueError: If `l1_ratio` is out of range.

    Source:
        Zou, Hastie 2005, Regularization and Variable Selection via the Elastic Net; scikit-learn's parametrisation.
    """
    require_fraction("l1_ratio", l1_ratio)
    return l1_ratio * l1(tensors) + (1 - l1_ratio) * l2(tensors)


def per_layer(model: nn.Module, strengths: Mapping[str, float], penalty: Penalty = l2) -> Float[Tensor, ""]:
    """A penalty whose strength differs between layers: the sum of `strengths[name] * penalty(weights of that layer)`.

    Args:
        model: The network.
        strengths: By the layer's name in `model.named_modules()`, >= 0 each; layers not named are free. A weight that
            two of them share counts for the first.
        penalty: Such as `l2` and `l1`.

    Raises:
        ValueError: If the model has no such layer, or a strength is negative.
    """
    layers, seen, total = dict(model.named_modules()), set(), torch.zeros(())
    for name, strength in strengths.items():
        if name not in layers:
            raise ValueError(f"the model has no layer {name!r}, only {[name for name in layers if name]}")
        require_strength(f"the strength of layer {name!r}", strength)
        own = [weight for weight in weights(layers[name]) if id(weight) not in seen]
        seen.update(map(id, own))
        if own:
            total = strength * penalty(own) + total
    return total


def penalised(loss: Loss, penalty: Callable[[], Tensor], strength: float) -> Loss:
    """The loss for `training.fit`: `loss(outputs, targets) + strength * penalty()`.

    Args:
        loss: Called with outputs and targets.
        penalty: Called without arguments at every step, so that it sees the weights (or activations) of that step.
        strength: >= 0.

    Raises:
        ValueError: If `strength` is negative.
    """
    require_strength("strength", strength)
    return lambda outputs, targets: loss(outputs, targets) + strength * penalty()


@contextmanager
def activations(*modules: nn.Module) -> Iterator[dict[nn.Module, Tensor]]:
    """Within the `with` block, the latest output of each of these modules, with its graph; after it, none is kept.

    Args:
        modules: Such as the ReLU layers of a network.
    """
    latest: dict[nn.Module, Tensor] = {}

    def keep(module: nn.Module, _inputs: object, output: Tensor) -> None:
        latest[module] = output

    handles = [module.register_forward_hook(keep) for module in modules]
    try:
        yield latest
    finally:
        for handle in handles:
            handle.remove()
        latest.clear()


def activity(hidden: Iterable[Float[Tensor, "batch ..."]]) -> Float[Tensor, ""]:
    """The L1 norm of a representation, ||h||_1 per example, averaged over the batch.

    Args:
        hidden: One tensor per hidden layer, such as the values of `activations`.
    """
    return _total(tensor.abs().sum() / len(tensor) for tensor in hidden)


def gaussian_prior_strength(prior_std: float, *, n_examples: int = 1) -> float:
    """The strength of `l2` at which minimising the penalised loss finds the most probable weights.

    The loss is the negative log-likelihood. A squared error 1/(2N) sum (y - f)^2 is that for noise of variance 1; for
    other noise the strength is to be multiplied by its variance.

    Args:
        prior_std: Standard deviation of the weights' prior N(0, prior_std^2), > 0.
        n_examples: 1 for a loss that *sums* the negative log-likelihoods, the size of the training set for their mean.

    Raises:
        ValueError: If an argument is not positive.
    """
    _require_prior("prior_std", prior_std, n_examples)
    return 1 / (n_examples * prior_std**2)


def laplace_prior_strength(prior_scale: float, *, n_examples: int = 1) -> float:
    """The same for `l1` and a Laplace prior, whose density is proportional to exp(-|w| / prior_scale).

    Args:
        prior_scale: > 0; the prior's standard deviation is sqrt(2) times as large.
        n_examples: As in `gaussian_prior_strength`.

    Raises:
        ValueError: If an argument is not positive.
    """
    _require_prior("prior_scale", prior_scale, n_examples)
    return 1 / (n_examples * prior_scale)


def require_strength(name: str, value: float) -> None:
    """Raise ValueError unless 0 <= value < inf."""
    if not 0 <= value < math.inf:  # also refuses NaN
        raise ValueError(f"{name} must be >= 0 and finite, got {value}")


def require_fraction(name: str, value: float) -> None:
    """Raise ValueError unless 0 <= value <= 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be in [0, 1], got {value}")


def _require_prior(name: str, value: float, n_examples: int) -> None:
    if not 0 < value < math.inf or n_examples < 1:
        raise ValueError(f"{name} must be > 0 and n_examples >= 1, got {value} and {n_examples}")


def _total(terms: Iterable[Tensor]) -> Tensor:
    # `sum` alone would give the number 0, not a tensor, for no terms at all.
    return sum(terms, start=torch.zeros(()))
