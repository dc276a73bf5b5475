"""`helpers.noise`: who gets noise, when and how much; label smoothing against torch."""

import copy
import math

import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn import functional as F

from helpers import models, noise, penalties
from helpers.device import generator


def network(device, seed=0):
    return models.mlp((4, 6, 3), generator=generator(seed)).to(device)


def batch(device):
    stream = generator(1)
    return torch.randn(20, 4, generator=stream).to(device), torch.randint(3, (20,), generator=stream).to(device)


def bits(model):
    return [parameter.detach().clone().view(torch.int32) for parameter in model.parameters()]


def same(bits_a, bits_b):
    return all(torch.equal(a, b) for a, b in zip(bits_a, bits_b, strict=True))


@pytest.mark.parametrize("std", [0.1, 3.0])
def test_the_noise_is_normal_and_independent(device, std):
    values = torch.full((50, 100), 2.0, device=device)
    added = (noise.gaussian(values, std, generator=generator(0)) - 2.0).cpu().double()
    assert stats.kstest(added.flatten().numpy(), stats.norm(0, std).cdf).statistic < 0.028  # 99.9 % of 5000 draws
    assert torch.corrcoef(added).sub(torch.eye(50)).abs().max() < 0.5
    assert (values == 2.0).all()


def test_a_seed_means_the_same_everywhere(device, same_global_randomness):
    values, stream = torch.zeros(5, 3, device=device), generator(0)
    first = noise.gaussian(values, 1.0, generator=stream)
    assert torch.equal(first.cpu(), noise.gaussian(values.cpu(), 1.0, generator=generator(0)))
    assert not torch.equal(first, noise.gaussian(values, 1.0, generator=stream))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3, 4)])
def test_noise_keeps_shape_and_dtype(device, dtype, shape):
    values = torch.ones(shape, dtype=dtype, device=device)
    result = noise.gaussian(values, 0.5, generator=generator(0))
    assert (result.shape, result.dtype, result.device) == (values.shape, values.dtype, values.device)
    assert torch.equal(noise.gaussian(values, 0.0, generator=generator(0)), values)


def test_the_layer_is_noisy_in_training_only(device):
    layer, x = noise.GaussianNoise(0.5, generator=generator(0)), torch.ones(4, 3, device=device)
    first = layer(x)
    assert torch.equal(first, noise.gaussian(x, 0.5, generator=generator(0)))
    assert not torch.equal(layer(x), first)
    state = layer.generator.get_state()
    assert layer.eval()(x) is x
    assert torch.equal(layer.generator.get_state(), state)
    assert not layer.state_dict()
    assert repr(layer) == "GaussianNoise(std=0.5)"


def test_noise_on_hidden_units_lets_gradients_through(device):
    model = network(device)
    model.insert(3, noise.GaussianNoise(0.5, generator=generator(0)))
    x, _ = batch(device)
    hidden = []
    model[3].register_forward_hook(lambda _layer, inputs, output: hidden.append((inputs[0], output)))
    model(x).sum().backward()
    (before, after), noise_added = hidden[0], noise.gaussian(torch.zeros(20, 6), 0.5, generator=generator(0))
    torch.testing.assert_close((after - before).cpu(), noise_added, rtol=0, atol=1e-6)
    assert model[1].weight.grad.any()


def test_a_copy_of_a_layer_has_its_own_stream():
    layer, x = noise.GaussianNoise(0.5, generator=generator(0)), torch.ones(4)
    layer(x)
    twin = copy.deepcopy(layer)
    expected = layer(x)
    layer(x)
    assert torch.equal(twin(x), expected)


def test_noise_on_the_inputs_of_a_linear_model_is_ridge():
    stream = generator(2)
    x, y, w = torch.randn(40, 3, generator=stream), torch.randn(40, generator=stream), torch.tensor([1.0, -2.0, 0.5])
    noisy = noise.gaussian(x.expand(4000, 40, 3), 0.4, generator=stream)
    expected = (x @ w - y).square().mean() + 0.4**2 * w.square().sum()
    # E (w (x + e) - y)^2 = (w x - y)^2 + std^2 |w|^2; the mean over 160000 residuals is good to a percent.
    assert (noisy @ w - y).square().mean().item() == pytest.approx(expected.item(), rel=0.01)


def test_weights_are_noisy_within_the_block_and_the_same_after_it(device):
    model = models.mlp((100, 50, 3), generator=generator(0)).to(device)
    model[1].weight.data[0, :3] = torch.tensor([math.nan, -0.0, 1e-40])
    before, weights = bits(model), [weight.detach().clone() for weight in penalties.weights(model)]
    with noise.noisy_weights(model, 0.3, generator=generator(1)):
        added = [(w - old).flatten().cpu() for w, old in zip(penalties.weights(model), weights, strict=True)]
        assert all(not layer.bias.any() for layer in (model[1], model[3]))
    assert same(bits(model), before)
    drawn = torch.cat(added)[3:].detach().double()
    assert stats.kstest(drawn.numpy(), stats.norm(0, 0.3).cdf).statistic < 0.03  # 5147 draws


