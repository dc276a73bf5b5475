"""`helpers.signals` and `helpers.initialization` beside what one writes by hand, or finds in `torch.nn.init`."""

from collections.abc import Callable, Iterator

import torch
from torch import nn

from benchmarks.timing import Case, Contest
from helpers import initialization, models, signals
from helpers.device import generator

TITLE, COLUMNS = "Initialization", ("model", "task", "beside")
# Widths, and calls per round.
MODELS = {
    "deep: 30 layers of 64": ((64,) * 31, 4),
    "wide: 784-1024-1024-10": ((784, 1024, 1024, 10), 2),
}


def cases(device: torch.device, settings: dict[str, tuple[tuple[int, ...], int]]) -> Iterator[Case]:
    """Every model with every task.

    Args:
        device: Where the model is.
        settings: By name, the widths of an MLP and the calls per round.
    """
    for name, (sizes, n_calls) in settings.items():
        for task, make in TASKS.items():
            yield Case((name, *task), n_calls, make(sizes, device))


def _statistics(sizes: tuple[int, ...], device: torch.device) -> Contest:
    """One pass forward and backward with mean, variance and silent units of each output and gradient."""
    model, x = _model(sizes, device)
    found: list = []

    def run() -> None:
        model(x).square().mean().backward()

    def ours() -> None:
        with signals.watch(model) as layers:
            run()
        for layer in layers:
            found.extend(number.item() for number in (*layer.output, *layer.gradient))

    def theirs() -> None:
        def measure(_layer: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
            found.extend(_numbers(output))
            output.register_hook(lambda gradient: found.extend(_numbers(gradient)))

        handles = [layer.register_forward_hook(measure) for layer in _layers(model)]
        run()
        for handle in handles:
            handle.remove()

    def check() -> None:
        if len(found) != 6 * len(_layers(model)):
            raise RuntimeError(f"{len(found)} numbers for {len(_layers(model))} layers")

    return Contest(ours, theirs, found.clear, check)


def _numbers(tensor: torch.Tensor) -> tuple[float, float, float]:
    silent = (tensor == 0).all(dim=0).float().mean()
    return tensor.mean().item(), tensor.var(correction=0).item(), silent.item()


def _scaling(sizes: tuple[int, ...], device: torch.device) -> Contest:
    """Each layer's output to standard deviation 1, in one pass and with a pass for each layer."""
    model, x = _model(sizes, device)
    layers = _layers(model)
    originals = [layer.weight.detach() / 2 for layer in layers]

    @torch.no_grad()
    def theirs() -> None:
        for layer in layers:
            outputs: list[torch.Tensor] = []
            handle = layer.register_forward_hook(lambda _layer, _inputs, output, seen=outputs: seen.append(output))
            model(x)
            handle.remove()
            layer.weight.div_(outputs[0].std(correction=0))

    @torch.no_grad()
    def reset() -> None:
        for layer, original in zip(layers, originals, strict=True):
            layer.weight.copy_(original)

    @torch.no_grad()
    def check() -> None:
        std = model(x).std(correction=0).item()
        if abs(std - 1) > 1e-3:
            raise RuntimeError(f"the standard deviation of the output is {std}")

    return Contest(lambda: signals.scale_to_std(model, x), theirs, reset, check)


def _truncated(sizes: tuple[int, ...], device: torch.device) -> Contest:
    """Truncated normal weights for every layer, written to the device."""
    model, _ = _model(sizes, device)
    layers, stream = _layers(model), generator(0)

    @torch.no_grad()
    def theirs() -> None:
        for layer in layers:
            std = (2 / layer.in_features) ** 0.5 / initialization.TRUNCATED_STD
            weight = torch.empty(layer.weight.shape)
            nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std, generator=stream)
            layer.weight.copy_(weight)
            layer.bias.zero_()

    @torch.no_grad()
    def reset() -> None:
        for layer in layers:
            layer.weight.zero_()

    return Contest(_initializer(model, stream), theirs, reset, lambda: _check_drawn(layers))


TASKS = {
    ("statistics", "hooks by hand"): _statistics,
    ("scale by data", "a pass for each layer"): _scaling,
    ("truncated normal", "trunc_normal_"): _truncated,
}


def _initializer(model: nn.Module, stream: torch.Generator) -> Callable[[], None]:
    return lambda: initialization.initialize(
        model, initialization.he, initialization.truncated_normal, generator=stream
    )


def _check_drawn(layers: list[nn.Linear]) -> None:
    for layer in layers:
        bound = 2 * (2 / layer.in_features) ** 0.5 / initialization.TRUNCATED_STD
        if not 0 < layer.weight.abs().max().item() <= bound * (1 + 1e-6):
            raise RuntimeError(f"weights up to {layer.weight.abs().max().item()}, {bound} is the bound")


def _model(sizes: tuple[int, ...], device: torch.device) -> tuple[nn.Module, torch.Tensor]:
    stream = generator(0)
    model = models.mlp(sizes, generator=stream).to(device)
    return model, torch.randn(128, sizes[0], generator=stream).to(device)


def _layers(model: nn.Module) -> list[nn.Linear]:
    return [module for module in model.modules() if isinstance(module, nn.Linear)]
