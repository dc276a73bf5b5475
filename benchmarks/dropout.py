"""`helpers.dropout` beside `torch.nn.Dropout`."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.timing import Case, Contest
from helpers.device import generator
from helpers.dropout import Dropout

TITLE, COLUMNS = "Dropout", ("values", "task", "beside")
# Shapes, and calls per round.
MODELS = {"32 x 64": ((32, 64), 50), "128 x 512": ((128, 512), 5), "256 x 4096": ((256, 4096), 1)}
KEEP_PROB = 0.8


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, int], int]]) -> Iterator[Case]:
    """Every shape in both modes.

    Args:
        device: Where the values are.
        settings: By name, a shape and the calls per round.
    """
    for name, (shape, n_calls) in settings.items():
        for training in (True, False):
            task = "forward and backward" if training else "evaluation"
            yield Case((name, task, "nn.Dropout"), n_calls, _contest(shape, device, training=training))


def _contest(shape: tuple[int, int], device: torch.device, *, training: bool) -> Contest:
    x = torch.ones(shape, device=device, requires_grad=True)
    ours = Dropout(KEEP_PROB, generator=generator(0)).train(training)
    theirs = nn.Dropout(1 - KEEP_PROB).train(training)
    last: list[Tensor] = []

    def way(layer: nn.Module) -> Callable[[], None]:
        def call() -> None:
            last.append(layer(x))
            if training:
                last[0].backward(x.detach())

        return call

    def reset() -> None:
        last.clear()
        x.grad = None

    def check() -> None:
        # Of ones, ones over the probability to stay, or 0, both ways alike; in evaluation the very same.
        right = last and torch.equal(last[0], x.grad if training else x)
        error = (last[0].mean() - 1).abs().item() if last else 1.0
        if not right or error > 5 / x.numel() ** 0.5 or (training and last[0].detach().max() != 1 / KEEP_PROB):
            raise RuntimeError(f"this is not dropout, or not in this mode: the mean is off by {error}")

    return Contest(way(ours), way(theirs), reset, check)
