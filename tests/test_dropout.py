"""`helpers.dropout`: against torch's dropout, closed forms and autograd; all subnetworks against samples of them."""

import copy
import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import dropout, ensembles, models
from helpers.device import generator
from helpers.dropout import Dropout

pytestmark = pytest.mark.usefixtures("same_global_randomness")

each_kind = pytest.mark.parametrize("inverted", [True, False], ids=["inverted", "vanilla"])


def layer(keep_prob, *, seed=0, inverted=True):
    return Dropout(keep_prob, generator=generator(seed), inverted=inverted)


def network(keep_probs=(0.8, 0.5), sizes=(3, 5, 2), *, inverted=True, device="cpu", dtype=torch.float32):
    """With batch normalisation, whose mode is not dropout's."""
    flatten, first, activation, second = models.mlp(sizes, generator=generator(0))
    model = nn.Sequential(flatten, first, nn.BatchNorm1d(sizes[1]), activation, second)
    model = dropout.before_layers(model, keep_probs, generator=generator(1), inverted=inverted)
    model[3].running_mean.fill_(0.3)
    return model.to(device, dtype)


def some_x(n=4, features=3, device="cpu", dtype=torch.float32):
    return torch.randn(n, features, generator=generator(2)).to(device, dtype)


@pytest.mark.parametrize("keep_prob", [0.2, 0.5, 0.8])
def test_inverted_dropout_has_the_distribution_of_torchs(device, keep_prob):
    x = torch.full((400, 100), 3.0, device=device)
    ours = layer(keep_prob)(x)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = F.dropout(x, 1 - keep_prob)
    # The same two values, each as often as it has to be: four standard errors of 40 000 draws.
    torch.testing.assert_close(ours.unique(), theirs.unique())
    error = math.sqrt(keep_prob * (1 - keep_prob) / x.numel())
    for found in (ours, theirs):
        assert (found != 0).double().mean().item() == pytest.approx(keep_prob, abs=4 * error)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@each_kind
def test_values_and_gradients_are_mask_over_keep_prob(device, dtype, inverted):
    x = some_x(6, 7, device, dtype).requires_grad_()
    out = layer(0.25, seed=5, inverted=inverted)(x)
    out.backward(torch.full_like(x, 3.0))
    mask = dropout.draw_mask((6, 7), 0.25, generator=generator(5)).to(device)
    assert 0 < mask.sum() < mask.numel()
    scale = 4 if inverted else 1
    assert (out.dtype, out.device) == (x.dtype, x.device)
    torch.testing.assert_close(out, x * mask * scale)
    torch.testing.assert_close(x.grad, 3 * mask.to(dtype) * scale)


def test_autograd_agrees_with_finite_differences():
    x, keep = some_x(dtype=torch.float64).requires_grad_(), torch.tensor([0.3, 0.0, 1.0])
    assert torch.autograd.gradcheck(lambda x: layer(keep)(x), x)  # a new layer draws the same mask again


def test_every_example_and_unit_has_a_mask_of_its_own():
    kept = layer(0.5)(torch.ones(2000, 3, 4)) != 0
    correlation = torch.corrcoef(kept.flatten(1).T.double()) - torch.eye(12)
    assert correlation.abs().max() < 5 / math.sqrt(2000)
    assert len(kept.flatten(1).unique(dim=0)) > 1000


def test_every_call_has_a_mask_of_its_own_and_a_seed_repeats_them():
    first, second = layer(0.5), layer(0.5)
    x = torch.ones(5, 6)
    assert not torch.equal(one := first(x), two := first(x))
    assert torch.equal(second(x), one)
    assert torch.equal(second(x), two)
    assert not torch.equal(layer(0.5, seed=1)(x), one)


@each_kind
def test_each_unit_can_have_a_probability_of_its_own(device, inverted):
    keep = torch.tensor([0.0, 0.25, 0.9, 1.0])
    x = torch.ones(20_000, 4, device=device)
    found = layer(keep, inverted=inverted)(x)
    fraction = (found != 0).double().mean(dim=0).cpu()
    assert (fraction - keep).abs().max() < 4 * 0.5 / math.sqrt(20_000)
    assert fraction[[0, 3]].tolist() == [0.0, 1.0]
    largest = found.amax(dim=0).cpu()
    torch.testing.assert_close(largest, torch.tensor([0.0, 4.0, 1 / 0.9, 1.0]) if inverted else (keep > 0).float())


