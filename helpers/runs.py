"""Experiments over seeds: an effect is a mean with an interval, never one lucky run."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit


class Interval(NamedTuple):
    """A mean over runs with the ends of its confidence interval."""

    mean: np.ndarray | np.floating
    low: np.ndarray | np.floating
    high: np.ndarray | np.floating

    def __str__(self) -> str:
        if np.ndim(self.mean):
            return repr(self)
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def over_seeds(experiment: Callable[[int], object], seeds: Iterable[int]) -> Float[np.ndarray, " n_seeds *shape"]:
    """Run an experiment once per seed.

    Args:
        experiment: Called with a seed, returns a number or an array of numbers, of the same shape each time.
        seeds: For example `range(5)`.

    Returns:
        The results as float64, one row per seed.

    Raises:
        ValueError: If there is no seed, or the results differ in shape.
    """
    rows = [np.asarray(experiment(seed), dtype=np.float64) for seed in seeds]
    shapes = {row.shape for row in rows}
    if len(shapes) != 1:
        raise ValueError(f"results need one shape over one or more seeds, got {sorted(shapes)} from {len(rows)} seeds")
    return np.stack(rows)


def interval(results: Float[np.ndarray, " n_seeds *shape"], *, level: float = 0.95) -> Interval:
    """The mean over seeds with Student's t interval, which holds for few runs of roughly normal results.

    Args:
        results: One row per seed, two rows or more.
        level: Probability that the interval covers the true mean, in (0, 1).

    Returns:
        Mean, lower and upper end, each of the shape of one row.

    Raises:
        ValueError: If there are fewer than two seeds, or `level` is out of range.
    """
    n = len(results)
    if n < 2:
        raise ValueError(f"an interval needs two seeds or more, got {n}")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")
    mean = results.mean(axis=0)
    half = stdtrit(n - 1, (1 + level) / 2) * results.std(axis=0, ddof=1) / np.sqrt(n)
    return Interval(mean, mean - half, mean + half)
