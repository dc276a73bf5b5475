"""The benchmarks run, and measure what they say; how fast anything is stays untested."""

import time

import pytest
import torch

from benchmarks import __main__ as benchmarks
from benchmarks import (
    augmentation,
    averaging,
    clipping,
    dropout,
    ensembles,
    grading,
    initialization,
    penalties,
    search,
    timing,
)
from helpers import clipping as helper
from helpers import proximal, stacked, trials, warps
from helpers.averaging import ExponentialMovingAverage
from helpers.dropout import Dropout
from tests.sandbox_rules import needs_sandbox

TINY = {"tiny": ((4, 3, 2), 2), "deeper": ((4, 3, 3, 2), 1)}
LAYERED = {"layered": ((6, 8, 8, 4), 1)}
IMAGES = {"few images": ((3, 2, 6, 7), 1)}
STACKED = {"few networks": ((2, (6, 8, 3)), 1)}
FEW_TRIALS = {"few trials": (5, 1)}
VALUES = {"few values": ((30, 20), 1)}
PARTS = {clipping: TINY, initialization: LAYERED, penalties: TINY, averaging: TINY, augmentation: IMAGES}
PARTS |= {ensembles: STACKED, dropout: VALUES, search: FEW_TRIALS}
each_part = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.TITLE)


def test_the_tables_are_printed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    benchmarks.main(PARTS, n_rounds=2)
    out = capsys.readouterr().out
    n_devices = 1 + torch.cuda.is_available()
    assert all(out.count(f"{part.TITLE} on ") == n_devices for part in PARTS)
    assert out.count("tiny") == out.count("deeper") == (4 + 4 + 1) * n_devices
    assert out.count("layered") == 3 * n_devices
    assert out.count("few networks") == 3 * n_devices
    assert out.count("few trials") == n_devices
    assert out.count("few values") == 2 * n_devices
    assert out.count("few images") == len(list(augmentation.cases(torch.device("cpu"), IMAGES))) * n_devices


def test_make_bench_measures_every_part():
    assert benchmarks.PARTS.keys() == {*PARTS, grading}


@needs_sandbox
def test_every_test_cell_is_measured_both_ways():
    found = []
    for case in grading.cases(torch.device("cpu"), grading.MODELS):
        found.append(case.labels)
        for call in (case.contest.ours, case.contest.theirs):
            case.contest.reset()
            with pytest.raises(RuntimeError, match="did not pass"):
                case.contest.check()
            call()
            case.contest.check()
    assert len(found) == len(set(found)) == 18


@each_part
def test_cases_differ_and_fill_their_columns(device, part):
    found = [case.labels for case in part.cases(device, PARTS[part])]
    assert len(set(found)) == len(found)
    assert {len(labels) for labels in found} == {len(part.COLUMNS)}


def test_every_kind_of_clipping_is_measured_triggered_and_not(device):
    kinds = {case.labels[1:] for case in clipping.cases(device, TINY)}
    assert kinds == {(kind, clips) for kind in ("global norm", "value") for clips in ("yes", "no")}


@each_part
def test_both_ways_do_what_the_case_says(device, part):
    for case in part.cases(device, PARTS[part]):
        for call in (case.contest.ours, case.contest.theirs):
            for _ in range(2):
                case.contest.reset()
                call()
                case.contest.check()


def test_a_search_that_does_nothing_is_noticed(device, monkeypatch):
    monkeypatch.setattr(trials, "run", lambda objective, settings: [trials.Trial(settings[0], objective(settings[0]))])
    for case in search.cases(device, FEW_TRIALS):
        with pytest.raises(RuntimeError, match="no random search of 5 trials: 1 were run"):
            timing.measure(case.contest, device, n_rounds=2, n_calls=1)


def test_a_call_that_does_not_clip_is_noticed(device, monkeypatch):
    monkeypatch.setattr(helper, "clip_by_global_norm", lambda gradients, max_norm: None)
    monkeypatch.setattr(helper, "clip_by_value", lambda gradients, max_value: [g.zero_() for g in gradients])
    for case in clipping.cases(device, TINY):
        if case.labels[1:] in (("global norm", "yes"), ("value", "no")):
            with pytest.raises(RuntimeError, match="the gradients"):
                timing.measure(case.contest, device, n_rounds=2, n_calls=1)


def test_initialization_that_does_nothing_is_noticed(device):
    for case in initialization.cases(device, LAYERED):
        case.contest.reset()
        with pytest.raises(RuntimeError):
            case.contest.check()


def test_a_penalty_that_does_nothing_is_noticed(device, monkeypatch):
    monkeypatch.setattr(proximal, "shrink", lambda weights, step: None)
    monkeypatch.setattr(proximal, "limit_norms", lambda weights, max_norm: None)
    for case in penalties.cases(device, TINY):
        if case.labels[1] in ("L1 proximal step", "max-norm"):
            with pytest.raises(RuntimeError, match="the weights"):
                timing.measure(case.contest, device, n_rounds=2, n_calls=1)


def test_a_warp_that_does_nothing_is_noticed(device, monkeypatch):
    monkeypatch.setattr(warps, "affine", lambda images, matrices: images)
    monkeypatch.setattr(warps, "warp", lambda images, field: images)
    for case in augmentation.cases(device, IMAGES):
        if case.labels[1:] != ("elastic from noise", "kornia"):
            case.contest.reset()
            case.contest.theirs()
            with pytest.raises(RuntimeError, match="the images"):
                case.contest.check()


def test_an_average_that_is_not_updated_is_noticed(device, monkeypatch):
    monkeypatch.setattr(ExponentialMovingAverage, "update", lambda self: None)
    for case in averaging.cases(device, TINY):
        with pytest.raises(RuntimeError, match="the averages"):
            timing.measure(case.contest, device, n_rounds=2, n_calls=1)


def test_networks_that_are_not_trained_are_noticed(device, monkeypatch):
    monkeypatch.setattr(stacked, "fit", lambda model, *data, **options: None)
    for case in ensembles.cases(device, STACKED):
        case.contest.reset()
        case.contest.ours()
        with pytest.raises(RuntimeError, match=r"are not those that are trained|has not learned"):
            case.contest.check()


def identity(self, x):
    return 1 * x


def unscaled(self, x):
    return torch.where(torch.arange(x.numel(), device=x.device).view(x.shape) % 5 > 0, x, 0)


@pytest.mark.parametrize("wrong", [identity, unscaled])
def test_what_is_not_dropout_is_noticed(device, monkeypatch, wrong):
    monkeypatch.setattr(Dropout, "forward", wrong)
    case = next(case for case in dropout.cases(device, VALUES) if case.labels[1] == "forward and backward")
    case.contest.reset()
    case.contest.ours()
    with pytest.raises(RuntimeError, match="not dropout"):
        case.contest.check()


def test_rounds_alternate_and_leave_the_rest_out_of_the_time(monkeypatch):
    log, clock = [], iter(range(1000))

    def event(name, ticks):
        def happen():
            log.append(name)
            for _ in range(ticks):
                next(clock)

        return happen

    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    contest = timing.Contest(event("ours", 1), event("theirs", 5), event("reset", 7), event("check", 9))
    result = timing.measure(contest, torch.device("cpu"), n_rounds=2, n_calls=2)
    calls = [name for name in log if name in ("ours", "theirs")]
    assert calls == ["theirs", "ours", "ours", "theirs"] * 3
    assert log[:6] == ["reset", "theirs", "check", "reset", "ours", "check"]
    # A tick per event, and one for reading the clock.
    assert (result.ours_s.median, result.theirs_s.median, result.ratio) == (2, 6, (3, 3, 3))
