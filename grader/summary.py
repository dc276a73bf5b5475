"""The result of a class on one screen."""

from collections.abc import Mapping

from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.report import CellResult, Result


def show(assignment: str, results: Mapping[str, Result], console: Console) -> None:
    """Print a table of students and graded cells, what each column is, and what the TA should know."""
    names = list(next(iter(results.values()))["cells"])
    console.print(f"\n[bold]{escape(assignment)}[/]\n", _table(results, names), sep="\n")
    legend = [f"[dim]{number:2}[/] {escape(name)}" for number, name in enumerate(names, start=1)]
    console.print(Columns([*legend, "[yellow]?[/] needs manual grading"], padding=(0, 2), column_first=True))
    console.print("", _remarks(results), sep="\n")


def _table(results: Mapping[str, Result], names: list[str]) -> Table:
    # Narrow enough for twenty graded cells on eighty columns.
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("student", *map(str, range(1, len(names) + 1)), "points"):
        table.add_column(heading, justify="left" if heading == "student" else "right", no_wrap=True)
    for student, result in results.items():
        cells = [_points(result["cells"][name]) for name in names]
        table.add_row(escape(student), *cells, f"{result['points']:g} / {result['max']:g}")
    return table


def _points(cell: CellResult) -> str:
    if cell["points"] is None:
        return "[yellow]?[/]"
    color = "green" if cell["points"] == cell["max"] else "red" if cell["points"] == 0 else "yellow"
    return f"[{color}]{cell['points']:g}[/]"


def _remarks(results: Mapping[str, Result]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for student, result in results.items():
        if remark := _remark(result):
            table.add_row(escape(student), escape(remark))
        for flag in result["flags"]:
            table.add_row(escape(student), f"[bold]look at this:[/] {escape(flag)}")
    return table


def _remark(result: Result) -> str:
    """Return the note, or else the first line of the first message about a cell that lost points."""
    failed = [cell["message"] for cell in result["cells"].values() if cell["points"] is not None and cell["message"]]
    if result["note"] or not failed:
        return result["note"]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return failed[0].splitlines()[0] + more
