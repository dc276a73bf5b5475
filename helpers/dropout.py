"""Dropout with masks per example and per unit, and prediction without it: sampled, scaled, or all subnetworks at once.

    model = dropout.before_layers(models.mlp(sizes, generator=stream), [0.8, 0.5], generator=masks)
    logits = dropout.monte_carlo(model, x, 20)  # (20, batch, classes); or model.eval()(x)

`keep_prob` is always the probability that a unit *stays*; `torch.nn.Dropout(p)` takes the opposite, p = 1 - keep_prob.
A mask multiplies a layer's inputs, never its weights.
"""

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

KeepProb = float | Float[Tensor, "..."]  # for all, or per unit along the last axis


def require_keep_prob(keep_prob: KeepProb) -> None:
    """Raise ValueError unless this is a probability, or probabilities."""
    smallest, largest = torch.as_tensor(keep_prob).aminmax()
    if not 0 <= smallest <= largest <= 1:  # also refuses NaN
        raise ValueError(f"keep_prob must be in [0, 1], got {keep_prob}")


def draw_mask(shape: Sequence[int], keep_prob: KeepProb, *, generator: torch.Generator) -> Bool[Tensor, "..."]:
    """A mask on the CPU, every entry True with probability `keep_prob`, independently of all others.

    Args:
        shape: Of the mask, for example (batch, units).
        keep_prob: In [0, 1], one for all or one per unit (along the last axis).
        generator: A CPU stream.
    """
    draws = torch.rand(tuple(shape), generator=generator)
    return draws < _like(keep_prob, draws)


def apply_mask(
    x: Float[Tensor, "*shape"], mask: Bool[Tensor, "*#shape"], keep_prob: KeepProb, *, inverted: bool = True
) -> Float[Tensor, "*shape"]:
    """The values where the mask is True, inverted dropout divides them by `keep_prob`; exactly 0 elsewhere.

    Autograd gives the gradient mask / keep_prob (vanilla: mask). Where the mask is False, value and gradient are
    exactly 0 even if `x` is inf or NaN, or `keep_prob` is 0.

    Args:
        x: Units along the last axis.
        mask: Of the same shape, or one that broadcasts to it, on the same device.
        keep_prob: That the mask was drawn with.
        inverted: Whether to divide.
    """
    # A product with the mask would make 0 * inf = NaN, and a division by 0 would make the gradient 0 * inf.
    return torch.where(mask, x * _like(_reciprocal(keep_prob), x) if inverted else x, 0)


