"""`helpers.training`: fit against a loop by hand, its callbacks, and what it leaves alone."""

import inspect
import itertools

import pytest
import torch
from torch import nn

from helpers import data, models, training
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

mse = nn.functional.mse_loss


def setting(device, seed=0):
    stream = generator(seed)
    x, y = data.sine(10, noise_std=0.1, generator=stream)
    model = models.mlp((1, 8, 1), generator=stream, activation=nn.Tanh).to(device)
    return model.eval(), x.to(device), y.to(device), torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def fit(device, *, seed=0, order=1, n_epochs=3, batch_size=4, callbacks=()):
    model, x, y, optimizer = setting(device, seed)
    options = {"optimizer": optimizer, "loss": mse, "n_epochs": n_epochs, "batch_size": batch_size}
    return model, training.fit(model, x, y, **options, generator=generator(order), callbacks=callbacks)


class Log(training.Callback):
    """Writes down what it is told, and when."""

    def __init__(self, name, log, stop_after=None):
        self.name, self.log, self.stop_after = name, log, stop_after

    def before_fit(self, run):
        self.log.append((self.name, "before", run.epoch, run.step))

    def after_backward(self, run):
        assert all(parameter.grad is not None for parameter in run.model.parameters())
        self.log.append((self.name, "backward", run.epoch, run.step))

    def after_step(self, run):
        assert len(run.history["loss"]) == run.step
        self.log.append((self.name, "step", run.epoch, run.step))

    def after_epoch(self, run):
        assert run.model.training
        self.log.append((self.name, "epoch", run.epoch, run.step))
        if run.epoch == self.stop_after:
            run.stop = True

    def after_fit(self, run):
        assert run.model.training
        self.log.append((self.name, "after", run.epoch, run.step))


def test_fit_is_the_loop_by_hand(device):
    trained, history = fit(device)
    model, x, y, optimizer = setting(device)
    stream, losses = generator(1), []
    for _ in range(3):
        order = torch.randperm(10, generator=stream).to(device)
        for rows in (order[:4], order[4:8], order[8:]):
            loss = mse(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert history == {"loss": losses}
    assert all(map(torch.equal, trained.parameters(), model.parameters()))


def test_same_seeds_same_run_and_another_order_another_run(device):
    first, second, other = fit(device)[1], fit(device)[1], fit(device, order=2)[1]
    assert first == second
    assert first != other


def test_devices_differ_by_rounding_only(device):
    # Nine steps of a smooth model do not multiply float32's rounding beyond this.
    assert fit(device)[1]["loss"] == pytest.approx(fit(torch.device("cpu"))[1]["loss"], rel=1e-3)


def test_full_batches_descend_to_the_least_squares_solution(device):
    stream = generator(0)
    x = torch.randn(32, 3, generator=stream).to(device)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]], device=device) + 0.25
    model = models.linear(3, 1, generator=stream).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    options = {"optimizer": optimizer, "loss": mse, "n_epochs": 200, "batch_size": 32, "generator": stream}
    history = training.fit(model, x, y, **options)
    assert history["loss"][-1] < 1e-9
    torch.testing.assert_close(model.weight.flatten().tolist(), [1.0, -2.0, 0.5], atol=1e-4, rtol=0.0)


def test_every_example_once_per_epoch():
    model, x, seen = models.linear(1, 1, generator=generator(0)), torch.arange(10.0).unsqueeze(1), []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].flatten().tolist()))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    options = {"optimizer": optimizer, "loss": mse, "n_epochs": 2, "batch_size": 4, "generator": generator(0)}
    training.fit(model, x, x, **options)
    epochs = [list(itertools.chain(*seen[:3])), list(itertools.chain(*seen[3:]))]
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_callbacks_are_called_in_order():
    log = []
    fit("cpu", n_epochs=2, batch_size=5, callbacks=[Log("a", log), Log("b", log)])
    expected = [("before", 0, 0)]
    for epoch in (0, 1):
        for step in (2 * epoch, 2 * epoch + 1):
            expected += [("backward", epoch, step), ("step", epoch, step + 1)]
        expected.append(("epoch", epoch, 2 * epoch + 2))
    expected.append(("after", 1, 4))
    assert log == [(name, *event) for event in expected for name in "ab"]


