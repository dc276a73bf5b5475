"""Initial weights: the variance by a rule, the shape of the distribution by another, every number from one generator.

    initialization.initialize(model, initialization.he, generator=stream)
    initialization.initialize(model, initialization.glorot, initialization.uniform, generator=stream)

Decided once: a rule sees the fans as the arithmetic of the layer has them, not as the shape of the weight suggests
(`fans`); a distribution is given its variance, never its standard deviation or bound.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
LAYERS = (nn.Linear, *CONVOLUTIONS, *TRANSPOSED)

# Standard deviation of a standard normal that is redrawn until it lies within two standard deviations.
TRUNCATED_STD = math.sqrt(1 - 2 * math.sqrt(2 / math.pi) * math.exp(-2) / math.erf(math.sqrt(2)))  # 0.8796


class Fans(NamedTuple):
    """How many terms the sums of a layer have, on average over the positions, away from the edges."""

    n_in: float
    """Inputs that one output adds up: what counts for the signal on its way forward."""
    n_out: float
    """Outputs that one input goes into: what counts for the gradient on its way back."""


Rule = Callable[[Fans], float]
Distribution = Callable[..., Tensor]


def fans(layer: nn.Module) -> Fans:
    """The fans of a linear layer or a convolution.

    `torch.nn.init` reads them off the weight's shape and differs in three cases. It counts the outputs of all groups,
    although an input only reaches its own group. It swaps the two for transposed convolutions, whose weight is laid out
    as (in, out, *kernel). And it leaves out the stride s, with which an input of a convolution meets 1 / s of the
    kernel's positions, as does an output of a transposed one.

    Args:
        layer: One of `LAYERS`. Its dilation plays no role.

    Raises:
        ValueError: If the layer is of another kind, or has no inputs or outputs.
    """
    if isinstance(layer, nn.Linear):
        found = Fans(layer.in_features, layer.out_features)
    elif isinstance(layer, CONVOLUTIONS + TRANSPOSED):
        per_group, strides = math.prod(layer.kernel_size) / layer.groups, math.prod(layer.stride)
        forward, backward = (1, strides) if isinstance(layer, CONVOLUTIONS) else (strides, 1)
        found = Fans(layer.in_channels * per_group / forward, layer.out_channels * per_group / backward)
    else:
        raise ValueError(f"fans are known for linear layers and convolutions, not for {type(layer).__name__}")
    if min(found) <= 0:
        raise ValueError(f"a layer needs inputs and outputs, got {layer}")
    return found


def lecun(fans: Fans) -> float:
    """Variance 1 / n_in, which keeps the signal's size through linear layers, and nearly so through small tanh.

    Source:
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp, section 4.6.
    """
    return 1 / fans.n_in


def he(fans: Fans, *, negative_slope: float = 0.0) -> float:
    """Variance 2 / n_in, which keeps the signal's size through layers that follow a ReLU.

    Args:
        fans: Of the layer.
        negative_slope: Of a leaky ReLU, which lets more through: 2 / ((1 + slope^2) n_in).

    Source:
        He, Zhang, Ren, Sun 2015, https://arxiv.org/abs/1502.01852, section 2.2.
    """
    return 2 / ((1 + negative_slope**2) * fans.n_in)


def glorot(fans: Fans) -> float:
    """Variance 2 / (n_in + n_out), between what the signal needs (1 / n_in) and what the gradient does (1 / n_out).

    Source:
        Glorot, Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 12.
    """
    return 2 / (fans.n_in + fans.n_out)


def torch_default(fans: Fans) -> float:
    """Variance 1 / (3 n_in), of the uniform weights in +-1 / sqrt(n_in) that `nn.Linear` makes by itself."""
    return 1 / (3 * fans.n_in)


def normal(shape: Sequence[int], variance: float, *, generator: torch.Generator) -> Float[Tensor, "..."]:
    """Normal numbers of mean 0, float32 on the CPU.

    Args:
        shape: Of the result.
        variance: Finite, >= 0.
        generator: A CPU stream.

    Raises:
        ValueError: If the variance is out of range.
    """
    _require_variance(variance)
    return math.sqrt(variance) * torch.randn(tuple(shape), generator=generator, dtype=torch.float32)


def uniform(shape: Sequence[int], variance: float, *, generator: torch.Generator) -> Float[Tensor, "..."]:
    """Uniform numbers in +-sqrt(3 variance), as `normal` in all else."""
    _require_variance(variance)
    bound = math.sqrt(3 * variance)
    return torch.empty(tuple(shape), dtype=torch.float32).uniform_(-bound, bound, generator=generator)


def truncated_normal(shape: Sequence[int], variance: float, *, generator: torch.Generator) -> Float[Tensor, "..."]:
    """Normal numbers, drawn again where they exceed two standard deviations; as `normal` in all else.

    Without its ends a normal has only 0.88 of its standard deviation left, so it starts with one that is as much
    larger: `variance` is that of the result.
    """
    _require_variance(variance)
    values = torch.randn(tuple(shape), generator=generator, dtype=torch.float32)
    while (outside := values.abs() > 2).any():
        values[outside] = torch.randn(int(outside.sum()), generator=generator, dtype=torch.float32)
    return math.sqrt(variance) / TRUNCATED_STD * values


@torch.no_grad()
def initialize(
    model: nn.Module,
    rule: Rule,
    distribution: Distribution = normal,
    *,
    generator: torch.Generator,
    bias: float = 0.0,
) -> None:
    """Draw the weights of every linear layer and convolution anew, in place; other layers stay as they are.

    The numbers are drawn on the CPU in the order of `model.modules()`, so they are the same on every device.

    Args:
        model: Itself a layer, or with layers inside.
        rule: The variance for a layer's fans: `he`, `lecun`, `glorot`, or one of your own.
        distribution: `normal`, `uniform` or `truncated_normal`.
        generator: A CPU stream.
        bias: Every bias becomes this number; a small positive one keeps more ReLUs on.

    Raises:
        ValueError: If there is no such layer, or its variance is out of range; then the model is as it was.
    """
    layers = [module for module in model.modules() if isinstance(module, LAYERS)]
    if not layers:
        raise ValueError(f"no linear layer and no convolution in {type(model).__name__}")
    weights = [distribution(layer.weight.shape, rule(fans(layer)), generator=generator) for layer in layers]
    for layer, weight in zip(layers, weights, strict=True):
        layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.fill_(bias)


def _require_variance(variance: float) -> None:
    if not 0 <= variance < math.inf:  # also refuses NaN
        raise ValueError(f"a variance must be finite and >= 0, got {variance}")
