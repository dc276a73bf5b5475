"""Parameters that are alike, by a penalty, or the same, by construction."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call


def tying_penalty(a: nn.Module, b: nn.Module) -> Float[Tensor, ""]:
    """The squared distance of two networks' parameters, ||theta_a - theta_b||^2, with its graph.

    There is no factor 1/2 here (`penalties.l2` has one), so its gradient with respect to theta_a is
    2 (theta_a - theta_b), and the opposite for theta_b. Biases count, too: the two are to be alike, not small.

    Args:
        a: A network.
        b: One whose parameters have the same names and shapes.

    Raises:
        ValueError: If a parameter of one has no counterpart of its shape in the other.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, section 7.9.
    """
    ours, theirs = dict(a.named_parameters()), dict(b.named_parameters())
    if unmatched := sorted(ours.keys() ^ theirs.keys()):
        raise ValueError(f"only one of the networks has these parameters: {unmatched}")
    for name, parameter in ours.items():
        if parameter.shape != theirs[name].shape:
            raise ValueError(
                f"{name} has shape {tuple(parameter.shape)} in one, {tuple(theirs[name].shape)} in the other"
            )
    return sum(((ours[name] - theirs[name]).square().sum() for name in ours), start=torch.zeros(()))


def convolution_matrix(
    layer: nn.Conv1d | nn.Conv2d | nn.Conv3d, input_shape: Sequence[int]
) -> Float[Tensor, "n_outputs n_inputs"]:
    """The weights of the fully connected layer that a convolution is.

    Without its bias, `layer(x).flatten()` is this matrix times `x.flatten()`: most entries are 0, the others repeat the
    kernel's. Stride, padding, dilation and groups are the layer's; the graph to its weights is kept.

    Args:
        layer: Its own weights are as many as `layer.weight.numel()`.
        input_shape: Of one example, such as (channels, length) or (channels, height, width).

    Raises:
        ValueError: If the number of channels or of axes is not the layer's.
    """
    n_axes = len(layer.kernel_size)
    if len(input_shape) != 1 + n_axes or input_shape[0] != layer.in_channels:
        raise ValueError(
            f"input_shape must be {layer.in_channels} channels and {n_axes} sizes, got {tuple(input_shape)}"
        )
    # A column is what a linear map makes of a unit vector. In float64 on the CPU, so that every entry is the weight to
    # its last bit, however a device's convolutions round.
    exact = {name: tensor.cpu().double() for name, tensor in layer.named_parameters()}
    if "bias" in exact:
        exact["bias"] = torch.zeros_like(exact["bias"])
    one_hots = torch.eye(math.prod(input_shape), dtype=torch.float64).unflatten(1, tuple(input_shape))
    return functional_call(layer, exact, one_hots).flatten(1).T.to(layer.weight)


def n_free_parameters(model: nn.Module) -> int:
    """How many numbers training can choose: a parameter that several layers share counts once, a frozen one not."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
