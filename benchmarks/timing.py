"""Two ways to the same result, timed in turns so that both meet the same machine."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch


@dataclass(frozen=True)
class Contest:
    """Two ways to do one thing.

    Attributes:
        ours: The helper's way.
        theirs: What a user would pick instead.
        reset: Called before every timed call, outside of its time.
        check: Called after every timed call, outside of its time; raises if the call did not do its work.
    """

    ours: Callable[[], object]
    theirs: Callable[[], object]
    reset: Callable[[], None]
    check: Callable[[], None]


class Case(NamedTuple):
    """A row of a table: what stands in its first columns, how many calls make a round, and the contest."""

    labels: tuple[str, ...]
    n_calls: int
    contest: Contest


class Spread(NamedTuple):
    """Quartiles over the rounds."""

    low: float
    median: float
    high: float


class Result(NamedTuple):
    """What a contest came to: seconds per call, and how many times as long as ours theirs took."""

    ours_s: Spread
    theirs_s: Spread
    ratio: Spread


def measure(contest: Contest, device: torch.device, *, n_rounds: int, n_calls: int) -> Result:
    """Time both ways in turns.

    Args:
        contest: Both ways.
        device: What they compute on; waited for before the clock starts and before it stops.
        n_rounds: Rounds that the spread is over, 2 or more, after one to warm up.
        n_calls: Calls of each way per round; a round counts with its median. Who goes first alternates.
    """
    rounds = []
    turns = [contest.ours, contest.theirs]
    for _ in range(n_rounds + 1):
        seconds: dict[Callable, list[float]] = {contest.ours: [], contest.theirs: []}
        for _ in range(n_calls):
            turns.reverse()
            for call in turns:
                seconds[call].append(_timed(call, contest, device))
        rounds.append([statistics.median(seconds[call]) for call in (contest.ours, contest.theirs)])
    ours, theirs = zip(*rounds[1:], strict=True)
    return Result(_spread(ours), _spread(theirs), _spread([b / a for a, b in zip(ours, theirs, strict=True)]))


def _timed(call: Callable[[], object], contest: Contest, device: torch.device) -> float:
    contest.reset()
    _wait(device)
    start = time.perf_counter()
    call()
    _wait(device)
    seconds = time.perf_counter() - start
    contest.check()
    return seconds


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _spread(values: Sequence[float]) -> Spread:
    return Spread(*statistics.quantiles(values, n=4, method="inclusive"))
