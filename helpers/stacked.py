"""Many small multilayer perceptrons trained at once, each exactly as if it were trained alone.

    streams = [device.generator(seed) for seed in range(16)]
    model = stacked.StackedMLP((40, 100, 10), generators=streams)
    stacked.fit(model, x, y, optimizer=torch.optim.Adam(model.parameters()), ..., generators=streams)
    logits = model.eval()(x_test)  # (16, batch, 10)

A step costs about as many calls as a step of one network, and calls are what a small network's time goes into.
"""

import copy
from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, nn

from helpers import dropout, models
from helpers.device import generator
from helpers.training import Callback, Loss, Run, loop


class StackedMLP(nn.Module):
    """K networks of `models.mlp` as one module, with parameters (K, out, in) and (K, out).

    A member never reads another's numbers. What looks at all parameters together would couple them: clipping by global
    norm, LBFGS, a learning rate that follows the joint loss. SGD and Adam work entry by entry and do not.

    Attributes:
        weights: One parameter per layer.
        biases: One parameter per layer.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        generators: Sequence[torch.Generator],
        activation: Callable[[], nn.Module] = nn.ReLU,
        weight_std: float | None = None,
        keep_probs: Sequence[float | Sequence[float]] | None = None,
        mask_generators: Sequence[torch.Generator] | None = None,
    ):
        """Make K networks; the k-th is `models.mlp` with the k-th generator.

        Args:
            sizes: Widths from the input to the output, at least two.
            generators: K CPU streams for the weights.
            activation: Makes the module between two layers; it works entry by entry and has no parameters.
            weight_std: As in `models.linear`.
            keep_probs: Dropout before each layer, as in `dropout.before_layers`; by default none. A layer may have K
                probabilities, one per member.
            mask_generators: K CPU streams for dropout's masks; by default the `generators` go on.

        Raises:
            ValueError: If there is no generator, the counts differ, a probability is none, or the activation has
                parameters.
        """
        super().__init__()
        mask_generators = generators if mask_generators is None else mask_generators
        keep_probs = [1.0] * (len(sizes) - 1) if keep_probs is None else keep_probs
        if not generators or len(mask_generators) != len(generators):
            raise ValueError(f"needs a stream per member, got {len(generators)} and {len(mask_generators)} for masks")
        if len(keep_probs) != len(sizes) - 1:
            raise ValueError(f"keep_probs needs one number per layer, got {len(keep_probs)} for {len(sizes) - 1}")
        self.sizes = tuple(sizes)
        self.keep_probs = [_per_member(keep_prob, len(generators)) for keep_prob in keep_probs]
        self.mask_generators = list(mask_generators)
        self.make_activation = activation
        self.activation = activation()
        if list(self.activation.parameters()):
            raise ValueError(f"members would share the activation's parameters, got {self.activation}")
        alone = [models.mlp(sizes, generator=stream, weight_std=weight_std) for stream in generators]
        layers = list(zip(*(network[1::2] for network in alone), strict=True))
        self.weights = nn.ParameterList(torch.stack([layer.weight.detach() for layer in each]) for each in layers)
        self.biases = nn.ParameterList(torch.stack([layer.bias.detach() for layer in each]) for each in layers)

    @property
    def n_members(self) -> int:
        """K."""
        return len(self.weights[0])

    def forward(self, x: Float[Tensor, "*members batch features"]) -> Float[Tensor, "k batch outputs"]:
        """Every member's outputs.

        Args:
            x: Inputs for each member, or, without the first axis, the same for all.

        Raises:
            ValueError: If there are inputs for another number of members.
        """
        if x.ndim not in (2, 3) or (x.ndim == 3 and len(x) != self.n_members):
            raise ValueError(
                f"x must be (batch, features) or ({self.n_members}, batch, features), got {tuple(x.shape)}"
            )
        x = x.expand(self.n_members, *x.shape[-2:])
        for index, (weight, bias, keep_prob) in enumerate(zip(self.weights, self.biases, self.keep_probs, strict=True)):
            kept = self._thinned(self.activation(x) if index else x, keep_prob)
            x = torch.baddbmm(bias[:, None], kept, weight.mT)  # (K, 1, out) + (K, batch, in) (K, in, out)
        return x

    def _thinned(self, x: Tensor, keep_probs: tuple[float, ...]) -> Tensor:
        if not self.training or min(keep_probs) == 1:
            return x
        masks = torch.ones(x.shape, dtype=torch.bool)
        for mask, keep_prob, stream in zip(masks, keep_probs, self.mask_generators, strict=True):
            if keep_prob < 1:  # a member without dropout draws nothing, as it would alone
                mask.copy_(dropout.draw_mask(mask.shape, keep_prob, generator=stream))
        factors = torch.tensor([1 / keep_prob if keep_prob else 0.0 for keep_prob in keep_probs])
        # A product: `dropout.apply_mask` also silences inf and NaN, and costs several times as much.
        return x * (masks.to(x) * factors.to(x)[:, None, None])

    @torch.no_grad()
    def members(self) -> list[nn.Sequential]:
        """The members as networks of their own, copies, with dropout where this has it."""
        return [self._member(k) for k in range(self.n_members)]

    def _member(self, k: int) -> nn.Sequential:
        network = models.mlp(self.sizes, generator=generator(0), activation=self.make_activation).to(self.weights[0])
        for layer, weight, bias in zip(network[1::2], self.weights, self.biases, strict=True):
            layer.weight.copy_(weight[k])
            layer.bias.copy_(bias[k])
        keep_probs = [each[k] for each in self.keep_probs]
        if min(keep_probs) < 1:
            stream = copy.deepcopy(self.mask_generators[k])
            network = dropout.before_layers(network, keep_probs, generator=stream)
        return network.train(self.training)


class LearningRates(Callback):
    """Gives every member a learning rate of its own, a multiple of the optimizer's.

    A step of SGD (with momentum and weight decay) or Adam is the learning rate times something without it, so the step
    that the optimizer made is scaled. Callbacks that look at the new parameters come after this one.
    """

    def __init__(self, factors: Float[Tensor, " k"]):
        """Scale the k-th member's steps by the k-th factor, >= 0."""
        if not (factors >= 0).all() or factors.isinf().any():
            raise ValueError(f"factors must be >= 0 and finite, got {factors.tolist()}")
        self.factors = factors
        self._before: list[Tensor] = []

    def after_backward(self, run: Run) -> None:
        """Remember the parameters."""
        self._before = [parameter.detach().clone() for parameter in run.model.parameters()]

    @torch.no_grad()
    def after_step(self, run: Run) -> None:
        """Scale the step."""
        for parameter, before in zip(run.model.parameters(), self._before, strict=True):
            factors = self.factors.to(parameter).reshape(-1, *[1] * (parameter.ndim - 1))
            parameter.copy_(before + factors * (parameter - before))


