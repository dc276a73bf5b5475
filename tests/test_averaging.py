"""`helpers.averaging`: against torch's AveragedModel, closed forms, and what training must never notice."""

import copy
import io
import math

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from helpers import models, training
from helpers.averaging import ExponentialMovingAverage
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def network(device="cpu", dtype=torch.float32):
    """With batch normalisation: parameters of one and two axes, buffers, among them an integer."""
    stream = generator(0)
    layers = models.linear(3, 8, generator=stream), nn.BatchNorm1d(8), nn.ReLU(), models.linear(8, 2, generator=stream)
    return nn.Sequential(*layers).to(device, dtype)


def disturb(model, step):
    """Another set of parameters and buffers: what a training step does to an average."""
    stream = generator(step)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            noise = torch.randn(tensor.shape, generator=stream).to(tensor.device)
            tensor += noise.to(tensor.dtype) if tensor.is_floating_point() else 1


def train(model, *callbacks, n_epochs=2, order=1):
    stream = generator(order)
    x = torch.randn(12, 3, generator=stream)
    device = next(model.parameters()).device
    options = {"optimizer": torch.optim.Adam(model.parameters(), lr=0.05), "loss": nn.functional.cross_entropy}
    options |= {"n_epochs": n_epochs, "batch_size": 4, "generator": stream, "callbacks": callbacks}
    return training.fit(model, x.to(device), (x[:, 0] > 0).long().to(device), **options)["loss"]


def scalar(value=0.0, dtype=torch.float64):
    model = nn.Module()
    model.value = nn.Parameter(torch.tensor(value, dtype=dtype))
    return model


def series(ema, values):
    """The average after each of these parameter values."""
    found = []
    for value in values:
        with torch.no_grad():
            ema.model.value.fill_(value)
        ema.update()
        found.append(ema.averages["value"].item())
    return found


def values_of(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("average_buffers", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [0.01, 0.4, 1.0])
def test_it_is_torchs_average_with_decay_one_minus_rate(device, rate, dtype, average_buffers):
    model = network(device, dtype)
    ema = ExponentialMovingAverage(model, rate=rate, average_buffers=average_buffers)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ema.decay), use_buffers=average_buffers)
    theirs.update_parameters(model)  # torch's first update copies: ours begins there
    for step in range(5):
        disturb(model, step)
        ema.update()
        theirs.update_parameters(model)
    expected = theirs.module.state_dict()
    assert ema.averages.keys() == expected.keys()
    for name, average in ema.averages.items():
        if name != "1.num_batches_tracked":  # which torch averages, too, and rounds
            torch.testing.assert_close(average, expected[name])  # 1 - (1 - rate) is rate but for rounding


def test_buffers_are_copied_or_averaged_and_integers_copied():
    model = network()
    copied, averaged = (ExponentialMovingAverage(model, rate=0.25, average_buffers=yes) for yes in (False, True))
    model[1].running_mean.fill_(4.0)
    model[1].num_batches_tracked.fill_(7)
    for ema in (copied, averaged):
        ema.update()
        assert ema.averages["1.num_batches_tracked"].item() == 7
        assert ema.averages["1.num_batches_tracked"].dtype == torch.int64
    assert copied.averages["1.running_mean"].tolist() == [4.0] * 8
    assert averaged.averages["1.running_mean"].tolist() == [1.0] * 8


def test_the_weights_of_the_past_are_geometric():
    rate, values = 0.3, [2.0, -1.0, 4.0, 0.5]
    ema = ExponentialMovingAverage(scalar(10.0), rate=rate)
    found = series(ema, values)[-1]
    expected = (1 - rate) ** 4 * 10 + sum(rate * (1 - rate) ** age * v for age, v in enumerate(reversed(values)))
    assert found == pytest.approx(expected, rel=1e-12)
    assert ema.n_updates == 4


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_white_noise_keeps_rate_over_two_minus_rate_of_its_variance(rate):
    model = nn.Module()
    model.value = nn.Parameter(torch.zeros(20_000))
    ema, stream = ExponentialMovingAverage(model, rate=rate), generator(2)
    for _ in range(round(6 / rate)):  # until e^-12 of the beginning is left in the variance
        with torch.no_grad():
            model.value.normal_(0.0, 3.0, generator=stream)
        ema.update()
    # The variance of 20 000 numbers is known to 1 %: five times that.
    assert ema.averages["value"].var().item() == pytest.approx(9 * rate / (2 - rate), rel=0.05)


