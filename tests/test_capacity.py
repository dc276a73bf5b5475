"""`helpers.capacity`: early stopping against Keras' semantics and a search by hand, and what training goes on for."""

import inspect
import math

import pytest
import torch
from torch import nn

from helpers import capacity, models, training
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

NAN, INF = math.nan, math.inf


def network(device="cpu"):
    """With batch normalisation, so that there are buffers, among them an integer."""
    stream = generator(0)
    layers = models.linear(2, 4, generator=stream), nn.BatchNorm1d(4), models.linear(4, 1, generator=stream)
    return nn.Sequential(*layers).to(device)


class Script(training.Callback):
    """Writes the next of these values to the history after each epoch."""

    def __init__(self, values, name="validation loss"):
        self.values, self.name = values, name

    def after_epoch(self, run):
        run.history.setdefault(self.name, []).append(self.values[run.epoch])


class Weights(training.Callback):
    """Keeps the weights of each epoch."""

    def before_fit(self, run):
        self.after = []

    def after_epoch(self, run):
        self.after.append({name: tensor.clone() for name, tensor in run.model.state_dict().items()})


def train(*callbacks, n_epochs, model=None, device="cpu", batch_size=4):
    model = model or network(device)
    stream = generator(1)
    x = torch.randn(10, 2, generator=stream).to(device)
    # 3 steps an epoch unless told otherwise.
    options = {"optimizer": torch.optim.SGD(model.parameters(), lr=0.05), "loss": nn.functional.mse_loss}
    options |= {"n_epochs": n_epochs, "batch_size": batch_size, "generator": stream, "callbacks": callbacks}
    return model, training.fit(model, x, x.sum(dim=1, keepdim=True), **options)


def stop(values, *, mode="min", **options):
    """Early stopping on these values, one per epoch."""
    stopping = capacity.EarlyStopping(mode=mode, **options)
    _, history = train(Script(values), stopping, n_epochs=len(values))
    assert len(history["validation loss"]) == (stopping.stopped_epoch or len(values))
    return stopping


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def keras(values, *, mode, min_delta, patience):
    """Its `on_epoch_end`, epochs from 0, in another order and with a table: (best epoch, epoch of stopping or None)."""
    best, best_epoch, wait = None, None, 0
    for epoch, value in enumerate(values):
        margin = {"min": lambda v, b: b - v, "max": lambda v, b: v - b}[mode]
        if best is None or margin(value, best) > min_delta:
            best, best_epoch, wait = value, epoch, 0
        else:
            wait += 1
            if epoch and wait >= patience:
                return best_epoch, epoch
    return best_epoch, None


