"""The result of a class on one screen."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grader.report import CellResult, Result


def show(assignment: str, results: Mapping[str, Result], console: Console) -> None:
    """Print a table of students and graded cells, what each column is, and what the TA should know."""
    names = list(next(iter(results.values()))["cells"])
    console.print(_table(assignment, results, names))
    console.print("  ".join(f"[bold]{number}[/] {escape(name)}" for number, name in enumerate(names, start=1)))
    console.print("? is a written answer that a person has yet to grade", style="dim")
    for student, result in results.items():
        for line in _remarks(result):
            console.print(f"[bold]{escape(student)}[/] {escape(line)}", highlight=False)


def _table(assignment: str, results: Mapping[str, Result], names: list[str]) -> Table:
    table = Table(title=escape(assignment), header_style="bold")
    table.add_column("student", no_wrap=True)
    for number in range(1, len(names) + 1):
        table.add_column(str(number), justify="right")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("status")
    for student, result in results.items():
        cells = [_points(result["cells"][name]) for name in names]
        total = f"{result['points']:g} / {result['max']:g}"
        table.add_row(escape(student), *cells, total, result["status"])
    return table


def _points(cell: CellResult) -> str:
    if cell["points"] is None:
        return "[yellow]?[/]"
    color = "green" if cell["points"] == cell["max"] else "red" if cell["points"] == 0 else "yellow"
    return f"[{color}]{cell['points']:g}[/]"


def _remarks(result: Result) -> list[str]:
    """Return the note, or else the first line of each distinct message about a cell that lost points."""
    if result["note"]:
        return [result["note"]]
    failed = [cell["message"] for cell in result["cells"].values() if cell["points"] is not None and cell["message"]]
    return list(dict.fromkeys(message.splitlines()[0] for message in failed))