def test_norm_layers_and_frozen_weights_get_no_noise_and_tied_ones_get_it_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    model[3].weight.requires_grad_(False)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with noise.noisy_weights(model, 0.1, generator=generator(1)):
        expected = noise.gaussian(before[0], 0.1, generator=generator(1))
        assert model[2].weight is model[0].weight
        torch.testing.assert_close(model[0].weight.detach(), expected)
        for parameter, old in list(zip(model.parameters(), before, strict=True))[1:]:
            assert torch.equal(parameter, old)


def test_weights_are_restored_after_an_error(device, monkeypatch):
    model = network(device)
    before = bits(model)

    def fail_in_the_block():
        with noise.noisy_weights(model, 0.3, generator=generator(1)):
            assert not same(bits(model), before)
            raise RuntimeError("in the block")

    with pytest.raises(RuntimeError, match="in the block"):
        fail_in_the_block()
    assert same(bits(model), before)

    real, calls = noise.gaussian, []

    def fails_at_the_second_weight(*args, **kwargs):
        calls.append(bits(model))
        if len(calls) == 2:
            raise MemoryError("on the way")
        return real(*args, **kwargs)

    monkeypatch.setattr(noise, "gaussian", fails_at_the_second_weight)
    with pytest.raises(MemoryError, match="on the way"), noise.noisy_weights(model, 0.3, generator=generator(1)):
        pass
    assert not same(calls[1], before)  # the first weight was noisy already
    assert same(bits(model), before)


def test_the_gradient_is_that_at_the_noisy_weights_and_the_step_from_the_true_ones(device):
    model, twin = network(device), network(device)
    x, y = batch(device)
    with noise.noisy_weights(model, 0.3, generator=generator(1)):
        F.cross_entropy(model(x), y).backward()
        twin.load_state_dict(model.state_dict())
    F.cross_entropy(twin(x), y).backward()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    for parameter, noisy, old in zip(model.parameters(), twin.parameters(), before, strict=True):
        torch.testing.assert_close(parameter.detach(), old - 0.1 * noisy.grad)


def test_backward_after_the_block_is_refused(device):
    model = network(device)
    x, y = batch(device)
    with noise.noisy_weights(model, 0.3, generator=generator(1)):
        loss = F.cross_entropy(model(x), y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_the_layer_as_a_parametrization_is_the_same_noise(device):
    model, twin = network(device), network(device)
    x, y = batch(device)
    with noise.noisy_weights(model, 0.3, generator=generator(1)):
        F.cross_entropy(model(x), y).backward()
    stream = generator(1)
    for layer in (twin[1], twin[3]):
        nn.utils.parametrize.register_parametrization(layer, "weight", noise.GaussianNoise(0.3, generator=stream))
    stream.set_state(generator(1).get_state())  # registering calls the layer
    F.cross_entropy(twin(x), y).backward()
    for i in (1, 3):
        original = twin[i].parametrizations.weight.original
        torch.testing.assert_close(original.grad, model[i].weight.grad)
        torch.testing.assert_close(original, model[i].weight)
    torch.testing.assert_close(twin.eval()(x), model(x))


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_a_bad_std_raises_and_changes_nothing(bad):
    model = network("cpu")
    before = bits(model)
    with pytest.raises(ValueError, match=f"std must be >= 0 and finite, got {bad}"):
        noise.gaussian(torch.zeros(2), bad, generator=generator(0))
    with pytest.raises(ValueError, match=f"got {bad}"):
        noise.GaussianNoise(bad, generator=generator(0))
    with (
        pytest.raises(ValueError, match=f"got {bad}"),
        noise.noisy_weights(model, bad, generator=generator(0)),
    ):
        pass
    assert same(bits(model), before)


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_labels_become_other_classes_with_a_probability(device, probability, same_global_randomness):
    labels = (torch.arange(8000) % 4).to(device)
    drawn = noise.resample_labels(labels, probability, n_classes=4, generator=generator(0))
    assert (drawn.dtype, drawn.device) == (labels.dtype, labels.device)
    assert torch.equal(labels.cpu(), torch.arange(8000) % 4)
    frequencies = F.one_hot(drawn, 4).reshape(2000, 4, 4).double().mean(dim=0).cpu()  # (true class, drawn class)
    expected = noise.smooth_labels(torch.arange(4), 4, probability).double()
    torch.testing.assert_close(frequencies, expected, rtol=0, atol=0.045)  # binomial, sigma up to 0.011
    assert (drawn != labels).double().mean().item() == pytest.approx(probability, abs=0.02)


def test_labels_are_drawn_anew_and_each_on_its_own(device):
    labels, stream = torch.zeros(3, dtype=torch.int64, device=device), generator(0)
    n_wrong = [noise.resample_labels(labels, 0.1, n_classes=2, generator=stream).sum().item() for _ in range(1000)]
    # Rounded to a whole number of three labels, a tenth of them would be none in every minibatch.
    assert sum(n_wrong) / 3000 == pytest.approx(0.1, abs=0.025)
    assert {0, 1, 2} <= set(n_wrong)


def test_bad_arguments_of_label_noise_raise():
    labels = torch.zeros(3, dtype=torch.int64)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=f"probability must be in \\[0, 1\\], got {bad}"):
            noise.resample_labels(labels, bad, n_classes=3, generator=generator(0))
    with pytest.raises(ValueError, match="n_classes must be >= 2, got 1"):
        noise.resample_labels(labels, 0.1, n_classes=1, generator=generator(0))


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16])
def test_smooth_targets_are_as_the_lecture_defines_them(device, dtype):
    targets = noise.smooth_labels(torch.tensor([2, 0], dtype=dtype, device=device), 5, 0.2)
    expected = torch.tensor([[0.05, 0.05, 0.8, 0.05, 0.05], [0.8, 0.05, 0.05, 0.05, 0.05]])
    torch.testing.assert_close(targets.cpu(), expected)
    assert targets.device.type == device.type


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_the_limits_of_smoothing(n_classes):
    labels = torch.arange(n_classes)
    assert torch.equal(noise.smooth_labels(labels, n_classes, 0.0), torch.eye(n_classes))
    uniform = noise.smooth_labels(labels, n_classes, (n_classes - 1) / n_classes)
    torch.testing.assert_close(uniform, torch.full((n_classes, n_classes), 1 / n_classes))
    never = noise.smooth_labels(labels, n_classes, 1.0)
    torch.testing.assert_close(never, (1 - torch.eye(n_classes)) / (n_classes - 1))
    assert noise.smooth_labels(labels[:0], n_classes, 0.1).shape == (0, n_classes)


