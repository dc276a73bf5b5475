"""`helpers.search` and `helpers.trials` beside Optuna's random sampler: what a trial costs that computes nothing."""

from collections.abc import Iterator

import optuna
import torch

from benchmarks.timing import Case, Contest
from helpers import search, trials
from helpers.device import generator
from helpers.trials import Setting

TITLE, COLUMNS = "Random search", ("trials", "beside")
# Trials, and calls per round.
MODELS = {"20": (20, 3), "200": (200, 1)}
SPACE = {"lr": search.LogUniform(1e-4, 1), "width": search.Integers(16, 64), "name": search.Choices(["relu", "tanh"])}


def cases(device: torch.device, settings: dict[str, tuple[int, int]]) -> Iterator[Case]:
    """Every number of trials.

    Args:
        device: Not used: a search draws on the CPU.
        settings: By name, a number of trials and the calls per round.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would print every trial
    for name, (n, n_calls) in settings.items():
        yield Case((name, "Optuna, in memory"), n_calls, _contest(n))


def _contest(n: int) -> Contest:
    seen: list[Setting] = []

    def objective(setting: Setting) -> float:
        seen.append(setting)
        return (setting["lr"] - 0.01) ** 2 + setting["width"]

    def ours() -> None:
        trials.best(trials.run(objective, search.random(SPACE, n, generator(0))))

    def theirs() -> None:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        study.optimize(lambda trial: objective(_suggested(trial)), n_trials=n)
        _ = study.best_trial

    def check() -> None:
        inside = [1e-4 <= s["lr"] <= 1 and 16 <= s["width"] <= 64 and s["name"] in ("relu", "tanh") for s in seen]
        if len(seen) != n or not all(inside) or len({s["lr"] for s in seen}) != n:
            raise RuntimeError(f"this is no random search of {n} trials: {len(seen)} were run, {sum(inside)} inside")

    return Contest(ours, theirs, seen.clear, check)


def _suggested(trial: optuna.Trial) -> Setting:
    return {
        "lr": trial.suggest_float("lr", 1e-4, 1, log=True),
        "width": trial.suggest_int("width", 16, 64),
        "name": trial.suggest_categorical("name", ["relu", "tanh"]),
    }