def test_constant_parameters_are_their_own_average():
    assert series(ExponentialMovingAverage(scalar(2.5), rate=0.1), [2.5] * 5) == [2.5] * 5


def test_it_begins_at_the_initial_parameters_and_warm_up_forgets_them():
    assert series(ExponentialMovingAverage(scalar(8.0), rate=0.25), [0.0, 0.0]) == [6.0, 4.5]
    assert series(ExponentialMovingAverage(scalar(8.0), rate=0.25, warm_up=True), [0.0, 0.0]) == [0.0, 0.0]


def test_warm_up_is_the_plain_mean_until_the_rate_is_larger():
    values = [3.0, 1.0, 8.0, -2.0, 5.0, 6.0]
    found = series(ExponentialMovingAverage(scalar(100.0), rate=0.25, warm_up=True), values)
    means = [sum(values[:k]) / k for k in range(1, 5)]
    assert found[:4] == pytest.approx(means, rel=1e-12)
    fifth = 0.75 * means[3] + 0.25 * 5
    assert found[4:] == pytest.approx([fifth, 0.75 * fifth + 0.25 * 6], rel=1e-12)


def test_a_rate_of_one_is_the_model_itself():
    assert series(ExponentialMovingAverage(scalar(9.0), rate=1.0), [1.0, 5.0]) == [1.0, 5.0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves_are_averaged_in_float32(device, dtype):
    model = scalar(1.0, dtype).to(device)
    ema = ExponentialMovingAverage(model, rate=0.001)
    series(ema, [2.0] * 100)
    # Steps of 0.001 and less vanish beside 1 where eps is 0.001 (float16) or 0.008 (bfloat16).
    assert ema.averages["value"].dtype == torch.float32
    assert ema.averages["value"].item() == pytest.approx(2 - 0.999**100, rel=1e-5)
    with ema.swapped_in():
        assert model.value.dtype == dtype
        assert model.value.item() == ema.averages["value"].to(dtype).item()
    assert model.value.item() == 2.0


def test_training_never_notices(device):
    with_average, alone = network(device), network(device)
    ema = ExponentialMovingAverage(with_average, rate=0.1, warm_up=True)

    class Look(training.Callback):
        def after_epoch(self, run):
            with ema.swapped_in() as model:
                training.accuracy(model, torch.ones(2, 3, device=device), torch.zeros(2, device=device))

    losses = train(with_average, ema, Look())
    assert losses == train(alone)
    assert same(with_average.state_dict(), alone.state_dict())
    assert ema.n_updates == len(losses) == 6
    assert not same(ema.averages, values_of(alone))


def test_as_a_callback_it_updates_after_each_step():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.3)
    by_hand = copy.deepcopy(model.state_dict())

    class ByHand(training.Callback):
        def after_step(self, run):
            for name, parameter in run.model.named_parameters():
                by_hand[name] += 0.3 * (parameter.detach() - by_hand[name])

    train(model, ema, ByHand())
    for name, _ in model.named_parameters():
        torch.testing.assert_close(ema.averages[name], by_hand[name], rtol=1e-5, atol=1e-7)


