"""`helpers.autoencoders`: against sklearn's PCA, hand-written losses, and each part trained alone."""

import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional as F

from helpers import autoencoders, dropout, models, stacked, training
from helpers.autoencoders import Autoencoder
from helpers.device import generator

pytestmark = pytest.mark.usefixtures("same_global_randomness")

N, D, CODES, CLASSES = 24, 5, 2, 3
CLOSE = {torch.float32: {"rtol": 1e-5, "atol": 1e-6}, torch.float64: {"rtol": 1e-12, "atol": 1e-14}}
each_dtype = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def some_data(device="cpu", dtype=torch.float32):
    x = torch.randn(N, D, generator=generator(50)) * torch.tensor([3.0, 2.0, 1.0, 0.5, 0.2]) + 1
    return x.to(device, dtype), torch.arange(N).remainder(CLASSES).to(device)


def made(device="cpu", dtype=torch.float32, sizes=(D, 4, CODES)):
    return autoencoders.mirrored(sizes, generator=generator(0)).to(device, dtype)


def head(device="cpu", dtype=torch.float32, n_in=CODES):
    return models.linear(n_in, CLASSES, generator=generator(1)).to(device, dtype)


def train(model, x, y, loss=F.cross_entropy, optimizer=torch.optim.Adam, n_epochs=2, **options):
    optimizer = optimizer(model.parameters(), lr=0.05, **options)
    return training.fit(
        model, x, y, optimizer=optimizer, loss=loss, n_epochs=n_epochs, batch_size=7, generator=generator(2)
    )


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_mirrored_autoencoder_has_the_widths_there_and_back():
    widths = [layer.weight.shape for layer in made(sizes=(D, 4, 3, CODES)).modules() if isinstance(layer, nn.Linear)]
    assert widths == [(4, D), (3, 4), (CODES, 3), (3, CODES), (4, 3), (D, 4)]
    autoencoder = autoencoders.mirrored((D, 4, CODES), generator=generator(0), activation=nn.Tanh, weight_std=0.1)
    assert [type(layer) for layer in autoencoder.encoder] == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear]
    assert [type(layer) for layer in autoencoder.decoder] == [nn.Flatten, nn.Linear, nn.Tanh, nn.Linear]
    stream = generator(0)
    for part, sizes in ((autoencoder.encoder, (D, 4, CODES)), (autoencoder.decoder, (CODES, 4, D))):
        assert same(part.state_dict(), models.mlp(sizes, generator=stream, weight_std=0.1).state_dict())


def test_one_width_is_no_autoencoder():
    with pytest.raises(ValueError, match=r"at least an input and an output width, got \[5\]"):
        autoencoders.mirrored((D,), generator=generator(0))


@each_dtype
def test_the_reconstruction_goes_through_the_code(device, dtype):
    autoencoder, (x, _) = made(device, dtype), some_data(device, dtype)
    assert autoencoder.encoder(x).shape == (N, CODES)
    assert torch.equal(autoencoder(x), autoencoder.decoder(autoencoder.encoder(x)))
    with torch.no_grad():
        autoencoder.encoder[-1].weight.zero_()  # all codes alike: all reconstructions alike
    assert torch.equal(autoencoder(x), autoencoder(x)[:1].expand(N, D))


@each_dtype
def test_the_loss_is_the_mean_squared_distance(device, dtype):
    (x, _), other = some_data(device, dtype), torch.zeros(N, D, dtype=dtype, device=device)
    expected = torch.stack([(row @ row) for row in x]).mean()
    torch.testing.assert_close(autoencoders.reconstruction_loss(other, x), expected, **CLOSE[dtype])
    torch.testing.assert_close(
        autoencoders.reconstruction_loss(x.flip(0), x), D * F.mse_loss(x.flip(0), x), **CLOSE[dtype]
    )


@each_dtype
def test_a_projector_is_that_of_any_basis(device, dtype):
    basis = torch.randn(D, CODES, generator=generator(3), dtype=dtype).to(device)
    exact = basis @ torch.linalg.inv(basis.mT @ basis) @ basis.mT
    for mixing in (torch.eye(CODES), torch.tensor([[0.0, -2.0], [0.5, 3.0]])):
        found = autoencoders.projector(basis @ mixing.to(basis))
        torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found, found.mT, **CLOSE[dtype])
    torch.testing.assert_close(found @ found, found, rtol=1e-5, atol=1e-6)
    assert found.trace().item() == pytest.approx(CODES, rel=1e-5)


@each_dtype
def test_a_projector_leaves_out_directions_that_the_decoder_does_not_use(device, dtype):
    column = torch.randn(D, 1, generator=generator(3), dtype=dtype).to(device)
    twice = torch.cat([column, -3 * column], dim=1)
    torch.testing.assert_close(autoencoders.projector(twice), autoencoders.projector(column), rtol=1e-4, atol=1e-5)
    assert not autoencoders.projector(0 * twice).any()
    wide = torch.randn(CODES, D, generator=generator(3), dtype=dtype).to(device)
    torch.testing.assert_close(autoencoders.projector(wide), torch.eye(CODES).to(wide), rtol=1e-4, atol=1e-5)


