"""`helpers.data`: what the sets are, that seeds fix them, and that global randomness stays out of it."""

import random

import mnist1d.data
import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, make_moons

from helpers import data
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

# A fraction of n draws with probability p lies within 5 standard deviations of p but once in a million streams; the
# streams here are fixed.
SIGMAS = 5


def nearest_neighbour_accuracy(found):
    """On 300 test examples: above chance only where `x` and `y` belong together."""
    distance = torch.cdist(found.x_test[:300].flatten(1), found.x_train.flatten(1))
    return (found.y_train[distance.argmin(dim=1)] == found.y_test[:300]).double().mean().item()


def test_digits_are_scikit_learns_split_in_two():
    found = data.digits(generator=generator(0))
    raw = load_digits()
    assert found.x_train.shape == (1400, 1, 8, 8)
    assert (found.x_test.shape, found.y_test.shape) == ((397, 1, 8, 8), (397,))
    ours = torch.cat([torch.cat([found.x_train, found.x_test]).flatten(1) * 16, torch.cat(found[1::2])[:, None]], dim=1)
    theirs = np.column_stack([raw.data, raw.target])
    assert sorted(ours.tolist()) == sorted(theirs.tolist())
    assert (found.x_train.min(), found.x_train.max()) == (0.0, 1.0)
    assert found.y_train.dtype == torch.int64


def test_digits_follow_the_generator():
    first, second, other = (data.digits(generator=generator(seed), n_train=1000) for seed in (0, 0, 1))
    assert all(map(torch.equal, first, second))
    assert not torch.equal(first.y_train, other.y_train)


@pytest.mark.parametrize("n_train", [0, -1, 1797])
def test_digits_need_both_parts(n_train):
    with pytest.raises(ValueError, match=f"n_train must be 1 to 1796, got {n_train}"):
        data.digits(generator=generator(0), n_train=n_train)


def test_data_moves_between_devices(device):
    found = data.digits(generator=generator(0), n_train=1796)
    moved = found.to(device)
    assert all(tensor.device.type == device.type for tensor in moved)
    assert all(torch.equal(a, b.cpu()) for a, b in zip(found, moved, strict=True))


def test_mnist1d_is_the_packages_set(monkeypatch):
    args = mnist1d.data.get_dataset_args()
    args.num_samples, args.seed = 200, 7
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    theirs = mnist1d.data.make_dataset(args)
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    # The package downloads in get_dataset only, or builds there and says so.
    monkeypatch.delattr(mnist1d.data, "get_dataset")
    monkeypatch.delattr(mnist1d.data, "requests")
    ours = data.mnist1d_signals(seed=7, n_samples=200)
    assert ours.x_train.shape == (160, 1, 40)
    for tensor, key in zip(ours, ("x", "y", "x_test", "y_test"), strict=True):
        np.testing.assert_array_equal(tensor.squeeze(1).numpy() if "x" in key else tensor.numpy(), _as(theirs[key]))


def _as(array):
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def test_mnist1d_is_made_once_but_nobody_can_spoil_it():
    first = data.mnist1d_signals(n_samples=100)
    first.x_train.zero_()
    second = data.mnist1d_signals(n_samples=100)
    assert second.x_train.any()
    assert not torch.equal(second.x_train, data.mnist1d_signals(seed=1, n_samples=100).x_train)


@pytest.mark.parametrize("n_samples", [0, 40, 55, 1001, -50])
def test_mnist1d_needs_as_many_of_each_class(n_samples):
    with pytest.raises(ValueError, match=f"got {n_samples}"):
        data.mnist1d_signals(n_samples=n_samples)


@pytest.mark.parametrize("make", [lambda: data.digits(generator=generator(0)), data.mnist1d_signals])
def test_inputs_and_labels_belong_together(make):
    # Nearest neighbours reach 98 % on digits and about 50 % on MNIST-1D; chance is 10 %.
    assert nearest_neighbour_accuracy(make()) > 0.3


def test_sine_without_noise_is_the_sine():
    x, y = data.sine(1000, noise_std=0.0, generator=generator(0))
    torch.testing.assert_close(y, torch.sin(2 * torch.pi * x), rtol=0.0, atol=1e-6)
    assert 0 <= x.min() < 0.02 < 0.98 < x.max() < 1
    assert x.mean().item() == pytest.approx(0.5, abs=SIGMAS * (1 / 12) ** 0.5 / 1000**0.5)


