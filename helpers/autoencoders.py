"""Autoencoders, and three ways to regularise a classifier with one.

    autoencoder = autoencoders.mirrored((64, 32, 8), generator=stream)
    training.fit(autoencoder, x, x, loss=autoencoders.reconstruction_loss, ...)

    1. model = autoencoders.on_codes(autoencoder, head, frozen=True)              # the classifier reads the codes u
    2. model = autoencoders.on_reconstructions(autoencoder, head, frozen=True)    # ... the reconstructions of x
    3. model = autoencoders.Joint(autoencoder, head)                              # both are trained at once
       loss = autoencoders.joint_loss(0.5, n_classes=10)
       training.fit(model, x, autoencoders.joint_targets(x, y, 10), loss=loss, ...)
       training.accuracy(model.classifier, x_test, y_test)

The control of the third way is beta = 1: the same network, with nothing but the loss of classification.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from helpers import models
from helpers.penalties import require_fraction
from helpers.training import Loss


class Autoencoder(nn.Module):
    """A network to codes and one back, which may be of any shape as long as they fit each other.

    Attributes:
        encoder: From inputs to codes.
        decoder: From codes to reconstructions of the inputs.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module):
        """Keep both, without copies."""
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*outputs features"]:
        """The reconstructions, of x's shape; with K of them where the parts are `stacked.StackedMLP`s."""
        return self.decoder(self.encoder(x))


def mirrored(
    sizes: Sequence[int],
    *,
    generator: torch.Generator,
    activation: Callable[[], nn.Module] = nn.ReLU,
    weight_std: float | None = None,
) -> Autoencoder:
    """An autoencoder of two perceptrons, the decoder's widths those of the encoder backwards.

    Codes and reconstructions are linear in the last hidden layer: they take any value. With two sizes the whole
    autoencoder is linear.

    Args:
        sizes: Widths from the input to the code, at least two.
        generator: A CPU stream for the weights.
        activation: Makes the module between two layers.
        weight_std: As in `models.linear`, for every layer.

    Raises:
        ValueError: If there are fewer than two sizes.
    """
    options = {"generator": generator, "activation": activation, "weight_std": weight_std}
    return Autoencoder(models.mlp(sizes, **options), models.mlp(sizes[::-1], **options))


def reconstruction_loss(reconstruction: Float[Tensor, "*batch d"], x: Float[Tensor, "*batch d"]) -> Float[Tensor, ""]:
    """J_ae, the mean over examples of the squared distance |x - x_hat|^2: d times `F.mse_loss`."""
    return (x - reconstruction).square().sum(dim=-1).mean()


class Frozen(nn.Module):
    """A copy of a module that training leaves as it is: no gradients for its parameters, always in evaluation mode.

    An optimizer may be given its parameters: without a gradient it changes nothing, not even by weight decay.
    """

    def __init__(self, module: nn.Module):
        """Copy the module."""
        super().__init__()
        self.module = copy.deepcopy(module).eval().requires_grad_(False)

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """What the module returns in evaluation mode; gradients go through it to `x`."""
        return self.module(x)

    def train(self, mode: bool = True) -> "Frozen":
        """Change this module's mode, and not the copy's: dropout stays off, running statistics stay as they are."""
        super().train(mode)
        self.module.eval()
        return self


def on_codes(autoencoder: Autoencoder, head: nn.Module, *, frozen: bool) -> nn.Sequential:
    """Option 1: a classifier that reads the codes, head(encoder(x)).

    Args:
        autoencoder: Trained before; the classifier gets a copy of its encoder.
        head: From codes to logits; kept without a copy.
        frozen: Whether the encoder stays as it is, or is trained further together with the head.
    """
    return nn.Sequential(_copy(autoencoder.encoder, frozen), head)


def on_reconstructions(autoencoder: Autoencoder, head: nn.Module, *, frozen: bool) -> nn.Sequential:
    """Option 2: a classifier that reads the reconstructions, head(decoder(encoder(x))).

    Args:
        autoencoder: Trained before; the classifier gets a copy.
        head: From inputs to logits; kept without a copy.
        frozen: Whether the autoencoder stays as it is, or is trained further together with the head.
    """
    return nn.Sequential(_copy(autoencoder, frozen), head)


class Joint(nn.Module):
    """Option 3: an autoencoder and a classifier that share the encoder, to be trained with `joint_loss`.

    Attributes:
        autoencoder: As given, without a copy.
        head: As given, without a copy.
    """

    def __init__(self, autoencoder: Autoencoder, head: nn.Module):
        """Join an autoencoder and a head from codes to logits."""
        super().__init__()
        self.autoencoder = autoencoder
        self.head = head

    def forward(self, x: Float[Tensor, "*batch features"]) -> Float[Tensor, "*outputs classes_and_features"]:
        """The logits and after them the reconstructions, in one tensor; K where the parts are `stacked.StackedMLP`s."""
        codes = self.autoencoder.encoder(x)
        return torch.cat([self.head(codes), self.autoencoder.decoder(codes)], dim=-1)

    @property
    def classifier(self) -> nn.Sequential:
        """The network from inputs to logits, which shares its parameters with this."""
        return nn.Sequential(self.autoencoder.encoder, self.head)


def joint_targets(
    x: Float[Tensor, "n features"], y: Int[Tensor, " n"], n_classes: int
) -> Float[Tensor, "n classes_and_features"]:
    """What `joint_loss` compares the outputs of `Joint` with: one-hot labels, and after them the inputs."""
    return torch.cat([F.one_hot(y.long(), n_classes).to(x.dtype), x], dim=1)


def joint_loss(beta: float, *, n_classes: int) -> Loss:
    """The loss beta J_clas + (1 - beta) J_ae, of cross-entropy and `reconstruction_loss`.

    Args:
        beta: In [0, 1]; with 1 the decoder has no say (its gradients are 0), with 0 the head has none.
        n_classes: Outputs that are logits, and targets that are their probabilities; what follows them is x.

    Raises:
        ValueError: If `beta` is out of range.
    """
    require_fraction("beta", beta)

    def loss(outputs: Float[Tensor, "n outputs"], targets: Float[Tensor, "n outputs"]) -> Float[Tensor, ""]:
        classification = F.cross_entropy(outputs[:, :n_classes], targets[:, :n_classes])
        return beta * classification + (1 - beta) * reconstruction_loss(outputs[:, n_classes:], targets[:, n_classes:])

    return loss


def projector(weight: Float[Tensor, "*stack features codes"]) -> Float[Tensor, "*stack features features"]:
    """The orthogonal projector onto the space that a linear decoder's outputs lie in (around its bias).

    Decoders with the same space have the same projector, whatever basis their weights are. For a linear autoencoder
    that is trained to the end it is the projector onto the first principal components.

    Args:
        weight: The decoder's weight, as in `nn.Linear`: W of x_hat = W u + b.

    Source:
        Baldi, Hornik 1989, Neural networks and principal component analysis,
        https://doi.org/10.1016/0893-6080(89)90014-2.
    """
    basis, scales, _ = torch.linalg.svd(weight, full_matrices=False)
    smallest = scales[..., :1] * torch.finfo(weight.dtype).eps * max(weight.shape[-2:])  # as in `matrix_rank`
    basis = basis * (scales > smallest).unsqueeze(-2)
    return basis @ basis.mT


def _copy(module: nn.Module, frozen: bool) -> nn.Module:
    return Frozen(module) if frozen else copy.deepcopy(module)
