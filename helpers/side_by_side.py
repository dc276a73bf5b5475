"""Several small networks trained as one: one per seed, with its own data, at hardly more than the price of one.

    sets = stacked([data.digits(generator=generator(seed)) for seed in range(8)])  # (examples, seeds, ...)
    nets = Perceptrons((64, 64, 10), range(8))
    logits = nets(sets.x_train[:50])  # (50, seeds, 10)
    print(accuracies(nets, sets.x_test, sets.y_test))  # one number per seed

The networks do not see each other: the loss of one has no gradient with respect to the weights of another. With the
mean over all examples and seeds as the loss, each gets its own gradient divided by the number of seeds, which Adam does
not notice but plain gradient descent does.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.data import Data
from helpers.device import generator
from helpers.stacked import StackedMLP


class Perceptrons(nn.Module):
    """One `models.mlp` with one hidden layer of ReLUs per seed: `stacked.StackedMLP` for data with the examples first.

    Attributes:
        networks: The stacked networks, which have the parameters.
    """

    def __init__(self, sizes: tuple[int, int, int], seeds: Sequence[int], hidden: nn.Module | None = None):
        """Make the networks, each with the weights that its seed gives it.

        Args:
            sizes: Inputs, hidden units and outputs.
            seeds: One per network.
            hidden: A module without parameters between the hidden units, of shape (seeds, batch, units), and the last
                layer, such as noise.
        """
        super().__init__()
        self.networks = StackedMLP(
            sizes,
            generators=[generator(seed) for seed in seeds],
            activation=nn.ReLU if hidden is None else lambda: nn.Sequential(nn.ReLU(), hidden),
        )

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "batch seeds outputs"]:
        """The outputs for x of shape (batch, seeds, ...) or (batch * seeds, ...), each network for its own inputs."""
        x = x.reshape(-1, self.networks.n_members, self.networks.sizes[0]).transpose(0, 1)
        return self.networks(x).transpose(0, 1)


def stacked(sets: Sequence[Data]) -> Data:
    """The data of several seeds in one: tensors of shape (examples, seeds, ...)."""
    return Data(*(torch.stack(parts, dim=1) for parts in zip(*sets, strict=True)))


def cross_entropy(
    logits: Float[Tensor, "batch seeds classes"], labels: Int[Tensor, "batch seeds"], label_smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """The mean over all examples and seeds; `label_smoothing` is torch's."""
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=label_smoothing)


@torch.no_grad()
def accuracies(
    model: nn.Module, x: Shaped[Tensor, "n seeds *features"], y: Int[Tensor, "n seeds"]
) -> Float[np.ndarray, " seeds"]:
    """The accuracy of each seed's network, in [0, 1]; the model is left in the mode that it is in."""
    return (model(x).argmax(dim=2) == y).double().mean(dim=0).cpu().numpy()


@torch.no_grad()
def confusions(
    model: nn.Module, x: Shaped[Tensor, "n seeds *features"], y: Int[Tensor, "n seeds"], n_classes: int
) -> Float[np.ndarray, "seeds {n_classes} {n_classes}"]:
    """How often each class is taken for each other one, in percent: (seeds, true, predicted)."""
    place = y * n_classes + model(x).argmax(dim=2)  # (n, seeds)
    counts = torch.stack([column.bincount(minlength=n_classes**2) for column in place.T.cpu()])
    counts = counts.reshape(-1, n_classes, n_classes).double()
    return (100 * counts / counts.sum(dim=2, keepdim=True).clamp(min=1)).numpy()
