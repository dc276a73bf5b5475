"""Print how fast the helpers are beside what a user would pick instead: `python -m benchmarks`."""

from collections.abc import Iterator

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import clipping, penalties
from benchmarks.timing import Contest, measure

N_ROUNDS = 17


def main(models: dict | None = None, n_rounds: int = N_ROUNDS) -> None:
    """One table per part and device present, with each part's own models if none are given."""
    console = Console()
    # Written to a file, the table would be cut to 80 columns, and the ratios with it.
    console.width = max(console.width, 110)
    for name in ["cpu"] + ["cuda"] * torch.cuda.is_available():
        device = torch.device(name)
        headings = ("model", "by", "clips")
        console.print(table("Clipping", headings, clipping_rows(device, models or clipping.MODELS), device, n_rounds))
        headings = ("model", "task", "beside")
        console.print(
            table("Penalties", headings, penalties_rows(device, models or penalties.MODELS), device, n_rounds)
        )


def clipping_rows(device: torch.device, models: dict) -> Iterator[tuple[tuple[str, ...], int, Contest]]:
    """What stands in a row's first columns, the calls per round, and the contest."""
    for case in clipping.cases(device, models):
        yield (case.model, case.clipping, "yes" if case.triggered else "no"), case.n_calls, case.contest


def penalties_rows(device: torch.device, models: dict) -> Iterator[tuple[tuple[str, ...], int, Contest]]:
    """The same for penalties."""
    for case in penalties.cases(device, models):
        yield (case.model, case.task, case.idiom), case.n_calls, case.contest


def table(
    title: str,
    headings: tuple[str, ...],
    rows: Iterator[tuple[tuple[str, ...], int, Contest]],
    device: torch.device,
    n_rounds: int,
) -> Table:
    """Measure every row on one device."""
    shown = Table(
        title=f"{title} on {device}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        caption=f"ratio: theirs / ours, above 1 where ours is faster; medians over {n_rounds} rounds in turns",
    )
    for heading in headings:
        shown.add_column(heading, no_wrap=True)
    for heading in ("theirs µs", "ours µs", "ratio", "quartiles"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for first, n_calls, contest in rows:
        ours, theirs, ratio = measure(contest, device, n_rounds=n_rounds, n_calls=n_calls)
        shown.add_row(
            *first,
            f"{theirs.median * 1e6:.0f}",
            f"{ours.median * 1e6:.0f}",
            f"{ratio.median:.2f}",
            f"{ratio.low:.2f}-{ratio.high:.2f}",
        )
    return shown


if __name__ == "__main__":
    main()
