"""What can be done to images without bending them: mirror, brightness, contrast, a hidden square; each image its own.

Every function returns a new tensor, and gradients flow through it.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from helpers.warps import require_images

Images = Float[Tensor, "batch channels height width"]


def mirror(images: Images, which: Bool[Tensor, " batch"]) -> Images:
    """The images, those mirrored left to right that `which` names.

    Raises:
        ValueError: If a shape does not fit.
    """
    return torch.where(_per_image("which", which, images), images.flip(3), images)


def brightness(images: Images, shift: Float[Tensor, " batch"]) -> Images:
    """The images plus one number each.

    Args:
        images: In any range. The result is not cut to that range: a network reads any number, and what is cut is lost.
        shift: In the unit of the images: 0.1 is a tenth of the whole range for images in [0, 1], and hardly anything
            for images from 0 to 255.

    Raises:
        ValueError: If a shape does not fit.
    """
    return images + _per_image("shift", shift, images).to(images.dtype)


def contrast(images: Images, factor: Float[Tensor, " batch"]) -> Images:
    """The images with their deviations from their own mean multiplied by one number each.

    Args:
        images: In any range. The result is not cut to that range. An image's mean is that of all its pixels and
            channels, and it stays.
        factor: 0 leaves an even grey, 1 the image, and more than 1 has more contrast.

    Raises:
        ValueError: If a shape does not fit.
    """
    factor = _per_image("factor", factor, images).to(images.dtype)
    return torch.lerp(images.mean(dim=(1, 2, 3), keepdim=True), images, factor)


def cut_out(images: Images, centres: Int[Tensor, "batch 2"], size_px: int, *, fill: float = 0.0) -> Images:
    """The images with one square each hidden; what of a square is outside of the image is lost.

    Args:
        images: The batch.
        centres: The square's middle, (x, y) in pixels; of an even size, the pixel right of and below the middle.
        size_px: The square's side in pixels, >= 0.
        fill: The value within the square.

    Raises:
        ValueError: If a shape does not fit, or `size_px` is negative.
    """
    if size_px < 0:
        raise ValueError(f"size_px must be >= 0, got {size_px}")
    require_images(images)
    if centres.shape != (len(images), 2):
        raise ValueError(f"centres must have shape {(len(images), 2)}, got {tuple(centres.shape)}")
    start = (centres - size_px // 2).reshape(-1, 2, 1, 1)
    inside = []
    for axis, n in enumerate((images.shape[3], images.shape[2])):
        position = torch.arange(n, device=images.device)[:, None]
        inside.append((position >= start[:, axis : axis + 1]) & (position < start[:, axis : axis + 1] + size_px))
    columns, rows = inside  # (batch, 1, n, 1)
    return images.masked_fill(rows & columns.transpose(2, 3), fill)


def _per_image(name: str, values: Tensor, images: Tensor) -> Tensor:
    require_images(images)
    if values.shape != images.shape[:1]:
        raise ValueError(f"{name} must have one entry per image, {len(images)}, got shape {tuple(values.shape)}")
    return values.reshape(-1, 1, 1, 1)
