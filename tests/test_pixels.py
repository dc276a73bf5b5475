"""`helpers.pixels`: mirror, brightness, contrast and hidden squares against kornia and closed forms."""

import pytest
import torch

from helpers import pixels
from helpers.device import generator


def some(device, shape=(4, 3, 5, 6), dtype=torch.float32):
    return torch.rand(shape, generator=generator(0)).to(device, dtype)


def test_the_mirror_is_left_to_right_and_its_own_inverse(device):
    images, which = some(device), torch.tensor([True, False, True, False], device=device)
    mirrored = pixels.mirror(images, which)
    for image, result, is_mirrored in zip(images, mirrored, which, strict=True):
        assert torch.equal(result, image[:, :, [5, 4, 3, 2, 1, 0]] if is_mirrored else image)
    assert torch.equal(pixels.mirror(mirrored, which), images)


def test_the_mirror_agrees_with_kornia(device):
    from kornia.geometry.transform import hflip

    images = some(device)
    assert torch.equal(pixels.mirror(images, torch.ones(4, dtype=torch.bool, device=device)), hflip(images))


def test_brightness_adds_and_does_not_clip(device):
    images, shift = some(device), torch.tensor([-2.0, 0.0, 0.25, 3.0], device=device)
    for image, result, by in zip(images, pixels.brightness(images, shift), shift, strict=True):
        torch.testing.assert_close(result, image + by)


def test_contrast_turns_about_each_images_own_mean(device):
    images, factor = some(device), torch.tensor([0.0, 0.5, 1.0, 3.0], device=device)
    for image, result, by in zip(images, pixels.contrast(images, factor), factor, strict=True):
        mean = image.double().mean()
        torch.testing.assert_close(result.double(), mean + by.double() * (image.double() - mean), rtol=0, atol=1e-6)
        torch.testing.assert_close(result.double().mean(), mean, rtol=0, atol=1e-6)


def test_contrast_agrees_with_kornia(device):
    from kornia.enhance import adjust_contrast_with_mean_subtraction

    # One channel and little contrast: kornia takes the mean of the grey image, and cuts the result to [0, 1].
    images, factor = 0.25 + 0.5 * some(device, (4, 1, 5, 6)), torch.tensor([0.2, 0.5, 0.8, 1.0], device=device)
    theirs = torch.cat(
        [
            adjust_contrast_with_mean_subtraction(image[None], by)
            for image, by in zip(images, factor.tolist(), strict=True)
        ]
    )
    torch.testing.assert_close(pixels.contrast(images, factor), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 20])
def test_a_square_is_hidden_in_every_channel(device, size):
    images = some(device)
    centres = torch.tensor([[0, 0], [5, 4], [2, 3], [4, 0]], device=device)
    hidden = pixels.cut_out(images, centres, size, fill=-1.0)
    for image, result, (x, y) in zip(images, hidden, centres.tolist(), strict=True):
        expected = image.clone()
        left, top = x - size // 2, y - size // 2
        expected[:, max(0, top) : max(0, top + size), max(0, left) : max(0, left + size)] = -1.0
        assert torch.equal(result, expected)


CALLS = {
    "mirror": lambda images, n: pixels.mirror(images, torch.ones(n, dtype=torch.bool, device=images.device)),
    "brightness": lambda images, n: pixels.brightness(images, torch.ones(n, device=images.device)),
    "contrast": lambda images, n: pixels.contrast(images, torch.full((n,), 2.0, device=images.device)),
    "cut_out": lambda images, n: pixels.cut_out(images, torch.ones(n, 2, dtype=torch.int64, device=images.device), 2),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@each_call
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(0, 1, 4, 4), (2, 1, 1, 1), (3, 2, 1, 5)])
def test_the_result_is_new_and_of_the_same_kind(device, call, dtype, shape):
    images = some(device, shape, dtype)
    before = images.clone()
    result = call(images, len(images))
    assert (result.shape, result.dtype, result.device) == (images.shape, images.dtype, images.device)
    result.zero_()
    assert torch.equal(images, before)


@each_call
def test_gradients_flow_to_the_images(call):
    images = some("cpu", (2, 1, 3, 4), torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: call(x, 2), images)


@each_call
def test_bad_shapes_raise(call, monkeypatch):
    for name in CALLS:
        monkeypatch.setattr(pixels, name, getattr(pixels, name).__wrapped__)  # our own messages, not jaxtyping's
    for n in (1, 3):
        with pytest.raises(ValueError, match="must have"):
            call(torch.zeros(2, 1, 4, 4), n)
    with pytest.raises(ValueError, match="images must be floating-point"):
        call(torch.zeros(2, 4, 4), 2)
    with pytest.raises(ValueError, match="images must be floating-point"):
        call(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), 2)


def test_a_negative_square_raises():
    with pytest.raises(ValueError, match="size_px must be >= 0, got -1"):
        pixels.cut_out(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, dtype=torch.int64), -1)