def fit(
    model: nn.Module,
    x: Float[Tensor, "n features"],
    y: Shaped[Tensor, " n *targets"],
    *,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    n_epochs: int,
    batch_size: int,
    generators: Sequence[torch.Generator],
    indices: Int[Tensor, "members drawn"] | None = None,
    callbacks: Sequence[Callback] = (),
) -> dict[str, list[float]]:
    """Train all members at once: the k-th as `training.fit` trains it with `x[indices[k]]` and the k-th generator.

    Args:
        model: K networks as one, called with inputs (K, batch, features): a `StackedMLP`, or what is made of some. Its
            parameters are changed in place; it is left in training mode.
        x: Inputs, on the model's device.
        y: Targets, one per input.
        optimizer: Made from `model.parameters()`; one that works entry by entry.
        loss: A *mean* over examples, as `F.cross_entropy` without class weights, called as `loss(outputs, targets)`
            with the examples of all members. Times K it is the sum of the members' losses, so a member's gradient is
            that of its own loss.
        n_epochs: Passes over the data, >= 1.
        batch_size: Examples of each member per step, >= 1; the last batch of an epoch may be smaller.
        generators: K CPU streams for the order of the examples.
        indices: Rows that each member is trained with, such as `ensembles.bootstrap`'s; by default all, once each.
        callbacks: As in `training.fit`.

    Returns:
        The history: `loss` per step, the mean over members, and what the callbacks added.

    Raises:
        ValueError: If counts differ (also that of a `StackedMLP`'s members), nothing is left, or a number is too small.
    """
    rows = torch.arange(len(x)).expand(len(generators), -1) if indices is None else indices.cpu()
    if len(x) != len(y) or not rows.numel():
        raise ValueError(f"x and y need one row per example, got {len(x)} and {len(y)}, of which {rows.shape[1]} used")
    if len(generators) != len(rows):
        raise ValueError(f"members need as many generators and rows, got {len(generators)} and {len(rows)}")
    if n_epochs < 1 or batch_size < 1:
        raise ValueError(f"n_epochs and batch_size must be >= 1, got {n_epochs} and {batch_size}")

    def minibatches() -> Iterator[tuple[Tensor, Tensor]]:
        orders = torch.stack([torch.randperm(rows.shape[1], generator=stream) for stream in generators])
        for batch in rows.gather(1, orders).to(x.device).split(batch_size, dim=1):
            yield x[batch], y[batch]

    def mean_loss(outputs: Tensor, targets: Tensor) -> Tensor:
        return loss(outputs.flatten(0, 1), targets.flatten(0, 1))

    run = Run(model.train(), optimizer)
    return loop(run, range(n_epochs), minibatches, loss=mean_loss, callbacks=callbacks, weight=len(generators))


def _per_member(keep_prob: float | Sequence[float], n_members: int) -> tuple[float, ...]:
    each = tuple(keep_prob) if isinstance(keep_prob, Sequence) else (keep_prob,) * n_members
    if len(each) != n_members:
        raise ValueError(f"a layer's keep_probs must be one number or {n_members}, got {len(each)}")
    for one in each:
        dropout.require_keep_prob(one)
    return each