@each_kind
@pytest.mark.parametrize("keep_prob", [0.3, torch.tensor([0.2, 0.5, 1.0])], ids=["one", "per unit"])
def test_evaluation_is_the_mean_of_training(keep_prob, inverted):
    x = some_x(1, 3)
    thinned = layer(keep_prob, inverted=inverted)
    mean = thinned(x.expand(40_000, 3)).mean(dim=0)
    assert (mean - thinned.eval()(x)[0]).abs().max() < 5 * x.abs().max() * 2 / math.sqrt(40_000)


def test_inverted_evaluation_is_no_work_at_all():
    x, thinned = some_x(), layer(0.5).eval()
    before = thinned.generator.get_state()
    assert thinned(x) is x
    assert torch.equal(thinned.generator.get_state(), before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_vanilla_evaluation_multiplies_by_keep_prob(device, dtype):
    x = some_x(device=device, dtype=dtype)
    assert torch.equal(layer(0.3, inverted=False).eval()(x), 0.3 * x)  # not 0.7, and 0.3 in the precision of x


@each_kind
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("keep_prob", [1.0, torch.ones(3)], ids=["one", "per unit"])
def test_to_keep_everything_is_the_very_same_tensor_and_no_draw(keep_prob, training, inverted):
    x, thinned = some_x(), layer(keep_prob, inverted=inverted).train(training)
    before = thinned.generator.get_state()
    assert thinned(x) is x
    assert torch.equal(thinned.generator.get_state(), before)


@pytest.mark.parametrize("keep_prob", [0.0, torch.zeros(3)], ids=["one", "per unit"])
@pytest.mark.parametrize(("inverted", "training"), [(True, True), (False, True), (False, False)])
def test_to_keep_nothing_is_exactly_zero_whatever_comes_in(device, keep_prob, inverted, training):
    x = torch.tensor([[math.inf, math.nan, -1.0]], device=device, requires_grad=True)
    found = layer(keep_prob, inverted=inverted).train(training)(x)
    found.backward(torch.full_like(x, 2.0))
    assert found.tolist() == [[0.0] * 3]
    assert x.grad.tolist() == [[0.0] * 3]


@each_kind
def test_what_a_dropped_unit_holds_and_gets_back_never_counts(device, inverted):
    x = torch.full((50, 2), math.inf, device=device, requires_grad=True)
    found = layer(0.5, inverted=inverted)(x)
    found.backward(torch.where(found == 0, math.inf, 1.0))
    dropped = found == 0
    assert 20 < dropped.sum() < 80
    assert (x.grad[dropped] == 0).all()
    assert (x.grad[~dropped] == (2 if inverted else 1)).all()


@pytest.mark.parametrize("keep_prob", [-0.1, 1.1, math.nan, torch.tensor([0.5, 1.5])], ids=str)
def test_what_is_no_probability_raises(keep_prob):
    with pytest.raises(ValueError, match=r"keep_prob must be in \[0, 1\], got"):
        layer(keep_prob)


def test_another_number_of_units_raises():
    # One unit would broadcast.
    with pytest.raises(ValueError, match=r"for 2 units, got values of shape \(4, 1\)"):
        layer(torch.tensor([0.5, 0.5]))(torch.ones(4, 1))


def test_a_copy_has_a_stream_of_its_own():
    thinned, x = layer(0.5), torch.ones(4, 5)
    twin = copy.deepcopy(thinned)
    assert torch.equal(thinned(x), twin(x))


def test_the_layer_is_shown_and_has_no_state():
    assert repr(layer(0.5)) == "Dropout(keep_prob=0.5, inverted=True)"
    assert not layer(torch.ones(3)).state_dict()


def test_dropout_goes_before_linear_layers_and_shares_them():
    plain = models.mlp((3, 4, 4, 2), generator=generator(0))
    stream = generator(1)
    model = dropout.before_layers(plain, [0.8, 1, 0.5], generator=stream, inverted=False)
    kinds = [nn.Flatten, *(Dropout, nn.Linear, nn.ReLU) * 2, Dropout, nn.Linear]
    assert [type(each) for each in model] == kinds
    assert [each for each in model if not isinstance(each, Dropout)] == list(plain)
    added = [each for each in model if isinstance(each, Dropout)]
    assert [each.keep_prob for each in added] == [0.8, 1, 0.5]
    assert all(each.generator is stream and not each.inverted for each in added)


def test_another_number_of_layers_raises():
    with pytest.raises(ValueError, match="got 3 for 2"):
        dropout.before_layers(models.mlp((3, 4, 2), generator=generator(0)), [0.5] * 3, generator=generator(0))


def modes(model):
    return [module.training for module in model.modules()]


@pytest.mark.parametrize("training", [True, False])
def test_within_active_only_dropout_trains_and_all_is_put_back(training):
    model = network().train(training)
    model[0].train(not training)  # a mixture has to come back as it was
    before, own = modes(model), model[1].generator
    with dropout.active(model, generator=generator(7)) as found:
        assert found is model
        assert [m.training for m in model] == [isinstance(m, Dropout) for m in model]
        assert model[1].generator is not own
    assert modes(model) == before
    assert model[1].generator is own
    with pytest.raises(KeyboardInterrupt), dropout.active(model, generator=generator(7)):
        raise KeyboardInterrupt
    assert modes(model) == before
    assert model[1].generator is own


def test_monte_carlo_is_a_forward_pass_per_mask(device):
    model, x = network(device=device), some_x(device=device)
    statistics = model[3].running_mean.clone()
    found = dropout.monte_carlo(model, x, 3, generator=generator(9))
    by_hand = network(device=device)
    by_hand[1].generator = by_hand[5].generator = generator(9)
    by_hand[3].eval()
    expected = torch.stack([by_hand(x) for _ in range(3)])
    assert torch.equal(found, expected)
    assert not found.requires_grad
    assert not torch.equal(found[0], found[1])
    assert torch.equal(model[3].running_mean, statistics)


def test_without_a_generator_the_layers_streams_go_on_and_with_one_they_do_not():
    model, x = network(), some_x()
    before = model[1].generator.get_state()
    first = dropout.monte_carlo(model, x, 2, generator=generator(3))
    assert torch.equal(model[1].generator.get_state(), before)
    assert torch.equal(dropout.monte_carlo(model, x, 2, generator=generator(3)), first)
    assert not torch.equal(dropout.monte_carlo(model, x, 2), dropout.monte_carlo(model, x, 2))
    assert not torch.equal(model[1].generator.get_state(), before)


def test_monte_carlo_without_dropout_or_masks_raises():
    with pytest.raises(ValueError, match=r"no helpers\.dropout\.Dropout"):
        dropout.monte_carlo(nn.Sequential(models.linear(3, 2, generator=generator(0)), nn.Dropout()), some_x(), 5)
    model = network()
    before = modes(model)
    with pytest.raises(ValueError, match="got 0"):
        dropout.monte_carlo(model, some_x(), 0)
    assert modes(model) == before


@each_kind
def test_weight_scaling_is_evaluation_without_dropout(device, inverted):
    keep = (0.8, torch.tensor([0.0, 0.3, 0.5, 0.7, 1.0]))
    model, x = network(keep, inverted=inverted, device=device, dtype=torch.float64), some_x(device=device).double()
    before = copy.deepcopy(model.state_dict())
    scaled = dropout.weight_scaled(model)
    assert not any(isinstance(module, Dropout) for module in scaled)
    assert not any(modes(scaled))
    assert model.training
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    torch.testing.assert_close(scaled(x), model.eval()(x))
    if inverted:
        assert torch.equal(scaled[1].weight, model[2].weight)
    else:
        torch.testing.assert_close(scaled[1].weight, 0.8 * model[2].weight)
        torch.testing.assert_close(scaled[1].bias, model[2].bias)


def test_dropout_that_no_linear_layer_follows_raises():
    linear = models.linear(3, 3, generator=generator(0))
    for wrong in (nn.Sequential(layer(0.5), nn.ReLU(), linear), nn.Sequential(nn.Sequential(layer(0.5), linear))):
        for function in (dropout.weight_scaled, lambda model: dropout.subnetwork_outputs(model, some_x())):
            with pytest.raises(ValueError, match="directly before a linear layer"):
                function(wrong)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_all_masks_are_all_there_in_order(n):
    expected = list(itertools.product([False, True], repeat=n))
    assert [tuple(mask) for mask in dropout.all_masks(n).tolist()] == expected


@pytest.mark.parametrize("n", [-1, 21])
def test_too_many_masks_raise(n):
    with pytest.raises(ValueError, match=f"got {n}"):
        dropout.all_masks(n)


def test_the_probabilities_of_masks():
    masks = dropout.all_masks(4)
    assert dropout.mask_probabilities(masks, 0.5).tolist() == [1 / 16] * 16
    found = dropout.mask_probabilities(masks, 0.8)
    binomial = [0.8**k * 0.2 ** (4 - k) for k in masks.sum(dim=1).tolist()]
    assert found.tolist() == pytest.approx(binomial, rel=1e-12)
    keep = torch.tensor([0.0, 0.3, 0.5, 1.0], dtype=torch.float64)
    each = dropout.mask_probabilities(masks, keep)
    assert each.sum().item() == pytest.approx(1.0, rel=1e-12)
    torch.testing.assert_close(each @ masks.double(), keep)  # how often each unit stays
    assert (each[masks[:, 0]] == 0).all()


@each_kind
def test_subnetworks_are_the_network_with_units_taken_out(device, inverted):
    model = network(inverted=inverted, device=device, dtype=torch.float64)
    x, before = some_x(device=device, dtype=torch.float64), modes(model)
    found = dropout.subnetwork_outputs(model, x)
    assert modes(model) == before
    assert found.outputs.shape == (2**8, 4, 2)
    first, normalise, second = model[2], copy.deepcopy(model[3]).eval(), model[6]
    for index in (0, 5, 200, 255):
        inputs, hidden = found.masks[index, :3], found.masks[index, 3:]
        a, b = (1 / 0.8, 1 / 0.5) if inverted else (1, 1)
        h = normalise(x[:, inputs] @ first.weight[:, inputs].T * a + first.bias).relu()
        expected = h[:, hidden] @ second.weight[:, hidden].T * b + second.bias
        torch.testing.assert_close(found.outputs[index], expected)
        probability = 0.8 ** inputs.sum() * 0.2 ** (~inputs).sum() / 2**5
        torch.testing.assert_close(found.probabilities[index], probability.to(x), rtol=1e-6, atol=0)


@each_kind
def test_samples_go_to_the_mean_of_all_subnetworks(inverted):
    model, x = network((torch.tensor([0.3, 1.0, 0.6]), 0.7), inverted=inverted), some_x()
    found = dropout.subnetwork_outputs(model, x)
    mean = torch.tensordot(found.probabilities, found.outputs, dims=1)
    variance = torch.tensordot(found.probabilities, (found.outputs - mean).square(), dims=1)
    samples = dropout.monte_carlo(model, x, 1500)
    assert ((samples.mean(dim=0) - mean).abs() / (variance / 1500).sqrt()).max() < 4.5
    torch.testing.assert_close(samples.var(dim=0), variance, rtol=0.3, atol=0)


def test_layers_that_keep_all_are_not_enumerated():
    model, x = network((1.0, 0.5)), some_x()
    found = dropout.subnetwork_outputs(model, x)
    assert found.masks.shape == (2**5, 5)
    assert found.probabilities.tolist() == [1 / 32] * 32
    one = dropout.subnetwork_outputs(network((1.0, 1.0)), x)
    assert one.probabilities.tolist() == [1.0]
    torch.testing.assert_close(one.outputs[0], network((1.0, 1.0)).eval()(x))


@each_kind
@pytest.mark.parametrize("keep_prob", [0.5, 0.8, torch.tensor([0.1, 0.9, 0.5])], ids=["half", "0.8", "per unit"])
def test_for_softmax_regression_weight_scaling_is_the_geometric_mean_of_all_subnetworks(device, keep_prob, inverted):
    regression = models.mlp((3, 4), generator=generator(0))
    model = dropout.before_layers(regression, [keep_prob], generator=generator(1), inverted=inverted).double()
    model, x = model.to(device), 3 * some_x(device=device).double()
    found = dropout.subnetwork_outputs(model, x)
    geometric = ensembles.geometric_mean(found.outputs, weights=found.probabilities)
    scaled = dropout.weight_scaled(model)(x).softmax(dim=1)
    torch.testing.assert_close(geometric, scaled, rtol=1e-6, atol=1e-9)
    arithmetic = ensembles.mean_probabilities(found.outputs, weights=found.probabilities)
    assert (arithmetic - scaled).abs().max() > 0.01


def test_for_deep_networks_it_is_an_approximation():
    model, x = network().double(), 3 * some_x().double()
    found = dropout.subnetwork_outputs(model, x)
    geometric = ensembles.geometric_mean(found.outputs, weights=found.probabilities)
    assert (geometric - dropout.weight_scaled(model)(x).softmax(dim=1)).abs().max() > 0.01