def test_projectors_of_a_stack_are_those_of_its_members(device):
    weights = torch.randn(3, D, CODES, generator=generator(3)).to(device)
    each = torch.stack([autoencoders.projector(weight) for weight in weights])
    torch.testing.assert_close(autoencoders.projector(weights), each, **CLOSE[torch.float32])


def test_a_linear_autoencoder_finds_the_subspace_of_pca():
    x, _ = some_data(dtype=torch.float64)
    autoencoder = made(dtype=torch.float64, sizes=(D, CODES))
    optimizer = torch.optim.LBFGS(autoencoder.parameters(), max_iter=150, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = autoencoders.reconstruction_loss(autoencoder(x), x)
        loss.backward()
        return loss

    optimizer.step(closure)
    pca = PCA(CODES).fit(x.numpy())
    expected = torch.from_numpy(pca.components_.T @ pca.components_)
    torch.testing.assert_close(autoencoders.projector(autoencoder.decoder[-1].weight), expected, rtol=0, atol=1e-3)
    reconstruction = torch.from_numpy(pca.inverse_transform(pca.transform(x.numpy())))
    best = autoencoders.reconstruction_loss(reconstruction, x)
    torch.testing.assert_close(closure().detach(), best, rtol=1e-5, atol=0)
    # ... and the weights are another basis than the components
    assert not torch.allclose(
        autoencoder.decoder[-1].weight.abs(), torch.from_numpy(pca.components_.T).abs(), atol=1e-2
    )


OPTIONS = {
    "codes": (autoencoders.on_codes, lambda autoencoder: autoencoder.encoder, CODES),
    "reconstructions": (autoencoders.on_reconstructions, lambda autoencoder: autoencoder, D),
}
each_option = pytest.mark.parametrize(("build", "part", "width"), OPTIONS.values(), ids=OPTIONS)


@each_option
@pytest.mark.parametrize("frozen", [True, False])
def test_a_classifier_reads_what_the_trained_part_returns(device, build, part, width, frozen):
    autoencoder, (x, _) = made(device), some_data(device)
    own = head(device, n_in=width)
    torch.testing.assert_close(
        build(autoencoder, own, frozen=frozen)(x), own(part(autoencoder)(x)), **CLOSE[torch.float32]
    )


@each_option
@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.5}], ids=["plain", "weight decay"])
@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.SGD], ids=lambda each: each.__name__)
def test_what_is_frozen_stays_and_the_head_learns_as_on_fixed_inputs(device, build, part, width, optimizer, options):
    (x, y), autoencoder = some_data(device), made(device)
    train(autoencoder, x, x, autoencoders.reconstruction_loss)  # leaves gradients behind
    before, own = state(autoencoder), head(device, n_in=width)
    model = build(autoencoder, own, frozen=True)
    train(model, x, y, optimizer=optimizer, **options)
    assert same(model[0].module.state_dict(), part(autoencoder).state_dict())
    assert same(before, autoencoder.state_dict())
    assert all(parameter.grad is None for parameter in model[0].parameters())
    alone = head(device, n_in=width)
    train(alone, part(autoencoder)(x).detach(), y, optimizer=optimizer, **options)
    torch.testing.assert_close(own.weight, alone.weight, rtol=1e-4, atol=1e-5)
    assert not torch.equal(own.weight, head(device, n_in=width).weight)


@each_option
def test_what_is_not_frozen_learns_and_the_autoencoder_stays(device, build, part, width):
    (x, y), autoencoder = some_data(device), made(device)
    before = state(autoencoder)
    model = build(autoencoder, head(device, n_in=width), frozen=False)
    assert same(model[0].state_dict(), part(autoencoder).state_dict())
    train(model, x, y)
    assert same(before, autoencoder.state_dict())
    changed = [
        not torch.equal(a, b) for a, b in zip(model[0].parameters(), part(autoencoder).parameters(), strict=True)
    ]
    assert all(changed)


def test_frozen_modules_are_in_evaluation_mode_whatever_happens(device):
    inner = nn.Sequential(nn.BatchNorm1d(D), dropout.Dropout(0.5, generator=generator(0))).to(device)
    x, _ = some_data(device)
    inner(x)
    frozen = autoencoders.Frozen(inner)
    model = nn.Sequential(frozen, models.linear(D, 1, generator=generator(1))).to(device)
    before = state(frozen)
    for mode in (True, False, True):
        model.train(mode)
        assert frozen.training == mode
        assert not any(module.training for module in frozen.module.modules())
        torch.testing.assert_close(frozen(x), inner.eval()(x), **CLOSE[torch.float32])
    assert same(before, state(frozen))
    assert inner.train()[0].weight.requires_grad
    assert frozen.train() is frozen


def test_gradients_pass_through_what_is_frozen(device):
    x = some_data(device)[0].requires_grad_()
    autoencoder = made(device)
    frozen = autoencoders.Frozen(autoencoder)
    (gradient,) = torch.autograd.grad(frozen(x).square().sum(), x)
    (expected,) = torch.autograd.grad(autoencoder(x).square().sum(), x)
    torch.testing.assert_close(gradient, expected)
    assert gradient.any()