def test_noise_has_its_standard_deviation():
    x, y = data.sine(4000, noise_std=0.3, generator=generator(0))
    noise = y - torch.sin(2 * torch.pi * x)
    assert noise.std().item() == pytest.approx(0.3, rel=SIGMAS / (2 * 4000) ** 0.5)
    clean, _ = data.moons(4000, noise_std=0.0, generator=generator(1))
    noisy, _ = data.moons(4000, noise_std=0.3, generator=generator(1))
    assert (noisy - clean).std(dim=0).tolist() == pytest.approx([0.3, 0.3], rel=SIGMAS / (2 * 4000) ** 0.5)


def test_moons_lie_on_scikit_learns_half_circles():
    x, y = data.moons(200, noise_std=0.0, generator=generator(0))
    for label, centre, side in ((0, (0.0, 0.0), 1), (1, (1.0, 0.5), -1)):
        for points in (x[y == label].double().numpy(), _scikit_moon(label)):
            np.testing.assert_allclose(np.linalg.norm(points - centre, axis=1), 1.0, atol=1e-6)
            assert (side * (points[:, 1] - centre[1]) >= -1e-6).all()


def _scikit_moon(label):
    points, labels = make_moons(200, random_state=0)
    return points[labels == label]


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_moons_are_balanced(n):
    _, y = data.moons(n, noise_std=0.1, generator=generator(0))
    assert (y == 0).sum() - (y == 1).sum() == n % 2


@pytest.mark.parametrize("make", [data.sine, data.moons])
def test_toy_sets_follow_the_generator(make):
    first, second, other = (make(20, noise_std=0.1, generator=generator(seed)) for seed in (0, 0, 1))
    assert all(map(torch.equal, first, second))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("make", [data.sine, data.moons])
@pytest.mark.parametrize(("n", "noise_std"), [(0, 0.1), (-1, 0.1), (5, -0.1), (5, float("nan"))])
def test_toy_sets_refuse_bad_sizes(make, n, noise_std):
    with pytest.raises(ValueError, match=r"must be >= \d, got"):
        make(n, noise_std=noise_std, generator=generator(0))


@pytest.mark.parametrize(("fraction", "n_wrong"), [(0.0, 0), (0.1, 30), (0.5, 150), (0.0051, 2), (1.0, 300)])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_exactly_a_fraction_of_the_labels_is_flipped(device, fraction, n_wrong, n_classes):
    y = torch.arange(300, device=device) % n_classes
    kept = y.clone()
    flipped = data.flip_labels(y, fraction, n_classes=n_classes, generator=generator(0))
    assert (flipped != y).sum() == n_wrong
    assert ((flipped >= 0) & (flipped < n_classes)).all()
    assert torch.equal(y, kept)
    assert flipped.device.type == device.type


def test_each_other_class_is_as_likely():
    y = torch.full((9000,), 2)
    counts = data.flip_labels(y, 1.0, n_classes=4, generator=generator(0)).bincount(minlength=4)
    expected, sigma = 3000, (9000 * 1 / 3 * 2 / 3) ** 0.5
    assert counts.tolist() == [pytest.approx(expected, abs=SIGMAS * sigma)] * 2 + [0] + [
        pytest.approx(expected, abs=SIGMAS * sigma)
    ]


def test_label_noise_leaves_the_points_alone():
    clean, noisy = (data.moons(50, noise_std=0.1, label_noise=p, generator=generator(0)) for p in (0.0, 0.2))
    assert torch.equal(clean[0], noisy[0])
    assert (clean[1] != noisy[1]).sum() == 10


@pytest.mark.parametrize(("fraction", "n_classes"), [(-0.1, 2), (1.1, 2), (float("nan"), 2), (0.5, 1), (0.5, 0)])
def test_flipping_refuses_bad_arguments(fraction, n_classes):
    with pytest.raises(ValueError, match="must be"):
        data.flip_labels(torch.zeros(4, dtype=torch.int64), fraction, n_classes=n_classes, generator=generator(0))
