"""`helpers.initialization`: fans counted on the layers themselves, distributions against scipy, rules against torch."""

import math
from functools import partial

import pytest
import torch
from scipy import stats
from torch import nn

from helpers import initialization, models, signals
from helpers.device import generator
from helpers.initialization import Fans

pytestmark = pytest.mark.usefixtures("same_global_randomness")

# A sample variance of n numbers has a relative standard error of at most sqrt(2 / n) for these distributions.
N = 40_000
FIVE_SIGMAS = 5 * math.sqrt(2 / N)

DISTRIBUTIONS = {
    initialization.normal: stats.norm(),
    initialization.uniform: stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
    initialization.truncated_normal: stats.truncnorm(-2, 2, scale=1 / stats.truncnorm(-2, 2).std()),
}
every_distribution = pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda d: d.__name__)

# Inputs of 24 positions along each axis, of which those from 6 to 18 see no edge and a whole number of strides.
LAYERS = {
    "linear": (nn.Linear, (5, 3), {}, ()),
    "conv": (nn.Conv2d, (4, 6, 3), {}, (24, 24)),
    "conv, oblong kernel": (nn.Conv2d, (2, 3, (1, 4)), {}, (24, 24)),
    "conv of one axis, dilated": (nn.Conv1d, (4, 6, 3), {"dilation": 2}, (24,)),
    "conv, groups": (nn.Conv2d, (4, 8, 3), {"groups": 2}, (24, 24)),
    "conv, depthwise": (nn.Conv1d, (6, 6, 3), {"groups": 6}, (24,)),
    "conv, stride": (nn.Conv2d, (4, 6, 3), {"stride": 2}, (24, 24)),
    "transposed": (nn.ConvTranspose2d, (4, 6, 3), {}, (24, 24)),
    "transposed, stride": (nn.ConvTranspose2d, (4, 6, 3), {"stride": (2, 3)}, (24, 24)),
    "transposed, groups": (nn.ConvTranspose1d, (4, 8, 5), {"groups": 4, "stride": 2}, (24,)),
    "conv of three axes": (nn.Conv3d, (2, 3, 2), {}, (24, 24, 24)),
}
AS_IN_TORCH = ["linear", "conv", "conv, oblong kernel", "conv of one axis, dilated", "conv of three axes"]


def layer(name):
    kind, arguments, options, space = LAYERS[name]
    made = nn.utils.skip_init(kind, *arguments, bias=False, **options)
    nn.init.ones_(made.weight)
    return made, (arguments[0], *space)


def inside(values):
    """The positions that see no edge, of a tensor (batch, channels, *space)."""
    return values[(..., *[slice(6, 18)] * (values.ndim - 2))]


@pytest.mark.parametrize("name", LAYERS)
def test_fans_are_the_terms_of_the_sums(name):
    """With all weights 1 an output is the number of its terms, and so is an input's gradient."""
    made, shape = layer(name)
    x = torch.ones(1, *shape, requires_grad=True)
    y = made(x)
    y.sum().backward()
    measured = inside(y).mean().item(), inside(x.grad).mean().item()
    assert initialization.fans(made) == pytest.approx(measured, rel=1e-6)


@pytest.mark.parametrize("name", AS_IN_TORCH)
def test_fans_agree_with_torch_where_it_counts_alike(name):
    made, _ = layer(name)
    assert initialization.fans(made) == nn.init._calculate_fan_in_and_fan_out(made.weight)


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in AS_IN_TORCH])
def test_fans_differ_from_torch_elsewhere(name):
    made, _ = layer(name)
    assert initialization.fans(made) != nn.init._calculate_fan_in_and_fan_out(made.weight)


