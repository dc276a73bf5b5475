"""`helpers.augmentation`: what random transforms draw, for whom and when; mixup."""

import copy
import dataclasses
import math

import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn import functional as F

from helpers import augmentation as aug
from helpers import models, training
from helpers.device import generator

TRANSFORMS = {
    "affine": aug.RandomAffine(degrees=20, translate_px=2, scale=(0.8, 1.3), shear_degrees=15),
    "elastic": aug.RandomElastic(sigma=3, rms=1.5),
    "lens": aug.RandomLens(0.3),
    "flip": aug.RandomFlip(),
    "brightness": aug.RandomBrightness(0.3),
    "contrast": aug.RandomContrast(0.5, 1.5),
    "cutout": aug.Cutout(3),
    "all": aug.Compose(aug.RandomAffine(degrees=5), aug.RandomElastic(2, 1), aug.RandomFlip(0.3), aug.Cutout(2)),
}
NOTHING = {
    "affine": aug.RandomAffine(),
    "elastic": aug.RandomElastic(sigma=3, rms=0),
    "lens": aug.RandomLens(0),
    "flip": aug.RandomFlip(0.0),
    "brightness": aug.RandomBrightness(0),
    "contrast": aug.RandomContrast(1, 1),
    "cutout": aug.Cutout(0, fill=5.0),
    "none": aug.Compose(),
}
each_transform = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)


def some(device, shape=(16, 2, 7, 9), dtype=torch.float32):
    return torch.rand(shape, generator=generator(0)).to(device, dtype)


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_every_image_of_a_batch_is_changed_its_own_way(device, kind):
    one = some(device, (1, 2, 7, 9))
    results = TRANSFORMS[kind](one.expand(16, 2, 7, 9), generator(1))
    n_kinds = len(torch.unique(results.flatten(1), dim=0))
    # A flip has two results, and two of 16 squares may be at the same of 63 pixels.
    assert n_kinds >= {"flip": 2, "cutout": 11}.get(kind, 16)


@each_transform
def test_a_seed_means_the_same_everywhere_and_the_next_call_another(device, transform, same_global_randomness):
    images, stream = some(device), generator(1)
    result = transform(images, stream)
    torch.testing.assert_close(result.cpu(), transform(images.cpu(), generator(1)), rtol=0, atol=1e-4)
    assert not torch.allclose(result, transform(images, stream), atol=1e-3)


@each_transform
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(16, 2, 7, 9), (0, 1, 4, 4), (2, 1, 1, 1), (3, 3, 1, 6)])
def test_the_result_is_new_and_of_the_same_kind(device, transform, dtype, shape):
    images = some(device, shape, dtype)
    before = images.clone()
    result = transform(images, generator(1))
    assert (result.shape, result.dtype, result.device) == (images.shape, images.dtype, images.device)
    assert result.isfinite().all()
    result.zero_()
    assert torch.equal(images, before)


@pytest.mark.parametrize("transform", NOTHING.values(), ids=NOTHING)
def test_without_strength_nothing_changes(device, transform):
    images = some(device)
    torch.testing.assert_close(transform(images, generator(1)), images, rtol=0, atol=1e-5)


@each_transform
def test_gradients_flow_to_the_images(device, transform):
    images = some(device).requires_grad_()
    transform(images, generator(1)).square().sum().backward()
    assert images.grad.isfinite().all()
    assert images.grad.any()


def coordinates(batch, height, width):
    """Images whose two channels say how far a pixel is from the centre: (x, y). A warp shows where it looked."""
    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij")
    return torch.stack([x, y]).expand(batch, 2, height, width)


def assert_uniform(values, low, high):
    assert values.min() >= low - 1e-3 * (high - low)
    assert values.max() <= high + 1e-3 * (high - low)
    # 3000 of them: the Kolmogorov distance is below 0.035 with a probability of 99.9 %.
    assert stats.kstest(values.double().numpy(), stats.uniform(low, high - low).cdf).statistic < 0.035


