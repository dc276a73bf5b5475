"""`helpers.averaging` beside torch's own average of a model."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.timing import Case, Contest
from helpers import models
from helpers.averaging import ExponentialMovingAverage
from helpers.device import generator

TITLE, COLUMNS = "Averages of parameters", ("model", "task", "beside")
# Widths, and calls per round.
MODELS = {
    "small: 64-32-10": ((64, 32, 10), 20),
    "deep: 40 layers of 32": ((32,) * 41, 4),
    "medium: 784-512-512-10": ((784, 512, 512, 10), 5),
    "large: 4 layers of 1024": ((1024,) * 5, 1),
}
RATE = 0.01


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, ...], int]]) -> Iterator[Case]:
    """An update of the average, for every model.

    Args:
        device: Where the weights are.
        settings: By name, the widths of an MLP and the calls per round.
    """
    for name, (sizes, n_calls) in settings.items():
        yield Case((name, "update", "AveragedModel (multi)"), n_calls, _update(sizes, device))


def _update(sizes: tuple[int, ...], device: torch.device) -> Contest:
    model = models.mlp(sizes, generator=generator(0)).to(device)
    ours = ExponentialMovingAverage(model, rate=RATE)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ours.decay))
    theirs.update_parameters(model)  # the first only copies
    averages = [list(ours.averages.values()), [average.detach() for average in theirs.module.parameters()]]
    # Averages begin at 0, so that one update of one of them gives RATE times the model.
    expected = [RATE * parameter.detach() for parameter in model.parameters()]

    @torch.no_grad()
    def reset() -> None:
        for tensor in averages[0] + averages[1]:
            tensor.zero_()

    def check() -> None:
        if sum(map(_holds, averages, [expected] * 2)) != 1:
            raise RuntimeError("the averages are not those after one update")

    return Contest(ours.update, lambda: theirs.update_parameters(model), reset, check)


def _holds(found: list[Tensor], expected: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-9) for a, b in zip(found, expected, strict=True))
