"""Print how fast the helpers are beside what a user would pick instead: `python -m benchmarks`."""

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import clipping, initialization
from benchmarks.timing import measure

N_ROUNDS = 17


def main(models: dict = clipping.MODELS, n_rounds: int = N_ROUNDS, layered: dict = initialization.MODELS) -> None:
    """One table per part and device present."""
    console = Console()
    # Written to a file, the table would be cut to 80 columns, and the ratios with it.
    console.width = max(console.width, 100)
    for name in ["cpu"] + ["cuda"] * torch.cuda.is_available():
        console.print(table(torch.device(name), models, n_rounds))
        console.print(initialization_table(torch.device(name), layered, n_rounds))


def table(device: torch.device, models: dict, n_rounds: int) -> Table:
    """Measure every case on one device."""
    shown = Table(
        title=f"Clipping on {device}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        caption=f"ratio: torch / ours, above 1 where ours is faster; medians over {n_rounds} rounds in turns",
    )
    for heading in ("model", "by", "clips"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("torch µs", "ours µs", "ratio", "quartiles"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for case in clipping.cases(device, models):
        ours, theirs, ratio = measure(case.contest, device, n_rounds=n_rounds, n_calls=case.n_calls)
        shown.add_row(
            case.model,
            case.clipping,
            "yes" if case.triggered else "no",
            f"{theirs.median * 1e6:.0f}",
            f"{ours.median * 1e6:.0f}",
            f"{ratio.median:.2f}",
            f"{ratio.low:.2f}-{ratio.high:.2f}",
        )
    return shown


def initialization_table(device: torch.device, models: dict, n_rounds: int) -> Table:
    """Measure every case of initialization on one device."""
    shown = Table(
        title=f"Initialization on {device}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        caption=f"ratio: theirs / ours, above 1 where ours is faster; medians over {n_rounds} rounds in turns",
    )
    for heading in ("model", "task"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("theirs µs", "ours µs", "ratio", "quartiles"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for case in initialization.cases(device, models):
        ours, theirs, ratio = measure(case.contest, device, n_rounds=n_rounds, n_calls=case.n_calls)
        shown.add_row(
            case.model,
            case.task,
            f"{theirs.median * 1e6:.0f}",
            f"{ours.median * 1e6:.0f}",
            f"{ratio.median:.2f}",
            f"{ratio.low:.2f}-{ratio.high:.2f}",
        )
    return shown


if __name__ == "__main__":
    main()
