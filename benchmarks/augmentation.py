"""`helpers.warps` beside kornia, beside torchvision where there is one, and beside a loop over the images."""

import importlib.util
import math
from collections.abc import Callable, Iterator

import torch
from kornia.geometry.transform import elastic_transform2d, remap, warp_affine
from torch import Tensor
from torch.nn import functional as F

from benchmarks.timing import Case, Contest
from helpers import warps
from helpers.device import generator

TITLE, COLUMNS = "Augmentation", ("images", "task", "beside")
# Shapes, and calls per round.
MODELS = {"256 of 1 x 28 x 28": ((256, 1, 28, 28), 3), "64 of 3 x 32 x 32": ((64, 3, 32, 32), 3)}
SIGMA, RMS, KERNEL_PX = 2.0, 1.5, 17  # kornia's kernel is cut off at four standard deviations
ALPHA = 0.3  # kornia's strength, in half images: displacements of about the same size


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, ...], int]]) -> Iterator[Case]:
    """Every batch with every task.

    Args:
        device: Where the images are.
        settings: By name, the shape of a batch and the calls per round.
    """
    for name, (shape, n_calls) in settings.items():
        images = torch.rand(shape, generator=generator(0)).to(device)
        for task, make in TASKS.items():
            if task[1] != "torchvision" or importlib.util.find_spec("torchvision"):
                yield Case((name, *task), n_calls, make(images))


def _affine_parameters(images: Tensor) -> dict[str, Tensor]:
    draw = 2 * torch.rand(4, len(images), generator=generator(1)) - 1
    shift = torch.round(3 * draw[:2].T)  # torchvision moves by whole pixels
    return {"translation": shift, "angle": 20 * draw[2], "scale": 1 + 0.2 * draw[3], "shear": 10 * draw[2]}


def _affine_kornia(images: Tensor) -> Contest:
    """Both are given matrices, each in its own convention."""
    matrices = warps.affine_matrices(**_affine_parameters(images)).to(images)
    height, width = images.shape[2:]
    centre = images.new_tensor([[(width - 1) / 2], [(height - 1) / 2]])
    linear = torch.linalg.inv(matrices[:, :, :2])
    to_output = torch.cat([linear, centre - linear @ (centre + matrices[:, :, 2:])], dim=2)
    return _contest(
        images,
        lambda x: warps.affine(x, matrices.to(x)),
        lambda x: warp_affine(x, to_output.to(x), (height, width), align_corners=True),
    )


def _affine_loop(images: Tensor) -> Contest:
    matrices = warps.affine_matrices(**_affine_parameters(images)).to(images)
    height, width = images.shape[2:]
    unit = images.new_tensor([width, height, 2]) / images.new_tensor([[width], [height]])
    shape = (1, *images.shape[1:])

    def one(image: Tensor, theta: Tensor) -> Tensor:
        grid = F.affine_grid(theta[None].to(image), shape, align_corners=False)
        return F.grid_sample(image[None], grid, align_corners=False)

    return _contest(
        images,
        lambda x: warps.affine(x, matrices.to(x)),
        lambda x: torch.cat([one(image, theta) for image, theta in zip(x, matrices * unit, strict=True)]),
    )


def _affine_torchvision(images: Tensor) -> Contest:
    """Both are given angles and the like, which torchvision takes for one image at a time."""
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2.functional import affine

    parameters = _affine_parameters(images)
    rows = list(zip(*(values.tolist() for values in parameters.values()), strict=True))

    def theirs(x: Tensor) -> Tensor:
        moved = [
            affine(image, -angle, [int(by) for by in shift], scale, [shear, 0.0], InterpolationMode.BILINEAR)
            for image, (shift, angle, scale, shear) in zip(x, rows, strict=True)
        ]
        return torch.stack(moved)

    return _contest(images, lambda x: warps.affine(x, warps.affine_matrices(**parameters).to(x)), theirs)


def _fields_kornia(images: Tensor) -> Contest:
    field = _field(images)
    height, width = images.shape[2:]
    x = torch.arange(width, device=images.device) + field[:, 0]
    y = torch.arange(height, device=images.device)[:, None] + field[:, 1]
    return _contest(
        images,
        lambda images: warps.warp(images, field),
        lambda images: remap(images, x.to(images), y.to(images), align_corners=True),
    )


def _fields_torchvision(images: Tensor) -> Contest:
    from torchvision.transforms.v2.functional import elastic

    field = _field(images)
    unit = field.new_tensor([images.shape[3], images.shape[2]]) / 2
    parts = (field.permute(0, 2, 3, 1) / unit)[:, None]
    return _contest(
        images,
        lambda x: warps.warp(x, field),
        lambda x: torch.stack([elastic(image, part) for image, part in zip(x, parts, strict=True)]),
    )


def _elastic_kornia(images: Tensor) -> Contest:
    """From the same white noise; the fields differ in how they are scaled, and towards the border."""
    noise = _noise(images)
    options = {"kernel_size": (KERNEL_PX, KERNEL_PX), "sigma": (SIGMA, SIGMA), "alpha": (ALPHA, ALPHA)}
    return _contest(
        images,
        lambda x: warps.warp(x, warps.smooth(noise.to(x), sigma=SIGMA, rms=RMS)),
        lambda x: elastic_transform2d(x, noise.to(x), **options),
        same=False,
    )


def _noise(images: Tensor) -> Tensor:
    batch, _, height, width = images.shape
    return torch.randn(batch, 2, height, width, generator=generator(2)).to(images)


def _field(images: Tensor) -> Tensor:
    return warps.smooth(_noise(images), sigma=SIGMA, rms=RMS)


TASKS = {
    ("affine", "kornia"): _affine_kornia,
    ("affine", "per-image loop"): _affine_loop,
    ("affine", "torchvision"): _affine_torchvision,
    ("warp by fields", "kornia"): _fields_kornia,
    ("warp by fields", "torchvision"): _fields_torchvision,
    ("elastic from noise", "kornia"): _elastic_kornia,
}


def _contest(
    images: Tensor, ours: Callable[[Tensor], Tensor], theirs: Callable[[Tensor], Tensor], *, same: bool = True
) -> Contest:
    """The last result has to be that of ours in float64, or, where they are not the same, of either."""
    expected = [way(images.double()) for way in ((ours,) if same else (ours, theirs))]
    last: list[Tensor] = []

    def check() -> None:
        error = min((result - last[0]).abs().max().item() for result in expected) if last else math.inf
        if not error < 1e-3:
            raise RuntimeError(f"the images are not what they should be: off by {error}")

    return Contest(lambda: last.append(ours(images)), lambda: last.append(theirs(images)), last.clear, check)