def test_the_parameters_of_the_affine_map_are_uniform_and_independent():
    transform = aug.RandomAffine(degrees=40, translate_px=3, scale=(0.6, 1.5), shear_degrees=20)
    seen = transform(coordinates(3000, 19, 19).double(), generator(0))[:, :, 8:11, 8:11]  # far from the border
    middle = seen[:, :, 1, 1]  # (batch, 2): t of the map to the input
    to_input = torch.stack([seen[:, :, 1, 2] - middle, seen[:, :, 2, 1] - middle], dim=2)
    to_output = torch.linalg.inv(to_input)  # scale * turn @ shear: its first column is the image of (1, 0)
    shift = -(to_output @ middle[:, :, None])[:, :, 0]
    angle = torch.atan2(-to_output[:, 1, 0], to_output[:, 0, 0])
    scale = to_output[:, :, 0].norm(dim=1)
    lean = torch.atan(-(torch.linalg.inv(turns(angle)) @ to_output)[:, 0, 1] / scale)
    assert_uniform(torch.rad2deg(angle), -40, 40)
    assert_uniform(torch.rad2deg(lean), -20, 20)
    assert_uniform(scale, 0.6, 1.5)
    assert_uniform(shift[:, 0], -3, 3)
    assert_uniform(shift[:, 1], -3, 3)
    correlations = torch.corrcoef(torch.stack([angle, lean, scale, *shift.T])) - torch.eye(5)
    assert correlations.abs().max() < 0.08


def turns(angle):
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([cos, sin, -sin, cos], dim=1).reshape(-1, 2, 2)


def test_the_strengths_of_the_lens_are_uniform():
    seen = aug.RandomLens(0.3)(coordinates(3000, 9, 9), generator(0))
    # At (2, 2) of a corner at (4, 4), r^2 = 1/4.
    assert_uniform((seen[:, 0, 6, 6] / 2 - 1) * 4, -0.3, 0.3)


def test_the_elastic_field_has_the_size_asked_for():
    still = coordinates(20, 41, 41)
    seen = aug.RandomElastic(sigma=4, rms=1.5)(still, generator(0))
    inside = (seen - still)[:, :, 6:-6, 6:-6]
    assert inside.square().sum(dim=1).mean().sqrt().item() == pytest.approx(1.5, rel=0.05)


def test_brightness_is_uniform_and_contrast_too():
    pair = torch.tensor([[[[-1.0, 1.0]]]]).expand(3000, 1, 1, 2)
    shifted = aug.RandomBrightness(0.4)(pair, generator(0))
    torch.testing.assert_close(shifted[..., 1] - shifted[..., 0], torch.full((3000, 1, 1), 2.0))
    assert_uniform(shifted.mean(dim=3).flatten(), -0.4, 0.4)
    assert_uniform(aug.RandomContrast(0.5, 2.5)(pair, generator(0))[..., 1].flatten(), 0.5, 2.5)


@pytest.mark.parametrize("probability", [0.2, 0.5, 1.0])
def test_as_many_images_are_mirrored_as_asked_for(probability):
    images = some("cpu", (3000, 1, 2, 3))
    results = aug.RandomFlip(probability)(images, generator(0))
    mirrored = (results == images.flip(3)).flatten(1).all(dim=1)
    assert (mirrored | (results == images).flatten(1).all(dim=1)).all()
    assert mirrored.float().mean().item() == pytest.approx(probability, abs=0.04)


def test_cutouts_are_centred_at_any_pixel():
    hidden = 1 - aug.Cutout(1)(torch.ones(6000, 2, 3, 4), generator(0))
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    assert (hidden[:, 0].sum(dim=(1, 2)) == 1).all()
    assert (hidden[:, 0].sum(dim=0) - 500).abs().max() < 100  # binomial, sigma 21
    areas = (1 - aug.Cutout(3)(torch.ones(500, 1, 6, 6), generator(0))).sum(dim=(1, 2, 3))
    assert set(areas.tolist()) == {4.0, 6.0, 9.0}  # at a corner, at an edge, inside


