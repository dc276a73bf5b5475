"""Random changes of images that leave their label as it is: each image of a batch gets its own, in training only.

A transform is called with a batch and a CPU stream, and returns new images of the same shape:

    transform = Compose(RandomAffine(degrees=10, translate_px=2), RandomElastic(sigma=4, rms=1.5))
    model = nn.Sequential(Augmented(transform, generator(0)), network)

As the first layer of the model it is applied anew to every minibatch, and in evaluation mode it does nothing, so that
validation and test images are never changed. All parameters are drawn on the CPU, so a seed means the same on every
device. `warps` and `pixels` have the same functions with parameters that the caller names.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from helpers import penalties, pixels, warps
from helpers.pixels import Images

Transform = Callable[[Tensor, torch.Generator], Tensor]


class Augmented(nn.Module):
    """A layer that transforms images in training mode and returns the very same tensor in evaluation mode.

    It has no parameters and no entry in the `state_dict`. A deep copy of a model has a stream of its own, which goes on
    from where the original's was, so both draw the same from then on.
    """

    def __init__(self, transform: Transform, generator: torch.Generator):
        """Make a layer that calls `transform(images, generator)`; the generator is a CPU stream."""
        super().__init__()
        self.transform = transform
        self.generator = generator

    def forward(self, images: Images) -> Images:
        """The images, transformed in training mode."""
        return self.transform(images, self.generator) if self.training else images


@dataclass(frozen=True, init=False)
class Compose:
    """Transforms one after the other.

    Each warp among them interpolates, which blurs a little.
    """

    transforms: tuple[Transform, ...]

    def __init__(self, *transforms: Transform):
        """Apply `transforms` in the order given; none of them is the identity."""
        object.__setattr__(self, "transforms", transforms)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images after all transforms."""
        for transform in self.transforms:
            images = transform(images, generator)
        return images


@dataclass(frozen=True)
class RandomAffine:
    """Turns, moves, scales and shears about the centre, every parameter uniform and drawn for each image.

    Attributes:
        degrees: Angles are from -degrees to degrees, >= 0.
        translate_px: Shifts in x and in y are from -translate_px to translate_px, in pixels, >= 0.
        scale: Smallest and largest factor of the size, 0 < low <= high.
        shear_degrees: The lean of upright lines is from -shear_degrees to shear_degrees, 0 to below 90.
        fill: The value outside of the image.
    """

    degrees: float = 0.0
    translate_px: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shear_degrees: float = 0.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        _require_size("degrees", self.degrees)
        _require_size("translate_px", self.translate_px)
        _require_size("shear_degrees", self.shear_degrees, below=90)
        _require_ordered("scale", *self.scale)
        if self.scale[0] == 0:
            raise ValueError(f"scale must be > 0, got {self.scale}")

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, each under its own map."""
        angle, x, y, shear, size = _uniform(len(images), 5, generator).unbind(dim=1)
        low, high = self.scale
        matrices = warps.affine_matrices(
            translation=self.translate_px * torch.stack([x, y], dim=1),
            angle=self.degrees * angle,
            scale=low + (high - low) * (size + 1) / 2,
            shear=self.shear_degrees * shear,
        )
        return warps.affine(images, matrices.to(images.device), fill=self.fill)


@dataclass(frozen=True)
class RandomElastic:
    """Bends each image by its own `warps.elastic_field`.

    Attributes:
        sigma: Over how many pixels the image moves as one, > 0.
        rms: Root mean square length of a field's displacements, in pixels, >= 0.
        fill: The value outside of the image.
    """

    sigma: float
    rms: float
    fill: float = 0.0

    def __post_init__(self) -> None:
        _require_size("sigma", self.sigma)
        _require_size("rms", self.rms)
        if self.sigma == 0:
            raise ValueError(f"sigma must be > 0, got {self.sigma}")

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, each under its own field."""
        warps.require_images(images)
        batch, _, height, width = images.shape
        options = {"sigma": self.sigma, "rms": self.rms, "device": images.device}
        field = warps.elastic_field(batch, height, width, generator=generator, **options)
        return warps.warp(images, field, fill=self.fill)


@dataclass(frozen=True)
class RandomLens:
    """Barrels and pincushions: `warps.lens_field` with a strength of its own for each image.

    Attributes:
        max_k: Strengths are uniform from -max_k to max_k, 0 to below 1/3.
        fill: The value outside of the image.
    """

    max_k: float
    fill: float = 0.0

    def __post_init__(self) -> None:
        _require_size("max_k", self.max_k, below=warps.MAX_LENS)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, each through its own lens."""
        warps.require_images(images)
        strength = self.max_k * _uniform(len(images), 1, generator)[:, 0].to(images.device)
        return warps.warp(images, warps.lens_field(*images.shape[2:], strength), fill=self.fill)


@dataclass(frozen=True)
class RandomFlip:
    """Mirrors each image left to right, or leaves it.

    Attributes:
        probability: That an image is mirrored, in [0, 1].
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        penalties.require_fraction("probability", self.probability)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, some mirrored."""
        which = torch.rand(len(images), generator=generator) < self.probability
        return pixels.mirror(images, which.to(images.device))


@dataclass(frozen=True)
class RandomBrightness:
    """Adds to each image a number of its own; see `pixels.brightness`.

    Attributes:
        max_shift: Numbers are uniform from -max_shift to max_shift, in the unit of the images, >= 0.
    """

    max_shift: float

    def __post_init__(self) -> None:
        _require_size("max_shift", self.max_shift)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, brighter and darker."""
        return pixels.brightness(images, self.max_shift * _uniform(len(images), 1, generator)[:, 0].to(images.device))