@pytest.mark.parametrize("name", ["conv, groups", "conv, stride", "transposed, stride", "transposed"])
def test_the_variance_is_kept_forward_and_backward(name):
    kind, (n_in, n_out, kernel), options, space = LAYERS[name]
    made = nn.utils.skip_init(kind, 16 * n_in, 16 * n_out, kernel, bias=False, **options)
    stream = generator(0)
    x = torch.randn(4, 16 * n_in, *space, generator=stream, requires_grad=True)
    for fan, is_forward in ((0, True), (1, False)):
        initialization.initialize(made, lambda fans, fan=fan: 1 / fans[fan], generator=stream)
        y = made(x)
        (gradient,) = torch.autograd.grad(y, x, torch.randn(y.shape, generator=stream))
        assert inside(y if is_forward else gradient).var().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    "wrong", [nn.BatchNorm1d(3), nn.Sequential(nn.Linear(2, 2)), nn.Embedding(3, 2)], ids=lambda m: type(m).__name__
)
def test_fans_of_other_modules_raise(wrong):
    with pytest.raises(ValueError, match=type(wrong).__name__):
        initialization.fans(wrong)


def test_fans_of_an_empty_layer_raise():
    made = nn.utils.skip_init(nn.Linear, 2, 3)
    made.in_features = 0
    with pytest.raises(ValueError, match="inputs and outputs"):
        initialization.fans(made)


def test_rules_are_torchs():
    fans = Fans(30, 50)
    assert initialization.lecun(fans) == pytest.approx(nn.init.calculate_gain("linear") ** 2 / 30)
    assert initialization.he(fans) == pytest.approx(nn.init.calculate_gain("relu") ** 2 / 30)
    for slope in (0.01, 0.3, 1.0):
        gain = nn.init.calculate_gain("leaky_relu", slope)
        assert initialization.he(fans, negative_slope=slope) == pytest.approx(gain**2 / 30)


@pytest.mark.parametrize(
    ("rule", "distribution", "theirs"),
    [
        (initialization.he, initialization.normal, partial(nn.init.kaiming_normal_, nonlinearity="relu")),
        (initialization.he, initialization.uniform, partial(nn.init.kaiming_uniform_, nonlinearity="relu")),
        (initialization.lecun, initialization.normal, partial(nn.init.kaiming_normal_, nonlinearity="linear")),
        (initialization.glorot, initialization.normal, nn.init.xavier_normal_),
        (initialization.glorot, initialization.uniform, nn.init.xavier_uniform_),
        (initialization.torch_default, initialization.uniform, partial(nn.init.kaiming_uniform_, a=math.sqrt(5))),
    ],
    ids=lambda each: getattr(each, "func", each).__name__,
)
def test_weights_are_distributed_as_torchs(rule, distribution, theirs):
    ours, other = nn.utils.skip_init(nn.Linear, 100, 400), torch.empty(400, 100)
    initialization.initialize(ours, rule, distribution, generator=generator(0))
    theirs(other, generator=generator(1))
    assert ours.weight.var().item() == pytest.approx(other.var().item(), rel=2 * FIVE_SIGMAS)
    assert stats.ks_2samp(ours.weight.detach().flatten(), other.flatten()).pvalue > 0.01


def test_torch_default_is_what_linear_does_by_itself():
    with torch.random.fork_rng():
        weight = nn.Linear(100, 400).weight
    assert initialization.torch_default(Fans(100, 400)) == pytest.approx(weight.var().item(), rel=FIVE_SIGMAS)


def test_the_truncated_deviation_is_scipys():
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == initialization.TRUNCATED_STD


@every_distribution
@pytest.mark.parametrize("variance", [1e-6, 1.0, 40.0])
def test_distributions_are_scipys(distribution, variance):
    values = distribution((N,), variance, generator=generator(0)).double()
    assert values.var().item() == pytest.approx(variance, rel=FIVE_SIGMAS)
    assert stats.kstest(values / math.sqrt(variance), DISTRIBUTIONS[distribution].cdf).pvalue > 0.01


@every_distribution
def test_draws_have_the_shape_and_come_from_the_stream(distribution):
    one, again = (distribution((2, 3, 4), 1.0, generator=generator(7)) for _ in range(2))
    assert one.shape == (2, 3, 4)
    assert torch.equal(one, again)
    assert not torch.equal(one, distribution((2, 3, 4), 1.0, generator=generator(8)))
    assert not distribution((5,), 0.0, generator=generator(0)).any()


