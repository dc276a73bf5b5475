"""Early stopping, and training once more when the validation examples have done their work.

    stopping = capacity.EarlyStopping("validation loss", mode="min", patience=5, restore_best_weights=True)
    training.fit(model, ..., callbacks=[training.Evaluate("validation loss", measure), stopping])

Epochs and steps are counted from 1, as numbers of epochs and steps taken: `n_epochs=stopping.best_epoch` trains exactly
as long as the best model was trained.
"""

import copy
import math

from torch import Tensor

from helpers.training import Callback, Run


class _Monitor(Callback):
    """Reads a quantity after each epoch: the mean of what the epoch added to the history.

    `Evaluate` adds one number per epoch, which is its own mean; `loss` gets one per step, the smaller last batch's
    among them.
    """

    def __init__(self, monitor: str):
        self.monitor = monitor
        self._n_seen = 0

    def before_fit(self, run: Run) -> None:
        """Begin anew."""
        self._n_seen = 0

    def _value(self, run: Run) -> float:
        new = run.history.get(self.monitor, [])[self._n_seen :]
        if not new:
            raise ValueError(
                f"this epoch measured no {self.monitor!r}, only {sorted(run.history)}: put the Evaluate that measures "
                f"it before this {type(self).__name__} in the list of callbacks"
            )
        self._n_seen += len(new)
        return sum(new) / len(new)


