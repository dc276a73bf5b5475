"""Trials of a search: each setting is evaluated once, and a file keeps what is done when the search is interrupted.

    settings = search.random(space, 60, generator=stream)
    found = trials.run(objective, settings, "search.jsonl")  # called again, it goes on where it was interrupted
    setting, value = trials.best(found)

A result that is NaN (training diverged) is kept, and is never the best.
"""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

Setting = dict[str, object]
Objective = Callable[[Setting], float]
Mode = Literal["min", "max"]
_START = b'{"setting": '


class Trial(NamedTuple):
    """A setting, and the number that its evaluation came to, perhaps NaN."""

    setting: Setting
    value: float


def run(objective: Objective, settings: Sequence[Mapping[str, object]], path: str | Path | None = None) -> list[Trial]:
    """Evaluate each setting once, in order; with a file, only those that it has no result of.

    The file gets a line of JSON per trial as soon as the trial is done. A last line that an interruption cut short is
    dropped, and its trial is run again. What the objective raises ends the run; the trials before are in the file. The
    file knows the settings, not the objective: another objective needs another file.

    Args:
        objective: Called with a copy of a setting, returns a number.
        settings: Each names its hyperparameters; with a file the values are numbers, texts, booleans, or lists of them.
        path: The file; made where there is none. Its trials must be the first of `settings`; it may hold more.

    Returns:
        A trial per setting, in the order of `settings`.

    Raises:
        ValueError: If the file holds trials of other settings, or something else, or a setting cannot be written to it.
    """
    settings = [dict(setting) for setting in settings]
    done = [] if path is None else _resume(Path(path), settings)
    found = [Trial(setting, value) for setting, value in zip(settings, done, strict=False)]
    for setting in settings[len(found) :]:
        found.append(Trial(setting, float(objective(dict(setting)))))
        if path is not None:
            with Path(path).open("ab") as file:
                file.write(_line(found[-1]))
    return found


def best(found: Sequence[Trial], *, mode: Mode = "min") -> Trial:
    """The trial with the best value, the first of equals.

    Args:
        found: One trial or more with a value that is not NaN.
        mode: Whether small or large values are good.

    Raises:
        ValueError: If there is no such trial, or no such mode.
    """
    numbers = [trial for trial in found if not math.isnan(trial.value)]
    if not numbers:
        raise ValueError(f"no best among {len(found)} trials: none has a value that is a number")
    factor = sign(mode)
    return min(numbers, key=lambda trial: factor * trial.value)


def best_so_far(values: ArrayLike, *, mode: Mode = "min") -> Float[np.ndarray, "*runs n"]:
    """What each trial left as the best value: the curve to compare searches with at equal numbers of trials.

    Args:
        values: In the order of the trials along the last axis, other axes (such as seeds) by themselves.
        mode: Whether small or large values are good.

    Returns:
        The running best as float64; NaN until the first value that is a number.

    Raises:
        ValueError: If there is no such mode.
    """
    better = np.fmin if sign(mode) > 0 else np.fmax  # both prefer a number to NaN
    return better.accumulate(np.asarray(values, dtype=np.float64), axis=-1)


def sign(mode: Mode) -> int:
    """The factor that turns values into ones of which the smallest is the best.

    Raises:
        ValueError: If there is no such mode.
    """
    if mode not in ("min", "max"):
        raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
    return 1 if mode == "min" else -1


def _resume(path: Path, settings: Sequence[Setting]) -> list[float]:
    keys = [_json(setting) for setting in settings]  # what cannot be written raises now, not after the first trial
    path.touch()
    *lines, rest = path.read_bytes().split(b"\n")
    found = [_stored(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    for number, (trial, key) in enumerate(zip(found, keys, strict=False), start=1):
        if _json(trial.setting) != key:
            raise ValueError(
                f"{path} belongs to another search: its trial {number} has {_json(trial.setting)}, this one's has {key}"
            )
    if rest and not rest.startswith(_START[: len(rest)]):
        raise ValueError(f"{path} ends with {rest[:40]!r}, which is not the beginning of a trial")
    os.truncate(path, path.stat().st_size - len(rest))
    return [trial.value for trial in found]


def _line(trial: Trial) -> bytes:
    return _START + f'{_json(trial.setting)}, "value": {json.dumps(trial.value)}}}\n'.encode()


def _stored(line: bytes, place: str) -> Trial:
    try:
        read = json.loads(line)
        return Trial(dict(read["setting"]), float(read["value"]))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{place} is no trial: {line[:40]!r}") from error


def _json(setting: Setting) -> str:
    try:
        return json.dumps(setting, sort_keys=True)
    except TypeError as error:
        raise ValueError(f"a file cannot keep the setting {setting}: {error}") from error
