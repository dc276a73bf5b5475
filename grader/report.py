"""The result per student and graded cell: from nbgrader's gradebook and the notebook that was run, to `scores.json`."""

import json
from typing import TypedDict

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.api import Grade
from nbgrader.utils import is_solution

from grader.course import Course, known_cells, read
from grader.execute import NOT_REACHED, NOT_TO_ITS_END, is_test
from grader.files import shown

PENDING = "needs manual grading"
MISSING = "this cell is missing from the notebook"
NO_ANSWER = "no answer"
NOT_GRADED = "not graded"
NOT_BEGUN = "NotImplementedError"
SCORES = "scores.json"


class CellResult(TypedDict):
    """Points (None while a person has yet to give them), their maximum, and what went wrong ("" if nothing)."""

    points: float | None
    max: float
    message: str


class Result(TypedDict):
    """One student's result.

    `status` is "graded", "needs manual grading" or "not graded"; `note` is one line for the TA, "" if there is nothing
    to say; `points` counts the cells that have been graded. `flags` are for a person to look at; they cost nothing.
    """

    status: str
    note: str
    points: float
    max: float
    cells: dict[str, CellResult]
    flags: list[str]


def result_of(course: Course, student: str, problem: str | None) -> Result:
    """Collect a student's result after autograding.

    Args:
        course: The course that was graded.
        student: The student's name.
        problem: Why the submission could not be graded, None if it was.
    """
    notebook = read(course.path("autograded", student))
    present = dict(known_cells(notebook))
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook(course.assignment, course.assignment, student)
        grades = {grade.name: grade for grade in submission.grades}
        absent = NOT_GRADED if problem else MISSING
        cells = {name: _cell_result(grades[name], present.get(name), absent) for name in course.graded_cells()}
    pending = any(cell["points"] is None for cell in cells.values())
    found = notebook.metadata.get("grader", {})
    problem = problem or found.get("problem")
    return {
        "status": NOT_GRADED if problem else PENDING if pending else "graded",
        "note": problem or _note(found.get("remarks", []), _first_stop(notebook)),
        "points": sum(cell["points"] or 0 for cell in cells.values()),
        "max": sum(cell["max"] for cell in cells.values()),
        "cells": cells,
        "flags": found.get("flags", []),
    }


def _note(remarks: list[str], stop: str) -> str:
    # What ended the kernel is in the remarks, too.
    is_new = not any(stop.endswith(remark.removeprefix(NOT_TO_ITS_END)) for remark in remarks)
    return "; ".join(filter(None, [*remarks, stop if is_new else ""]))


def write_scores(course: Course, results: dict[str, Result]) -> dict[str, dict[str, Result]]:
    """Merge results into `scores.json`, and return all that it now holds, by assignment and student."""
    path = course.out / SCORES
    scores = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    scores.setdefault(course.assignment, {}).update(results)
    path.write_text(json.dumps(scores, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return scores


def _cell_result(grade: Grade, cell: NotebookNode | None, absent: str) -> CellResult:
    if grade.needs_manual_grade and grade.manual_score is None:
        return {"points": None, "max": grade.max_score, "message": PENDING}
    if cell is None:
        message = absent
    elif is_solution(cell) and grade.manual_score is None:
        # nbgrader gives 0 points by itself only to an answer that is still as it was handed out.
        message = NO_ANSWER
    else:
        message = _message(cell)
    return {"points": grade.score, "max": grade.max_score, "message": message}


def _message(cell: NotebookNode) -> str:
    """Return the last line of the cell's traceback, without the traceback: it would quote the hidden tests."""
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    # A cell that was stopped has two: that it was interrupted, and then why.
    return strip_ansi(f"{errors[-1].ename}: {errors[-1].evalue}").strip().removesuffix(":") if errors else ""


def _first_stop(notebook: NotebookNode) -> str:
    stops = (_stop(number, cell) for number, cell in enumerate(notebook.cells, start=1) if not _only_failed(cell))
    first = next(filter(None, stops), "")
    # An answer that was not begun says so in its tests; why cells were not reached stands in the remarks.
    return "" if f" {NOT_BEGUN}" in first or NOT_REACHED in first else first


def _only_failed(cell: NotebookNode) -> bool:
    """Return whether it is a test cell, unless the student's code took too long in it: that costs other cells time."""
    return is_test(cell) and not _message(cell).startswith("StudentTimeout")


def _stop(number: int, cell: NotebookNode) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id", f"number {number}")
    return f"cell {name} stopped: {shown(message.splitlines()[0], 200)}" if (message := _message(cell)) else ""
