"""The course's data sets: small enough for a laptop, and none of them downloaded behind anybody's back."""

import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


class Data(NamedTuple):
    """Examples for training and for testing; a row of `x` belongs to the same row of `y`."""

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor

    def to(self, device: torch.device | str) -> "Data":
        """The same data on another device."""
        return Data(*(tensor.to(device) for tensor in self))


def digits(*, generator: torch.Generator, n_train: int = 1400) -> Data:
    """Handwritten digits: 1797 grey images (n, 1, 8, 8) with intensities in [0, 1], labels 0 to 9.

    Args:
        generator: A CPU stream that decides which images are for training.
        n_train: Images for training, 1 to 1796; the rest is for testing.

    Raises:
        ValueError: If `n_train` leaves nothing to train or to test on.

    Source:
        scikit-learn's copy of the UCI Optical Recognition of Handwritten Digits (Alpaydin, Kaynak 1998).
    """
    table = _all_digits()
    return _split(table[:, :-1].reshape(-1, 1, 8, 8) / 16, table[:, -1].long(), n_train, generator)


def mnist1d_signals(*, seed: int = 42, n_samples: int = 5000) -> Data:
    """MNIST-1D: signals (n, 1, 40) that stand for digits 0 to 9, made on the spot; four fifths are for training.

    Args:
        seed: Same seed, same data; 42 is the published set.
        n_samples: Signals in all, a multiple of 10 and at least 50.

    Raises:
        ValueError: If `n_samples` is not such a number.

    Source:
        Greydanus, Kobak 2024, Scaling Down Deep Learning with MNIST-1D, https://arxiv.org/abs/2011.14439.
    """
    if n_samples < 50 or n_samples % 10:
        raise ValueError(f"n_samples must be a multiple of 10 and at least 50, got {n_samples}")
    return Data(*(tensor.clone() for tensor in _made_mnist1d(seed, n_samples)))


def sine(
    n: int, *, noise_std: float, generator: torch.Generator
) -> tuple[Float[Tensor, " {n} 1"], Float[Tensor, " {n} 1"]]:
    """A 1-D regression set: x uniform in [0, 1), y = sin(2 pi x) + noise.

    Args:
        n: Examples, >= 1.
        noise_std: Standard deviation of the Gaussian noise on y, >= 0.
        generator: A CPU stream.

    Raises:
        ValueError: If `n` or `noise_std` is out of range.

    Source:
        Bishop 2006, Pattern Recognition and Machine Learning, section 1.1.
    """
    _require_sizes(n, noise_std)
    x = torch.rand(n, 1, generator=generator)
    return x, torch.sin(2 * torch.pi * x) + noise_std * torch.randn(n, 1, generator=generator)


def moons(
    n: int, *, noise_std: float, label_noise: float = 0.0, generator: torch.Generator
) -> tuple[Float[Tensor, " {n} 2"], Int[Tensor, " {n}"]]:
    """A 2-D set of two classes: two interleaved half circles of radius 1.

    Args:
        n: Examples, >= 1; the classes differ by one at most.
        noise_std: Standard deviation of the Gaussian noise on the points, >= 0.
        label_noise: Fraction of the labels that are flipped, in [0, 1].
        generator: A CPU stream.

    Raises:
        ValueError: If `n`, `noise_std` or `label_noise` is out of range.
    """
    _require_sizes(n, noise_std)
    y = torch.arange(n) % 2
    angle = torch.pi * torch.rand(n, generator=generator)
    x = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    x = torch.where(y[:, None] == 0, x, torch.tensor([1.0, 0.5]) - x)
    x = x + noise_std * torch.randn(n, 2, generator=generator)
    return x, flip_labels(y, label_noise, n_classes=2, generator=generator)


def flip_labels(
    y: Int[Tensor, " n"], fraction: float, *, n_classes: int, generator: torch.Generator
) -> Int[Tensor, " n"]:
    """Give a fraction of the labels another class, each other class being as likely; `y` itself stays as it is.

    Args:
        y: Labels 0 to n_classes - 1.
        fraction: How many of the labels become wrong, in [0, 1]; rounded to a whole number of them.
        n_classes: Classes, >= 2.
        generator: A CPU stream.

    Raises:
        ValueError: If `fraction` or `n_classes` is out of range.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in [0, 1], got {fraction}")
    if n_classes < 2:
        raise ValueError(f"n_classes must be >= 2, got {n_classes}")
    wrong = torch.randperm(len(y), generator=generator)[: round(fraction * len(y))].to(y.device)
    flipped = y.clone()
    shift = torch.randint(1, n_classes, (len(wrong),), generator=generator).to(y.device)
    flipped[wrong] = (y[wrong] + shift) % n_classes
    return flipped


def _require_sizes(n: int, noise_std: float) -> None:
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}")
    if not noise_std >= 0:  # also refuses NaN
        raise ValueError(f"noise_std must be >= 0, got {noise_std}")


def _split(x: Tensor, y: Tensor, n_train: int, generator: torch.Generator) -> Data:
    if not 1 <= n_train < len(x):
        raise ValueError(f"n_train must be 1 to {len(x) - 1}, got {n_train}")
    train, test = torch.randperm(len(x), generator=generator).split([n_train, len(x) - n_train])
    return Data(x[train], y[train], x[test], y[test])


@functools.cache
def _all_digits() -> Float[Tensor, "1797 65"]:
    # The file that scikit-learn's load_digits reads. To import scikit-learn would take a second in every notebook.
    path = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    return torch.tensor(np.loadtxt(str(path), delimiter=","), dtype=torch.float32)


@functools.lru_cache(maxsize=4)
def _made_mnist1d(seed: int, n_samples: int) -> Data:
    import mnist1d.data  # takes a second, so only where it is needed

    args = mnist1d.data.get_dataset_args()
    args.seed, args.num_samples = seed, n_samples
    with _global_randomness_kept():
        raw = mnist1d.data.make_dataset(args)
    x, x_test = (torch.tensor(raw[key], dtype=torch.float32).unsqueeze(1) for key in ("x", "x_test"))
    return Data(x, torch.tensor(raw["y"]), x_test, torch.tensor(raw["y_test"]))


@contextmanager
def _global_randomness_kept() -> Iterator[None]:
    # mnist1d seeds Python's and numpy's global streams; whoever called us must not notice.
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
