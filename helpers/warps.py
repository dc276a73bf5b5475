"""Images moved, turned and bent: where every pixel of the output looks in the input, for a whole batch in one call.

    matrices = warps.affine_matrices(angle=torch.tensor([30.0, -10.0]), scale=torch.tensor([1.0, 0.8]))
    moved = warps.affine(images, matrices)  # two images, each moved its own way

Decided once for all of them: lengths are in pixels, x points right and y points down, pixel (0, 0) is at the top left
and its centre has the coordinates (0, 0). Values between pixels are bilinear, and outside of the image everything is
`fill`. Images may have any height and width. Coordinates are rounded as float32 numbers are, so a shift by whole pixels
is exact to a few millionths of the contrast in small images. Every function returns a new tensor, and gradients flow
through it.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

MAX_LENS = 1 / 3  # r (1 + k r^2) turns back at the corner for k = -1/3: pixels would be seen twice


def affine(
    images: Float[Tensor, "batch channels height width"], matrices: Float[Tensor, "batch 2 3"], *, fill: float = 0.0
) -> Float[Tensor, "batch channels height width"]:
    """Each image under its own affine map.

    With the image's centre c = ((width - 1) / 2, (height - 1) / 2), the output's pixel p shows the input at
    c + A (p - c) + t, where [A | t] is the image's matrix. So the matrix maps *output to input*: it is the inverse of
    what the content does. `affine_matrices` makes such matrices from what the content is to do.

    Args:
        images: The batch.
        matrices: One [A | t] per image; t in pixels.
        fill: The value outside of the image, finite.

    Raises:
        ValueError: If a shape does not fit, or `fill` is not finite.
    """
    require_images(images)
    _require_shape("matrices", matrices, (len(images), 2, 3))
    height, width = images.shape[2:]
    still = _still(images)
    # In units of half an image, which grid_sample wants: row i of [A | t] divided by size i, column j times size j.
    theta = matrices.to(still) * still.new_tensor([width, height, 2]) / still.new_tensor([[width], [height]])
    points = torch.cat([still, torch.ones_like(still[:1])]).reshape(3, -1)
    # One product for all images: `F.affine_grid` multiplies image by image and takes thirty times as long on a CPU.
    grid = (theta.reshape(-1, 3) @ points).reshape(-1, 2, height, width)
    return _sample(images, grid, fill)


def affine_matrices(
    *,
    translation: Float[Tensor, "#batch 2"] | None = None,
    angle: Float[Tensor, "#batch"] | float = 0.0,
    scale: Float[Tensor, "#batch"] | float = 1.0,
    shear: Float[Tensor, "#batch"] | float = 0.0,
) -> Float[Tensor, "n 2 3"]:
    """The matrices for `affine` under which the content is sheared, scaled, turned and then moved, about the centre.

    Args:
        translation: How far the content moves: (x right, y down) in pixels; by default it stays.
        angle: How far it turns, in degrees, counter-clockwise as seen.
        scale: How much larger it becomes, > 0: 2 doubles its width and its height.
        shear: How far its upright lines lean to the right, in degrees, between -90 and 90; its height stays.

    Returns:
        One matrix per entry of the longest argument; numbers and tensors with one entry hold for all of them. Its dtype
        and device are the translation's, float32 and the CPU by default; `affine` moves it to the images.

    Raises:
        ValueError: If a number is not finite, the translation is no pairs of floating-point numbers, or `scale` or
            `shear` is out of range.
    """
    translation = torch.zeros(1, 2) if translation is None else translation
    if not translation.is_floating_point() or translation.shape[1:] != (2,):
        # The other arguments follow its dtype, and whole numbers would cut off their fractions.
        raise ValueError(
            "translation must be floating-point numbers of shape (batch, 2), "
            f"got {translation.dtype} of shape {tuple(translation.shape)}"
        )
    angle, scale, shear, _ = torch.broadcast_tensors(
        *(torch.as_tensor(value).to(translation).reshape(-1) for value in (angle, scale, shear)), translation[:, 0]
    )
    _require("scale", scale, (scale > 0) & (scale < math.inf), "> 0 and finite")
    _require("shear", shear, shear.abs() < 90, "between -90 and 90 degrees")
    _require("angle", angle, angle.isfinite(), "finite")
    _require("translation", translation, translation.isfinite(), "finite")
    turn, lean = torch.deg2rad(angle), torch.tan(torch.deg2rad(shear))
    cos, sin = torch.cos(turn), torch.sin(turn)
    # With y down, the content's map is scale * [[cos, sin], [-sin, cos]] @ [[1, -lean], [0, 1]]; this is its inverse.
    rows = [cos + lean * sin, -sin + lean * cos, sin, cos]
    inverse = (torch.stack(rows, dim=1) / scale[:, None]).reshape(-1, 2, 2)
    return torch.cat([inverse, -inverse @ translation.expand(len(inverse), 2)[:, :, None]], dim=2)


def warp(
    images: Float[Tensor, "batch channels height width"],
    displacement: Float[Tensor, "batch 2 height width"],
    *,
    fill: float = 0.0,
) -> Float[Tensor, "batch channels height width"]:
    """Each image under its own field of displacements: output(p) = input(p + displacement(p)).

    Args:
        images: The batch.
        displacement: In pixels, x in channel 0 and y in channel 1. Where it is (1, 0), the output shows what was one
            pixel to the right: the content moves to the left.
        fill: The value outside of the image, finite.

    Raises:
        ValueError: If a shape does not fit, or `fill` is not finite.
    """
    require_images(images)
    height, width = images.shape[2:]
    _require_shape("displacement", displacement, (len(images), 2, height, width))
    still = _still(images)
    unit = still.new_tensor([2 / width, 2 / height]).reshape(2, 1, 1)
    return _sample(images, torch.addcmul(still, displacement.to(still), unit), fill)


def elastic_field(
    batch: int,
    height: int,
    width: int,
    *,
    sigma: float,
    rms: float,
    generator: torch.Generator,
    device: torch.device | str = "cpu",
) -> Float[Tensor, "{batch} 2 {height} {width}"]:
    """One random smooth field of displacements per image, for `warp`: white noise, smoothed by `smooth`.

    Args:
        batch: Fields, >= 0.
        height: Pixels, >= 1.
        width: Pixels, >= 1.
        sigma: Standard deviation of the Gaussian in pixels, > 0: over how many pixels the image moves as one.
        rms: Root mean square length of a field's displacement vectors, in pixels, >= 0.
        generator: A CPU stream.
        device: Where the noise goes to be smoothed.

    Raises:
        ValueError: If a number is out of range.

    Source:
        Simard, Steinkraus, Platt 2003, Best Practices for Convolutional Neural Networks Applied to Visual Document
        Analysis. Their noise is uniform, and their alpha is here set by `rms`.
    """
    if batch < 0 or height < 1 or width < 1:
        raise ValueError(f"batch must be >= 0, height and width >= 1, got {batch}, {height} and {width}")
    noise = torch.randn(batch, 2, height, width, generator=generator)
    return smooth(noise.to(device), sigma=sigma, rms=rms)


def smooth(
    noise: Float[Tensor, "batch 2 height width"], *, sigma: float, rms: float
) -> Float[Tensor, "batch 2 height width"]:
    """Fields smoothed by a Gaussian and scaled to a size.

    There is no noise beyond the border, so that a weighted *mean* would let the border move less than the middle. Here
    the weights of every pixel have the same sum of *squares* instead: all pixels move equally far on average.

    Args:
        noise: One field per image.
        sigma: Standard deviation of the Gaussian in pixels, > 0.
        rms: What each field's own sqrt(mean over its pixels of x^2 + y^2) becomes, in pixels, >= 0. A field of zeros
            stays one.

    Raises:
        ValueError: If `sigma` or `rms` is out of range.
    """
    if not 0 < sigma < math.inf or not 0 <= rms < math.inf:  # also refuses NaN
        raise ValueError(f"sigma must be > 0 and rms >= 0, both finite, got {sigma} and {rms}")
    rows, columns = (_gaussian(n, sigma).to(noise) for n in noise.shape[2:])
    # A Gaussian is separable, so two small matrices smooth every field at once.
    field = rows @ noise @ columns.T
    size = torch.linalg.vector_norm(field, dim=(1, 2, 3)) / math.sqrt(noise.shape[2] * noise.shape[3])  # (batch,)
    factor = torch.where(size > 0, rms / size, 0.0)
    return field * factor.reshape(-1, 1, 1, 1)


def lens_field(height: int, width: int, strength: Float[Tensor, " batch"]) -> Float[Tensor, "batch 2 {height} {width}"]:
    """The radial distortion of a lens as fields for `warp`: the distance r from the centre becomes r (1 + k r^2).

    Args:
        height: Pixels, >= 1.
        width: Pixels, >= 1.
        strength: One k per image, with r = 1 at the image's corners; above -1/3 and finite, or the image would fold
            over. Above 0 the output is a barrel (straight lines near the edges bend outward in the middle), below 0 a
            pincushion.

    Raises:
        ValueError: If a number is out of range.
    """
    if height < 1 or width < 1:
        raise ValueError(f"height and width must be >= 1, got {height} and {width}")
    _require("strength", strength, (strength > -MAX_LENS) & (strength < math.inf), "> -1/3 and finite")
    from_centre = _from_centre(height, width, strength)
    squared = from_centre.square().sum(dim=0)
    relative = squared / squared.max().clamp(min=1e-12)  # an image of one pixel has no corner
    return strength.reshape(-1, 1, 1, 1) * relative * from_centre


def require_images(images: Tensor) -> None:
    """Raise ValueError unless this is a batch of floating-point images with at least one pixel."""
    if images.ndim != 4 or 0 in images.shape[2:] or not images.is_floating_point():
        raise ValueError(
            "images must be floating-point numbers of shape (batch, channels, height, width) with a pixel at least, "
            f"got {images.dtype} of shape {tuple(images.shape)}"
        )


def _require_shape(name: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(tensor.shape)}")


def _require(name: str, values: Tensor, good: Tensor, what: str) -> None:
    if not good.all():
        raise ValueError(f"{name} must be {what}, got {values[good.logical_not()].tolist()}")


def _from_centre(height: int, width: int, like: Tensor) -> Float[Tensor, "2 {height} {width}"]:
    x, y = (torch.arange(n).to(like) - (n - 1) / 2 for n in (width, height))
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)])


def _still(images: Tensor) -> Float[Tensor, "2 height width"]:
    """The grid that leaves images as they are, from -1 to 1 between the outer edges of the outermost pixels."""
    height, width = images.shape[2:]
    # A coordinate in half precision would be off by up to a tenth of a pixel.
    like = images.new_empty(0, dtype=torch.promote_types(images.dtype, torch.float32))
    return _from_centre(height, width, like) * like.new_tensor([2 / width, 2 / height]).reshape(2, 1, 1)


def _gaussian(n: int, sigma: float) -> Float[Tensor, "n n"]:
    position = torch.arange(n, dtype=torch.float64)
    weights = torch.exp(-((position[:, None] - position) / sigma).square() / 2)
    return weights / weights.norm(dim=1, keepdim=True)


def _sample(images: Tensor, grid: Tensor, fill: float) -> Tensor:
    if not math.isfinite(fill):
        raise ValueError(f"fill must be finite, got {fill}")
    # grid_sample takes the outside as 0. Its half-pixel convention, unlike the other, knows images of one pixel.
    values = images.to(grid.dtype) - fill
    grid = grid.permute(0, 2, 3, 1)  # (batch, height, width, 2)
    return (F.grid_sample(values, grid, padding_mode="zeros", align_corners=False) + fill).to(images.dtype)
