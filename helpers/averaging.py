"""An exponential moving average of a model's parameters, kept beside its training.

ema = averaging.ExponentialMovingAverage(model, rate=0.01)
training.fit(model, ..., callbacks=[ema])
with ema.swapped_in():
    print(training.accuracy(model, x, y))
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from helpers.training import Callback, Run

HALVES = (torch.float16, torch.bfloat16)
Place = tuple[dict[str, Tensor], str]


class ExponentialMovingAverage(Callback):
    """Averages parameters over training steps: theta_ema <- (1 - rate) theta_ema + rate theta.

    It begins at the parameters that the model has when this is made, and training never notices it. Decided here:

    - `rate` is the lecture's lambda. Libraries take `decay` = 1 - lambda instead.
    - A parameter that several layers share is averaged once, and still shared where the averages are swapped in.
    - Averages of float16 and bfloat16 parameters are kept in float32, or rounding would swallow small steps.
    - Buffers (the running statistics of batch normalisation) are copied as they are, or averaged if asked for;
      integers (its count of batches) are always copied.
    - Averages stay where the model was when this was made: move the model first.

    As a callback of `training.fit` it updates after each step; elsewhere, call `update` after `optimizer.step()`.

    Attributes:
        averages: By name, averages of parameters and values of buffers; for reading.
        n_updates: Updates made.

    Source:
        Polyak, Juditsky 1992, Acceleration of Stochastic Approximation by Averaging, for the idea;
        torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn.
    """

    def __init__(self, model: nn.Module, *, rate: float, warm_up: bool = False, average_buffers: bool = False):
        """Begin at the model's parameters.

        Args:
            model: The model in training.
            rate: Weight of the newest parameters, in (0, 1]; the average remembers about 1 / rate steps.
            warm_up: Whether the k-th update takes max(rate, 1/k) instead. Then the first copies the parameters, and
                the average is the plain mean of all updates until there are 1 / rate of them: the initial parameters
                leave no trace.
            average_buffers: Whether floating-point buffers are averaged rather than copied.

        Raises:
            ValueError: If `rate` is out of range; from `fit`, if it trains another model.
        """
        if not 0 < rate <= 1:  # also refuses NaN
            raise ValueError(f"rate must be in (0, 1], got {rate} (a decay of 0.99 is a rate of 0.01)")
        self.model = model
        self.rate = rate
        self.warm_up = warm_up
        self.n_updates = 0
        self.averages: dict[str, Tensor] = {}
        self._places: dict[str, Place] = {}
        self._averaged: list[str] = []
        self._copied: list[str] = []
        self._swapped = False
        # Both list a shared tensor once.
        for name, parameter in model.named_parameters():
            self._begin(name, parameter, model.get_submodule(name.rpartition(".")[0])._parameters, average=True)
        for name, buffer in model.named_buffers():
            self._begin(name, buffer, model.get_submodule(name.rpartition(".")[0])._buffers, average=average_buffers)

    @property
    def decay(self) -> float:
        """1 - rate, as torch and other libraries want it."""
        return 1 - self.rate

    @torch.no_grad()
    def update(self) -> None:
        """Let the model's present parameters into the average.

        Raises:
            RuntimeError: If the averages are swapped in: there are no present parameters to let in.
            ValueError: If the model has moved to another device or dtype.
        """
        if self._swapped:
            raise RuntimeError("the averages are swapped in, so an update would average them with themselves")
        rate = max(self.rate, 1 / (self.n_updates + 1)) if self.warm_up else self.rate
        if self._averaged:
            averages, tensors = self._own(self._averaged), self._present(self._averaged)
            try:
                torch._foreach_lerp_(averages, [t.float() if t.dtype in HALVES else t for t in tensors], rate)
            except RuntimeError as error:
                raise ValueError(f"the model has changed since its average was begun: {error}") from error
        if self._copied:
            torch._foreach_copy_(self._own(self._copied), self._present(self._copied))
        self.n_updates += 1

    @contextmanager
    def swapped_in(self) -> Iterator[nn.Module]:
        """Within the `with` block the model has the averages, after it again exactly what it had, come what may.

        What the block does to parameters and buffers is lost with it.

        Raises:
            RuntimeError: If the averages are swapped in already.
        """
        if self._swapped:
            raise RuntimeError("the averages are swapped in already")
        names = list(self.averages)
        tensors = self._present(names)
        kept = [tensor.detach().clone() for tensor in tensors]
        self._swapped = True
        try:
            _copy(tensors, self._own(names))
            yield self.model
        finally:
            _copy(tensors, kept)
            self._swapped = False

    def before_fit(self, run: Run) -> None:
        """Refuse another model."""
        if run.model is not self.model:
            raise ValueError(f"this average is of another {type(self.model).__name__} than the one in training")

    def after_step(self, run: Run) -> None:
        """Update."""
        self.update()

    def state_dict(self) -> dict:
        """Copies of the averages and the number of updates; `rate` and the other options are the caller's to keep."""
        return {"averages": {name: t.clone() for name, t in self.averages.items()}, "n_updates": self.n_updates}

    def load_state_dict(self, state: Mapping) -> None:
        """Go on from what `state_dict` gave; where that cannot be, nothing is changed.

        Args:
            state: Of a model whose parameters and buffers have the same names and shapes.

        Raises:
            ValueError: If they do not, or something is missing.
        """
        if missing := {"averages", "n_updates"} - state.keys():
            raise ValueError(f"the state has no {sorted(missing)}, only {sorted(state)}")
        found = state["averages"]
        if unmatched := sorted(self.averages.keys() ^ found.keys()):
            raise ValueError(f"these are only in the state or only in the model: {unmatched}")
        for name, average in self.averages.items():
            if found[name].shape != average.shape:
                raise ValueError(f"{name} has shape {tuple(found[name].shape)}, the model's {tuple(average.shape)}")
        _copy(list(self.averages.values()), [found[name] for name in self.averages])
        self.n_updates = state["n_updates"]

    def _begin(self, name: str, tensor: Tensor, owner: dict[str, Tensor], *, average: bool) -> None:
        wide = torch.float32 if tensor.dtype in HALVES else tensor.dtype
        self.averages[name] = tensor.detach().to(wide, copy=True)
        # Not the tensor itself, for `model.to` and assignments replace it.
        self._places[name] = owner, name.rpartition(".")[2]
        continuous = tensor.is_floating_point() or tensor.is_complex()
        (self._averaged if average and continuous else self._copied).append(name)

    def _own(self, names: Sequence[str]) -> list[Tensor]:
        return [self.averages[name] for name in names]

    def _present(self, names: Sequence[str]) -> list[Tensor]:
        return [owner[key] for owner, key in map(self._places.__getitem__, names)]


@torch.no_grad()
def _copy(to: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for tensor, value in zip(to, values, strict=True):
        tensor.copy_(value)
