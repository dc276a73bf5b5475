"""Searching for hyperparameters: on a grid, at random, from coarse to fine; and what a search of n trials would find.

    space = {"lr": search.LogUniform(1e-4, 1), "momentum": search.OneMinus(search.LogUniform(0.001, 0.1)),
             "width": search.Integers(16, 64), "activation": search.Choices(["relu", "tanh"])}
    found = trials.run(objective, search.random(space, 60, generator=stream))

The spaces are those of `helpers.spaces`, named here so that one import does for a search.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike

from helpers import spaces, trials
from helpers.spaces import Choices, Integers, LogUniform, OneMinus, Space, Uniform
from helpers.trials import Mode, Objective, Setting, Trial

__all__ = [
    "Choices",
    "Integers",
    "LogUniform",
    "OneMinus",
    "Space",
    "Uniform",
    "expected_best",
    "grid",
    "narrowed",
    "random",
    "staged",
]


def grid(space: Mapping[str, Space], n_per_axis: int) -> list[Setting]:
    """Every combination of n values per hyperparameter; the last hyperparameter changes fastest.

    Args:
        space: By the hyperparameters' names.
        n_per_axis: Values of each, as in `Space.grid`, >= 1.

    Raises:
        ValueError: If there is no hyperparameter, or `n_per_axis` is too small.
    """
    _require_names(space)
    axes = [each.grid(n_per_axis) for each in space.values()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*axes)]


def random(space: Mapping[str, Space], n: int, generator: torch.Generator) -> list[Setting]:
    """Settings whose hyperparameters are drawn independently; the first ones are the same for every n.

    Args:
        space: By the hyperparameters' names.
        n: Settings, >= 1.
        generator: A CPU stream.

    Raises:
        ValueError: If there is no hyperparameter, or `n` is too small.

    Source:
        Bergstra, Bengio 2012, Random Search for Hyper-Parameter Optimization,
        https://www.jmlr.org/papers/v13/bergstra12a.html.
    """
    _require_names(space)
    spaces.require_count("n", n)
    return [{name: each.sample(1, generator)[0] for name, each in space.items()} for _ in range(n)]


def narrowed(space: Mapping[str, Space], around: Setting, factor: float) -> dict[str, Space]:
    """The part of a space near a setting: every hyperparameter's, as in `Space.narrowed`.

    Raises:
        ValueError: If the setting is not in the space, or the factor is out of range.
    """
    if space.keys() != around.keys():
        raise ValueError(f"the space has {sorted(space)}, the setting has {sorted(around)}")
    return {name: each.narrowed(around[name], factor) for name, each in space.items()}


def staged(
    space: Mapping[str, Space],
    objective: Objective,
    *,
    n_per_stage: int,
    n_stages: int,
    factor: float,
    generator: torch.Generator,
    mode: Mode = "min",
    path: str | Path | None = None,
) -> list[Trial]:
    """Random search from coarse to fine.

    The first stage searches the whole space. Stage k searches around the best trial of all stages before it, within
    factor^k of the space's width in each direction. Where that would leave the space it is moved, never cut; it may
    leave the stage before, so a stage that looked in the wrong place is not the end.

    Args:
        space: By the hyperparameters' names.
        objective: Called with a setting, returns a number.
        n_per_stage: Trials in a stage, >= 1.
        n_stages: Stages, >= 1.
        factor: In (0, 1]; 1 is plain random search.
        generator: A CPU stream.
        mode: Whether small or large values are good.
        path: A file to go on from after an interruption, as in `trials.run`.

    Returns:
        n_per_stage * n_stages trials in the order in which they ran.

    Raises:
        ValueError: If a number is out of range, all trials of the first stage are NaN, or as `trials.run` does.
    """
    spaces.require_count("n_stages", n_stages)
    spaces.require_factor(factor)
    found = trials.run(objective, random(space, n_per_stage, generator), path)
    for stage in range(1, n_stages):
        near = narrowed(space, trials.best(found, mode=mode).setting, factor**stage)
        settings = random(near, n_per_stage, generator)
        if path is None:
            found += trials.run(objective, settings)
        else:
            found = trials.run(objective, [trial.setting for trial in found] + settings, path)
    return found


def expected_best(values: ArrayLike, n: int, *, mode: Mode = "min") -> float:
    """The best of n random trials, on average: an unbiased estimate from the values of N >= n of them.

    It is the mean of the best over all subsets of n: of the N sorted values the k-th is the best of
    comb(N - k, n - 1) of the comb(N, n) subsets. For n near N the subsets are nearly one, and the estimate is as
    uncertain as the best of a single search.

    Args:
        values: Of N independent trials, all finite: give trials that diverged the value that they are worth.
        n: Trials of the search, 1 to N.
        mode: Whether small or large values are good.

    Raises:
        ValueError: If `n` is out of range, a value is not finite, or there is no such mode.

    Source:
        Tang et al. 2020, Showing Your Work Doesn't Always Work, https://arxiv.org/abs/2004.13705.
    """
    losses = np.sort(trials.sign(mode) * np.asarray(values, dtype=np.float64).ravel())
    if not 1 <= n <= len(losses):
        raise ValueError(f"n must be from 1 to the number of values, which is {len(losses)}, got {n}")
    if not np.isfinite(losses).all():
        raise ValueError(f"values must be finite, got {losses[~np.isfinite(losses)][0]}; what is such a trial worth?")
    # comb(N - k, n - 1) / comb(N, n) for k = 1, 2, ...: n / N, then each by its ratio to the one before.
    rest = np.arange(len(losses) - 1, n - 1, -1)  # N - k
    weights = n / len(losses) * np.cumprod([1.0, *((rest - n + 1) / rest)])
    return float(trials.sign(mode) * (weights @ losses[: len(weights)]))


def _require_names(space: Mapping[str, Space]) -> None:
    if not space:
        raise ValueError("the space has no hyperparameter")
