"""Small models whose weights come from an explicit generator."""

import itertools
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import skip_init


def linear(n_in: int, n_out: int, *, generator: torch.Generator, weight_std: float | None = None) -> nn.Linear:
    """A linear layer with normal weights and zero biases.

    Args:
        n_in: Inputs.
        n_out: Outputs.
        generator: A CPU stream for the weights.
        weight_std: Standard deviation of the weights; by default sqrt(2 / n_in), He's for ReLU.
    """
    layer = skip_init(nn.Linear, n_in, n_out)
    with torch.no_grad():
        layer.weight.normal_(0.0, (2 / n_in) ** 0.5 if weight_std is None else weight_std, generator=generator)
        layer.bias.zero_()
    return layer


def mlp(
    sizes: Sequence[int],
    *,
    generator: torch.Generator,
    activation: Callable[[], nn.Module] = nn.ReLU,
    weight_std: float | None = None,
) -> nn.Sequential:
    """A multilayer perceptron; inputs of any shape are flattened, the output is linear.

    Args:
        sizes: Widths from the input to the output, at least two.
        generator: A CPU stream for the weights.
        activation: Makes the module between two layers.
        weight_std: As in `linear`, for every layer.

    Raises:
        ValueError: If there are fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name at least an input and an output width, got {list(sizes)}")
    layers: list[nn.Module] = [nn.Flatten()]
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [linear(n_in, n_out, generator=generator, weight_std=weight_std), activation()]
    return nn.Sequential(*layers[:-1])


class RecurrentClassifier(nn.Module):
    """A ReLU recurrent network that reads a sequence and classifies it from its last state.

    The recurrence starts as the identity: the network begins by adding up what it reads, and nothing vanishes or
    explodes until training changes the recurrent weights.

    Source:
        Le, Jaitly, Hinton 2015, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units,
        https://arxiv.org/abs/1504.00941.
    """

    def __init__(self, n_features: int, n_hidden: int, n_classes: int, *, generator: torch.Generator):
        """Make a network for sequences of `n_features` numbers per step; the generator is a CPU stream."""
        super().__init__()
        # Made without values (skip_init does not know nn.RNN), so that no global random number is drawn for them.
        empty = nn.RNN(n_features, n_hidden, nonlinearity="relu", batch_first=True, device="meta")
        self.rnn = empty.to_empty(device="cpu")
        self.head = linear(n_hidden, n_classes, generator=generator, weight_std=n_hidden**-0.5)
        with torch.no_grad():
            self.rnn.weight_ih_l0.normal_(0.0, 0.1, generator=generator)
            self.rnn.weight_hh_l0.copy_(torch.eye(n_hidden))
            self.rnn.bias_ih_l0.zero_()
            self.rnn.bias_hh_l0.zero_()

    def forward(self, x: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch classes"]:
        """Logits for each sequence."""
        _, last = self.rnn(x)  # (1, batch, hidden)
        return self.head(last[0])
