"""`helpers.trials`: every setting once, whatever interrupts; NaN kept and never best; the running best."""

import inspect
import itertools
import json
import math

import numpy as np
import pytest
import torch

from helpers import search, trials
from helpers.device import generator
from helpers.trials import Trial

NAN = math.nan
SPACE = {
    "lr": search.LogUniform(1e-4, 1),
    "beta": search.OneMinus(search.LogUniform(1e-3, 0.1)),
    "width": search.Integers(16, 64),
    "layers": search.Choices([(8, 8), (16,)]),
    "name": search.Choices(["ReLU ≥ 0", None, True]),
}
SETTINGS = search.random(SPACE, 6, generator(0))


class Interruption(Exception):  # noqa: N818
    pass


class Counted:
    """An objective that counts, and that an interruption may stop."""

    def __init__(self, stop_at=None):
        self.seen = []
        self.stop_at = stop_at

    def __call__(self, setting):
        if len(self.seen) == self.stop_at:
            raise Interruption
        self.seen.append(setting)
        return NAN if setting["width"] % 3 == 0 else setting["lr"] / 3 + setting["width"]


def same(found, expected):
    """Equal to the last digit, NaN to NaN."""
    assert [trial.setting for trial in found] == [trial.setting for trial in expected]
    np.testing.assert_array_equal([trial.value for trial in found], [trial.value for trial in expected])


def test_every_setting_is_evaluated_once_in_order():
    objective = Counted()
    found = trials.run(objective, SETTINGS)
    assert objective.seen == SETTINGS == [trial.setting for trial in found]
    assert any(math.isnan(trial.value) for trial in found)
    same(found, [Trial(setting, Counted()(setting)) for setting in SETTINGS])
    assert trials.run(objective, []) == []


@pytest.mark.parametrize("value", [2, True, np.float32(0.5), np.array(3.0), torch.tensor(1.5)], ids=repr)
def test_results_become_plain_numbers(value, tmp_path):
    for path in (None, tmp_path / "trials.jsonl"):
        (trial,) = trials.run(lambda _: value, [{"a": 1}], path)
        assert type(trial.value) is float
        assert trial.value == value


def test_the_objective_cannot_change_the_settings():
    settings = [{"a": 1}]
    (trial,) = trials.run(lambda setting: setting.pop("a"), settings)
    assert trial == ({"a": 1}, 1.0)
    assert settings == [{"a": 1}]


@pytest.mark.parametrize("n_done", range(len(SETTINGS) + 1))
def test_after_an_interruption_only_the_rest_is_run_and_the_results_are_the_same(tmp_path, n_done):
    path = tmp_path / "trials.jsonl"
    if n_done < len(SETTINGS):
        with pytest.raises(Interruption):
            trials.run(Counted(stop_at=n_done), SETTINGS, path)
    else:
        trials.run(Counted(), SETTINGS, path)
    rest = Counted()
    same(trials.run(rest, SETTINGS, path), trials.run(Counted(), SETTINGS))
    assert rest.seen == SETTINGS[n_done:]
    same(trials.run(Counted(stop_at=0), SETTINGS, str(path)), trials.run(Counted(), SETTINGS))


def finished(path, settings=SETTINGS):
    trials.run(Counted(), settings, path)
    return path.read_bytes()


def test_a_line_that_was_cut_short_anywhere_is_run_again(tmp_path):
    path = tmp_path / "trials.jsonl"
    whole = finished(path, SETTINGS[:3])
    last = len(whole.splitlines(keepends=True)[2])
    for n_missing in [*range(1, last, 12), last - 1, last]:  # the last line lacks its newline, ..., all of itself
        path.write_bytes(whole[:-n_missing])
        again = Counted()
        trials.run(again, SETTINGS[:3], path)
        assert again.seen == SETTINGS[2:3]
        assert path.read_bytes() == whole


def test_a_second_interruption_is_no_different(tmp_path):
    path = tmp_path / "trials.jsonl"
    for n_done in (2, 1, 2):
        with pytest.raises(Interruption):
            trials.run(Counted(stop_at=n_done), SETTINGS, path)
        path.write_bytes(path.read_bytes() + b'{"setting": {"lr": 0.')
    same(trials.run(Counted(), SETTINGS, path), trials.run(Counted(), SETTINGS))


def test_a_trial_is_in_the_file_before_the_next_begins(tmp_path):
    path = tmp_path / "trials.jsonl"
    n_lines = []
    trials.run(lambda _: n_lines.append(len(path.read_bytes().splitlines())) or 0.0, SETTINGS, path)
    assert n_lines == [*range(len(SETTINGS))]


def test_the_file_is_json_lines_without_surprises(tmp_path):
    path = tmp_path / "trials.jsonl"
    trials.run(lambda _: 0.1 + 0.2, SETTINGS, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["value"] for line in lines] == [0.1 + 0.2] * len(SETTINGS)
    assert [line["setting"]["lr"] for line in lines] == [setting["lr"] for setting in SETTINGS]


