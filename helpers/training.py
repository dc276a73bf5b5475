"""A training loop with callbacks: the part of every experiment that is never the lesson."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Shaped
from torch import Tensor, nn
from tqdm.auto import tqdm

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Run:
    """One training run in progress: what callbacks read and may change.

    Attributes:
        model: The model in training.
        optimizer: Its optimizer.
        history: One list per quantity; `loss` has an entry per step, what callbacks add is theirs.
        epoch: Epochs begun before this one.
        step: Optimizer steps begun before this one, over all epochs.
        stop: A callback sets this to end training after the epoch.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    history: dict[str, list[float]] = field(default_factory=lambda: {"loss": []})
    epoch: int = 0
    step: int = 0
    stop: bool = False


class Callback:
    """Hooks into `fit`; override those that you need."""

    def before_fit(self, run: Run) -> None:
        """Called once, before the first step."""

    def after_backward(self, run: Run) -> None:
        """Called between `loss.backward()` and `optimizer.step()`, where gradients are read or changed."""

    def after_step(self, run: Run) -> None:
        """Called after each `optimizer.step()`; `run.step` counts it and `run.history["loss"]` ends with its loss."""

    def after_epoch(self, run: Run) -> None:
        """Called after each epoch, with the model in training mode."""

    def after_fit(self, run: Run) -> None:
        """Called once, after the last epoch, stopped or not; an exception in training goes past it."""


class Evaluate(Callback):
    """Adds a number per epoch to the history, measured in evaluation mode without gradients."""

    def __init__(self, name: str, measure: Callable[[nn.Module], float]):
        """Append `measure(model)` to `history[name]` after each epoch."""
        self.name = name
        self.measure = measure

    def after_epoch(self, run: Run) -> None:
        """Measure, and append."""
        run.model.eval()
        with torch.no_grad():
            run.history.setdefault(self.name, []).append(float(self.measure(run.model)))
        run.model.train()


def fit(
    model: nn.Module,
    x: Shaped[Tensor, " n *features"],
    y: Shaped[Tensor, " n *targets"],
    *,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    n_epochs: int,
    batch_size: int,
    generator: torch.Generator,
    callbacks: Sequence[Callback] = (),
) -> dict[str, list[float]]:
    """Train a model on minibatches drawn without replacement, anew each epoch.

    A progress bar shows where somebody watches (a terminal, a notebook opened in Jupyter) and never where a notebook is
    executed by a program, so stored outputs and graded cells stay as they are.

    Args:
        model: Its parameters are changed in place; it is left in training mode.
        x: Inputs, on the model's device.
        y: Targets, one per input.
        optimizer: Made from `model.parameters()`.
        loss: Called as `loss(model(x), y)`, returns a scalar.
        n_epochs: Passes over the data, >= 1.
        batch_size: Examples per step, >= 1; the last batch of an epoch may be smaller.
        generator: A CPU stream for the order of the examples.
        callbacks: Called in the order given.

    Returns:
        The history: `loss` per step, and what the callbacks added.

    Raises:
        ValueError: If `x` and `y` differ in length or are empty, or a number is too small.
    """
    if len(x) != len(y) or not len(x):
        raise ValueError(f"x and y need one row per example, got {len(x)} and {len(y)}")
    if n_epochs < 1 or batch_size < 1:
        raise ValueError(f"n_epochs and batch_size must be >= 1, got {n_epochs} and {batch_size}")

    def minibatches() -> Iterator[tuple[Tensor, Tensor]]:
        for batch in torch.randperm(len(x), generator=generator).to(x.device).split(batch_size):
            yield x[batch], y[batch]

    epochs = tqdm(range(n_epochs), unit="epoch", leave=False, disable=not _watched())
    return loop(Run(model.train(), optimizer), epochs, minibatches, loss=loss, callbacks=callbacks)


def loop(
    run: Run,
    epochs: Iterable[int],
    minibatches: Callable[[], Iterable[tuple[Tensor, Tensor]]],
    *,
    loss: Loss,
    callbacks: Sequence[Callback],
    weight: float = 1.0,
) -> dict[str, list[float]]:
    """What every way to fit has in common, once its arguments are checked.

    Args:
        run: With the model in training mode; the optimizer, too.
        epochs: Their numbers, from 0.
        minibatches: Called once per epoch, gives its inputs and targets.
        loss: Called as `loss(model(x), y)`, returns a scalar.
        callbacks: Called in the order given.
        weight: What the gradients, not the history, are multiplied by.

    Returns:
        The history.
    """
    for callback in callbacks:
        callback.before_fit(run)
    for run.epoch in epochs:
        for x, y in minibatches():
            _step(run, loss(run.model(x), y), callbacks, weight)
        for callback in callbacks:
            callback.after_epoch(run)
        if run.stop:
            break
    for callback in callbacks:
        callback.after_fit(run)
    return run.history


def _step(run: Run, value: Tensor, callbacks: Sequence[Callback], weight: float) -> None:
    run.optimizer.zero_grad()
    (weight * value).backward()
    for callback in callbacks:
        callback.after_backward(run)
    run.optimizer.step()
    run.history["loss"].append(value.item())
    run.step += 1
    for callback in callbacks:
        callback.after_step(run)


def accuracy(model: nn.Module, x: Shaped[Tensor, " n *features"], y: Shaped[Tensor, " n"]) -> float:
    """The fraction of examples, in [0, 1], whose largest logit is at the target class; in evaluation mode."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        correct = (model(x).argmax(dim=1) == y).float().mean().item()
    model.train(was_training)
    return correct


def _watched() -> bool:
    # Jupyter's server names the session to kernels that a person opened; nbclient, nbval and nbgrader do not.
    return "JPY_SESSION_NAME" in os.environ or sys.stderr.isatty()
