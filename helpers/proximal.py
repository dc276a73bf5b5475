"""Steps that follow the optimizer's: proximal steps, which set weights to exactly zero, and max-norm constraints.

with proximal.after_each_step(optimizer, lambda: proximal.shrink(weights, lr * strength)):
    training.fit(model, ...)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from helpers.penalties import require_fraction, require_strength


def soft_threshold(w: Float[Tensor, "*shape"], threshold: float) -> Float[Tensor, "*shape"]:
    """Move every entry towards 0 by `threshold`, and no further than 0: sign(w) * max(|w| - threshold, 0).

    It minimises 1/2 (v - w)^2 + threshold * |v| over v.

    Args:
        w: Any shape; stays as it is.
        threshold: >= 0.

    Raises:
        ValueError: If `threshold` is negative.
    """
    require_strength("threshold", threshold)
    return w - w.clamp(-threshold, threshold)


@torch.no_grad()
def shrink(tensors: Sequence[Float[Tensor, "..."]], step: float, *, l1_ratio: float = 1.0) -> None:
    """The proximal step of the elastic net, in place: what follows a gradient step on the loss without the penalty.

    Args:
        tensors: The weights, any shapes, each listed once.
        step: Learning rate times strength, >= 0.
        l1_ratio: In [0, 1], as in `penalties.elastic_net`; 1 is the soft threshold, 0 an implicit weight decay.

    Raises:
        ValueError: If `step` or `l1_ratio` is out of range; then nothing is changed.

    Source:
        Parikh, Boyd 2014, Proximal Algorithms, section 6.5.
    """
    require_strength("step", step)
    require_fraction("l1_ratio", l1_ratio)
    for tensor in tensors:
        tensor.sub_(tensor.clamp(-step * l1_ratio, step * l1_ratio)).div_(1 + step * (1 - l1_ratio))


@torch.no_grad()
def limit_norms(tensors: Sequence[Float[Tensor, "_ _ ..."]], max_norm: float) -> None:
    """Scale back, in place, every unit's incoming weights whose Euclidean norm is above `max_norm`; leave the others.

    It is the proximal step of a penalty that is 0 within the bound and infinite beyond.

    Args:
        tensors: Weights whose first axis counts the units, as in `nn.Linear` and `nn.Conv2d`.
        max_norm: Largest norm allowed for one unit, > 0.

    Raises:
        ValueError: If `max_norm` is not positive; then nothing is changed.

    Source:
        Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html, section 5.1.
    """
    if not max_norm > 0:  # also refuses NaN
        raise ValueError(f"max_norm must be > 0, got {max_norm}")
    for tensor in tensors:
        tensor.renorm_(2, 0, max_norm)


@contextmanager
def after_each_step(optimizer: torch.optim.Optimizer, change: Callable[[], object]) -> Iterator[None]:
    """Within the `with` block, call `change()` after every `optimizer.step()`; after it, no more."""
    handle = optimizer.register_step_post_hook(lambda *_: change())
    try:
        yield
    finally:
        handle.remove()


def zero_fraction(tensors: Iterable[Float[Tensor, "..."]]) -> float:
    """The fraction of all entries, in [0, 1], that are exactly zero.

    Raises:
        ValueError: If there is no entry.
    """
    tensors = list(tensors)
    n_entries = sum(tensor.numel() for tensor in tensors)
    if not n_entries:
        raise ValueError("a fraction of no entries: the tensors are empty")
    return sum((tensor == 0).sum().item() for tensor in tensors) / n_entries