def test_more_trials_may_be_asked_for_later_and_fewer_too(tmp_path):
    path = tmp_path / "trials.jsonl"
    trials.run(Counted(), SETTINGS[:2], path)
    more = Counted()
    found = trials.run(more, SETTINGS, path)
    assert more.seen == SETTINGS[2:]
    before = path.read_bytes()
    same(trials.run(Counted(stop_at=0), SETTINGS[:3], path), found[:3])
    assert path.read_bytes() == before


def test_the_names_may_come_in_another_order(tmp_path):
    path = tmp_path / "trials.jsonl"
    finished(path)
    turned = [dict(reversed(setting.items())) for setting in SETTINGS]
    same(trials.run(Counted(stop_at=0), turned, path), trials.run(Counted(), SETTINGS))


@pytest.mark.parametrize(
    "other",
    [
        search.random(SPACE, 6, generator(1)),
        [*SETTINGS[:2], SETTINGS[3]],
        [{**setting, "lr": math.nextafter(setting["lr"], 1)} for setting in SETTINGS],
        [{**setting, "more": 1} for setting in SETTINGS],
    ],
    ids=["seed", "order", "last digit", "names"],
)
def test_a_file_of_another_search_raises_and_stays(tmp_path, other):
    path = tmp_path / "trials.jsonl"
    before = finished(path) + b'{"setting"'
    path.write_bytes(before)
    with pytest.raises(ValueError, match=r"belongs to another search: its trial [13] has \{.*\}, this one's has \{"):
        trials.run(Counted(stop_at=0), other, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"5\n",
        b"\n",
        b"a table\n",
        b"\xff\xfe\n",
        b'{"setting": 3, "value": 1}\n',
        b'{"setting": {}, "value": null}\n',
        b'{"setting": {}}\n',
        b'{"setting": {"a": 1}\n{"setting": {"a": 2}, "value": 1}\n',
        b"a letter",
        b"{}",
    ],
    ids=repr,
)
def test_a_file_of_something_else_raises_and_stays(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"notes.txt(, line 1 is no trial: b'| ends with b'.*not the beginning)"):
        trials.run(Counted(stop_at=0), SETTINGS, path)
    assert path.read_bytes() == content


def test_what_a_file_cannot_keep_raises_before_anything_is_run(tmp_path):
    path = tmp_path / "trials.jsonl"
    with pytest.raises(ValueError, match=r"a file cannot keep the setting .*tensor\(1.\).*not JSON serializable"):
        trials.run(Counted(stop_at=0), [SETTINGS[0], {"lr": torch.tensor(1.0)}], path)
    assert not path.exists()


def test_a_folder_that_is_missing_is_found_out_before_anything_is_run(tmp_path):
    with pytest.raises(FileNotFoundError):
        trials.run(Counted(stop_at=0), SETTINGS, tmp_path / "missing" / "trials.jsonl")


VALUES = [3.0, NAN, 1.0, -math.inf, 2.0, 1.0, math.inf]


@pytest.mark.parametrize(("mode", "choose"), [("min", min), ("max", max)])
@pytest.mark.parametrize("values", [*itertools.permutations([NAN, 1.0, 2.0]), VALUES, [NAN, -math.inf]], ids=str)
def test_the_best_is_the_first_of_the_best_numbers(values, mode, choose):
    found = [Trial({"index": index}, value) for index, value in enumerate(values)]
    chosen = trials.best(found, mode=mode)
    assert chosen.value == choose(value for value in values if not math.isnan(value))
    assert chosen.setting["index"] == values.index(chosen.value)


@pytest.mark.parametrize("values", [[], [NAN, NAN]], ids=str)
def test_no_number_no_best(values):
    with pytest.raises(ValueError, match=f"no best among {len(values)} trials"):
        trials.best([Trial({}, value) for value in values])


@pytest.mark.parametrize(("mode", "choose"), [("min", min), ("max", max)])
def test_the_running_best_is_the_best_of_the_trials_so_far(mode, choose):
    values = [NAN, 3.0, NAN, 1.0, 2.0, 0.5, 4.0, NAN]
    running = trials.best_so_far(values, mode=mode)
    assert running.dtype == np.float64
    assert math.isnan(running[0])
    numbers = [[value for value in values[: n + 1] if not math.isnan(value)] for n in range(len(values))]
    assert running[1:].tolist() == [choose(each) for each in numbers[1:]]


def test_the_running_best_keeps_seeds_apart_and_the_values_as_they_are():
    values = np.array([[3, 1, 2], [1, 2, 3]])
    before = values.copy()
    assert trials.best_so_far(values).tolist() == [[3, 1, 1], [1, 1, 1]]
    assert trials.best_so_far(values, mode="max").tolist() == [[3, 3, 3], [1, 2, 3]]
    assert (values == before).all()


def test_a_mode_that_is_none_raises():
    unchecked = inspect.unwrap(trials.sign)  # jaxtyping, which checks the tests only, would find it first
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'least'"):
        unchecked("least")
