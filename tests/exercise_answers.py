"""Wrong and unusual answers to an assignment's exercises, and one notebook in which all of them are graded.

The answers to a solution cell are in tests/answers/<assignment>/<grade_id>.py, in the form of grader.answers:

    # %% wrong: what the student got wrong
    # loses: the test cells that give no points, first the one that is about this mistake
    # says: a part of that cell's message
    def ...

    # %% unusual: another way to do it right
    def ...

A kernel takes seconds to start, so all answers share one. In the packed notebook each has its exercise to itself, that
is the cells under one `## ` heading, in an empty namespace, with the reference solution where the answer says nothing.
"""

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grader.answers import fill, parse

ANSWERS = Path(__file__).parent / "answers"
# As `%reset -s` does it, which also collects garbage: with torch that takes a second.
EMPTY = "for _name in get_ipython().run_line_magic('who_ls', ''):\n    del globals()[_name]"


@dataclass(frozen=True)
class Answer:
    grade_id: str
    kind: str
    what: str
    source: str
    loses: tuple[str, ...]
    says: str

    def __str__(self):
        return f"{self.grade_id}: {self.kind}: {self.what}"


def assignments():
    return sorted(path.name for path in ANSWERS.iterdir())


def answers(assignment):
    return [answer for path in sorted((ANSWERS / assignment).glob("*.py")) for answer in _answers(path)]


def _answers(path):
    for section in parse(path.read_text(encoding="utf-8"), keys=("loses", "says")):
        kind, _, what = section.title.partition(": ")
        loses = tuple(name.strip() for name in section.keys.get("loses", "").split(",") if name.strip())
        yield Answer(path.stem, kind, what, section.body, loses, section.keys.get("says", ""))


def grade_id(cell):
    return cell.metadata.nbgrader.grade_id


def solutions(cells):
    return [cell for cell in cells if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")]


def graded(cells):
    return [cell for cell in cells if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")]


def split(notebook):
    """The code cells with a grade id: those before the first heading, and those of each exercise."""
    parts = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and any(line.startswith("## ") for line in cell.source.splitlines()):
            parts.append([])
        elif cell.cell_type == "code" and "nbgrader" in cell.metadata:
            parts[-1].append(cell)
    return parts[0], [part for part in parts[1:] if part]


def graded_beside(notebook, answer):
    """The ids of the test cells in the exercise that an answer belongs to."""
    return [grade_id(cell) for cell in graded(_exercise(notebook, answer))]


def copy_id(name, number):
    return f"{name}-{number}"


def pack(notebook, answers):
    """An assignment in which the n-th answer has a copy n of its exercise, and the submission with all the answers."""
    prelude, _ = split(notebook)
    cells = []
    for number, answer in enumerate(answers):
        cells.append(new_code_cell("\n".join([EMPTY, *(cell.source for cell in prelude)])))
        cells += [_copy(cell, number) for cell in _exercise(notebook, answer)]
    assignment = new_notebook(cells=cells, metadata=notebook.metadata)
    return assignment, fill(assignment, {copy_id(a.grade_id, n): a.source for n, a in enumerate(answers)})


def _exercise(notebook, answer):
    _, exercises = split(notebook)
    return next(cells for cells in exercises if answer.grade_id in map(grade_id, solutions(cells)))


def _copy(cell, number):
    mark = cell.metadata.nbgrader | {"grade_id": copy_id(grade_id(cell), number)}
    return new_code_cell(cell.source, metadata={"nbgrader": NotebookNode(mark)})


def write(notebook, folder):
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{folder.name}.ipynb")
