"""The benchmarks run, and measure what they say; how fast anything is stays untested."""

import time

import pytest
import torch

from benchmarks import __main__ as benchmarks
from benchmarks import clipping, penalties, timing
from helpers import clipping as helper
from helpers import proximal

TINY = {"tiny": ((4, 3, 2), 2), "deeper": ((4, 3, 3, 2), 1)}


def test_the_tables_are_printed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    benchmarks.main(TINY, n_rounds=2)
    out = capsys.readouterr().out
    assert "Clipping on cpu" in out
    assert "Penalties on cpu" in out
    assert out.count("tiny") == out.count("deeper") == (4 + 4) * (1 + torch.cuda.is_available())
    assert not torch.cuda.is_available() or "Clipping on cuda" in out


def test_every_kind_is_measured_triggered_and_not(device):
    found = [(case.model, case.clipping, case.triggered) for case in clipping.cases(device, TINY)]
    assert len(set(found)) == len(found) == 8


def test_both_ways_do_what_the_case_says(device):
    for case in clipping.cases(device, TINY):
        for call in (case.contest.ours, case.contest.theirs):
            for _ in range(2):
                case.contest.reset()
                call()
                case.contest.check()


def test_a_call_that_does_not_clip_is_noticed(device, monkeypatch):
    monkeypatch.setattr(helper, "clip_by_global_norm", lambda gradients, max_norm: None)
    monkeypatch.setattr(helper, "clip_by_value", lambda gradients, max_value: [g.zero_() for g in gradients])
    for case in clipping.cases(device, TINY):
        if case.triggered is (case.clipping == "global norm"):
            with pytest.raises(RuntimeError, match="the gradients"):
                timing.measure(case.contest, device, n_rounds=2, n_calls=1)


def test_both_ways_to_each_penalty_end_in_the_same_weights(device):
    found = [(case.model, case.task) for case in penalties.cases(device, TINY)]
    assert len(set(found)) == len(found) == 8
    for case in penalties.cases(device, TINY):
        for call in (case.contest.ours, case.contest.theirs):
            for _ in range(2):
                case.contest.reset()
                call()
                case.contest.check()


def test_a_penalty_that_does_nothing_is_noticed(device, monkeypatch):
    monkeypatch.setattr(proximal, "shrink", lambda weights, step: None)
    monkeypatch.setattr(proximal, "limit_norms", lambda weights, max_norm: None)
    for case in penalties.cases(device, TINY):
        if case.task in ("L1 proximal step", "max-norm"):
            with pytest.raises(RuntimeError, match="the weights"):
                timing.measure(case.contest, device, n_rounds=2, n_calls=1)


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