def test_averages_have_no_graph_and_do_not_share_memory():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.5)
    own = {tensor.data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    disturb(model, 0)
    ema.update()
    for average in ema.averages.values():
        assert not average.requires_grad
        assert average.data_ptr() not in own


def test_an_update_keeps_the_averages_storage(device):
    model = network(device)
    ema = ExponentialMovingAverage(model, rate=0.5)
    before = [average.data_ptr() for average in ema.averages.values()]
    disturb(model, 0)
    ema.update()
    assert [average.data_ptr() for average in ema.averages.values()] == before


def tied():
    model = models.mlp((3, 3, 3, 2), generator=generator(0))
    model[3].weight = model[1].weight
    return model


def test_tied_weights_are_averaged_once_and_stay_tied():
    model = tied()
    ema = ExponentialMovingAverage(model, rate=0.25)
    assert [name for name in ema.averages if "weight" in name] == ["1.weight", "5.weight"]
    before = model[1].weight.detach().clone()
    with torch.no_grad():
        model[1].weight += 4
    ema.update()
    torch.testing.assert_close(ema.averages["1.weight"], before + 1)
    with ema.swapped_in():
        assert model[3].weight is model[1].weight
        assert torch.equal(model[3].weight, ema.averages["1.weight"])
    assert model[3].weight is model[1].weight
    torch.testing.assert_close(model[3].weight.detach(), before + 4)


def test_frozen_and_complex_parameters_are_averaged_too():
    model = nn.Module()
    model.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
    model.complex = nn.Parameter(torch.zeros(2, dtype=torch.complex64))
    ema = ExponentialMovingAverage(model, rate=0.5)
    with torch.no_grad():
        model.frozen += 2
        model.complex += 2j
    ema.update()
    assert ema.averages["frozen"].tolist() == [2.0, 2.0]
    assert ema.averages["complex"].tolist() == [1j, 1j]


def test_a_model_without_tensors_has_nothing_to_average():
    ema = ExponentialMovingAverage(nn.ReLU(), rate=0.5)
    ema.update()
    with ema.swapped_in():
        pass
    assert (ema.averages, ema.n_updates) == ({}, 1)


def test_a_buffer_or_a_parameter_that_was_replaced_is_found():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.5)
    weight = model[0].weight.detach().clone()
    model[1].running_mean = torch.full((8,), 3.0)
    model[0].weight = nn.Parameter(weight + 2)
    ema.update()
    assert ema.averages["1.running_mean"].tolist() == [3.0] * 8
    torch.testing.assert_close(ema.averages["0.weight"], weight + 1)


def test_swapped_in_the_model_is_its_average_then_bitwise_itself_again(device):
    model = network(device)
    ema = ExponentialMovingAverage(model, rate=0.3)
    train(model, ema)
    before, tensors = values_of(model), [*model.parameters(), *model.buffers()]
    averages = {name: average.clone() for name, average in ema.averages.items()}
    with ema.swapped_in() as swapped:
        assert swapped is model
        assert same(values_of(model), averages)
        model(torch.ones(4, 3, device=device)).sum().backward()  # in training mode: batch statistics move
        assert not same(values_of(model), averages)
    assert same(values_of(model), before)
    assert same(ema.averages, averages)
    assert all(a is b for a, b in zip(tensors, [*model.parameters(), *model.buffers()], strict=True))


def test_an_exception_within_puts_everything_back():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.3)
    disturb(model, 0)
    before = values_of(model)
    with pytest.raises(KeyboardInterrupt), ema.swapped_in():
        raise KeyboardInterrupt
    assert same(values_of(model), before)
    ema.update()  # and it goes on
    with ema.swapped_in():
        pass


def test_swapping_in_twice_raises_and_puts_everything_back():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.3)
    disturb(model, 0)
    before = values_of(model)
    with pytest.raises(RuntimeError, match="swapped in already"), ema.swapped_in(), ema.swapped_in():
        pass
    assert same(values_of(model), before)


def test_an_update_while_swapped_in_raises_and_changes_nothing():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.3)
    disturb(model, 0)
    before = ema.state_dict()
    with pytest.raises(RuntimeError, match="average them with themselves"), ema.swapped_in():
        ema.update()
    assert same(ema.averages, before["averages"])
    assert ema.n_updates == 0