def curves(n, length):
    """Curves that go down and up again in steps of 1/4: exact differences, many ties and plateaus."""
    stream = generator(7)
    noise = torch.randint(-3, 4, (n, length), generator=stream)
    bowl = (torch.arange(length) - length // 2).abs()
    return ((bowl + noise) / 4).tolist()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("patience", [0, 1, 2, 4])
@pytest.mark.parametrize("min_delta", [0.0, 0.25, 0.4])
def test_scripted_curves_as_in_keras(mode, patience, min_delta):
    stops, model = set(), network()
    for values in curves(12, 12):
        values = values if mode == "min" else [-value for value in values]
        stopping = capacity.EarlyStopping("v", mode=mode, min_delta=min_delta, patience=patience)
        run = training.Run(model, torch.optim.SGD(model.parameters()))
        stopping.before_fit(run)
        for run.epoch, value in enumerate(values):
            run.history.setdefault("v", []).append(value)
            run.step += 5
            stopping.after_epoch(run)
            if run.stop:
                break
        best_epoch, stopped = keras(values, mode=mode, min_delta=min_delta, patience=patience)
        assert (stopping.best, stopping.best_epoch) == (values[best_epoch], best_epoch + 1)
        assert stopping.best_step == 5 * stopping.best_epoch
        assert stopping.stopped_epoch == (None if stopped is None else stopped + 1)
        stops.add(stopped)
    assert len(stops) > 1


@pytest.mark.parametrize(
    ("values", "options", "best_epoch", "stopped_epoch"),
    [
        ([3, 2, 1, 1, 1, 1], {"patience": 2}, 3, 5),  # a plateau: ties are no improvement
        ([3, 2, 2.5, 1, 2, 3], {"patience": 2}, 4, 6),  # an improvement gives the patience back
        ([3, 2, 2.5, 1, 2, 3], {"patience": 1}, 2, 3),
        ([3, 2, 2.5, 1, 2, 3], {"patience": 0}, 2, 3),  # as 1
        ([1, 2, 3], {"patience": 0}, 1, 2),  # the first epoch is an improvement on nothing
        ([3, 2, 1], {"patience": 9}, 3, None),
        ([4, 3.5, 3.5, 3], {"min_delta": 0.5, "patience": 9}, 4, None),  # by exactly min_delta is not by more ...
        ([4, 3.5, 3, 2.5], {"min_delta": 0.5, "patience": 9}, 3, None),  # ... and what adds up counts from the best
        ([4, 3.7, 3.4], {"min_delta": 0.5, "patience": 2}, 3, None),
        ([1, 1.5, 2, 1], {"mode": "max", "min_delta": 0.5, "patience": 9}, 3, None),
        ([1, 2, 0, 0, 0], {"mode": "max", "patience": 3}, 2, 5),
        ([2, NAN, 1, NAN, NAN], {"patience": 2}, 3, 5),  # NaN waits
        ([NAN, 5, 4], {"patience": 1}, 3, None),  # the first epoch does not stop, and any number beats its NaN
        ([NAN, 5, 4], {"mode": "max", "patience": 1}, 2, 3),
        ([NAN, NAN, 1], {"patience": 2}, None, 2),
        ([NAN, NAN, 1], {"patience": 3}, 3, None),
        ([INF, 1, 2], {"patience": 2}, 2, None),
        ([-INF, 1, 2], {"mode": "max", "patience": 2}, 3, None),
    ],
    ids=str,
)
def test_scripted_curves_by_hand(values, options, best_epoch, stopped_epoch):
    stopping = stop([float(value) for value in values], **options)
    assert (stopping.best_epoch, stopping.stopped_epoch) == (best_epoch, stopped_epoch)
    if best_epoch is None:
        assert (stopping.best, stopping.best_step) == (INF, None)
    else:
        assert (stopping.best, stopping.best_step) == (values[best_epoch - 1], 3 * best_epoch)


@pytest.mark.parametrize("stops_early", [True, False])
def test_the_best_weights_come_back_buffers_included(device, stops_early):
    values, patience = [3.0, 1.0, 2.0, 2.0, 2.0], 2 if stops_early else 9
    stopping = capacity.EarlyStopping(mode="min", patience=patience, restore_best_weights=True)
    model, weights = network(device), Weights()
    train(Script(values), weights, stopping, n_epochs=5, model=model, device=device)
    assert stopping.stopped_epoch == (4 if stops_early else None)
    assert same(model.state_dict(), weights.after[1])
    assert not any(same(weights.after[1], other) for other in weights.after[:1] + weights.after[2:])
    assert model.state_dict()["1.num_batches_tracked"] == stopping.best_step == 6


def test_the_best_weights_are_kept_by_value():
    stopping = capacity.EarlyStopping(mode="min", patience=9, restore_best_weights=True)
    model, weights = network(), Weights()
    train(Script([1.0, 2.0]), weights, stopping, n_epochs=2, model=model)
    with torch.no_grad():
        model[0].weight.fill_(9.0)
    assert same(stopping.best_weights, weights.after[0])


def test_without_restoring_the_last_weights_stay():
    stopping, weights = capacity.EarlyStopping(mode="min", patience=2), Weights()
    model, _ = train(Script([1.0, 2.0, 3.0, 4.0]), weights, stopping, n_epochs=4)
    assert stopping.stopped_epoch == len(weights.after) == 3
    assert same(model.state_dict(), weights.after[-1])
    assert stopping.best_weights is None


def test_without_a_best_epoch_the_last_weights_stay():
    stopping, weights = capacity.EarlyStopping(mode="min", patience=9, restore_best_weights=True), Weights()
    model, _ = train(Script([NAN] * 3), weights, stopping, n_epochs=3)
    assert same(model.state_dict(), weights.after[-1])


def test_tied_weights_are_restored_and_still_tied():
    model = models.mlp((2, 2, 2, 1), generator=generator(0))
    first, second = model[1], model[3]
    second.weight = first.weight
    weights = Weights()
    stopping = capacity.EarlyStopping(mode="min", restore_best_weights=True)
    train(Script([1.0, 2.0]), weights, stopping, n_epochs=2, model=model)
    assert second.weight is first.weight
    assert same(model.state_dict(), weights.after[0])


def test_watching_never_changes_training():
    watched, history = train(Script([1.0] * 4), capacity.EarlyStopping(mode="min", patience=9), n_epochs=4)
    alone, expected = train(n_epochs=4)
    assert history["loss"] == expected["loss"]
    assert same(watched.state_dict(), alone.state_dict())


def test_an_exception_leaves_the_model_and_the_best_weights_to_load():
    class Fail(training.Callback):
        def after_epoch(self, run):
            if run.epoch == 2:
                raise KeyboardInterrupt

    stopping, weights, model = (
        capacity.EarlyStopping(mode="min", patience=9, restore_best_weights=True),
        Weights(),
        network(),
    )
    with pytest.raises(KeyboardInterrupt):
        train(Script([2.0, 1.0, 3.0]), weights, stopping, Fail(), n_epochs=3, model=model)
    assert same(model.state_dict(), weights.after[2])
    assert same(stopping.best_weights, weights.after[1])


def test_nothing_stays_for_the_next_fit():
    stopping = capacity.EarlyStopping(mode="min", patience=2, restore_best_weights=True)
    train(Script([0.0, 1.0, 1.0]), stopping, n_epochs=3)
    assert stopping.stopped_epoch == 3
    weights = Weights()
    model, _ = train(Script([9.0, 8.0, 8.5]), weights, stopping, n_epochs=3)
    assert (stopping.best, stopping.best_epoch, stopping.best_step, stopping.stopped_epoch) == (8.0, 2, 6, None)
    assert same(model.state_dict(), weights.after[1])
    train(Script([NAN]), stopping, n_epochs=1)
    assert (stopping.best, stopping.best_epoch, stopping.best_step, stopping.best_weights) == (INF, None, None, None)


def test_the_training_losses_mean_over_the_epoch_is_monitored():
    stopping = capacity.EarlyStopping("loss", mode="min", patience=99)
    _, history = train(stopping, n_epochs=6)
    means = torch.tensor(history["loss"], dtype=torch.float64).reshape(6, 3).mean(dim=1)
    assert stopping.best_epoch == means.argmin() + 1
    assert stopping.best == pytest.approx(means.min().item(), rel=1e-12)
    # Neither the last step's loss nor the mean of all steps so far.
    assert stopping.best not in history["loss"]


def test_a_monotone_training_loss_never_stops_until_it_is_flat():
    losses = Script([5.0, 4.0, 3.0] + [2.0] * 21, "train")
    stopping = capacity.EarlyStopping("train", mode="min", patience=20)
    train(losses, stopping, n_epochs=24)
    assert (stopping.best_epoch, stopping.stopped_epoch) == (4, 24)


def test_evaluate_measures_what_is_monitored():
    counted = iter([3.0, 1.0, 2.0])
    evaluate = training.Evaluate("validation error", lambda model: next(counted))
    stopping = capacity.EarlyStopping("validation error", mode="min")
    _, history = train(evaluate, stopping, n_epochs=3)
    assert history["validation error"] == [3.0, 1.0, 2.0]
    assert (stopping.best_epoch, stopping.stopped_epoch) == (2, 3)


@pytest.mark.parametrize(
    "make",
    [lambda name: capacity.EarlyStopping(name, mode="min"), lambda name: capacity.StopBelow(name, 0.0)],
    ids=["EarlyStopping", "StopBelow"],
)
def test_a_quantity_that_nobody_measured_raises(make):
    with pytest.raises(ValueError, match=r"no 'validation los', only \['loss', 'validation loss'\]: put the Evaluate"):
        train(Script([1.0]), make("validation los"), n_epochs=1)
    with pytest.raises(ValueError, match=r"no 'validation loss', only \['loss'\]"):
        train(make("validation loss"), Script([1.0]), n_epochs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "auto"}, "'auto'"),
        ({"mode": "low"}, "'low'"),
        ({"min_delta": -0.1}, "-0.1"),
        ({"min_delta": NAN}, "nan"),
        ({"min_delta": INF}, "inf"),
        ({"patience": -1}, "-1"),
    ],
    ids=str,
)
def test_bad_arguments_raise(options, message):
    with pytest.raises(ValueError, match=f"must be .* got {message}"):
        capacity.EarlyStopping(**{"mode": "min"} | options)


