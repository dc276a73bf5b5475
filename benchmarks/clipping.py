"""`helpers.clipping` beside `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`."""

from collections.abc import Callable, Iterator

import torch
from torch import nn

from benchmarks.timing import Case, Contest
from helpers import clipping, models
from helpers.device import generator

TITLE, COLUMNS = "Clipping", ("model", "by", "clips")
# Widths, and calls per round: as many as make a round take some ten milliseconds.
MODELS = {
    "small: 64-32-10": ((64, 32, 10), 50),
    "deep: 40 layers of 32": ((32,) * 41, 12),
    "medium: 784-512-512-10": ((784, 512, 512, 10), 20),
    "large: 18 M parameters": ((784, 2048, 4096, 2048, 10), 1),
}


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, ...], int]]) -> Iterator[Case]:
    """Every model with every clipping, with a threshold that each call reaches and with one that none does.

    Args:
        device: Where the gradients are.
        settings: By name, the widths of an MLP and the calls per round.
    """
    for name, (sizes, n_calls) in settings.items():
        model = _with_gradients(sizes, device)
        for kind, make in {"global norm": _by_norm, "value": _by_value}.items():
            for triggered in (True, False):
                yield Case((name, kind, "yes" if triggered else "no"), n_calls, make(model, triggered))


def _with_gradients(sizes: tuple[int, ...], device: torch.device) -> nn.Module:
    stream = generator(0)
    model = models.mlp(sizes, generator=stream).to(device)
    model(torch.randn(8, sizes[0], generator=stream).to(device)).square().mean().backward()
    return model


def _by_norm(model: nn.Module, triggered: bool) -> Contest:
    norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()]).item()
    max_norm = norm / 2 if triggered else norm * 2
    return _contest(
        model,
        ours=lambda: clipping.clip_by_global_norm(clipping.gradients(model.parameters()), max_norm),
        theirs=lambda: torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm),
        triggered=triggered,
    )


def _by_value(model: nn.Module, triggered: bool) -> Contest:
    largest = max(p.grad.abs().max().item() for p in model.parameters())
    max_value = largest / 2 if triggered else largest * 2
    return _contest(
        model,
        ours=lambda: clipping.clip_by_value(clipping.gradients(model.parameters()), max_value),
        theirs=lambda: torch.nn.utils.clip_grad_value_(model.parameters(), max_value),
        triggered=triggered,
    )


def _contest(model: nn.Module, *, ours: Callable[[], object], theirs: Callable[[], object], triggered: bool) -> Contest:
    gradients = [parameter.grad for parameter in model.parameters()]
    originals = [gradient.clone() for gradient in gradients]

    def reset() -> None:
        torch._foreach_copy_(gradients, originals)

    def check() -> None:
        changed = not all(map(torch.equal, gradients, originals))
        if changed is not triggered:
            raise RuntimeError(f"the gradients {'changed' if changed else 'stayed'}, triggered is {triggered}")

    return Contest(ours, theirs, reset, check)