def test_two_averages_of_one_model_do_not_disturb_each_other():
    model = network()
    slow, fast = (ExponentialMovingAverage(model, rate=rate) for rate in (0.01, 0.5))
    train(model, slow, fast)
    before = values_of(model)
    with slow.swapped_in():
        inner = values_of(model)
        with fast.swapped_in():
            assert same(values_of(model), fast.averages)
        assert same(values_of(model), inner)
    assert same(values_of(model), before)


@pytest.mark.parametrize("warm_up", [False, True])
def test_a_checkpoint_goes_on_exactly(device, warm_up):
    def run(interrupted):
        model = network(device)
        ema = ExponentialMovingAverage(model, rate=0.1, warm_up=warm_up)
        for step in range(6):
            if step == 3 and interrupted:
                file = io.BytesIO()
                torch.save({"model": model.state_dict(), "ema": ema.state_dict()}, file)
                file.seek(0)
                saved = torch.load(file, weights_only=True)
                model = network(device)
                disturb(model, 99)
                ema = ExponentialMovingAverage(model, rate=0.1, warm_up=warm_up)
                model.load_state_dict(saved["model"])
                ema.load_state_dict(saved["ema"])
            disturb(model, step)
            ema.update()
        return ema.state_dict()

    whole, resumed = run(interrupted=False), run(interrupted=True)
    assert same(whole["averages"], resumed["averages"])
    assert whole["n_updates"] == resumed["n_updates"] == 6


def test_a_state_is_kept_by_value_both_ways():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.5)
    state = ema.state_dict()
    before = copy.deepcopy(state["averages"])
    disturb(model, 0)
    ema.update()
    assert same(state["averages"], before)
    ema.load_state_dict(state)
    ema.update()
    assert same(state["averages"], before)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda state: state["averages"].pop("3.bias"), r"only in the model: \['3.bias'\]"),
        (lambda state: state["averages"].update(more=torch.ones(1)), r"only in the model: \['more'\]"),
        # One number would broadcast.
        (lambda state: state["averages"].update({"3.bias": torch.ones(1)}), r"3.bias has shape \(1,\), .* \(2,\)"),
        (lambda state: state.pop("n_updates"), r"no \['n_updates'\], only \['averages'\]"),
        (lambda state: state.pop("averages"), r"no \['averages'\], only \['n_updates'\]"),
    ],
    ids=["missing", "more", "shape", "no count", "no averages"],
)
def test_a_state_that_does_not_fit_raises_and_changes_nothing(spoil, message):
    ema = ExponentialMovingAverage(network(), rate=0.5)
    before = ema.state_dict()
    state = copy.deepcopy(before)
    for average in state["averages"].values():
        average += 1
    spoil(state)
    with pytest.raises(ValueError, match=message):
        ema.load_state_dict(state)
    assert same(ema.averages, before["averages"])


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, math.nan, math.inf])
def test_a_rate_out_of_range_raises(rate):
    with pytest.raises(ValueError, match=f"rate must be in .* got {rate}"):
        ExponentialMovingAverage(network(), rate=rate)


def test_decay_is_one_minus_rate():
    assert ExponentialMovingAverage(network(), rate=0.01).decay == pytest.approx(0.99)


def test_fitting_another_model_raises():
    with pytest.raises(ValueError, match="another Sequential than the one in training"):
        train(network(), ExponentialMovingAverage(network(), rate=0.5))


def test_a_model_that_changed_its_dtype_raises_and_counts_no_update():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.5)
    before = ema.state_dict()
    model.double()
    with pytest.raises(ValueError, match="the model has changed since its average was begun"):
        ema.update()
    assert same(ema.averages, before["averages"])
    assert ema.n_updates == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a second device")
def test_a_model_that_moved_raises_but_can_be_evaluated():
    model = network()
    ema = ExponentialMovingAverage(model, rate=0.5)
    disturb(model, 0)
    ema.update()
    model.cuda()
    with pytest.raises(ValueError, match="the model has changed since its average was begun"):
        ema.update()
    before = values_of(model)
    with ema.swapped_in():
        assert same({name: tensor.cpu() for name, tensor in values_of(model).items()}, ema.averages)
    assert same(values_of(model), before)