@every_distribution
@pytest.mark.parametrize("variance", [-1.0, math.nan, math.inf])
def test_a_bad_variance_raises(distribution, variance):
    with pytest.raises(ValueError, match=str(variance)):
        distribution((3,), variance, generator=generator(0))


def test_bounded_distributions_keep_their_bounds():
    largest = {d: d((N,), 1.0, generator=generator(0)).abs().max().item() for d in DISTRIBUTIONS}
    assert 0.999 * math.sqrt(3) < largest[initialization.uniform] <= math.sqrt(3)
    assert 0.999 * 2 / 0.8797 < largest[initialization.truncated_normal] <= 2 / 0.8796
    assert largest[initialization.normal] > 3.5


@pytest.mark.parametrize(
    ("rule", "slope"),
    [(initialization.he, 0.0), (initialization.lecun, -1.0), (initialization.torch_default, -math.log2(6))],
    ids=["he", "lecun", "torch"],
)
def test_the_slope_through_relu_layers(device, rule, slope):
    model = models.mlp([400] * 13, generator=generator(0))
    initialization.initialize(model, rule, generator=generator(1))
    x = torch.randn(100, 400, generator=generator(2))
    with signals.watch(model.to(device)) as layers:
        model(x.to(device)).backward(torch.randn(100, 400, generator=generator(3)).to(device))
    forward = [layer.output.mean_square.log2().item() for layer in layers]
    backward = [layer.gradient.mean_square.log2().item() for layer in layers]
    # Each layer's factor fluctuates by about sqrt(5 / 400) = 0.16 in log2 as well; so the mean of 11 by 0.05.
    assert (forward[-1] - forward[0]) / 11 == pytest.approx(slope, abs=0.15)
    assert (backward[0] - backward[-1]) / 11 == pytest.approx(slope, abs=0.15)


def test_initialize_changes_weights_and_biases_of_layers_only(device):
    convolution, head = (
        nn.utils.skip_init(nn.Conv2d, 1, 2, 3),
        nn.utils.skip_init(nn.Linear, 8, 2, bias=False),
    )
    model = nn.Sequential(convolution, nn.BatchNorm2d(2), nn.Flatten(), head).to(device)
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.3)
    initialization.initialize(model, initialization.he, generator=generator(0), bias=0.25)
    assert model[0].bias.tolist() == [0.25, 0.25]
    assert model[1].weight.tolist() == model[1].bias.tolist() == [pytest.approx(0.3)] * 2
    assert convolution.weight.unique().numel() == 18
    assert head.weight.unique().numel() == 16
    assert all(p.requires_grad and p.grad_fn is None for p in model.parameters())


def test_biases_are_zero_by_default():
    made = nn.utils.skip_init(nn.Linear, 3, 3)
    nn.init.ones_(made.bias)
    initialization.initialize(made, initialization.lecun, generator=generator(0))
    assert not made.bias.any()


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_numbers_are_the_same_on_every_device_and_in_every_precision(device, dtype):
    here, there = (models.mlp((4, 5, 3), generator=generator(0)) for _ in range(2))
    there.to(device, dtype)
    for model in (here, there):
        initialization.initialize(model, initialization.glorot, initialization.uniform, generator=generator(1))
    for ours, theirs in zip(here.parameters(), there.parameters(), strict=True):
        assert theirs.dtype == dtype
        assert torch.equal(ours.to(dtype), theirs.cpu())


def test_initialize_without_a_layer_raises():
    with pytest.raises(ValueError, match="ReLU"):
        initialization.initialize(nn.ReLU(), initialization.he, generator=generator(0))


def test_a_rule_that_fails_changes_nothing():
    model = models.mlp((4, 5, 3), generator=generator(0))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with pytest.raises(ValueError, match="nan"):
        initialization.initialize(model, lambda fans: math.nan if fans.n_in == 5 else 1.0, generator=generator(1))
    assert all(map(torch.equal, before, model.parameters()))
