"""Print how fast the helpers and the grader are beside what a user would pick instead: `make bench`."""

from collections.abc import Mapping
from types import ModuleType

import torch
from rich.console import Console
from rich.table import Table

from benchmarks import augmentation, averaging, clipping, dropout, ensembles, grading, initialization, penalties, search
from benchmarks.timing import measure

N_ROUNDS = 17
PARTS = {
    part: part.MODELS
    for part in (clipping, initialization, penalties, averaging, augmentation, ensembles, dropout, search, grading)
}


def main(parts: Mapping[ModuleType, dict] = PARTS, n_rounds: int = N_ROUNDS) -> None:
    """One table per part, with its models, and device present."""
    console = Console()
    # Written to a file, the table would be cut to 80 columns, and the ratios with it.
    console.width = max(console.width, 110)
    for name in ["cpu"] + ["cuda"] * torch.cuda.is_available():
        for part, models in parts.items():
            console.print(table(part, models, torch.device(name), n_rounds))


def table(part: ModuleType, models: dict, device: torch.device, n_rounds: int) -> Table:
    """Measure every case of a part on one device."""
    shown = Table(
        title=f"{part.TITLE} on {device}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        caption=f"ratio: theirs / ours, above 1 where ours is faster; medians over {n_rounds} rounds in turns",
    )
    for heading in part.COLUMNS:
        shown.add_column(heading, no_wrap=True)
    for heading in ("theirs µs", "ours µs", "ratio", "quartiles"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for case in part.cases(device, models):
        ours, theirs, ratio = measure(case.contest, device, n_rounds=n_rounds, n_calls=case.n_calls)
        shown.add_row(
            *case.labels,
            f"{theirs.median * 1e6:.0f}",
            f"{ours.median * 1e6:.0f}",
            f"{ratio.median:.2f}",
            f"{ratio.low:.2f}-{ratio.high:.2f}",
        )
    return shown


if __name__ == "__main__":
    main()
