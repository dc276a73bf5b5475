"""What goes through a network: moments of each layer's outputs and gradients, and weights scaled by what they do.

    with signals.watch(model) as layers:
        loss(model(x), y).backward()
    print([layer.output.variance.item() for layer in layers])

The hooks are gone when the block ends, however it ends.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from helpers.initialization import LAYERS


class Moments(NamedTuple):
    """Of all the numbers in a tensor; scalars on its device, so that nothing waits for a GPU before they are read."""

    mean: Float[Tensor, ""]
    variance: Float[Tensor, ""]
    silent: Float[Tensor, ""]
    """Fraction of the units (axis 1) that are exactly 0 for every example."""

    @property
    def mean_square(self) -> Float[Tensor, ""]:
        """The second moment around 0, which is what the variance argument follows through ReLUs."""
        return self.variance + self.mean.square()


@dataclass
class Layer:
    """One call of a layer.

    Attributes:
        name: As in `model.named_modules()`.
        output: Moments of what it put out.
        gradient: Moments of the gradient with respect to that; None until it arrives.
    """

    name: str
    output: Moments
    gradient: Moments | None = None


def moments(values: Float[Tensor, "batch units *space"]) -> Moments:
    """Mean, variance and silent units of a tensor, in float32 at least.

    Args:
        values: Not empty.
    """
    values = values.detach()
    wide = values.to(torch.promote_types(values.dtype, torch.float32))
    mean = wide.mean()
    # On a CPU two passes take an eighth of the time of `var_mean`, and a maximum an eighth of that of finding zeros.
    variance = torch.linalg.vector_norm(wide - mean).square() / wide.numel()
    largest = wide.abs().amax(dim=[axis for axis in range(wide.ndim) if axis != 1])  # (units,)
    return Moments(mean, variance, (largest == 0).to(wide.dtype).mean())


@contextmanager
def watch(model: nn.Module, kinds: tuple[type[nn.Module], ...] = LAYERS) -> Iterator[list[Layer]]:
    """Measure what every layer puts out, and its gradient if `backward` is called within the block.

    Args:
        model: Computes the same with and without.
        kinds: The layers to watch; `(nn.ReLU,)` for what comes out of the activations.

    Yields:
        A list that grows by one entry per call of a layer, in the order of the calls.
    """
    layers: list[Layer] = []
    handles = []

    def after_forward(name: str, output: Tensor) -> None:
        layer = Layer(name, moments(output))
        layers.append(layer)
        if output.requires_grad:
            handles.append(output.register_hook(lambda gradient: setattr(layer, "gradient", moments(gradient))))

    try:
        for name, module in model.named_modules():
            if isinstance(module, kinds):
                hook = lambda _module, _inputs, output, name=name: after_forward(name, output)  # noqa: E731
                handles.append(module.register_forward_hook(hook))
        yield layers
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def scale_to_std(
    model: nn.Module, x: Shaped[Tensor, " n *features"], *, std: float = 1.0, only_raise: bool = False
) -> dict[str, float]:
    """Scale the weights in place, from the first layer to the last, until each layer's output has a standard deviation.

    This is the loop "on one minibatch, find the first layer whose output is too small, raise its weights, repeat". It
    takes one pass: a layer is scaled as soon as the minibatch reaches it, and the layers behind it see what it puts out
    then. Only weights are scaled, biases stay: where those of a layer differ between its units, they add to the
    standard deviation, and it is not exactly the one asked for.

    Args:
        model: Feed-forward, each layer called once; put into evaluation mode for the pass.
        x: One minibatch, on the model's device.
        std: To reach, > 0.
        only_raise: Leave layers as they are whose outputs are larger than that.

    Returns:
        The factor of each layer's weights, by its name.

    Raises:
        ValueError: If `std` is out of range, a layer is called twice, or its output is constant or not finite; then
            the weights are as they were.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4. With orthogonal weights to start from and in
        both directions, it is LSUV: Mishkin, Matas 2016, https://arxiv.org/abs/1511.06422.
    """
    if not 0 < std < math.inf:
        raise ValueError(f"std must be finite and > 0, got {std}")
    factors: dict[str, float] = {}

    def factor_of(name: str, output: Tensor) -> float:
        size = moments(output).variance.sqrt().item()
        if name in factors or not 0 < size < math.inf:
            raise ValueError(
                f"layer {name!r} is called twice, or the standard deviation of its output, {size}, is no size"
            )
        factors[name] = max(1.0, std / size) if only_raise else std / size
        return factors[name]

    _scale_on_the_way(model, x, factor_of)
    return factors


def _scale_on_the_way(model: nn.Module, x: Tensor, factor_of: Callable[[str, Tensor], float]) -> None:
    layers = {name: module for name, module in model.named_modules() if isinstance(module, LAYERS)}
    before = {name: layer.weight.detach().clone() for name, layer in layers.items()}
    modes = {module: module.training for module in model.modules()}

    def after_forward(name: str, layer: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        factor = factor_of(name, output)
        layer.weight.mul_(factor)
        return layer.forward(*inputs) if layer.bias is not None and layer.bias.any() else factor * output

    handles = []
    try:
        for name, layer in layers.items():
            handles.append(layer.register_forward_hook(lambda *call, name=name: after_forward(name, *call)))
        model.eval()(x)
    except BaseException:
        for name, layer in layers.items():
            layer.weight.copy_(before[name])
        raise
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
