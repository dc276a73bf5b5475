"""Noise on inputs, hidden units, weights and targets, for training only.

    model = nn.Sequential(noise.GaussianNoise(0.1, generator=stream), network)  # on the inputs
    layers.insert(2, noise.GaussianNoise(0.5, generator=stream))                # on hidden units

    with noise.noisy_weights(model, 0.02, generator=stream):                    # on the weights
        loss(model(x), y).backward()  # the gradient is that at the noisy weights ...
    optimizer.step()                  # ... and the step is from the true ones

    def loss(logits, labels):                                                   # on the targets
        flipped = noise.resample_labels(labels, 0.1, n_classes=10, generator=stream)
        return F.cross_entropy(logits, flipped)

All noise is drawn on the CPU and moved, so a seed means the same on every device.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from helpers import data, penalties


def gaussian(values: Float[Tensor, "..."], std: float, *, generator: torch.Generator) -> Float[Tensor, "..."]:
    """The values plus independent normal noise; `values` itself stays as it is.

    Args:
        values: Inputs, activations, or the targets of a regression.
        std: Standard deviation, >= 0, in the unit of the values.
        generator: A CPU stream.

    Raises:
        ValueError: If `std` is negative or not finite.
    """
    penalties.require_strength("std", std)
    return values + std * torch.randn(values.shape, generator=generator).to(values)


class GaussianNoise(nn.Module):
    """A layer that adds normal noise in training mode and returns the very same tensor in evaluation mode.

    It also puts noise on a layer's weights, anew at every call, where a training loop has no place for `noisy_weights`:

        nn.utils.parametrize.register_parametrization(layer, "weight", GaussianNoise(0.02, generator=stream))

    A deep copy has a stream of its own, which goes on from where the original's was.
    """

    def __init__(self, std: float, *, generator: torch.Generator):
        """Make a layer for noise of standard deviation `std`, >= 0; the generator is a CPU stream."""
        super().__init__()
        penalties.require_strength("std", std)
        self.std = std
        self.generator = generator

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The values, with noise in training mode."""
        return gaussian(x, self.std, generator=self.generator) if self.training else x

    def extra_repr(self) -> str:
        """What `print(model)` shows."""
        return f"std={self.std}"


@contextmanager
def noisy_weights(model: nn.Module, std: float, *, generator: torch.Generator) -> Iterator[None]:
    """Within the `with` block the weights have noise added; after it they are the same again, bit by bit.

    They are restored after an error, too, and whatever the block wrote into them is lost, so an optimizer steps after
    the block. `backward` belongs inside: after it, autograd refuses, because the weights have changed since the forward
    pass.

    Args:
        model: Noise goes on its `penalties.weights`: not on biases, normalisation layers and frozen weights, and on
            weights that several layers share once.
        std: Standard deviation, >= 0, in the unit of the weights.
        generator: A CPU stream.

    Raises:
        ValueError: If `std` is negative or not finite.
    """
    penalties.require_strength("std", std)
    weights = penalties.weights(model)
    originals = [weight.detach().clone() for weight in weights]
    try:
        with torch.no_grad():
            for weight in weights:
                weight.copy_(gaussian(weight, std, generator=generator))
        yield
    finally:
        with torch.no_grad():
            for weight, original in zip(weights, originals, strict=True):
                weight.copy_(original)


def resample_labels(
    labels: Int[Tensor, " n"], probability: float, *, n_classes: int, generator: torch.Generator
) -> Int[Tensor, " n"]:
    """The labels, each replaced by one of the *other* classes with some probability, for one iteration.

    `data.flip_labels` spoils an exact number of labels of a data set, once. Here every label has its own chance, so it
    works on minibatches of any size, and the mean over many iterations is `smooth_labels` with epsilon = probability.

    Args:
        labels: 0 to n_classes - 1; they stay as they are.
        probability: That a label becomes wrong, in [0, 1].
        n_classes: Classes, >= 2.
        generator: A CPU stream.

    Raises:
        ValueError: If `probability` or `n_classes` is out of range.
    """
    penalties.require_fraction("probability", probability)
    others = data.flip_labels(labels, 1.0, n_classes=n_classes, generator=generator)
    wrong = torch.rand(len(labels), generator=generator) < probability
    return torch.where(wrong.to(labels.device), others, labels)


def smooth_labels(labels: Int[Tensor, " n"], n_classes: int, epsilon: float) -> Float[Tensor, "n {n_classes}"]:
    """Targets with 1 - epsilon at the label and epsilon / (n_classes - 1) at every other class.

    Not the convention of torch, whose epsilon is spread over *all* classes; see `to_torch_smoothing`.

    Args:
        labels: 0 to n_classes - 1.
        n_classes: Classes, >= 2.
        epsilon: What the label gives up, in [0, 1].

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 7.5.1.
    """
    penalties.require_fraction("epsilon", epsilon)
    _require_classes(n_classes)
    bad = labels[(labels < 0) | (labels >= n_classes)]
    if len(bad):
        raise ValueError(f"labels must be 0 to {n_classes - 1}, got {bad[0].item()}")
    targets = torch.full((len(labels), n_classes), epsilon / (n_classes - 1), device=labels.device)
    return targets.scatter(1, labels.long()[:, None], 1 - epsilon)


def to_torch_smoothing(epsilon: float, n_classes: int) -> float:
    """The `label_smoothing` of `F.cross_entropy` that has the same targets as `smooth_labels`.

    torch mixes the one-hot target with the uniform one, (1 - e) + e/k at the label and e/k elsewhere, so that
    e = epsilon k / (k - 1).

    Args:
        epsilon: That of `smooth_labels`, in [0, (k - 1) / k]: torch mixes with the uniform distribution at most.
        n_classes: k, >= 2.

    Raises:
        ValueError: If an argument is out of range.
    """
    _require_classes(n_classes)
    largest = (n_classes - 1) / n_classes
    if not 0 <= epsilon <= largest:
        raise ValueError(f"epsilon must be in [0, {largest:.4g}] for {n_classes} classes, got {epsilon}")
    return epsilon / largest


def from_torch_smoothing(label_smoothing: float, n_classes: int) -> float:
    """The epsilon of `smooth_labels` that has the same targets as torch's `label_smoothing`: e (k - 1) / k.

    Args:
        label_smoothing: As `F.cross_entropy` takes it, in [0, 1].
        n_classes: k, >= 2.

    Raises:
        ValueError: If an argument is out of range.
    """
    penalties.require_fraction("label_smoothing", label_smoothing)
    _require_classes(n_classes)
    return label_smoothing * (n_classes - 1) / n_classes


def _require_classes(n_classes: int) -> None:
    if n_classes < 2:
        raise ValueError(f"n_classes must be >= 2, got {n_classes}")
