"""`helpers.stacked`: every member is the network that `training.fit` makes of it alone; against torch.func, too."""

import copy
import inspect

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn import functional as F

from helpers import dropout, ensembles, models, stacked, training
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

K, SIZES = 4, (3, 6, 5, 2)
# A product of stacked matrices rounds in another order than many: some units in the last place, for a few dozen steps.
TOLERANCE = {torch.float32: {"rtol": 1e-3, "atol": 1e-5}, torch.float64: {"rtol": 1e-10, "atol": 1e-12}}
OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda parameters: torch.optim.AdamW(parameters, lr=0.02),
}


def streams(first=0):
    return [generator(first + k) for k in range(K)]


def mlps(first=0, **options):
    return stacked.StackedMLP(SIZES, generators=streams(first), **options)


def some_data(device="cpu", dtype=torch.float64, n=22):
    x = torch.randn(n, SIZES[0], generator=generator(50))
    return x.to(device, dtype), (x[:, 0] > 0).long().to(device)


def train(model, *data, fit=stacked.fit, optimizer="adam", loss=F.cross_entropy, n_epochs=3, batch_size=8, **options):
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    return fit(model, *data, optimizer=optimizer, loss=loss, n_epochs=n_epochs, batch_size=batch_size, **options)[
        "loss"
    ]


def agree(members, networks, **tolerance):
    for member, network in zip(members, networks, strict=True):
        for ours, theirs in zip(member.parameters(), network.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, **tolerance)


def test_members_begin_as_models_mlp_makes_them():
    for options in ({}, {"weight_std": 0.3}, {"activation": nn.Tanh}):
        alone = [models.mlp(SIZES, generator=stream, **options) for stream in streams()]
        members = mlps(**options).members()
        agree(members, alone, rtol=0, atol=0)
        assert [repr(member) for member in members] == [repr(network) for network in alone]


def test_the_parameters_have_the_member_first():
    model = mlps()
    assert model.n_members == K
    assert [tuple(weight.shape) for weight in model.weights] == [(K, 6, 3), (K, 5, 6), (K, 2, 5)]
    assert [tuple(bias.shape) for bias in model.biases] == [(K, 6), (K, 5), (K, 2)]
    assert all(parameter.is_leaf and parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh], ids=lambda activation: activation.__name__)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_outputs_are_those_of_torchs_vmap(device, dtype, activation):
    alone = [models.mlp(SIZES, generator=stream, activation=activation).to(device, dtype) for stream in streams()]
    parameters, buffers = stack_module_state(alone)
    x = torch.randn(K, 7, SIZES[0], generator=generator(1)).to(device, dtype)
    model = mlps(activation=activation).to(device, dtype)
    call = vmap(lambda p, b, x: functional_call(alone[0], (p, b), (x,)))
    torch.testing.assert_close(model(x), call(parameters, buffers, x), **TOLERANCE[dtype])
    shared = call(parameters, buffers, x[0].expand(K, -1, -1))
    torch.testing.assert_close(model(x[0]), shared, **TOLERANCE[dtype])


def test_gradients_are_those_of_torchs_vmap(device):
    alone = [models.mlp(SIZES, generator=stream).to(device).double() for stream in streams()]
    parameters, buffers = stack_module_state(alone)
    x, y = some_data(device)
    expected = vmap(grad(lambda p, b: F.cross_entropy(functional_call(alone[0], (p, b), (x,)), y)))(parameters, buffers)
    model = mlps().to(device).double()
    one_batch = {"optimizer": torch.optim.SGD(model.parameters(), lr=0.0), "loss": F.cross_entropy, "n_epochs": 1}
    stacked.fit(model, x, y, **one_batch, batch_size=len(x), generators=streams())
    for layer, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        torch.testing.assert_close(weight.grad, expected[f"{2 * layer + 1}.weight"], **TOLERANCE[torch.float64])
        torch.testing.assert_close(bias.grad, expected[f"{2 * layer + 1}.bias"], **TOLERANCE[torch.float64])


def alone(device, dtype, rows, keep_probs, **options):
    """Each member by itself: its own initialisation, order, masks and data."""
    x, y = some_data(device, dtype)
    networks, losses = [], []
    for k in range(K):
        network = models.mlp(SIZES, generator=generator(k))
        if keep_probs:
            network = dropout.before_layers(network, keep_probs, generator=generator(20 + k))
        network.to(device, dtype)
        own = slice(None) if rows is None else rows[k]
        losses.append(train(network, x[own], y[own], fit=training.fit, generator=generator(10 + k), **options))
        networks.append(network)
    return networks, torch.tensor(losses)


def together(device, dtype, rows, keep_probs, **options):
    masks = {"keep_probs": keep_probs, "mask_generators": streams(20)} if keep_probs else {}
    model = mlps(**masks).to(device, dtype)
    data = some_data(device, dtype)
    return model, torch.tensor(train(model, *data, generators=streams(10), indices=rows, **options))


