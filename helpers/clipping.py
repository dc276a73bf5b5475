"""Gradient clipping by global norm, by each tensor's norm and by value.

All functions change gradients in place and are called between `loss.backward()` and `optimizer.step()`:

    loss.backward()
    norm = clipping.clip_by_global_norm(clipping.gradients(model.parameters()), max_norm=1.0)
    optimizer.step()

Decided once for all of them: a missing gradient (`None`) is no gradient, an empty list has norm 0, a tensor that is
listed twice counts once, a sparse gradient counts as the dense tensor that it stands for, and gradients of several
dtypes or devices share one norm.
"""

import functools
import math
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from helpers.training import Callback, Run


def gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The gradients that `loss.backward()` left in `parameters`, without the missing ones.

    Args:
        parameters: For example `model.parameters()`; a parameter listed twice (tied weights) gives its gradient once.
    """
    return [gradient for parameter in _distinct(parameters) if (gradient := parameter.grad) is not None]


def global_norm(gradients: Sequence[Float[Tensor, "..."]]) -> Float[Tensor, ""]:
    """The Euclidean norm of all gradients taken together, as if they were one long vector.

    It is computed in the widest dtype among them, at least float32, and in float64 where it overflows that.

    Args:
        gradients: One tensor per parameter, any shapes.

    Returns:
        The norm on the first gradient's device, outside of any autograd graph; 0 for an empty sequence; inf or NaN
        where an entry is, and inf where the sum of squares overflows even float64 (entries around 1e154).
    """
    entries = [g.coalesce().values() if g.is_sparse else g for g in _distinct(gradients)]
    if not entries:
        return torch.zeros(())
    norm = _norm(entries, functools.reduce(torch.promote_types, {g.dtype for g in entries}, torch.float32))
    # inf may be an overflow of the squares only. (Not on MPS, which has no float64.)
    if not norm.item() < math.inf and norm.device.type != "mps":
        norm = _norm(entries, torch.float64)
    return norm.detach()


@torch.no_grad()
def clip_by_global_norm(
    gradients: Sequence[Float[Tensor, "..."]], max_norm: float, *, error_if_nonfinite: bool = True
) -> Float[Tensor, ""]:
    """Scale gradients in place so that their joint Euclidean norm is at most `max_norm`.

    All tensors share one factor, so the direction of the update is kept. Where the norm is within the bound, nothing is
    written.

    Args:
        gradients: One tensor per parameter, any shapes.
        max_norm: Largest norm allowed, > 0; `math.inf` only measures.
        error_if_nonfinite: Raise where the norm is inf or NaN, which no factor can repair. Otherwise the gradients
            stay as they are and the caller sees the norm, so that it can skip the step.

    Returns:
        The joint norm before clipping.

    Raises:
        ValueError: If `max_norm` is not positive, or the norm is not finite.

    Source:
        Pascanu, Mikolov, Bengio 2013, https://arxiv.org/abs/1211.5063, algorithm 1.
    """
    _require_positive("max_norm", max_norm)
    gradients = _distinct(gradients)
    norm = global_norm(gradients)
    size = norm.item()
    if math.isfinite(size):
        if size > max_norm:
            _scale(gradients, max_norm / norm)
    elif error_if_nonfinite:
        raise ValueError(
            f"the gradients' norm is {size}: an entry is inf, NaN or above 1e150, so there is no direction to keep; "
            "skip this step, or find where the loss overflows"
        )
    return norm


@torch.no_grad()
def clip_by_tensor_norm(
    gradients: Sequence[Float[Tensor, "..."]], max_norm: float, *, error_if_nonfinite: bool = True
) -> Float[Tensor, " n_gradients"]:
    """Scale each gradient in place so that its own Euclidean norm is at most `max_norm`.

    Every tensor has its own factor, so the joint direction changes as soon as one of them is clipped. Keras calls this
    `clipnorm`; it is not the clipping of Pascanu et al.

    Args:
        gradients: One tensor per parameter, any shapes.
        max_norm: Largest norm allowed for one tensor, > 0.
        error_if_nonfinite: As in `clip_by_global_norm`; without it, a tensor that is not finite stays as it is and the
            others are clipped.

    Returns:
        Each tensor's norm before clipping, in the order given, a tensor listed twice once.

    Raises:
        ValueError: If `max_norm` is not positive, or an entry is not finite.
    """
    _require_positive("max_norm", max_norm)
    gradients = _distinct(gradients)
    if not gradients:
        return torch.zeros(0)
    norms = _stacked([global_norm([gradient]) for gradient in gradients])
    if error_if_nonfinite and not norms.isfinite().all():
        bad = norms.isfinite().logical_not().nonzero().flatten().tolist()
        raise ValueError(
            f"the norms of the gradients at positions {bad} are not finite: an entry is inf or NaN or above 1e150"
        )
    for gradient, norm in zip(gradients, norms, strict=True):
        if max_norm < norm < math.inf:
            _scale([gradient], max_norm / norm)
    return norms


@torch.no_grad()
def clip_by_value(gradients: Sequence[Float[Tensor, "..."]], max_value: float) -> None:
    """Clamp every entry of every gradient in place to [-max_value, max_value].

    Large entries shrink and small ones stay, so the direction changes. inf becomes `max_value`; NaN, which has no place
    in the interval, stays NaN.

    Args:
        gradients: One tensor per parameter, any shapes.
        max_value: Largest magnitude allowed for an entry, > 0.

    Raises:
        ValueError: If `max_value` is not positive.

    Source:
        Mikolov 2012, Statistical Language Models Based on Neural Networks (PhD thesis), section 3.2.2.
    """
    _require_positive("max_value", max_value)
    fused, rest = [], []
    # Two fused passes cost less than one call per tensor, until a tensor outgrows the cache and passes are what counts.
    for gradient in _distinct(gradients):
        small = gradient.numel() <= 2**14 or gradient.is_cuda
        (rest if gradient.is_sparse or not small else fused).append(gradient)
    if fused:
        torch._foreach_clamp_min_(fused, -max_value)
        torch._foreach_clamp_max_(fused, max_value)
    for gradient in rest:
        if gradient.is_sparse:
            _clamp_sparse(gradient, max_value)
        else:
            gradient.clamp_(-max_value, max_value)


class ClipByGlobalNorm(Callback):
    """Clips in `training.fit` and keeps the log of the norms before clipping.

    Attributes:
        norms: One joint norm per step, before clipping.
    """

    def __init__(self, max_norm: float = math.inf):
        """Clip to `max_norm`; the default only measures."""
        _require_positive("max_norm", max_norm)
        self.max_norm = max_norm
        self.norms: list[float] = []

    def after_backward(self, run: Run) -> None:
        """Clip, and log the norm before."""
        norm = clip_by_global_norm(gradients(run.model.parameters()), self.max_norm, error_if_nonfinite=False)
        self.norms.append(norm.item())


class ClipByValue(Callback):
    """Clips in `training.fit` and keeps the log of the norms before clipping.

    Attributes:
        norms: One joint norm per step, before clipping.
    """

    def __init__(self, max_value: float):
        """Clamp entries to [-max_value, max_value]."""
        _require_positive("max_value", max_value)
        self.max_value = max_value
        self.norms: list[float] = []

    def after_backward(self, run: Run) -> None:
        """Clip, and log the norm before."""
        found = gradients(run.model.parameters())
        self.norms.append(global_norm(found).item())
        clip_by_value(found, self.max_value)


def _require_positive(name: str, value: float) -> None:
    if not value > 0:  # also refuses NaN
        raise ValueError(f"{name} must be > 0, got {value}")


def _distinct(tensors: Iterable[Tensor]) -> list[Tensor]:
    return list({id(tensor): tensor for tensor in tensors}.values())


def _norm(gradients: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
    # The multi-tensor kernels under torch.nn.utils.clip_grad_norm_, without its grouping in Python.
    return torch.linalg.vector_norm(_stacked(torch._foreach_norm(gradients, 2, dtype)))


def _stacked(norms: Sequence[Tensor]) -> Tensor:
    device = norms[0].device
    return torch.stack([norm if norm.device == device else norm.to(device) for norm in norms])


def _scale(gradients: Sequence[Tensor], factor: Tensor) -> None:
    if {gradient.device for gradient in gradients} == {factor.device} and not any(g.is_sparse for g in gradients):
        # A factor in a tensor: with a Python number the same call takes three times as long on a CPU.
        torch._foreach_mul_(gradients, factor)
        return
    for gradient in gradients:
        gradient.mul_(factor.to(gradient.device))


def _clamp_sparse(gradient: Tensor, max_value: float) -> None:
    # An uncoalesced tensor lists an entry in parts; the bound is on their sum.
    entries = gradient.coalesce()
    entries.values().clamp_(-max_value, max_value)
    gradient.copy_(entries)