def test_a_callback_changes_the_gradients_that_the_step_uses():
    class Freeze(training.Callback):
        def after_backward(self, run):
            for parameter in run.model.parameters():
                parameter.grad.zero_()

    trained, _ = fit("cpu", callbacks=[Freeze()])
    assert all(map(torch.equal, trained.parameters(), setting("cpu")[0].parameters()))


def test_stop_ends_training_after_the_epoch():
    log = []
    _, history = fit("cpu", n_epochs=9, batch_size=5, callbacks=[Log("a", log, stop_after=1), Log("b", log)])
    assert len(history["loss"]) == 4
    assert log[-3:] == [("b", "epoch", 1, 4), ("a", "after", 1, 4), ("b", "after", 1, 4)]


def test_after_step_sees_what_the_step_did():
    class Weights(training.Callback):
        def before_fit(self, run):
            self.seen = []

        def after_backward(self, run):
            self.seen.append(next(run.model.parameters()).sum().item())

        after_step = after_backward

    weights = Weights()
    trained, _ = fit("cpu", n_epochs=1, batch_size=5, callbacks=[weights])
    before, after, again, end = weights.seen
    assert before != after == again != end == next(trained.parameters()).sum().item()


def test_an_exception_goes_past_the_end():
    class Fail(training.Callback):
        def after_epoch(self, run):
            raise KeyboardInterrupt

    log = []
    with pytest.raises(KeyboardInterrupt):
        fit("cpu", callbacks=[Log("a", log), Fail()])
    assert log[-1][1] == "epoch"


def test_evaluate_measures_in_evaluation_mode_without_gradients():
    modes = []

    def measure(model):
        modes.append((model.training, torch.is_grad_enabled()))
        return torch.tensor(len(modes))

    model, history = fit("cpu", callbacks=[training.Evaluate("count", measure), Log("after", [])])
    assert history["count"] == [1.0, 2.0, 3.0]
    assert modes == [(False, False)] * 3
    assert model.training
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_epochs": 0}, "got 0 and 4"),
        ({"batch_size": 0}, "got 3 and 0"),
        ({"batch_size": -1}, "got 3 and -1"),
        ({"rows": 9}, "got 9 and 10"),
        ({"rows": 0, "targets": 0}, "got 0 and 0"),
    ],
)
def test_bad_arguments_raise(change, message):
    model, x, y, optimizer = setting("cpu")
    arguments = {"n_epochs": 3, "batch_size": 4, "rows": 10, "targets": 10} | change
    x, y = x[: arguments.pop("rows")], y[: arguments.pop("targets")]
    stream = generator(0)
    fit = inspect.unwrap(training.fit)  # the shape check of our tests would come first
    with pytest.raises(ValueError, match=message):
        fit(model, x, y, optimizer=optimizer, loss=mse, generator=stream, **arguments)


def test_nothing_is_printed_where_nobody_watches(capfd, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    fit("cpu")
    assert capfd.readouterr() == ("", "")


def test_a_bar_is_shown_where_somebody_watches(capfd, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "01_topic.ipynb")
    fit("cpu")
    out, err = capfd.readouterr()
    assert out == ""
    assert "epoch" in err


def test_accuracy_counts_the_largest_logits(device):
    model = nn.Sequential(nn.Identity(), nn.Dropout(1.0))  # in training mode, every logit would be 0
    logits = torch.eye(4, device=device)
    assert training.accuracy(model, logits, torch.tensor([0, 1, 2, 0], device=device)) == 0.75
    assert model.training
    assert training.accuracy(model.eval(), logits, torch.arange(4, device=device)) == 1.0
    assert not model.training
