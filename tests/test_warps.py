"""`helpers.warps`: maps, fields and the sampler, against scipy, kornia, torchvision and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from helpers import warps
from helpers.device import generator

# Coordinates of up to 40 pixels in float32 are off by some millionths of a pixel, and intensities with them.
CLOSE = {"rtol": 0.0, "atol": 2e-5}
SIZES = [(8, 8), (5, 9), (7, 4), (1, 6), (6, 1), (1, 1)]
each_size = pytest.mark.parametrize(("height", "width"), SIZES)


def some(device, shape, dtype=torch.float32):
    return torch.rand(shape, generator=generator(0)).to(device, dtype)


def some_matrices(device, batch, dtype=torch.float32):
    """Maps that turn, scale, shear and move, and leave a part of the image outside."""
    stream = generator(1)
    matrices = torch.eye(2, 3) + torch.randn(batch, 2, 3, generator=stream) * torch.tensor([0.4, 0.4, 1.5])
    return matrices.to(device, dtype)


def some_field(device, batch, height, width, dtype=torch.float32):
    return (2 * torch.randn(batch, 2, height, width, generator=generator(2))).to(device, dtype)


def scipys_warp(images, displacement, fill=0.0):
    """Image by image and channel by channel; "grid-constant" interpolates between the border and the outside."""
    images, displacement = images.double().cpu().numpy(), displacement.double().cpu().numpy()
    rows, columns = np.indices(images.shape[2:])
    return torch.tensor(
        np.array(
            [
                [
                    ndimage.map_coordinates(channel, [rows + y, columns + x], order=1, mode="grid-constant", cval=fill)
                    for channel in image
                ]
                for image, (x, y) in zip(images, displacement, strict=True)
            ]
        )
    )


def scipys_affine(images, matrices, fill=0.0):
    images, matrices = images.double().cpu().numpy(), matrices.double().cpu().numpy()
    centre = (np.array(images.shape[2:]) - 1) / 2
    moved = np.empty_like(images)
    for i, matrix in enumerate(matrices):
        by_rows, shift = matrix[::-1, 1::-1], matrix[::-1, 2]  # scipy's coordinates are (y, x)
        offset = centre + shift - by_rows @ centre
        for j, channel in enumerate(images[i]):
            moved[i, j] = ndimage.affine_transform(channel, by_rows, offset, order=1, mode="grid-constant", cval=fill)
    return torch.tensor(moved)


@each_size
@pytest.mark.parametrize("fill", [0.0, 0.7, -3.0])
def test_affine_agrees_with_scipy(device, height, width, fill):
    images, matrices = some(device, (4, 2, height, width)), some_matrices(device, 4)
    ours = warps.affine(images, matrices, fill=fill)
    assert (ours.dtype, ours.device) == (images.dtype, images.device)
    torch.testing.assert_close(ours.double().cpu(), scipys_affine(images, matrices, fill), **CLOSE)


@each_size
@pytest.mark.parametrize("fill", [0.0, 0.7, -3.0])
def test_warp_agrees_with_scipy(device, height, width, fill):
    images, field = some(device, (3, 2, height, width)), some_field(device, 3, height, width)
    ours = warps.warp(images, field, fill=fill)
    assert (ours.dtype, ours.device) == (images.dtype, images.device)
    torch.testing.assert_close(ours.double().cpu(), scipys_warp(images, field, fill), **CLOSE)


def test_float64_is_computed_in_float64(device):
    images = some(device, (3, 1, 6, 9), torch.float64)
    matrices, field = some_matrices(device, 3, torch.float64), some_field(device, 3, 6, 9, torch.float64)
    precise = {"rtol": 0.0, "atol": 1e-12}
    torch.testing.assert_close(warps.affine(images, matrices).cpu(), scipys_affine(images, matrices), **precise)
    torch.testing.assert_close(warps.warp(images, field).cpu(), scipys_warp(images, field), **precise)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_loses_only_the_results_last_digits(device, dtype):
    images, matrices = some(device, (3, 1, 40, 40), dtype), some_matrices(device, 3)
    expected = warps.affine(images.float(), matrices).to(dtype)
    torch.testing.assert_close(warps.affine(images, matrices), expected, rtol=0, atol=0)
    field = some_field(device, 3, 40, 40)
    torch.testing.assert_close(warps.warp(images, field), warps.warp(images.float(), field).to(dtype), rtol=0, atol=0)


def test_affine_agrees_with_kornia(device):
    from kornia.geometry.transform import warp_affine

    images, matrices = some(device, (4, 2, 7, 10)), some_matrices(device, 4)
    centre = torch.tensor([[4.5], [3.0]], device=device)
    linear, shift = matrices[:, :, :2], matrices[:, :, 2:]
    to_input = torch.cat([linear, centre + shift - linear @ centre], dim=2)
    bottom = torch.tensor([[[0.0, 0.0, 1.0]]], device=device).expand(4, 1, 3)
    to_output = torch.linalg.inv(torch.cat([to_input, bottom], dim=1))[:, :2]  # kornia wants the content's own map
    theirs = warp_affine(images, to_output, (7, 10), align_corners=True)
    torch.testing.assert_close(warps.affine(images, matrices), theirs, rtol=0, atol=1e-4)


def test_warp_agrees_with_kornia(device):
    from kornia.geometry.transform import remap

    images, field = some(device, (4, 2, 7, 10)), some_field(device, 4, 7, 10)
    x = torch.arange(10, device=device) + field[:, 0]
    y = torch.arange(7, device=device)[:, None] + field[:, 1]
    theirs = remap(images, x, y, align_corners=True, padding_mode="zeros")
    torch.testing.assert_close(warps.warp(images, field), theirs, **CLOSE)


def test_affine_agrees_with_torchvision(device):
    functional = pytest.importorskip("torchvision.transforms.functional")
    bilinear = pytest.importorskip("torchvision.transforms").InterpolationMode.BILINEAR
    images = some(device, (1, 3, 9, 12))
    for angle, shift, scale, shear in (
        (20.0, (2, -1), 1.3, 10.0),
        (-75.0, (0, 3), 0.6, -20.0),
        (0.0, (1, 0), 1.0, 0.0),
    ):
        matrices = warps.affine_matrices(
            angle=angle, translation=torch.tensor([shift], dtype=torch.float32), scale=scale, shear=shear
        )
        theirs = functional.affine(images, -angle, list(shift), scale, [shear, 0.0], interpolation=bilinear)
        torch.testing.assert_close(warps.affine(images, matrices.to(device)), theirs, rtol=0, atol=1e-4)


@each_size
def test_a_shift_by_whole_pixels_moves_the_content_and_fills(device, height, width):
    images = some(device, (3, 2, height, width))
    shifts = [(1, 0), (0, -2), (-3, 2)]
    moved = warps.affine(images, warps.affine_matrices(translation=torch.tensor(shifts).float()).to(device), fill=9.0)
    for image, result, (x, y) in zip(images, moved, shifts, strict=True):
        padded = torch.nn.functional.pad(image, (3, 3, 3, 3), value=9.0)
        expected = padded.roll((y, x), dims=(1, 2))[:, 3 : 3 + height, 3 : 3 + width]
        torch.testing.assert_close(result, expected, rtol=0, atol=1e-4)  # 9 times the usual contrast


@pytest.mark.parametrize(("angle", "quarters"), [(90.0, 1), (180.0, 2), (-90.0, 3), (360.0, 0)])
@pytest.mark.parametrize("size", [1, 6, 7])
def test_quarter_turns_are_rot90(device, angle, quarters, size):
    image = some(device, (1, 2, size, size))
    turned = warps.affine(image, warps.affine_matrices(angle=angle).to(device))
    torch.testing.assert_close(turned, torch.rot90(image, quarters, (2, 3)), **CLOSE)


def landing(size=21, start=(5, 0), **content):
    """Where a bright spot at `start` from the centre (x right, y down) comes to lie."""
    images = torch.zeros(1, 1, size, size)
    middle = size // 2
    images[0, 0, middle + start[1], middle + start[0]] = 1.0
    moved = warps.affine(images, warps.affine_matrices(**content))[0, 0]
    mass = moved / moved.sum()
    position = torch.arange(size) - middle
    return (mass.sum(dim=0) @ position.float()).item(), (mass.sum(dim=1) @ position.float()).item()


@pytest.mark.parametrize(
    ("content", "start", "end"),
    [
        ({"translation": torch.tensor([[2.0, 3.0]])}, (0, 0), (2, 3)),
        ({"angle": 90.0}, (5, 0), (0, -5)),
        ({"angle": 45.0}, (5, 0), (5 / math.sqrt(2), -5 / math.sqrt(2))),
        ({"scale": 1.6}, (5, -5), (8, -8)),
        ({"scale": 0.6}, (5, -5), (3, -3)),
        ({"shear": 45.0}, (0, -4), (4, -4)),
        ({"shear": 45.0}, (4, 0), (4, 0)),
        ({"angle": 90.0, "translation": torch.tensor([[1.0, 0.0]])}, (5, 0), (1, -5)),
        ({"angle": 90.0, "shear": 45.0}, (0, -4), (-4, -4)),
        ({"angle": 90.0, "scale": 2.0}, (0, -4), (-8, 0)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_the_content_goes_where_the_arguments_say(content, start, end):
    # The spot's centre of mass is not exactly at the point where its pixel goes, because pixels sample it.
    assert landing(start=start, **content) == pytest.approx(end, abs=0.2)


def test_matrices_are_the_inverse_of_shear_scale_turn_and_move():
    stream = generator(4)
    angle, shear = (100 * torch.rand(9, generator=stream, dtype=torch.float64) - 50 for _ in range(2))
    scale = 0.5 + torch.rand(9, generator=stream, dtype=torch.float64)
    translation = torch.randn(9, 2, generator=stream, dtype=torch.float64)
    ours = warps.affine_matrices(translation=translation, angle=angle, scale=scale, shear=shear)
    for i, matrix in enumerate(ours.numpy()):
        cos, sin = math.cos(math.radians(angle[i])), math.sin(math.radians(angle[i]))
        forward = np.eye(3)
        forward[:2, :2] = np.array([[cos, sin], [-sin, cos]]) * scale[i].item()
        forward[:2, :2] = forward[:2, :2] @ np.array([[1, -math.tan(math.radians(shear[i]))], [0, 1]])
        forward[:2, 2] = translation[i]
        np.testing.assert_allclose(matrix, np.linalg.inv(forward)[:2], rtol=0, atol=1e-12)


def test_numbers_hold_for_every_matrix_and_defaults_do_nothing():
    assert warps.affine_matrices().tolist() == torch.eye(2, 3)[None].tolist()
    many = warps.affine_matrices(angle=torch.tensor([0.0, 30.0]), scale=2.0, translation=torch.tensor([[1.0, 2.0]]))
    alone = warps.affine_matrices(angle=30.0, scale=2.0, translation=torch.tensor([[1.0, 2.0]]))
    assert many.shape == (2, 2, 3)
    torch.testing.assert_close(many[1:], alone)
    assert warps.affine_matrices(angle=torch.zeros(0)).shape == (0, 2, 3)


def test_affine_is_the_warp_by_its_own_displacements(device):
    images, matrices = some(device, (2, 1, 6, 8)), some_matrices(device, 2)
    y, x = torch.meshgrid(torch.arange(6) - 2.5, torch.arange(8) - 3.5, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)]).to(device)
    field = torch.einsum("bij,jhw->bihw", matrices, points) - points[:2]
    torch.testing.assert_close(warps.affine(images, matrices), warps.warp(images, field), **CLOSE)


def test_every_image_has_its_own_map(device):
    images, matrices = some(device, (1, 1, 8, 8)).expand(5, 1, 8, 8), some_matrices(device, 5)
    together = warps.affine(images, matrices)
    for i in range(5):
        torch.testing.assert_close(together[i : i + 1], warps.affine(images[:1], matrices[i : i + 1]), **CLOSE)
    assert not any(torch.allclose(together[0], other, atol=1e-2) for other in together[1:])


def test_inputs_stay_and_results_are_new(device):
    images, matrices, field = some(device, (2, 1, 5, 5)), some_matrices(device, 2), some_field(device, 2, 5, 5)
    inputs = [images, matrices, field]
    before = [tensor.clone() for tensor in inputs]
    still = torch.eye(2, 3, device=device).expand(2, 2, 3)
    for result in (warps.affine(images, matrices, fill=1.0), warps.warp(images, field), warps.affine(images, still)):
        result.zero_()
    assert all(torch.equal(tensor, old) for tensor, old in zip(inputs, before, strict=True))


def test_gradients_flow_to_images_maps_and_fields():
    images = some("cpu", (2, 1, 4, 5), torch.float64).requires_grad_()
    matrices = some_matrices("cpu", 2, torch.float64).requires_grad_()
    field = some_field("cpu", 2, 4, 5, torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(warps.affine, (images, matrices))
    assert torch.autograd.gradcheck(warps.warp, (images, field))


def test_an_empty_batch_stays_empty(device):
    images = torch.zeros(0, 3, 4, 5, device=device)
    assert warps.affine(images, torch.zeros(0, 2, 3, device=device)).shape == images.shape
    assert warps.warp(images, torch.zeros(0, 2, 4, 5, device=device)).shape == images.shape
    assert warps.elastic_field(0, 4, 5, sigma=1.0, rms=1.0, generator=generator(0)).shape == (0, 2, 4, 5)


@pytest.mark.parametrize(("height", "width"), [(9, 14), (6, 6), (1, 7)])
@pytest.mark.parametrize("sigma", [0.7, 2.0, 5.0])
def test_smoothing_is_scipys_with_every_pixel_at_the_same_size(device, height, width, sigma):
    noise = torch.randn(3, 2, height, width, generator=generator(3), dtype=torch.float64)
    options = {"mode": "constant", "truncate": 12.0}
    smoothed = ndimage.gaussian_filter(noise.numpy(), (0, 0, sigma, sigma), **options)
    # The square of a Gaussian is one of 1 / sqrt(2) the width: its sum over the image is the variance of a pixel.
    sizes = np.outer(*(np.sqrt(gaussian_squares(n, sigma)) for n in (height, width)))
    expected = torch.tensor(smoothed / sizes)
    expected *= 1.5 / expected.square().sum(dim=1).mean(dim=(1, 2)).sqrt().reshape(-1, 1, 1, 1)
    ours = warps.smooth(noise.to(device), sigma=sigma, rms=1.5)
    torch.testing.assert_close(ours.cpu(), expected, rtol=0, atol=1e-9)


def gaussian_squares(n, sigma):
    one = ndimage.gaussian_filter1d(np.eye(n), sigma, axis=0, mode="constant", truncate=12.0)
    return (one**2).sum(axis=1)


@pytest.mark.parametrize("sigma", [0.3, 2.0, 100.0])
@each_size
def test_each_field_has_the_size_asked_for(device, height, width, sigma):
    field = warps.elastic_field(5, height, width, sigma=sigma, rms=2.5, generator=generator(0), device=device)
    assert field.device.type == device.type
    size = field.double().square().sum(dim=1).mean(dim=(1, 2)).sqrt()
    torch.testing.assert_close(size.cpu(), torch.full((5,), 2.5, dtype=torch.float64), rtol=1e-5, atol=0)


def test_a_field_without_size_is_zero():
    assert not warps.elastic_field(2, 4, 4, sigma=1.0, rms=0.0, generator=generator(0)).any()
    assert warps.smooth(torch.zeros(1, 2, 3, 3), sigma=1.0, rms=1.0).eq(0).all()


def test_the_border_moves_as_far_as_the_middle_and_neighbours_together():
    field = warps.elastic_field(3000, 17, 17, sigma=1.5, rms=1.0, generator=generator(5))
    squares = field.square().sum(dim=1).mean(dim=0)
    # A mean of 3000 squared lengths: 2 % off. Were border pixels weighted means, a corner would have a quarter.
    assert squares.sub(1).abs().max() < 0.12
    middle = field[:, :, 8, 8].flatten()
    for distance in (1, 2, 4):
        neighbour = field[:, :, 8, 8 + distance].flatten()
        correlation = torch.corrcoef(torch.stack([middle, neighbour]))[0, 1].item()
        assert correlation == pytest.approx(math.exp(-(distance**2) / (4 * 1.5**2)), abs=0.06)
    assert torch.corrcoef(field[:, :, 8, 8].T)[0, 1].abs() < 0.08  # x and y are independent


def test_fields_differ_and_a_seed_means_the_same_everywhere(device, same_global_randomness):
    def make(seed, where):
        return warps.elastic_field(4, 6, 7, sigma=2.0, rms=1.0, generator=generator(seed), device=where).cpu()

    field = make(0, device)
    torch.testing.assert_close(field, make(0, "cpu"), rtol=0, atol=1e-5)
    assert not torch.allclose(field, make(1, device), atol=0.1)
    assert not any(torch.allclose(field[0], other, atol=0.1) for other in field[1:])


@each_size
def test_a_lens_changes_the_distance_from_the_centre(device, height, width):
    strength = torch.tensor([0.3, -0.2, 0.0], device=device)
    field = warps.lens_field(height, width, strength).cpu()
    cx, cy = (width - 1) / 2, (height - 1) / 2
    corner = math.hypot(cx, cy) or 1.0
    for i, k in enumerate((0.3, -0.2, 0.0)):
        for row in range(height):
            for column in range(width):
                r = math.hypot(column - cx, row - cy) / corner
                expected = [k * r**2 * (column - cx), k * r**2 * (row - cy)]
                assert field[i, :, row, column].tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("strength", "is_barrel"), [(0.3, True), (-0.3, False)])
def test_a_barrel_bulges_in_the_middle_of_its_edges(strength, is_barrel):
    x = (torch.arange(21) - 10.0).expand(1, 1, 21, 21)
    seen = warps.warp(x, warps.lens_field(21, 21, torch.tensor([strength])))[0, 0]
    # Rightwards the values grow. Where they are larger near the top, an upright line stands further left there.
    assert (seen[4, 14] > seen[10, 14]) == is_barrel
    assert (seen[16, 14] > seen[10, 14]) == is_barrel


def test_bad_shapes_raise():
    images, matrices = torch.zeros(2, 1, 4, 5), torch.zeros(2, 2, 3)
    for bad in (torch.zeros(1, 2, 3), torch.zeros(2, 3, 3), torch.zeros(2, 3)):
        with pytest.raises(ValueError, match=r"matrices must have shape \(2, 2, 3\)"):
            warps.affine.__wrapped__(images, bad)
    for bad in (torch.zeros(1, 2, 4, 5), torch.zeros(2, 2, 5, 4), torch.zeros(2, 4, 5, 2)):
        with pytest.raises(ValueError, match=r"displacement must have shape \(2, 2, 4, 5\)"):
            warps.warp.__wrapped__(images, bad)
    for bad in (torch.zeros(4, 5), torch.zeros(2, 1, 4, 5, dtype=torch.int64), torch.zeros(2, 1, 0, 5)):
        with pytest.raises(ValueError, match=r"images must be floating-point .* got torch"):
            warps.affine.__wrapped__(bad, matrices)
        with pytest.raises(ValueError, match=r"images must be floating-point .* got torch"):
            warps.warp.__wrapped__(bad, torch.zeros(2, 2, 4, 5))
    for fill in (math.nan, math.inf):
        with pytest.raises(ValueError, match=f"fill must be finite, got {fill}"):
            warps.affine(images, matrices, fill=fill)


@pytest.mark.parametrize(
    ("name", "bad"),
    [("scale", 0.0), ("scale", -1.0), ("scale", math.inf), ("shear", 90.0), ("shear", -90.0), ("angle", math.inf)]
    + [(name, math.nan) for name in ("scale", "shear", "angle")],
)
def test_bad_arguments_of_matrices_raise(name, bad):
    with pytest.raises(ValueError, match=rf"{name} must be .*, got \[{bad}\]"):
        warps.affine_matrices(**{name: torch.tensor([0.5, bad])})


def test_a_translation_that_is_not_finite_raises():
    with pytest.raises(ValueError, match="translation must be finite"):
        warps.affine_matrices(translation=torch.tensor([[0.0, math.nan]]))


@pytest.mark.parametrize(
    "bad", [torch.tensor([[1, 0]]), torch.tensor([1.0, 0.0]), torch.zeros(2, 3)], ids=["whole", "one axis", "triples"]
)
def test_a_translation_that_is_no_pairs_of_numbers_raises(bad):
    with pytest.raises(
        ValueError, match=r"translation must be floating-point numbers of shape \(batch, 2\), got torch"
    ):
        warps.affine_matrices.__wrapped__(translation=bad, angle=0.5)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"sigma": 0.0}, "got 0.0 and 1.0"),
        ({"sigma": math.inf}, "got inf and 1.0"),
        ({"sigma": math.nan}, "got nan and 1.0"),
        ({"rms": -1.0}, "got 1.0 and -1.0"),
        ({"rms": math.nan}, "got 1.0 and nan"),
        ({"rms": math.inf}, "got 1.0 and inf"),
        ({"batch": -1}, "got -1, 3 and 3"),
        ({"height": 0}, "got 1, 0 and 3"),
        ({"width": 0}, "got 1, 3 and 0"),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else None,
)
def test_bad_fields_raise(bad, message):
    sizes = {"batch": 1, "height": 3, "width": 3, "sigma": 1.0, "rms": 1.0} | bad
    with pytest.raises(ValueError, match=message):
        warps.elastic_field(**sizes, generator=generator(0))


@pytest.mark.parametrize("bad", [-1 / 3, -1.0, math.inf, math.nan])
def test_a_lens_that_folds_the_image_raises(bad):
    with pytest.raises(ValueError, match="strength must be > -1/3"):
        warps.lens_field(3, 3, torch.tensor([0.1, bad]))


def test_bad_sizes_of_a_lens_raise():
    for height, width in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=f"got {height} and {width}"):
            warps.lens_field(height, width, torch.tensor([0.1]))