@pytest.mark.parametrize("keep_probs", [None, [0.8, 1.0, 0.5]], ids=["no dropout", "dropout"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_member_is_the_network_trained_alone(device, dtype, optimizer, keep_probs):
    rows = ensembles.bootstrap(22, K, generator=generator(5))  # 22 = 8 + 8 + 6: the last batch is smaller
    networks, losses = alone(device, dtype, rows, keep_probs, optimizer=optimizer)
    model, history = together(device, dtype, rows, keep_probs, optimizer=optimizer)
    agree(model.members(), networks, **TOLERANCE[dtype])
    torch.testing.assert_close(history, losses.mean(dim=0), rtol=1e-5, atol=1e-6)
    x, _ = some_data(device, dtype)
    logits = torch.stack([network.eval()(x) for network in networks])
    torch.testing.assert_close(model.eval()(x), logits, **TOLERANCE[dtype])


OWN_KEEP_PROBS = [[0.8, 1.0, 0.5, 0.2], 1.0, [1.0, 1.0, 0.5, 0.0]]  # per layer, one for all or one per member


def test_members_may_have_keep_probs_of_their_own(device):
    x, y = some_data(device)
    model = mlps(keep_probs=OWN_KEEP_PROBS, mask_generators=streams(20)).to(device).double()
    train(model, x, y, generators=streams(10))
    members = model.members()
    for k in range(K):
        network = models.mlp(SIZES, generator=generator(k))
        keep_probs = [each if isinstance(each, float) else each[k] for each in OWN_KEEP_PROBS]
        network = dropout.before_layers(network, keep_probs, generator=generator(20 + k)).to(device).double()
        train(network, x, y, fit=training.fit, generator=generator(10 + k))
        agree([members[k]], [network], **TOLERANCE[torch.float64])
        assert [m.keep_prob for m in members[k] if isinstance(m, dropout.Dropout)] == keep_probs * (k != 1)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_members_may_have_learning_rates_of_their_own(device, optimizer):
    x, y = some_data(device)
    factors = [1.0, 0.1, 0.0, 3.0]
    model = mlps().to(device).double()
    rates = stacked.LearningRates(torch.tensor(factors))
    train(model, x, y, optimizer=optimizer, generators=streams(10), callbacks=[rates])
    for k, factor in enumerate(factors):
        network = models.mlp(SIZES, generator=generator(k)).to(device).double()
        own = OPTIMIZERS[optimizer](network.parameters())
        own.param_groups[0]["lr"] *= factor
        training.fit(
            network, x, y, optimizer=own, loss=F.cross_entropy, n_epochs=3, batch_size=8, generator=generator(10 + k)
        )
        agree([model.members()[k]], [network], rtol=1e-6, atol=1e-9)  # the factors are float32


@pytest.mark.parametrize("factor", [-1.0, torch.nan, torch.inf])
def test_factors_that_are_none_raise(factor):
    with pytest.raises(ValueError, match=f"factors must be >= 0 and finite, got .*{factor}"):
        stacked.LearningRates(torch.tensor([1.0, factor]))


def test_without_rows_everyone_is_trained_with_everything(device):
    networks, _ = alone(device, torch.float64, None, None)
    agree(together(device, torch.float64, None, None)[0].members(), networks, **TOLERANCE[torch.float64])


def test_members_may_have_fewer_rows_than_there_are_examples(device):
    rows = torch.stack([torch.arange(k, k + 9) for k in range(K)])
    networks, _ = alone(device, torch.float64, rows, None)
    agree(together(device, torch.float64, rows, None)[0].members(), networks, **TOLERANCE[torch.float64])


def test_one_stream_per_member_may_do_for_everything():
    x, y = some_data()
    own = streams()
    model = stacked.StackedMLP(SIZES, generators=own, keep_probs=[0.8, 0.5, 0.5]).double()
    train(model, x, y, generators=own)
    networks = []
    for stream in streams():
        network = models.mlp(SIZES, generator=stream)
        networks.append(dropout.before_layers(network, [0.8, 0.5, 0.5], generator=stream).double())
        train(networks[-1], x, y, fit=training.fit, generator=stream)
    agree(model.members(), networks, **TOLERANCE[torch.float64])


def test_other_losses_and_targets_train_as_alone():
    x, _ = some_data()
    y = x[:, :2].square()
    model = mlps().double()
    train(model, x, y, loss=F.mse_loss, generators=streams(10))
    networks = [models.mlp(SIZES, generator=stream).double() for stream in streams()]
    for k, network in enumerate(networks):
        train(network, x, y, loss=F.mse_loss, fit=training.fit, generator=generator(10 + k))
    agree(model.members(), networks, **TOLERANCE[torch.float64])


def test_a_member_that_diverges_does_not_take_the_others_with_it():
    x, y = some_data()
    good, bad = mlps().double(), mlps().double()
    with torch.no_grad():
        bad.weights[0][1] = torch.nan
    for model in (good, bad):
        train(model, x, y, generators=streams(10))
    others = [0, 2, 3]
    for ours, theirs in zip(bad.parameters(), good.parameters(), strict=True):
        torch.testing.assert_close(ours[others], theirs[others], **TOLERANCE[torch.float64])
    assert bad.weights[0][1].isnan().all()


def test_each_member_has_masks_of_its_own_and_evaluation_has_none():
    model = mlps(keep_probs=[0.5, 1.0, 1.0])
    with torch.no_grad():
        for weight in model.weights:
            weight.copy_(weight[:1].expand_as(weight))  # all members alike
    x, _ = some_data(dtype=torch.float32)
    first, second = model(x), model(x)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, second)
    evaluated = model.eval()(x)
    assert torch.equal(evaluated[0], evaluated[1])
    assert torch.equal(evaluated, model(x))


def test_a_layer_that_keeps_nothing_says_its_bias():
    model = mlps(keep_probs=[1.0, 1.0, 0.0])
    x, _ = some_data(dtype=torch.float32)
    outputs = model(x)
    assert torch.equal(outputs, model.biases[-1][:, None].expand_as(outputs))
    outputs.sum().backward()
    assert not model.weights[-1].grad.any()


def test_members_are_copies():
    model = mlps(keep_probs=[0.5, 0.5, 0.5]).eval()
    before = copy.deepcopy(model.state_dict())
    states = [stream.get_state() for stream in model.mask_generators]
    x, _ = some_data(dtype=torch.float32)
    for member in model.members():
        assert not member.training
        member.train()(x)
        with torch.no_grad():
            for parameter in member.parameters():
                assert parameter.requires_grad
                parameter.zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(map(torch.equal, states, [stream.get_state() for stream in model.mask_generators]))


def test_callbacks_are_called_as_in_training_fit():
    class Log(training.Callback):
        def __init__(self):
            self.log = []

        def before_fit(self, run):
            self.log.append(("before", run.epoch, run.step))

        def after_backward(self, run):
            assert all(parameter.grad is not None for parameter in run.model.parameters())
            self.log.append(("backward", run.epoch, run.step))

        def after_step(self, run):
            assert len(run.history["loss"]) == run.step
            self.log.append(("step", run.epoch, run.step))

        def after_epoch(self, run):
            assert run.model.training
            self.log.append(("epoch", run.epoch, run.step))
            run.stop = run.epoch == 1

        def after_fit(self, run):
            self.log.append(("after", run.epoch, run.step))

    ours, theirs = Log(), Log()
    x, y = some_data(dtype=torch.float32)
    train(mlps().eval(), x, y, generators=streams(), n_epochs=5, callbacks=[ours])
    one = models.mlp(SIZES, generator=generator(0))
    train(one, x, y, fit=training.fit, generator=generator(0), n_epochs=5, callbacks=[theirs])
    assert ours.log == theirs.log
    assert ours.log[-1] == ("after", 1, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generators": []}, "got 0 and 0"),
        ({"mask_generators": [generator(0)]}, "got 4 and 1 for masks"),
        ({"keep_probs": [0.5]}, "got 1 for 3"),
        ({"keep_probs": [0.5, 1.5, 1.0]}, r"in \[0, 1\], got 1.5"),
        ({"keep_probs": [0.5, [0.5, 0.5, 0.5, 1.5], 1.0]}, r"in \[0, 1\], got 1.5"),
        ({"keep_probs": [0.5, [0.5, 0.5], 1.0]}, "one number or 4, got 2"),
        ({"activation": nn.PReLU}, "share the activation's parameters, got PReLU"),
    ],
    ids=["no streams", "few streams", "few layers", "no probability", "none of many", "few members", "parameters"],
)
def test_what_cannot_be_stacked_raises(options, message):
    with pytest.raises(ValueError, match=message):
        stacked.StackedMLP(SIZES, **{"generators": streams(), **options})