@dataclass(frozen=True)
class RandomContrast:
    """Multiplies each image's deviations from its own mean by a factor of its own; see `pixels.contrast`.

    Attributes:
        low: Smallest factor, >= 0.
        high: Largest factor, >= low. Factors are uniform between them.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_ordered("low and high", self.low, self.high)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, with more and with less contrast."""
        position = (_uniform(len(images), 1, generator)[:, 0] + 1) / 2
        return pixels.contrast(images, (self.low + (self.high - self.low) * position).to(images.device))


@dataclass(frozen=True)
class Cutout:
    """Hides a square of each image, centred at a random pixel, so that at the border a part of it is outside.

    Attributes:
        size_px: The square's side in pixels, >= 0.
        fill: The value within the square.

    Source:
        DeVries, Taylor 2017, Improved Regularization of Convolutional Neural Networks with Cutout,
        https://arxiv.org/abs/1708.04552.
    """

    size_px: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        _require_size("size_px", self.size_px)

    def __call__(self, images: Images, generator: torch.Generator) -> Images:
        """The images, each with its own square."""
        warps.require_images(images)
        rows, columns = (torch.randint(n, (len(images),), generator=generator) for n in images.shape[2:])
        centres = torch.stack([columns, rows], dim=1).to(images.device)
        return pixels.cut_out(images, centres, self.size_px, fill=self.fill)


def mixup(
    images: Float[Tensor, " batch *features"],
    targets: Float[Tensor, "batch classes"],
    alpha: float,
    *,
    generator: torch.Generator,
) -> tuple[Float[Tensor, " batch *features"], Float[Tensor, "batch classes"]]:
    """Each example mixed with another of the batch, and their targets in the same proportion.

    Example i becomes lambda x_i + (1 - lambda) x_j with a lambda of its own; the partners j are a random permutation of
    the batch, so that an example may meet itself.

    Args:
        images: Or other inputs, with as many axes as they like.
        targets: Probabilities that sum to 1, such as one-hot rows or those of `noise.smooth_labels`.
        alpha: lambda is from Beta(alpha, alpha), > 0: near 0 mostly one of the two, 1 any mixture, large near halves.
        generator: A CPU stream.

    Raises:
        ValueError: If `alpha` is out of range, or there is not one row of probabilities per image.

    Source:
        Zhang, Cisse, Dauphin, Lopez-Paz 2018, mixup: Beyond Empirical Risk Minimization,
        https://arxiv.org/abs/1710.09412. The authors' code draws one lambda for a whole batch.
    """
    if not 0 < alpha < math.inf:
        raise ValueError(f"alpha must be > 0 and finite, got {alpha}")
    if targets.ndim != 2 or len(targets) != len(images) or not targets.is_floating_point():
        raise ValueError(
            f"targets must be one row of probabilities for each of the {len(images)} images, "
            f"got {targets.dtype} of shape {tuple(targets.shape)}"
        )
    partner = torch.randperm(len(images), generator=generator).to(images.device)
    # torch's Beta takes no generator, so numpy draws, from a seed of ours.
    seed = torch.randint(2**62, (), generator=generator).item()
    weight = torch.from_numpy(np.random.default_rng(seed).beta(alpha, alpha, len(images)))
    return _mixed(images, weight, partner), _mixed(targets, weight, partner)


def _mixed(rows: Tensor, weight: Tensor, partner: Tensor) -> Tensor:
    weight = weight.to(rows).reshape(-1, *[1] * (rows.ndim - 1))
    return weight * rows + (1 - weight) * rows[partner]


def _uniform(batch: int, n: int, generator: torch.Generator) -> Float[Tensor, "{batch} {n}"]:
    return 2 * torch.rand(batch, n, generator=generator) - 1


def _require_size(name: str, value: float, *, below: float = math.inf) -> None:
    if not 0 <= value < below:  # also refuses NaN
        raise ValueError(f"{name} must be >= 0 and below {below:.4g}, got {value}")


def _require_ordered(name: str, low: float, high: float) -> None:
    if not 0 <= low <= high < math.inf:
        raise ValueError(f"{name} must be in order, >= 0 and finite, got {low} and {high}")