@each_dtype
def test_the_joint_outputs_are_logits_and_reconstructions_of_one_code(device, dtype):
    autoencoder, own, (x, y) = made(device, dtype), head(device, dtype), some_data(device, dtype)
    model = autoencoders.Joint(autoencoder, own)
    logits, reconstruction = model(x).split([CLASSES, D], dim=1)
    torch.testing.assert_close(logits, own(autoencoder.encoder(x)), **CLOSE[dtype])
    torch.testing.assert_close(logits, model.classifier(x), **CLOSE[dtype])
    torch.testing.assert_close(reconstruction, autoencoder(x), **CLOSE[dtype])
    assert {id(p) for p in model.classifier.parameters()} < {id(p) for p in model.parameters()}
    targets = autoencoders.joint_targets(x, y, CLASSES)
    assert targets.dtype == dtype
    assert torch.equal(targets[:, CLASSES:], x)
    assert torch.equal(targets[:, :CLASSES].argmax(dim=1), y)
    assert (targets[:, :CLASSES].sum(dim=1) == 1).all()


@each_dtype
@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_the_joint_loss_is_the_weighted_sum(device, dtype, beta):
    model, (x, y) = autoencoders.Joint(made(device, dtype), head(device, dtype)), some_data(device, dtype)
    found = autoencoders.joint_loss(beta, n_classes=CLASSES)(model(x), autoencoders.joint_targets(x, y, CLASSES))
    classification = F.cross_entropy(model.classifier(x), y)
    reconstruction = (model.autoencoder(x) - x).square().sum() / N
    torch.testing.assert_close(found, beta * classification + (1 - beta) * reconstruction, **CLOSE[dtype])


def joint_training(beta, device):
    x, y = some_data(device)
    model = autoencoders.Joint(made(device), head(device))
    train(model, x, autoencoders.joint_targets(x, y, CLASSES), autoencoders.joint_loss(beta, n_classes=CLASSES))
    return model


def test_with_beta_one_it_is_the_classifier_alone(device):
    """The control: what the autoencoder adds is what this does not do."""
    x, y = some_data(device)
    model, alone = joint_training(1.0, device), nn.Sequential(made(device).encoder, head(device))
    train(alone, x, y)
    for ours, theirs in zip(model.classifier.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, **CLOSE[torch.float32])
    assert same(model.autoencoder.decoder.state_dict(), made(device).decoder.state_dict())


def test_with_beta_zero_it_is_the_autoencoder_alone(device):
    x, _ = some_data(device)
    model, alone = joint_training(0.0, device), made(device)
    train(alone, x, x, autoencoders.reconstruction_loss)
    for ours, theirs in zip(model.autoencoder.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, **CLOSE[torch.float32])
    assert same(model.head.state_dict(), head(device).state_dict())


def test_between_them_all_three_parts_learn(device):
    model = joint_training(0.5, device)
    for part, before in ((model.autoencoder, made(device)), (model.head, head(device))):
        assert not any(same({"p": a}, {"p": b}) for a, b in zip(part.parameters(), before.parameters(), strict=True))


@pytest.mark.parametrize("beta", [-0.1, 1.1, torch.nan], ids=str)
def test_a_weight_that_is_none_raises(beta):
    with pytest.raises(ValueError, match=rf"beta must be in \[0, 1\], got {beta}"):
        autoencoders.joint_loss(beta, n_classes=CLASSES)


@pytest.mark.parametrize("y", [torch.tensor([0, 3]), torch.tensor([-1, 0])], ids=["too large", "negative"])
def test_labels_that_are_none_raise(y):
    with pytest.raises((RuntimeError, ValueError), match="Class values must be"):
        autoencoders.joint_targets(torch.zeros(2, D), y, CLASSES)


def test_stacked_networks_make_stacked_autoencoders(device):
    """Option 3 for K seeds at once: each is the network that is trained alone."""
    x, y = some_data(device, torch.float64)
    targets, loss = autoencoders.joint_targets(x, y, CLASSES), autoencoders.joint_loss(0.3, n_classes=CLASSES)
    widths = [(D, 4, CODES), (CODES, 4, D), (CODES, CLASSES)]
    streams = [generator(k) for k in range(3)]
    encoder, decoder, own = (stacked.StackedMLP(sizes, generators=streams) for sizes in widths)
    model = autoencoders.Joint(Autoencoder(encoder, decoder), own).to(device).double()
    options = {"loss": loss, "n_epochs": 2, "batch_size": 7}
    orders = [generator(10 + k) for k in range(3)]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    stacked.fit(model, x, targets, optimizer=optimizer, generators=orders, **options)
    for k in range(3):
        stream = generator(k)
        parts = [models.mlp(sizes, generator=stream) for sizes in widths]
        alone = autoencoders.Joint(Autoencoder(*parts[:2]), parts[2]).to(device).double()
        optimizer = torch.optim.Adam(alone.parameters(), lr=0.05)
        training.fit(alone, x, targets, optimizer=optimizer, generator=generator(10 + k), **options)
        torch.testing.assert_close(model(x)[k], alone(x), rtol=1e-9, atol=1e-11)