@pytest.mark.parametrize("shape", [(K + 1, 5, 3), (1, 5, 3)], ids=str)
def test_inputs_for_another_number_of_members_raise(shape):
    with pytest.raises(ValueError, match=r"or \(4, batch, features\), got"):
        mlps()(torch.zeros(shape))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_epochs": 0}, "got 0 and 8"),
        ({"batch_size": 0}, "got 3 and 0"),
        ({"generators": [generator(0)]}, r"or \(4, batch, features\), got \(1, 8, 3\)"),
        ({"indices": torch.zeros(3, 5, dtype=torch.int64)}, "generators and rows, got 4 and 3"),
        ({"indices": torch.zeros(4, 0, dtype=torch.int64)}, "got 22 and 22, of which 0"),
    ],
    ids=["epochs", "batch", "streams", "rows", "empty"],
)
def test_what_cannot_be_trained_raises_and_changes_nothing(options, message):
    model = mlps()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match=message):
        train(model, *some_data(dtype=torch.float32), **{"generators": streams(), **options})
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_inputs_without_targets_raise():
    x, y = some_data(dtype=torch.float32)
    unchecked = inspect.unwrap(stacked.fit)  # jaxtyping, which checks the tests only, would find it first
    with pytest.raises(ValueError, match="got 22 and 21"):
        train(mlps(), x, y[:-1], fit=unchecked, generators=streams())