class Dropout(nn.Module):
    """Dropout with an explicit stream of masks.

    In training mode every unit of every example stays with probability `keep_prob`, anew in each forward pass. What
    makes the mean right is in one place: inverted dropout (the default, as in torch) divides by `keep_prob` in training
    mode and returns the very same tensor in evaluation mode; vanilla dropout does not divide, and multiplies by
    `keep_prob` in evaluation mode. With keep_prob = 1 both return the very same tensor, and draw nothing.

    A deep copy has a stream of its own, which goes on from where the original's was.

    Source:
        Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting, sections 4 and 10.
    """

    def __init__(self, keep_prob: KeepProb, *, generator: torch.Generator, inverted: bool = True):
        """Make a layer.

        Args:
            keep_prob: In [0, 1], one for all or one per unit (along the last axis).
            generator: A CPU stream for the masks.
            inverted: Whether to scale in training mode rather than in evaluation mode.

        Raises:
            ValueError: If `keep_prob` is out of range; from a call, if the number of units is another one.
        """
        super().__init__()
        require_keep_prob(keep_prob)
        self.keep_prob = keep_prob
        self.generator = generator
        self.inverted = inverted
        self.keeps_all = bool(torch.as_tensor(keep_prob).min() == 1)

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The values, thinned out in training mode."""
        if self.keeps_all or (self.inverted and not self.training):
            return x
        if torch.is_tensor(self.keep_prob) and x.shape[-1:] != self.keep_prob.shape:
            raise ValueError(f"keep_prob is for {len(self.keep_prob)} units, got values of shape {tuple(x.shape)}")
        if not self.training:
            ever = torch.as_tensor(self.keep_prob, device=x.device) > 0
            return torch.where(ever, x * _like(self.keep_prob, x), 0)
        mask = draw_mask(x.shape, self.keep_prob, generator=self.generator).to(x.device)
        return apply_mask(x, mask, self.keep_prob, inverted=self.inverted)

    def extra_repr(self) -> str:
        """What `print(model)` shows."""
        return f"keep_prob={self.keep_prob}, inverted={self.inverted}"


def before_layers(
    model: nn.Sequential, keep_probs: Sequence[KeepProb], *, generator: torch.Generator, inverted: bool = True
) -> nn.Sequential:
    """The model with dropout on the inputs of each linear layer; it shares the layers of the model given.

    Args:
        model: For example from `models.mlp`.
        keep_probs: One per linear layer, the first for the inputs, the others for hidden units; 1 for no dropout.
        generator: A CPU stream for all masks.
        inverted: As in `Dropout`.

    Raises:
        ValueError: If there is another number of linear layers.
    """
    n_linear = sum(isinstance(layer, nn.Linear) for layer in model)
    if len(keep_probs) != n_linear:
        raise ValueError(f"keep_probs needs one number per linear layer, got {len(keep_probs)} for {n_linear}")
    remaining, layers = iter(keep_probs), []
    for layer in model:
        if isinstance(layer, nn.Linear):
            layers.append(Dropout(next(remaining), generator=generator, inverted=inverted))
        layers.append(layer)
    return nn.Sequential(*layers)


@contextmanager
def active(model: nn.Module, *, generator: torch.Generator | None = None) -> Iterator[nn.Module]:
    """Within the `with` block dropout is in training mode and all else in evaluation mode; after it all is as before.

    Args:
        model: With one `Dropout` or more, anywhere.
        generator: A CPU stream for the masks within the block; by default the layers' own ones go on.

    Raises:
        ValueError: If there is no `Dropout`: `nn.Dropout` draws from the global stream and does not count.
    """
    layers = [module for module in model.modules() if isinstance(module, Dropout)]
    if not layers:
        raise ValueError(f"this {type(model).__name__} has no helpers.dropout.Dropout, got {model}")
    was_training = {module: module.training for module in model.modules()}
    generators = [layer.generator for layer in layers]
    try:
        model.eval()
        for layer in layers:
            layer.train()
            layer.generator = generator or layer.generator
        yield model
    finally:
        for module, training in was_training.items():
            module.training = training
        for layer, own in zip(layers, generators, strict=True):
            layer.generator = own


@torch.no_grad()
def monte_carlo(
    model: nn.Module, x: Float[Tensor, " batch *features"], n_masks: int, *, generator: torch.Generator | None = None
) -> Float[Tensor, "n_masks batch *outputs"]:
    """The outputs of randomly thinned networks, every example with masks of its own; without gradients.

    Args:
        model: With one `Dropout` or more; all else is in evaluation mode, and the model's modes are restored.
        x: Inputs.
        n_masks: Thinned networks per example, >= 1; 10 to 20 are often enough for the mean.
        generator: As in `active`.

    Raises:
        ValueError: If there is no `Dropout`, or `n_masks` is too small.

    Source:
        Gal, Ghahramani 2016, Dropout as a Bayesian Approximation, https://arxiv.org/abs/1506.02142.
    """
    if n_masks < 1:
        raise ValueError(f"n_masks must be >= 1, got {n_masks}")
    with active(model, generator=generator):
        return torch.stack([model(x) for _ in range(n_masks)])


def weight_scaled(model: nn.Sequential) -> nn.Sequential:
    """A new model without dropout that computes what `model` computes in evaluation mode, and is in it.

    The layer after vanilla dropout gets weights times `keep_prob`; inverted dropout is left out and nothing else.

    Args:
        model: Every `Dropout` in it stands directly before a linear layer.

    Raises:
        ValueError: If one does not.

    Source:
        Hinton et al. 2012, Improving neural networks by preventing co-adaptation, https://arxiv.org/abs/1207.0580.
    """
    scaled = copy.deepcopy(model)
    for layer, linear in _pairs(scaled):
        if not layer.inverted:
            with torch.no_grad():
                linear.weight.mul_(_like(layer.keep_prob, linear.weight))  # a column belongs to an input unit
    return nn.Sequential(*(layer for layer in scaled if not isinstance(layer, Dropout))).eval()


def all_masks(n: int) -> Bool[Tensor, "masks n"]:
    """The 2^n masks of n units: row i has the binary digits of i, the highest first.

    Args:
        n: Units, 0 to 20.

    Raises:
        ValueError: If there are more.
    """
    if not 0 <= n <= 20:
        raise ValueError(f"n must be in 0 to 20, or there are too many masks, got {n}")
    return (torch.arange(2**n)[:, None] >> torch.arange(n - 1, -1, -1)) % 2 == 1


def mask_probabilities(masks: Bool[Tensor, "masks n"], keep_prob: KeepProb) -> Float[Tensor, " masks"]:
    """The probability that dropout draws each mask, in float64: a factor per unit, that it stays or that it goes.

    Args:
        masks: As from `all_masks`.
        keep_prob: In [0, 1], one for all or one per unit.
    """
    keep = torch.as_tensor(keep_prob, dtype=torch.float64, device=masks.device)
    return torch.where(masks, keep, 1 - keep).prod(dim=1)


class Subnetworks(NamedTuple):
    """All thinned networks of a model: which units they keep, how probable they are, and what they compute."""

    masks: Bool[Tensor, "masks units"]
    probabilities: Float[Tensor, " masks"]
    outputs: Float[Tensor, "masks batch outputs"]


def subnetwork_outputs(model: nn.Sequential, x: Float[Tensor, " batch *features"]) -> Subnetworks:
    """The outputs of all 2^n thinned networks, scaled as in training mode.

    The mean of the outputs, weighted with the probabilities, is what `monte_carlo` goes to for many masks.

    Args:
        model: Every `Dropout` in it stands directly before a linear layer; those with keep_prob below 1 have n units
            in all, at most 20. All else is in evaluation mode, and the model's modes are restored.
        x: Inputs.

    Raises:
        ValueError: If there is no `Dropout`, one stands elsewhere, or there are more units.
    """
    units = [linear.in_features for layer, linear in _pairs(model) if not layer.keeps_all]
    masks = all_masks(sum(units))
    parts = iter(masks.split(units, dim=1))
    probabilities = torch.ones(len(masks), dtype=torch.float64)
    with active(model):
        values = x.repeat(len(masks), *(1,) * (x.ndim - 1))  # mask after mask, each with the whole batch
        for layer in model:
            if isinstance(layer, Dropout) and not layer.keeps_all:
                mask = next(parts)
                probabilities *= mask_probabilities(mask, layer.keep_prob)
                repeated = mask.repeat_interleave(len(x), dim=0).to(x.device)
                values = apply_mask(values, repeated, layer.keep_prob, inverted=layer.inverted)
            else:
                values = layer(values)
    outputs = values.unflatten(0, (len(masks), len(x)))
    return Subnetworks(masks.to(x.device), probabilities.to(outputs), outputs)


def _pairs(model: nn.Sequential) -> list[tuple[Dropout, nn.Linear]]:
    found = [(a, b) for a, b in itertools.pairwise(model) if isinstance(a, Dropout) and isinstance(b, nn.Linear)]
    if len(found) < sum(isinstance(module, Dropout) for module in model.modules()):
        raise ValueError(f"every Dropout has to stand directly before a linear layer, got {model}")
    return found


def _reciprocal(keep_prob: KeepProb) -> KeepProb:
    if torch.is_tensor(keep_prob):
        return torch.where(keep_prob > 0, 1 / keep_prob, 0)
    return 1 / keep_prob if keep_prob else 0.0


def _like(keep_prob: KeepProb, x: Tensor) -> KeepProb:
    return keep_prob.to(x) if torch.is_tensor(keep_prob) else keep_prob