@pytest.mark.parametrize(("n_classes", "epsilon"), [(2, 0.1), (2, 0.5), (3, 0.3), (10, 0.0), (10, 0.1), (10, 0.9)])
def test_the_converted_epsilon_gives_torchs_loss(device, n_classes, epsilon):
    stream = generator(0)
    logits = torch.randn(30, n_classes, generator=stream).to(device)
    labels = torch.randint(n_classes, (30,), generator=stream).to(device)
    ours = F.cross_entropy(logits, noise.smooth_labels(labels, n_classes, epsilon))
    converted = noise.to_torch_smoothing(epsilon, n_classes)
    torch.testing.assert_close(ours, F.cross_entropy(logits, labels, label_smoothing=converted))
    assert noise.from_torch_smoothing(converted, n_classes) == pytest.approx(epsilon)
    if epsilon:
        theirs = F.cross_entropy(logits, labels, label_smoothing=epsilon)
        assert not torch.allclose(ours, theirs, rtol=1e-4)  # the conventions differ


def test_torchs_range_is_all_of_ours_up_to_uniform():
    assert noise.to_torch_smoothing(0.75, 4) == noise.to_torch_smoothing(2 / 3, 3) == 1.0
    assert noise.from_torch_smoothing(1.0, 4) == 0.75


def test_bad_arguments_of_smoothing_raise():
    labels = torch.tensor([0, 1])
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=f"epsilon must be in \\[0, 1\\], got {bad}"):
            noise.smooth_labels(labels, 3, bad)
        with pytest.raises(ValueError, match=f"label_smoothing must be in \\[0, 1\\], got {bad}"):
            noise.from_torch_smoothing(bad, 3)
    for bad in (-0.1, 0.67, math.nan):
        with pytest.raises(ValueError, match=f"epsilon must be in \\[0, 0.6667\\] for 3 classes, got {bad}"):
            noise.to_torch_smoothing(bad, 3)
    for convert in (noise.to_torch_smoothing, noise.from_torch_smoothing):
        with pytest.raises(ValueError, match="n_classes must be >= 2, got 1"):
            convert(0.0, 1)
    with pytest.raises(ValueError, match="n_classes must be >= 2, got 1"):
        noise.smooth_labels(torch.tensor([0]), 1, 0.1)
    for bad in (-1, 3):
        with pytest.raises(ValueError, match=f"labels must be 0 to 2, got {bad}"):
            noise.smooth_labels(torch.tensor([0, bad]), 3, 0.1)
