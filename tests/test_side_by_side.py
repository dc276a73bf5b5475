"""Networks side by side are the same networks one by one."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix
from torch import nn
from torch.nn import functional as F

from helpers import data, models, side_by_side
from helpers.device import default_device, generator

SEEDS = (3, 1, 4)


@pytest.fixture
def sets():
    made = [data.digits(generator=generator(seed), n_train=60) for seed in SEEDS]
    return side_by_side.stacked([part._replace(x_test=part.x_test[:50], y_test=part.y_test[:50]) for part in made])


@pytest.fixture
def nets():
    return side_by_side.Perceptrons((64, 7, 10), SEEDS).to(default_device())


def alone(seed):
    return models.mlp((64, 7, 10), generator=generator(seed)).to(default_device())


def test_stacked_keeps_each_seed_in_its_place(sets):
    assert sets.x_train.shape == (60, 3, 1, 8, 8)
    for place, seed in enumerate(SEEDS):
        one = data.digits(generator=generator(seed), n_train=60)
        assert torch.equal(sets.x_train[:, place], one.x_train)
        assert torch.equal(sets.y_train[:, place], one.y_train)


@pytest.mark.parametrize("flat", [False, True])
def test_outputs_and_gradients_are_those_of_each_network_alone(nets, sets, flat):
    sets = sets.to(default_device())
    x = sets.x_train.flatten(0, 1) if flat else sets.x_train
    logits = nets(x)
    loss = side_by_side.cross_entropy(logits, sets.y_train, label_smoothing=0.1)
    loss.backward()
    losses = []
    for place, seed in enumerate(SEEDS):
        net = alone(seed)
        mine = net(sets.x_train[:, place])
        torch.testing.assert_close(logits[:, place], mine)
        losses.append(F.cross_entropy(mine, sets.y_train[:, place], label_smoothing=0.1))
        losses[-1].backward()
        torch.testing.assert_close(nets.networks.weights[0].grad[place], net[1].weight.grad / len(SEEDS))
        torch.testing.assert_close(nets.networks.biases[1].grad[place], net[3].bias.grad / len(SEEDS))
    torch.testing.assert_close(loss, torch.stack(losses).mean())


def test_the_module_between_sees_the_hidden_units(sets):
    class Seen(nn.Module):
        def forward(self, x):
            self.shape = tuple(x.shape)
            assert (x >= 0).all()
            return 0 * x

    seen = Seen()
    logits = side_by_side.Perceptrons((64, 7, 10), SEEDS, seen)(sets.x_train)
    assert seen.shape == (3, 60, 7)
    assert not logits.any()  # biases begin at zero


def test_accuracies_and_confusions(nets, sets):
    sets = sets.to(default_device())
    got = side_by_side.accuracies(nets, sets.x_test, sets.y_test)
    rates = side_by_side.confusions(nets, sets.x_test, sets.y_test, 10)
    for place, seed in enumerate(SEEDS):
        truth = sets.y_test[:, place].cpu()
        predicted = alone(seed)(sets.x_test[:, place]).argmax(dim=1).cpu()
        assert got[place] == (predicted == truth).double().mean().item()
        counts = confusion_matrix(truth, predicted, labels=range(10))
        np.testing.assert_allclose(rates[place], 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def test_a_class_without_examples_is_never_confused(nets, sets):
    sets = sets.to(default_device())
    rates = side_by_side.confusions(nets, sets.x_test, torch.zeros_like(sets.y_test), 10)
    assert not rates[:, 1:].any()
    np.testing.assert_allclose(rates[:, 0].sum(axis=1), 100)
