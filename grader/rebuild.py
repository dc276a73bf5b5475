"""A notebook that can be graded: the assignment's own cells with nothing of the student's in it but text."""

import copy
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
from nbgrader.utils import is_grade, is_locked, is_solution, is_task
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grader.cells import StudentCell, bound_names, student_cells
from grader.course import CONFIG, ROOT
from grader.draft import Draft, draft, few
from grader.matching import GivenCell, match
from grader.repairs import repair

_NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DEFINITION = re.compile(r"^(async[ \t]+def|def|class)\b", re.MULTILINE)


@dataclass
class Rebuilt:
    """A submission in the assignment's own notebook.

    Attributes:
        notebook: The assignment with its hidden tests, the student's text in the solution cells, and the student's own
            cells between them; no outputs, and no metadata but the assignment's.
        remarks: For the TA, one line each: what was repaired.
        flags: For the TA, one line each: what a person should look at.
        missing: Grade ids of the solution cells for which nothing was found; they are as they were handed out.
    """

    notebook: NotebookNode
    remarks: list[str]
    flags: list[str]
    missing: list[str]


@functools.cache
def _course_config() -> Config:
    return PyFileConfigLoader(CONFIG, path=str(ROOT)).load_config()


def released(pristine: NotebookNode, config: Config | None = None) -> NotebookNode:
    """Return the exercise as the students get it, without solutions, hidden tests, mark schemes and outputs.

    Args:
        pristine: The assignment's source.
        config: nbgrader's settings; by default this course's.
    """
    notebook, resources = copy.deepcopy(pristine), {}
    for preprocessor in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        clear = preprocessor(config=_course_config() if config is None else config)
        notebook, resources = clear.preprocess(notebook, resources)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def rebuild(pristine: NotebookNode, submitted: dict[str, Any], config: Config | None = None) -> Rebuilt:
    """Put a student's answers into the assignment's notebook; any data at all ends in a notebook that is valid.

    Cells are found by grade id, then cell id, then content, then position. Of several copies of a solution cell the
    last that was worked on counts, and the others stay as cells of the student's own.

    Args:
        pristine: The assignment's source, with solutions and hidden tests.
        submitted: What the student's file held.
        config: nbgrader's settings; by default this course's.
    """
    remarks: list[str] = []
    cells = student_cells(submitted, remarks)
    stubs = released(pristine, config)
    given = [_given(*pair) for pair in zip(pristine.cells, stubs.cells, strict=True)]
    found = match(given, cells)
    result = draft(given, [cell.source for cell in pristine.cells], cells, found)
    repair(result)
    if not found.owners:
        remarks.append("nothing of the assignment is in this notebook")
    missing = [cell.grade_id for i, cell in enumerate(given) if cell.is_solution and i not in result.texts]
    if missing:
        remarks.append(f"no answer was found, so the cell is as it was handed out: {few(missing)}")
    return Rebuilt(_assemble(pristine, stubs, result), remarks + result.remarks(), result.flags, missing)


def _given(pristine: NotebookNode, stub: NotebookNode) -> GivenCell:
    names: set[str] = set()
    is_function = bool(_DEFINITION.search(stub.source))
    if is_solution(pristine) and pristine.cell_type == "code":
        names = bound_names(stub.source if is_function else pristine.source)
    return GivenCell(
        kind=pristine.cell_type,
        text=stub.source,
        grade_id=pristine.metadata.get("nbgrader", {}).get("grade_id"),
        cell_id=pristine.get("id"),
        role=_role(pristine),
        names=frozenset(names),
        is_function=is_function,
    )


def _role(cell: NotebookNode) -> str:
    if is_solution(cell):
        return "solution"
    if is_grade(cell):
        return "test"
    return "locked" if is_locked(cell) or is_task(cell) else "plain"


def _assemble(pristine: NotebookNode, stubs: NotebookNode, result: Draft) -> NotebookNode:
    notebook = copy.deepcopy(pristine)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    taken = {cell.id for cell in pristine.cells if "id" in cell}
    cells = list(_extras(result.extras.get(-1, []), taken))
    for i, cell in enumerate(notebook.cells):
        cells.append(_fill(cell, stubs.cells[i], result, i))
        cells += _extras(result.extras.get(i, []), taken)
    for cell in cells:
        if "id" not in cell:
            cell.id = _free_id("cell", taken)
    notebook.cells = cells
    return notebook


def _fill(cell: NotebookNode, stub: NotebookNode, result: Draft, i: int) -> NotebookNode:
    role = result.given[i].role
    if role in ("solution", "plain"):
        cell.source = result.texts.get(i, stub.source)
    elif role == "locked" and cell.cell_type == "code":
        # It runs beside the student's code, which must not find in it what was not handed out.
        cell.source = stub.source
    if role == "solution":
        cell.pop("attachments", None)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


def _extras(extras: Sequence[StudentCell], taken: set[str]) -> Iterator[NotebookNode]:
    for extra in extras:
        cell_id = extra.cell_id or ""
        if not _CELL_ID.fullmatch(cell_id) or cell_id in taken:
            cell_id = _free_id("extra", taken)
        taken.add(cell_id)
        yield _NEW[extra.kind](source=extra.text, id=cell_id)


def _free_id(stem: str, taken: set[str]) -> str:
    number = next(n for n in range(1, len(taken) + 2) if f"{stem}-{n}" not in taken)
    taken.add(f"{stem}-{number}")
    return f"{stem}-{number}"