def test_the_direction_is_always_told():
    assert inspect.signature(capacity.EarlyStopping).parameters["mode"].default is inspect.Parameter.empty


@pytest.mark.parametrize(
    ("values", "n_trained", "reached"),
    [
        ([3.0, 2.0, 0.5, 1.0], 3, True),
        ([3.0, 1.0, 0.5], 2, True),  # at the target
        ([0.5, 2.0], 1, True),
        ([NAN, 2.0, INF], 3, False),
        ([3.0, -INF, 2.0], 2, True),
    ],
    ids=str,
)
def test_training_goes_on_until_the_target_is_reached(values, n_trained, reached):
    below = capacity.StopBelow("validation loss", 1.0)
    _, history = train(Script(values), below, n_epochs=len(values))
    assert (len(history["validation loss"]), below.reached) == (n_trained, reached)


def test_a_target_is_reached_anew_in_each_fit():
    below = capacity.StopBelow("validation loss", 1.0)
    train(Script([0.0]), below, n_epochs=1)
    train(Script([2.0, 2.0]), below, n_epochs=2)
    assert not below.reached


def test_a_target_that_is_missed_takes_back_nobodys_stop():
    stopping, below = capacity.EarlyStopping(mode="min"), capacity.StopBelow("validation loss", 0.0)
    _, history = train(Script([1.0, 2.0, 3.0]), stopping, below, n_epochs=3)
    assert len(history["validation loss"]) == stopping.stopped_epoch == 2


