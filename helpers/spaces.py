"""Spaces of hyperparameters: what values one may take, and how they are spread.

Every space includes both of its ends, and no rounding leads out of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import torch


@runtime_checkable
class Space(Protocol):
    """The values that one hyperparameter may take."""

    def sample(self, n: int, generator: torch.Generator) -> list:
        """Draw n values, independently, from a CPU stream."""

    def grid(self, n: int) -> list:
        """List n values, equally far apart on the space's scale, in order, from end to end; for n = 1 the middle.

        Raises:
            ValueError: If `n` is not positive.
        """

    def narrowed(self, around: object, factor: float) -> "Space":
        """The part of the space near a value.

        Args:
            around: A value of the space: the middle of the new one, unless that would leave the space, and is moved.
            factor: Width of the new space over the width of this, on the space's scale; in (0, 1].

        Raises:
            ValueError: If the value is not in the space, or the factor is out of range.
        """


@dataclass(frozen=True)
class _Interval:
    """From `low` to `high`, all equally likely on a scale that a subclass knows."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_ordered(self.low, self.high)

    def sample(self, n: int, generator: torch.Generator) -> list[float]:
        """As in `Space`."""
        return [self._at(fraction) for fraction in torch.rand(n, dtype=torch.float64, generator=generator).tolist()]

    def grid(self, n: int) -> list[float]:
        """As in `Space`."""
        require_count("n", n)
        return [self._at(index / (n - 1) if n > 1 else 0.5) for index in range(n)]

    def narrowed(self, around: float, factor: float) -> Self:
        """As in `Space`."""
        require_factor(factor)
        _require_inside(around, self.low, self.high)
        middle = self._fraction(around) if self.low < self.high else 0.5
        start = _clamped(middle - factor / 2, 0.0, 1 - factor)
        return type(self)(self._at(start), self._at(start + factor))


class Uniform(_Interval):
    """Numbers from `low` to `high`, all equally likely.

    Raises:
        ValueError: If an end is not finite, or `low` is above `high`.
    """

    def _at(self, fraction: float) -> float:
        return _clamped((1 - fraction) * self.low + fraction * self.high, self.low, self.high)

    def _fraction(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


class LogUniform(_Interval):
    """Numbers from `low` to `high` whose logarithms are all equally likely: every decade gets the same share.

    From 1e-4 to 1 this is 10^(-4U) with U uniform in [0, 1].

    Raises:
        ValueError: If an end is not finite or not positive, or `low` is above `high`.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low > 0:
            raise ValueError(f"low must be > 0 where logarithms are uniform, got {self.low}")

    def _at(self, fraction: float) -> float:
        # exp of the logarithms' mean; in this form the ends come out to the last digit
        return _clamped(self.low ** (1 - fraction) * self.high**fraction, self.low, self.high)

    def _fraction(self, value: float) -> float:
        low, high = math.log(self.low), math.log(self.high)  # their quotient may overflow
        return (math.log(value) - low) / (high - low)


@dataclass(frozen=True)
class OneMinus:
    """1 - x for the x of another space: what is near 1, by its distance from 1.

    A rate beta from 0.9 to 0.999 is OneMinus(LogUniform(0.001, 0.1)), 1 - 10^(-(2U + 1)) with U uniform in [0, 1].
    """

    space: Uniform | LogUniform

    @property
    def low(self) -> float:
        """The smallest value."""
        return 1 - self.space.high

    @property
    def high(self) -> float:
        """The largest value."""
        return 1 - self.space.low

    def sample(self, n: int, generator: torch.Generator) -> list[float]:
        """As in `Space`."""
        return [1 - value for value in self.space.sample(n, generator)]

    def grid(self, n: int) -> list[float]:
        """As in `Space`."""
        return [1 - value for value in reversed(self.space.grid(n))]

    def narrowed(self, around: float, factor: float) -> "OneMinus":
        """As in `Space`."""
        _require_inside(around, self.low, self.high)
        # 1 - (1 - x) is not x to the last digit, and may be outside.
        return OneMinus(self.space.narrowed(_clamped(1 - around, self.space.low, self.space.high), factor))


@dataclass(frozen=True)
class Integers:
    """Whole numbers from `low` to `high`, both included, all equally likely.

    (A uniform number from `low` to `high` that is rounded is an end half as often as any other.)

    Raises:
        ValueError: If `low` is above `high`.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        _require_ordered(self.low, self.high)

    def sample(self, n: int, generator: torch.Generator) -> list[int]:
        """As in `Space`."""
        return torch.randint(self.low, self.high + 1, (n,), generator=generator).tolist()

    def grid(self, n: int) -> list[int]:
        """As in `Space`, rounded; where there are fewer than n whole numbers, each of them once."""
        return sorted({round(value) for value in Uniform(self.low, self.high).grid(n)})

    def narrowed(self, around: int, factor: float) -> "Integers":
        """As in `Space`, the count rounded, and at least one value."""
        require_factor(factor)
        _require_inside(around, self.low, self.high)
        n = max(1, round(factor * (self.high - self.low + 1)))
        low = _clamped(around - n // 2, self.low, self.high - n + 1)
        return Integers(low, low + n - 1)


@dataclass(frozen=True)
class Choices:
    """Options without an order, all equally likely; none is near another.

    Raises:
        ValueError: If there is no option.
    """

    options: Sequence

    def __post_init__(self) -> None:
        if not len(self.options):
            raise ValueError(f"options must not be empty, got {self.options!r}")

    def sample(self, n: int, generator: torch.Generator) -> list:
        """As in `Space`."""
        return [self.options[index] for index in Integers(0, len(self.options) - 1).sample(n, generator)]

    def grid(self, n: int) -> list:
        """All options in their order, whatever n is."""
        require_count("n", n)
        return list(self.options)

    def narrowed(self, around: object, factor: float) -> "Choices":
        """All options: none can be left out for being far."""
        require_factor(factor)
        if around not in self.options:
            raise ValueError(f"{around!r} is none of the options {list(self.options)}")
        return self


def require_count(name: str, n: int) -> None:
    """Raise ValueError unless n is at least 1."""
    if n < 1:
        raise ValueError(f"{name} must be >= 1, got {n}")


def require_factor(factor: float) -> None:
    """Raise ValueError unless the factor is in (0, 1]."""
    if not 0 < factor <= 1:  # also refuses NaN
        raise ValueError(f"factor must be in (0, 1], got {factor}")


def _require_ordered(low: float, high: float) -> None:
    if not -math.inf < low <= high < math.inf:  # also refuses NaN
        raise ValueError(f"a space needs finite ends, low <= high, got {low} and {high}")


def _require_inside(value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{value} is not in the space, from {low} to {high}")


def _clamped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
