"""`helpers.runs`: the interval against a printed table, scipy and simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from helpers import runs

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def test_over_seeds_has_a_row_per_seed_in_order():
    results = runs.over_seeds(lambda seed: [seed, seed**2], iter([3, 1, 2]))
    assert results.dtype == np.float64
    assert results.tolist() == [[3, 9], [1, 1], [2, 4]]
    assert runs.over_seeds(lambda seed: seed, range(4)).shape == (4,)


@pytest.mark.parametrize("seeds", [[], [1, 2], [0, 1]], ids=str)
def test_over_seeds_needs_one_shape(seeds):
    with pytest.raises(ValueError, match=f"from {len(seeds)} seeds"):
        runs.over_seeds(lambda seed: [0.0] * seed, seeds)


@pytest.mark.parametrize(
    ("n", "level", "t"), [(2, 0.95, 12.706), (5, 0.95, 2.776), (10, 0.99, 3.250), (31, 0.9, 1.697)]
)
def test_interval_uses_the_tables_t(n, level, t):
    results = np.arange(float(n))
    # 0 to n - 1: the mean is (n - 1) / 2, the variance n (n + 1) / 12.
    half = t * math.sqrt((n + 1) / 12)
    found = runs.interval(results, level=level)
    assert found.mean == (n - 1) / 2
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=5e-4 * half)


def test_interval_is_scipys_for_each_entry():
    results = np.random.default_rng(0).normal(size=(7, 3, 2))
    expected = stats.ttest_1samp(results, 0.0).confidence_interval(0.8)
    found = runs.interval(results, level=0.8)
    np.testing.assert_allclose(found.mean, results.mean(axis=0))
    np.testing.assert_allclose(found.low, expected.low, rtol=1e-10)
    np.testing.assert_allclose(found.high, expected.high, rtol=1e-10)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_interval_covers_as_often_as_it_says(level):
    n_experiments = 20_000
    results = np.random.default_rng(1).normal(3.0, 2.0, size=(5, n_experiments))
    found = runs.interval(results, level=level)
    covered = np.mean((found.low <= 3.0) & (found.high >= 3.0))
    # Five standard errors of a fraction; the normal quantile in place of t would cover 87.8 % in place of 95 %.
    assert covered == pytest.approx(level, abs=5 * math.sqrt(level * (1 - level) / n_experiments))


def test_equal_runs_have_no_width():
    assert runs.interval(np.full((3, 2), 1.5)).low.tolist() == [1.5, 1.5]


@pytest.mark.parametrize("n", [0, 1])
def test_interval_needs_two_seeds(n):
    with pytest.raises(ValueError, match=f"got {n}"):
        runs.interval(np.zeros(n))


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, math.nan])
def test_interval_refuses_a_bad_level(level):
    with pytest.raises(ValueError, match=f"got {level}"):
        runs.interval(np.zeros(3), level=level)


def test_an_interval_prints_itself():
    assert str(runs.interval(np.array([1.0, 2.0, 3.0]))) == "2.00 [-0.48, 4.48]"
    assert str(runs.interval(np.array([[1.0, 2.0], [3.0, 2.0]]))).startswith("Interval(mean=array(")