@pytest.mark.parametrize("target", [NAN, INF, -INF])
def test_a_target_is_finite(target):
    with pytest.raises(ValueError, match=f"got {target}"):
        capacity.StopBelow("validation loss", target)


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 11])
def test_steps_per_epoch_are_those_that_fit_takes(batch_size):
    model = models.mlp((2, 1), generator=generator(0))
    _, history = train(n_epochs=2, batch_size=batch_size, model=model)
    assert 2 * capacity.steps_per_epoch(10, batch_size) == len(history["loss"])


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4, 5, 6, 7, 8, 9, 100])
@pytest.mark.parametrize(("n_examples", "batch_size"), [(10, 4), (10, 3), (10, 10), (7, 9)])
def test_the_epochs_are_the_nearest(n_steps, n_examples, batch_size):
    n_epochs = capacity.n_epochs_for(n_steps, n_examples, batch_size)
    per_epoch = capacity.steps_per_epoch(n_examples, batch_size)
    missed = [abs(n * per_epoch - n_steps) for n in range(1, 102)]
    assert n_epochs >= 1
    assert abs(n_epochs * per_epoch - n_steps) == min(missed)


def test_steps_are_not_epochs_when_the_data_set_grew():
    n_steps = 20 * capacity.steps_per_epoch(800, 16)
    assert capacity.n_epochs_for(n_steps, 800, 16) == 20
    assert capacity.n_epochs_for(n_steps, 1000, 16) == 16  # 63 steps an epoch instead of 50


@pytest.mark.parametrize("arguments", [(0, 10, 4), (5, 0, 4), (5, 10, 0), (5, 10, -4)])
def test_numbers_too_small_raise(arguments):
    with pytest.raises(ValueError, match="must be >= 1, got"):
        capacity.n_epochs_for(*arguments)