@pytest.mark.parametrize(
    "transform",
    [
        aug.RandomAffine(translate_px=8, fill=7.0),
        aug.RandomElastic(sigma=2, rms=5, fill=7.0),
        aug.RandomLens(0.33, fill=7.0),
        aug.Cutout(2, fill=7.0),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_the_outside_is_filled(device, transform):
    results = transform(torch.zeros(50, 1, 9, 9, device=device), generator(0))
    assert results.max().item() == pytest.approx(7.0, abs=1e-4)
    assert results.min().item() == pytest.approx(0.0, abs=1e-4)


def test_transforms_are_composed_in_order_from_one_stream():
    images = some("cpu")
    first, second = aug.RandomBrightness(1.0), aug.RandomContrast(0.0, 0.5)
    stream = generator(2)
    expected = second(first(images, stream), stream)
    assert torch.equal(aug.Compose(first, second)(images, generator(2)), expected)
    assert torch.equal(aug.Compose(aug.Compose(first), second)(images, generator(2)), expected)


def test_transforms_do_not_change():
    for transform in TRANSFORMS.values():
        for field in dataclasses.fields(transform):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(transform, field.name, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: aug.RandomAffine(degrees=-1), "degrees must be >= 0 and below inf, got -1"),
        (lambda: aug.RandomAffine(degrees=math.nan), "degrees .* got nan"),
        (lambda: aug.RandomAffine(translate_px=-0.5), "translate_px .* got -0.5"),
        (lambda: aug.RandomAffine(translate_px=math.inf), "translate_px .* got inf"),
        (lambda: aug.RandomAffine(shear_degrees=90), "shear_degrees must be >= 0 and below 90, got 90"),
        (lambda: aug.RandomAffine(scale=(1.2, 0.8)), "scale must be in order.* got 1.2 and 0.8"),
        (lambda: aug.RandomAffine(scale=(0.0, 1.0)), "scale must be > 0, got \\(0.0, 1.0\\)"),
        (lambda: aug.RandomAffine(scale=(1.0, math.inf)), "scale .* got 1.0 and inf"),
        (lambda: aug.RandomElastic(sigma=0, rms=1), "sigma must be > 0, got 0"),
        (lambda: aug.RandomElastic(sigma=-1, rms=1), "sigma .* got -1"),
        (lambda: aug.RandomElastic(sigma=1, rms=-1), "rms .* got -1"),
        (lambda: aug.RandomLens(1 / 3), "max_k must be >= 0 and below 0.3333, got 0.333"),
        (lambda: aug.RandomLens(-0.1), "max_k .* got -0.1"),
        (lambda: aug.RandomFlip(1.5), "probability must be in \\[0, 1\\], got 1.5"),
        (lambda: aug.RandomFlip(-0.1), "probability .* got -0.1"),
        (lambda: aug.RandomFlip(math.nan), "probability .* got nan"),
        (lambda: aug.RandomBrightness(-1), "max_shift .* got -1"),
        (lambda: aug.RandomContrast(1.5, 0.5), "low and high .* got 1.5 and 0.5"),
        (lambda: aug.RandomContrast(-0.5, 0.5), "low and high .* got -0.5 and 0.5"),
        (lambda: aug.RandomContrast(0.5, math.nan), "low and high .* got 0.5 and nan"),
        (lambda: aug.Cutout(-1), "size_px .* got -1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_arguments_raise_when_the_transform_is_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@each_transform
def test_images_without_pixels_raise(transform):
    with pytest.raises(ValueError, match=r"images must be floating-point .* of shape \(2, 1, 0, 4\)"):
        transform(torch.zeros(2, 1, 0, 4), generator(0))


def test_the_layer_augments_in_training_only(device):
    images = some(device)
    layer = aug.Augmented(TRANSFORMS["affine"], generator(3))
    assert torch.equal(layer(images), TRANSFORMS["affine"](images, generator(3)))
    state = layer.generator.get_state()
    assert layer.eval()(images) is images
    assert torch.equal(layer.generator.get_state(), state)
    assert not torch.equal(layer.train()(images), images)
    assert not layer.state_dict()


def test_training_is_augmented_and_accuracy_is_not(device):
    shapes = []

    def spy(images, stream):
        shapes.append(len(images))
        return aug.RandomBrightness(0.1)(images, stream)

    network = models.mlp((63, 3), generator=generator(0))
    model = nn.Sequential(aug.Augmented(spy, generator(0)), network).to(device)
    x, y = some(device, (10, 1, 7, 9)), (torch.arange(10) % 3).to(device)
    plain = (network(x).argmax(dim=1) == y).float().mean().item()
    assert training.accuracy(model, x, y) == plain
    assert shapes == []
    evaluate = training.Evaluate("accuracy", lambda model: training.accuracy(model, x, y))
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    options = {"optimizer": sgd, "loss": F.cross_entropy, "n_epochs": 2, "batch_size": 4, "generator": generator(1)}
    history = training.fit(model, x, y, callbacks=[evaluate], **options)
    assert shapes == [4, 4, 2, 4, 4, 2]
    assert len(history["accuracy"]) == 2


def test_a_copy_of_a_model_has_its_own_stream():
    layer, images = aug.Augmented(TRANSFORMS["affine"], generator(3)), some("cpu")
    layer(images)
    twin = copy.deepcopy(layer)
    expected = layer(images)
    layer(images)
    assert torch.equal(twin(images), expected)
    assert twin.generator is not layer.generator


def test_mixup_mixes_inputs_and_targets_in_one_proportion(device):
    eye = torch.eye(12, device=device)
    images = eye.reshape(12, 1, 3, 4)
    mixed, targets = aug.mixup(images, eye, 1.0, generator=generator(0))
    assert torch.equal(mixed.flatten(1), targets)
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(12, device=device))
    assert torch.equal(images.flatten(1), eye)
    weight = targets.diagonal()
    assert len(torch.unique(weight)) > 8  # each example has its own
    partners = targets.cpu() - torch.diag(weight.cpu())
    found = partners.argmax(dim=1)[weight.cpu() < 1]
    assert len(torch.unique(found)) == len(found)  # a permutation


def test_proportions_and_partners_are_drawn_anew():
    eye, stream = torch.eye(12), generator(0)
    first, second = (aug.mixup(eye, eye, 1.0, generator=stream)[1] for _ in range(2))
    assert (first.diagonal() - second.diagonal()).abs().min() > 1e-4
    partners, others = ((targets - torch.diag(targets.diagonal())).argmax(dim=1) for targets in (first, second))
    assert (partners != others).sum() > 6


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_the_proportions_are_from_beta(alpha):
    targets = aug.mixup(torch.zeros(2000, 1), torch.eye(2000), alpha, generator=generator(0))[1]
    weight = targets.diagonal()[targets.diagonal() < 1].double()  # but who met itself
    # Near 2000 of them; alpha / 2 or 2 alpha would be 0.07 away.
    assert stats.kstest(weight.numpy(), stats.beta(alpha, alpha).cdf).statistic < 0.045


def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses():
    eye, logits = torch.eye(5), torch.randn(5, 5, generator=generator(1))
    _, targets = aug.mixup(eye, eye, 1.0, generator=generator(0))
    weight, partner = targets.diagonal(), (targets - torch.diag(targets.diagonal())).argmax(dim=1)
    alone = F.cross_entropy(logits, torch.arange(5), reduction="none")
    other = F.cross_entropy(logits, partner, reduction="none")
    mixed = F.cross_entropy(logits, targets, reduction="none")
    met = weight < 1
    torch.testing.assert_close(mixed[met], (weight * alone + (1 - weight) * other)[met])


def test_mixup_is_the_same_everywhere_and_leaves_global_streams(device, same_global_randomness):
    images, targets = some(device), torch.eye(16, device=device)
    stream = generator(0)
    first = aug.mixup(images, targets, 0.4, generator=stream)
    for here, there in zip(first, aug.mixup(images.cpu(), targets.cpu(), 0.4, generator=generator(0)), strict=True):
        torch.testing.assert_close(here.cpu(), there, rtol=0, atol=1e-6)
    assert not torch.allclose(first[0], aug.mixup(images, targets, 0.4, generator=stream)[0], atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_mixup_keeps_dtypes_and_takes_an_empty_batch(device, dtype):
    images, targets = some(device, (3, 4), dtype), torch.eye(3, device=device)
    mixed, soft = aug.mixup(images, targets, 0.4, generator=generator(0))
    assert (mixed.dtype, soft.dtype) == (dtype, torch.float32)
    assert aug.mixup(images[:0], targets[:0], 0.4, generator=generator(0))[0].shape == (0, 4)


def test_gradients_flow_through_mixup():
    images = some("cpu", (4, 1, 2, 2), torch.float64).requires_grad_()
    eye = torch.eye(4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: aug.mixup(x, eye, 1.0, generator=generator(0))[0], images)


def test_bad_arguments_of_mixup_raise():
    mixup, images, targets = aug.mixup.__wrapped__, torch.zeros(3, 1, 2, 2), torch.eye(3)
    for alpha in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=f"alpha must be > 0 and finite, got {alpha}"):
            mixup(images, targets, alpha, generator=generator(0))
    for bad in (torch.arange(3), torch.eye(3).long(), torch.eye(2), torch.ones(3)):
        with pytest.raises(ValueError, match=f"each of the 3 images, got {bad.dtype} of shape"):
            mixup(images, bad, 1.0, generator=generator(0))