class EarlyStopping(_Monitor):
    """Stops `training.fit` when a quantity no longer improves, and keeps the best weights.

    What counts is as in Keras, so that settings carry over:

    - An epoch improves on the best one only if it is better by *more* than `min_delta`; a tie is no improvement.
    - Training stops after `patience` epochs in a row without improvement, so patience 0 and 1 are the same. The first
      epoch of all never stops it.
    - NaN and the worst infinity never improve; they use up patience.

    What Keras does otherwise:

    - Its first value becomes the best one whatever it is, and a NaN there is never beaten (since its pull request
      20533 of 2024; before that, the best value of one fit stayed for the next). Here any number beats NaN, and
      nothing stays.
    - It guesses `mode` from the quantity's name unless told, and drops the sign of `min_delta`. Here `mode` is always
      told, and a negative `min_delta` raises.
    - It restores the first epoch where none improved. Here the weights stay as they are.

    Attributes:
        best: The best value; the worst infinity before there is one.
        best_epoch: Epochs trained when it was measured, None before.
        best_step: Optimizer steps taken when it was measured, None before.
        best_weights: Copies of the parameters and buffers of that time, None before and without
            `restore_best_weights`. An exception in training leaves the model as it is, and these to load by hand.
        stopped_epoch: Epochs trained when training was stopped, None where it ran to its end.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, algorithm 7.1; keras.callbacks.EarlyStopping.
    """

    def __init__(
        self,
        monitor: str = "validation loss",
        *,
        mode: str,
        min_delta: float = 0.0,
        patience: int = 0,
        restore_best_weights: bool = False,
    ):
        """Watch a quantity of the history.

        Args:
            monitor: Its name there, such as that of an `Evaluate` which stands earlier in the list of callbacks.
                `"loss"` is the training loss, of which the epoch's mean counts.
            mode: "min" or "max": whether small or large values are good.
            min_delta: By how much an improvement has to exceed the best value, in its unit, >= 0.
            patience: Epochs in a row without improvement that stop training, >= 0.
            restore_best_weights: Whether training ends with the best epoch's weights, stopped or not; otherwise with
                the last epoch's.

        Raises:
            ValueError: If an argument is out of range; from `fit`, if an epoch did not measure the quantity.
        """
        super().__init__(monitor)
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if not 0 <= min_delta < math.inf:  # also refuses NaN
            raise ValueError(f"min_delta must be >= 0 and finite in both modes, got {min_delta}")
        if not patience >= 0:
            raise ValueError(f"patience must be >= 0, got {patience}")
        self.mode = mode
        self.min_delta = min_delta
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self._reset()

    def before_fit(self, run: Run) -> None:
        """Forget the fit before."""
        super().before_fit(run)
        self._reset()

    def after_epoch(self, run: Run) -> None:
        """Compare with the best epoch; stop when patience is used up."""
        value = self._value(run)
        if self._improves(value):
            self.best, self.best_epoch, self.best_step = value, run.epoch + 1, run.step
            self._n_waited = 0
            if self.restore_best_weights:
                # By value: a state_dict's own tensors change with the next step.
                self.best_weights = copy.deepcopy(run.model.state_dict())
            return
        self._n_waited += 1
        if self._n_waited >= self.patience and run.epoch > 0:
            self.stopped_epoch = run.epoch + 1
            run.stop = True

    def after_fit(self, run: Run) -> None:
        """Restore the best weights."""
        if self.best_weights is not None:
            run.model.load_state_dict(self.best_weights)

    def _improves(self, value: float) -> bool:
        if self.mode == "min":
            return value < self.best - self.min_delta
        return value > self.best + self.min_delta

    def _reset(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch: int | None = None
        self.best_step: int | None = None
        self.best_weights: dict[str, Tensor] | None = None
        self.stopped_epoch: int | None = None
        self._n_waited = 0


class StopBelow(_Monitor):
    """Stops `training.fit` after the first epoch whose quantity is at or below a target.

    This is the second way to use the validation examples for training, too: go on from the early-stopped weights on all
    examples until the loss of the validation examples has come down to the training loss at the time of stopping.
    It may never get there, so `n_epochs` bounds it, and `reached` says which it was. The comparison follows an epoch:
    whether there is anything to train at all is for the caller to look at.

    Attributes:
        reached: Whether the target was reached.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, algorithm 7.3.
    """

    def __init__(self, monitor: str, target: float):
        """Watch a quantity of the history, as in `EarlyStopping`, for a finite `target`.

        Raises:
            ValueError: If `target` is not finite; from `fit`, if an epoch did not measure the quantity.
        """
        super().__init__(monitor)
        if not math.isfinite(target):
            raise ValueError(f"target must be finite, got {target}")
        self.target = target
        self.reached = False

    def before_fit(self, run: Run) -> None:
        """Forget the fit before."""
        super().before_fit(run)
        self.reached = False

    def after_epoch(self, run: Run) -> None:
        """Stop at or below the target; NaN is not."""
        if self._value(run) <= self.target:
            self.reached = run.stop = True


def steps_per_epoch(n_examples: int, batch_size: int) -> int:
    """Optimizer steps that `training.fit` takes in an epoch; the last batch may be smaller.

    Args:
        n_examples: Size of the training set, >= 1.
        batch_size: Examples per step, >= 1.

    Raises:
        ValueError: If an argument is too small.
    """
    if n_examples < 1 or batch_size < 1:
        raise ValueError(f"n_examples and batch_size must be >= 1, got {n_examples} and {batch_size}")
    return -(-n_examples // batch_size)


def n_epochs_for(n_steps: int, n_examples: int, batch_size: int) -> int:
    """The whole number of epochs whose optimizer steps come closest to `n_steps`, at least 1.

    The first way to use the validation examples, too, is to train anew on all examples for as long as was best without
    them. As long means as many epochs, or as many steps: with more examples an epoch has more steps.

    Args:
        n_steps: Such as `EarlyStopping.best_step`, >= 1.
        n_examples: Size of the training set, now with the validation examples, >= 1.
        batch_size: Examples per step, >= 1.

    Raises:
        ValueError: If an argument is too small.

    Source:
        Goodfellow, Bengio, Courville 2016, Deep Learning, algorithm 7.2 and the remarks on it.
    """
    if n_steps < 1:
        raise ValueError(f"n_steps must be >= 1, got {n_steps}")
    per_epoch = steps_per_epoch(n_examples, batch_size)
    return max(1, (2 * n_steps + per_epoch) // (2 * per_epoch))
