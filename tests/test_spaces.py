"""`helpers.spaces`: how values are spread (against scipy), grids with both ends, narrowing within bounds."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import stats

from helpers import spaces
from helpers.device import generator
from helpers.spaces import Choices, Integers, LogUniform, OneMinus, Uniform

pytestmark = pytest.mark.usefixtures("same_global_randomness")

BETA = OneMinus(LogUniform(0.001, 0.1))
NUMBERS = {
    "uniform": Uniform(-2, 3.5),
    "rounded ends": Uniform(-0.9, -0.3),
    "log-uniform": LogUniform(1e-4, 1),
    "wide": LogUniform(1e-300, 1e300),
    "beta": BETA,
    "1 - uniform": OneMinus(Uniform(0.1, 0.3)),
    "one value": Uniform(0.3, 0.3),
}
WHOLE = {"integers": Integers(-2, 9), "one integer": Integers(4, 4)}
each_number = pytest.mark.parametrize("space", NUMBERS.values(), ids=NUMBERS)
each_ordered = pytest.mark.parametrize("space", [*NUMBERS.values(), *WHOLE.values()], ids=[*NUMBERS, *WHOLE])


def kolmogorov_smirnov(values, distribution):
    return stats.kstest(values, distribution.cdf, method="asymp").pvalue  # the exact one takes seconds


class Replayed:
    """The smallest or the largest number that torch.rand can return, instead of a draw."""

    def __init__(self, value):
        self.value = value

    def __call__(self, n, **_):
        return torch.full((n,), self.value, dtype=torch.float64)


@pytest.mark.parametrize(
    ("space", "right", "wrong"),
    [
        (Uniform(0.5, 500), stats.uniform(0.5, 499.5), stats.loguniform(0.5, 500)),
        (LogUniform(0.5, 500), stats.loguniform(0.5, 500), stats.uniform(0.5, 499.5)),
        (LogUniform(1e-4, 1), stats.loguniform(1e-4, 1), stats.loguniform(1e-4, 0.2)),
    ],
    ids=["uniform", "log-uniform", "another end"],
)
def test_samples_are_spread_as_scipys(space, right, wrong):
    values = space.sample(1000, generator(0))
    assert kolmogorov_smirnov(values, right) > 0.01
    assert kolmogorov_smirnov(values, wrong) < 1e-9


def test_a_rate_near_one_is_spread_by_its_distance_from_one():
    values = np.array(BETA.sample(1000, generator(0)))
    exponents = -np.log10(1 - values)  # beta = 1 - 10^(-(2U + 1)): uniform from 1 to 3
    assert kolmogorov_smirnov(exponents, stats.uniform(1, 2)) > 0.01
    # as many between 0.9 and 0.99 as between 0.99 and 0.999
    assert stats.binomtest(int((values < 0.99).sum()), len(values)).pvalue > 0.01
    assert (BETA.low, BETA.high) == (0.9, 0.999)


def test_every_integer_is_as_likely_the_ends_too():
    n, space = 6000, Integers(3, 8)
    counts = np.bincount(space.sample(n, generator(0)), minlength=9)
    assert counts[:3].sum() == 0
    assert len(counts) == 9
    assert stats.chisquare(counts[3:]).pvalue > 0.01
    halves = np.array([0.5, 1, 1, 1, 1, 0.5]) * n / 5  # what rounding a uniform number would come to
    assert stats.chisquare(counts[3:], halves).pvalue < 1e-9


def test_every_option_is_as_likely():
    options = ("relu", None, 3, "tanh")
    values = Choices(options).sample(1000, generator(0))
    assert stats.chisquare([values.count(option) for option in options]).pvalue > 0.01
    assert {type(value) for value in values} == {str, type(None), int}


@each_ordered
def test_samples_are_plain_numbers_of_the_stream_that_is_given(space):
    stream = generator(3)
    first, second = space.sample(5, stream), space.sample(5, stream)
    assert first == space.sample(5, generator(3))
    assert first != second or space.low == space.high
    assert {type(value) for value in first} == {int if isinstance(space, Integers) else float}
    assert space.sample(0, stream) == []


def test_draws_have_the_digits_of_a_float64():
    assert any(value * 2**24 % 1 for value in Uniform(0, 1).sample(3, generator(0)))


@each_number
@pytest.mark.parametrize("draw", [0.0, 1 - 2**-53, 0.1, 0.3, 0.9], ids=str)
def test_no_rounding_leads_out_of_the_bounds(space, draw, monkeypatch):
    monkeypatch.setattr(torch, "rand", Replayed(draw))
    (value,) = space.sample(1, generator(0))
    assert space.low <= value <= space.high
    if draw == 0 and not isinstance(space, OneMinus):
        assert value == space.low


@each_number
@pytest.mark.parametrize("n", [2, 3, 50])
def test_a_grid_has_both_ends_and_equal_distances_on_its_scale(space, n):
    values = space.grid(n)
    assert len(values) == n
    assert (values[0], values[-1]) == (space.low, space.high)
    assert all(space.low <= value <= space.high for value in values)
    on_scale = 1 - np.array(values) if isinstance(space, OneMinus) else np.array(values)
    inner = space.space if isinstance(space, OneMinus) else space
    on_scale = np.log(on_scale) if isinstance(inner, LogUniform) else on_scale
    steps = np.diff(on_scale)
    np.testing.assert_allclose(steps, (on_scale[-1] - on_scale[0]) / (n - 1), rtol=1e-6, atol=1e-12)
    assert (np.diff(values) > 0).all() or space.low == space.high


def test_a_grid_of_one_value_is_the_middle_of_the_scale():
    assert Uniform(-2, 4).grid(1) == [1]
    assert LogUniform(1e-4, 1).grid(1) == pytest.approx([1e-2])
    assert BETA.grid(1) == pytest.approx([0.99])
    assert Integers(0, 4).grid(1) == [2]


def test_known_grids():
    assert LogUniform(1e-4, 1).grid(5) == pytest.approx(np.logspace(-4, 0, 5))
    assert BETA.grid(3) == pytest.approx([0.9, 0.99, 0.999])
    assert Integers(16, 64).grid(4) == [16, 32, 48, 64]
    assert Choices(["b", "a"]).grid(7) == Choices(["b", "a"]).grid(1) == ["b", "a"]


@pytest.mark.parametrize("n", range(1, 13))
def test_a_grid_of_integers_has_no_value_twice(n):
    space = Integers(-3, 5)
    values = space.grid(n)
    assert values == sorted(set(values))
    assert len(values) == min(n, 9)
    exact = [Fraction(-3) + Fraction(8 * index, max(n - 1, 1)) for index in range(n)] if n > 1 else [Fraction(1)]
    assert all(min(abs(value - each) for each in exact) <= Fraction(1, 2) for value in values)


@each_ordered
@pytest.mark.parametrize("factor", [1.0, 0.3, 1e-12])
def test_a_narrowed_space_stays_within_its_bounds_and_holds_the_value(space, factor):
    for around in [*space.grid(5), *space.sample(6, generator(0))]:
        near = space.narrowed(around, factor)
        assert type(near) is type(space)
        assert space.low <= near.low <= near.high <= space.high
        slack = 1e-9 * max(abs(around), 1e-300)
        assert near.low - slack <= around <= near.high + slack
        assert all(space.low <= value <= space.high for value in near.sample(3, generator(1)))


@pytest.mark.parametrize("factor", [0.5, 0.25, 0.1])
def test_a_narrowed_space_is_as_wide_as_the_factor_says_at_an_end_too(factor):
    for fraction in (0.0, 0.02, 0.5, 0.9, 1.0):
        near = Uniform(2, 10).narrowed(2 + 8 * fraction, factor)
        assert near.high - near.low == pytest.approx(8 * factor)
        near = LogUniform(1e-4, 1).narrowed(10 ** (-4 * (1 - fraction)), factor)
        assert math.log10(near.high / near.low) == pytest.approx(4 * factor)
        near = BETA.narrowed(BETA.grid(101)[round(100 * fraction)], factor)
        assert math.log10((1 - near.low) / (1 - near.high)) == pytest.approx(2 * factor)
        near = Integers(1, 40).narrowed(1 + round(39 * fraction), factor)
        assert near.high - near.low + 1 == 40 * factor


def ends(space):
    return pytest.approx([space.low, space.high])


def test_the_value_is_in_the_middle_where_there_is_room_and_the_space_is_moved_where_there_is_none():
    uniform, log, integers = Uniform(0, 10), LogUniform(1e-4, 1), Integers(0, 9)
    assert ends(uniform.narrowed(4.0, 0.2)) == [3, 5]
    assert ends(uniform.narrowed(9.5, 0.2)) == [8, 10]
    assert ends(uniform.narrowed(0.0, 0.2)) == [0, 2]
    assert ends(log.narrowed(1e-2, 0.5)) == [1e-3, 1e-1]
    assert ends(log.narrowed(0.9, 0.25)) == [0.1, 1]
    assert ends(BETA.narrowed(0.99, 0.5)) == [1 - 10**-1.5, 1 - 10**-2.5]
    assert BETA.narrowed(0.999, 0.5).high == 0.999
    assert integers.narrowed(5, 0.3) == Integers(4, 6)
    assert integers.narrowed(5, 0.01) == Integers(5, 5)
    assert integers.narrowed(9, 0.3) == Integers(7, 9)
    assert integers.narrowed(0, 0.5) == Integers(0, 4)


def test_all_options_stay():
    space = Choices(["relu", "tanh"])
    assert space.narrowed("tanh", 0.01) == space


@each_ordered
def test_narrowing_by_a_factor_of_one_changes_nothing(space):
    assert space.narrowed(space.grid(3)[0], 1.0) == space


@each_ordered
def test_values_outside_and_factors_that_are_none_raise(space):
    if isinstance(space, Integers):
        outside = [space.low - 1, space.high + 1]
    else:
        outside = [math.nextafter(space.low, -math.inf), math.nextafter(space.high, math.inf), math.nan]
    for around in outside:
        with pytest.raises(
            ValueError, match=re.escape(f"{around} is not in the space, from {space.low} to {space.high}")
        ):
            space.narrowed(around, 0.5)
    for factor in (0.0, -0.5, 1.01, math.nan):
        with pytest.raises(ValueError, match=rf"factor must be in \(0, 1\], got {factor}"):
            space.narrowed(space.low, factor)


def test_options_that_are_none_raise():
    with pytest.raises(ValueError, match="'elu' is none of the options"):
        Choices(["relu", "tanh"]).narrowed("elu", 0.5)
    with pytest.raises(ValueError, match=r"factor must be .* got 2"):
        Choices(["relu", "tanh"]).narrowed("relu", 2.0)
    with pytest.raises(ValueError, match=r"options must not be empty, got \[\]"):
        Choices([])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(2, 1), "low <= high, got 2 and 1"),
        (lambda: Uniform(0, math.inf), "finite ends, low <= high, got 0 and inf"),
        (lambda: Uniform(math.nan, 1), "got nan and 1"),
        (lambda: LogUniform(1, 0.1), "got 1 and 0.1"),
        (lambda: LogUniform(0, 1), "low must be > 0 where logarithms are uniform, got 0"),
        (lambda: LogUniform(-1, 1), "low must be > 0 where logarithms are uniform, got -1"),
        (lambda: OneMinus(LogUniform(0, 1)), "low must be > 0"),
        (lambda: Integers(3, 2), "got 3 and 2"),
    ],
    ids=["order", "inf", "NaN", "log order", "log of 0", "log of -1", "1 - log of 0", "integers"],
)
def test_what_is_no_space_raises(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("space", [Uniform(0, 1), BETA, Integers(0, 3), Choices([1])], ids=lambda s: type(s).__name__)
def test_a_grid_of_nothing_raises(space):
    with pytest.raises(ValueError, match="n must be >= 1, got 0"):
        space.grid(0)


@pytest.mark.parametrize("space", [*NUMBERS.values(), *WHOLE.values(), Choices([1])], ids=[*NUMBERS, *WHOLE, "choices"])
def test_all_are_spaces(space):
    assert isinstance(space, spaces.Space)
