"""`helpers.search`: grids, random and staged search, and the expected best against all subsets and scipy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from helpers import search, trials
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

SPACE = {
    "lr": search.LogUniform(1e-4, 1),
    "beta": search.OneMinus(search.LogUniform(1e-3, 0.1)),
    "width": search.Integers(1, 9),
    "name": search.Choices(["relu", "tanh"]),
}
PLANE = {"x": search.Uniform(0, 1), "y": search.Uniform(0, 1)}


def inside(setting, space=SPACE):
    assert list(setting) == list(space)
    for name, each in space.items():
        assert setting[name] in each.options if isinstance(each, search.Choices) else True
        assert isinstance(each, search.Choices) or each.low <= setting[name] <= each.high
    return True


def test_a_grid_is_the_product_of_its_axes():
    names = list(SPACE)
    expected = [
        dict(zip(names, values, strict=True)) for values in itertools.product(*(s.grid(3) for s in SPACE.values()))
    ]
    assert search.grid(SPACE, 3) == expected
    assert len(expected) == 3 * 3 * 3 * 2
    assert search.grid({"n": search.Integers(1, 2), "c": search.Choices("ab")}, 2) == [
        {"n": 1, "c": "a"},
        {"n": 1, "c": "b"},
        {"n": 2, "c": "a"},
        {"n": 2, "c": "b"},
    ]


def test_a_grid_shows_few_values_per_axis_where_random_shows_many():
    on_grid, at_random = search.grid(PLANE, 5), search.random(PLANE, 25, generator(0))
    assert len(on_grid) == len(at_random) == 25
    assert len({setting["x"] for setting in on_grid}) == 5
    assert len({setting["x"] for setting in at_random}) == 25


def test_random_settings_lie_in_the_space_and_the_axes_are_independent():
    settings = search.random(SPACE, 200, generator(0))
    assert len(settings) == 200
    assert all(inside(setting) for setting in settings)
    lr = np.log([setting["lr"] for setting in settings])
    beta = np.log([1 - setting["beta"] for setting in settings])
    assert stats.spearmanr(lr, beta).pvalue > 0.01
    assert stats.kstest(lr, stats.uniform(math.log(1e-4), -math.log(1e-4)).cdf, method="asymp").pvalue > 0.01
    assert stats.kstest(beta, stats.uniform(math.log(1e-3), math.log(100)).cdf, method="asymp").pvalue > 0.01


def test_random_settings_are_those_of_the_stream_and_more_begin_like_fewer():
    assert search.random(SPACE, 7, generator(3)) == search.random(SPACE, 12, generator(3))[:7]
    assert search.random(SPACE, 7, generator(3)) != search.random(SPACE, 7, generator(4))


def test_a_space_is_narrowed_in_every_direction():
    setting = {"lr": 0.5, "beta": 0.99, "width": 5, "name": "tanh"}
    near = search.narrowed(SPACE, setting, 0.5)
    assert near == {name: SPACE[name].narrowed(value, 0.5) for name, value in setting.items()}
    assert list(near) == list(SPACE)


@pytest.mark.parametrize("around", [{"lr": 0.5}, {"lr": 0.5, "beta": 0.99, "width": 5, "nom": "tanh"}], ids=str)
def test_a_setting_of_another_space_raises(around):
    with pytest.raises(ValueError, match=r"the space has \['beta', 'lr', 'name', 'width'\], the setting has \['"):
        search.narrowed(SPACE, around, 0.5)


class Interruption(Exception):  # noqa: N818
    pass


class Bowl:
    """The distance from its lowest point, but for values that are given; with a record of where it was asked for."""

    def __init__(self, x, y, given=(), stop_at=None):
        self.lowest = np.array([x, y])
        self.seen = []
        self.given = iter(given)
        self.stop_at = stop_at

    def __call__(self, setting):
        if len(self.seen) == self.stop_at:
            raise Interruption
        self.seen.append([setting["x"], setting["y"]])
        return next(self.given, float(np.abs(self.lowest - self.seen[-1]).max()))


def stage_of(points, best, width):
    """Whether points lie in the square of this width around the best one, moved into the unit square."""
    low = np.clip(np.array(best) - width / 2, 0, 1 - width)
    return ((np.array(points) >= low - 1e-9) & (np.array(points) <= low + width + 1e-9)).all()


@pytest.mark.parametrize("at", [(0.3, 0.6), (0.0, 1.0), (1.0, 0.5)], ids=str)
def test_each_stage_searches_around_the_best_so_far_within_the_bounds(at):
    bowl = Bowl(*at)
    found = search.staged(PLANE, bowl, n_per_stage=8, n_stages=4, factor=0.4, generator=generator(0))
    assert len(found) == len(bowl.seen) == 32
    assert [[trial.setting["x"], trial.setting["y"]] for trial in found] == bowl.seen
    assert all(inside(trial.setting, PLANE) for trial in found)
    for stage in range(1, 4):
        best = trials.best(found[: 8 * stage]).setting
        points = bowl.seen[8 * stage : 8 * stage + 8]
        assert stage_of(points, list(best.values()), 0.4**stage)
        spread = np.ptp(points, axis=0)
        assert (spread > 0.4 * 0.4**stage).all()  # and in all of it, not in a corner of it
    assert trials.best(found).value < trials.best(found[:8]).value


def test_the_best_so_far_is_never_lost():
    # The second trial is the best there is; all later stages are worse and stay around it.
    bowl = Bowl(0, 0, given=[5.0, 1.0, 7.0, *[9.0 - index / 100 for index in range(9)]])
    found = search.staged(PLANE, bowl, n_per_stage=3, n_stages=4, factor=0.2, generator=generator(1))
    assert trials.best(found) == found[1]
    for stage in range(1, 4):
        assert stage_of(bowl.seen[3 * stage : 3 * stage + 3], bowl.seen[1], 0.2**stage)
    running = trials.best_so_far([trial.value for trial in found])
    assert (np.diff(running) <= 0).all()


def test_a_stage_may_leave_the_one_before_but_not_the_space():
    # The first stage is misled to its first trial. From there the bowl leads away, past the second stage's bounds.
    n_outside = 0
    for seed in range(4):
        bowl = Bowl(1, 1, given=[8.0] + 19 * [9.0])
        search.staged(PLANE, bowl, n_per_stage=20, n_stages=3, factor=0.5, generator=generator(seed))
        assert stage_of(bowl.seen[20:40], bowl.seen[0], 0.5)
        assert np.min(bowl.seen) >= 0
        assert np.max(bowl.seen) <= 1
        n_outside += not stage_of(bowl.seen[40:], bowl.seen[0], 0.5)
    assert n_outside >= 2


def test_large_values_are_the_best_where_asked_for():
    def minus_bowl(setting):
        return -Bowl(0.2, 0.9)(setting)

    options = {"n_per_stage": 5, "n_stages": 3, "factor": 0.3}
    low = search.staged(PLANE, Bowl(0.2, 0.9), generator=generator(0), **options)
    high = search.staged(PLANE, minus_bowl, generator=generator(0), mode="max", **options)
    assert [trial.setting for trial in low] == [trial.setting for trial in high]


def test_with_one_stage_or_a_factor_of_one_it_is_random_search():
    settings = search.random(SPACE, 12, generator(5))
    for n_stages, n_per_stage in ((1, 12), (3, 4)):
        found = search.staged(
            SPACE, lambda s: s["lr"], n_per_stage=n_per_stage, n_stages=n_stages, factor=1.0, generator=generator(5)
        )
        assert [trial.setting for trial in found] == settings


def test_an_interrupted_search_goes_on_to_the_same_results(tmp_path):
    path = tmp_path / "trials.jsonl"
    options = {"n_per_stage": 4, "n_stages": 3, "factor": 0.3}
    whole = search.staged(PLANE, Bowl(0.7, 0.1), generator=generator(2), **options)
    for n_more in (3, 3, 5):  # 3 trials are done, then 6, then 11: one interruption per stage
        with pytest.raises(Interruption):
            search.staged(PLANE, Bowl(0.7, 0.1, stop_at=n_more), generator=generator(2), path=path, **options)
    rest = Bowl(0.7, 0.1)
    assert search.staged(PLANE, rest, generator=generator(2), path=path, **options) == whole
    assert len(rest.seen) == 1


def test_a_first_stage_without_a_number_raises():
    with pytest.raises(ValueError, match="no best among 3 trials"):
        search.staged(PLANE, lambda _: math.nan, n_per_stage=3, n_stages=2, factor=0.5, generator=generator(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_per_stage": 0}, "n must be >= 1, got 0"),
        ({"n_stages": 0}, "n_stages must be >= 1, got 0"),
        ({"factor": 0.0}, "factor must be in .* got 0.0"),
        ({"factor": 1.5, "n_stages": 1}, "factor must be in .* got 1.5"),
    ],
    ids=str,
)
def test_stages_that_are_none_raise_before_anything_is_run(options, message):
    bowl = Bowl(0, 0)
    with pytest.raises(ValueError, match=message):
        search.staged(
            PLANE, bowl, generator=generator(0), **{"n_per_stage": 3, "n_stages": 2, "factor": 0.5, **options}
        )
    assert not bowl.seen


@pytest.mark.parametrize(
    "make", [lambda: search.grid({}, 3), lambda: search.random({}, 3, generator(0))], ids=["grid", "random"]
)
def test_a_space_of_nothing_raises(make):
    with pytest.raises(ValueError, match="the space has no hyperparameter"):
        make()


@pytest.mark.parametrize(
    "make", [lambda: search.grid(SPACE, 0), lambda: search.random(SPACE, 0, generator(0))], ids=["grid", "random"]
)
def test_no_settings_raise(make):
    with pytest.raises(ValueError, match=r"n must be >= 1, got 0"):
        make()


SCORES = [0.3, -1.0, 2.5, 0.3, 7.0, 4.0, -1.0]


@pytest.mark.parametrize(("mode", "choose"), [("min", min), ("max", max)])
@pytest.mark.parametrize("n", range(1, len(SCORES) + 1))
def test_the_expected_best_is_the_mean_over_all_subsets(n, mode, choose):
    subsets = itertools.combinations(SCORES, n)
    expected = np.mean([choose(subset) for subset in subsets])
    assert search.expected_best(SCORES, n, mode=mode) == pytest.approx(expected, rel=1e-12)
    assert search.expected_best(np.array(SCORES[::-1]), n, mode=mode) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("n_values", "n"), [(60, 59), (5000, 1), (5000, 7), (5000, 2500), (5000, 5000)])
def test_the_expected_smallest_of_the_first_whole_numbers_is_known(n_values, n):
    values = np.arange(1, n_values + 1)
    assert search.expected_best(values, n) == pytest.approx((n_values + 1) / (n + 1), rel=1e-9)
    assert search.expected_best(values, n, mode="max") == pytest.approx(n * (n_values + 1) / (n + 1), rel=1e-9)


@pytest.mark.parametrize("n", [2, 8])
def test_the_estimate_is_unbiased(n):
    # scipy's expected smallest of n normal numbers; the estimate from 10 of them is right on average.
    estimates = [search.expected_best(values, n) for values in np.random.default_rng(0).normal(size=(400, 10))]
    smallest = stats.order_statistic(stats.Normal(), n=n, r=1)
    error = stats.sem(estimates)
    assert abs(np.mean(estimates) - smallest.mean()) < 3 * error
    assert error < 0.05


def test_more_trials_never_make_it_worse():
    curve = [search.expected_best(SCORES, n) for n in range(1, len(SCORES) + 1)]
    assert (np.diff(curve) <= 0).all()
    assert curve[0] == pytest.approx(np.mean(SCORES))
    assert curve[-1] == min(SCORES)


@pytest.mark.parametrize(
    ("values", "n", "message"),
    [
        (SCORES, 0, "from 1 to the number of values, which is 7, got 0"),
        (SCORES, 8, "which is 7, got 8"),
        ([], 1, "which is 0, got 1"),
        ([1.0, math.nan], 1, "finite, got nan"),
        ([1.0, math.inf], 2, "finite, got inf"),
    ],
    ids=["none", "too many", "no values", "NaN", "inf"],
)
def test_what_has_no_expected_best_raises(values, n, message):
    with pytest.raises(ValueError, match=message):
        search.expected_best(values, n)
