"""`helpers.penalties` and `helpers.proximal` beside the idioms that users write."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.timing import Case, Contest
from helpers import models, penalties, proximal
from helpers.device import generator

TITLE, COLUMNS = "Penalties", ("model", "task", "beside")
# Widths, and calls per round.
MODELS = {
    "small: 64-32-10": ((64, 32, 10), 20),
    "deep: 40 layers of 32": ((32,) * 41, 4),
    "medium: 784-512-512-10": ((784, 512, 512, 10), 3),
}
LR, STRENGTH = 0.1, 0.01


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, ...], int]]) -> Iterator[Case]:
    """Every model with every task.

    Args:
        device: Where the weights are.
        settings: By name, the widths of an MLP and the calls per round.
    """
    for name, (sizes, n_calls) in settings.items():
        model = models.mlp(sizes, generator=generator(0)).to(device)
        for task, make in TASKS.items():
            yield Case((name, *task), n_calls, make(model))


def _l2_gradient(model: nn.Module) -> Contest:
    weights = penalties.weights(model)

    def theirs() -> None:
        sum(0.5 * p.pow(2).sum() for name, p in model.named_parameters() if "bias" not in name).backward()

    return _contest(model, lambda: penalties.l2(weights).backward(), theirs, of="grad", expected=lambda w: w)


def _l2_step(model: nn.Module) -> Contest:
    weights = penalties.weights(model)
    plain = torch.optim.SGD(model.parameters(), lr=LR)
    decaying = torch.optim.SGD(penalties.groups(model, STRENGTH), lr=LR)

    def ours() -> None:
        (STRENGTH * penalties.l2(weights)).backward()
        plain.step()

    return _contest(model, ours, decaying.step, expected=lambda w: (1 - LR * STRENGTH) * w)


def _shrink(model: nn.Module) -> Contest:
    weights = penalties.weights(model)

    @torch.no_grad()
    def theirs() -> None:
        for w in weights:
            w.copy_(w.sign() * (w.abs() - LR * STRENGTH).clamp(min=0))

    return _contest(
        model,
        lambda: proximal.shrink(weights, LR * STRENGTH),
        theirs,
        expected=lambda w: nn.functional.softshrink(w, LR * STRENGTH),
    )


def _limit(model: nn.Module) -> Contest:
    weights = penalties.weights(model)

    @torch.no_grad()
    def theirs() -> None:
        for w in weights:
            w.mul_((1.0 / w.norm(dim=1, keepdim=True)).clamp(max=1))

    def expected(w: Tensor) -> Tensor:
        return w / w.norm(dim=1, keepdim=True).clamp(min=1)

    return _contest(model, lambda: proximal.limit_norms(weights, 1.0), theirs, expected=expected)


TASKS = {
    ("gradient of L2", "loop over parameters"): _l2_gradient,
    ("SGD step with L2", "weight_decay"): _l2_step,
    ("L1 proximal step", "sign, abs, clamp"): _shrink,
    ("max-norm", "norm, clamp, mul_"): _limit,
}


def _contest(
    model: nn.Module,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    expected: Callable[[Tensor], Tensor],
    of: str = "data",
) -> Contest:
    weights = penalties.weights(model)
    originals = [weight.detach().clone() for weight in weights]
    results = [expected(original) for original in originals]

    @torch.no_grad()
    def reset() -> None:
        for weight, original in zip(weights, originals, strict=True):
            weight.copy_(original)
        for parameter in model.parameters():
            parameter.grad = torch.zeros_like(parameter)

    def check() -> None:
        found = [getattr(weight, of) for weight in weights]
        if not all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(found, results, strict=True)):
            raise RuntimeError(f"the weights' {of} is not what it should be")

    return Contest(ours, theirs, reset, check)
