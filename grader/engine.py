"""Grading a class: nbgrader's own steps, one student at a time, so that a broken submission harms nobody else."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.utils import rmtree
from sqlalchemy.exc import SAWarning

from grader.course import ROOT, Course, GraderError, known_cells, open_course, read
from grader.export import GradesCsv
from grader.report import Result, result_of, write_scores
from grader.reuse import made_once
from grader.sandbox.available import require_sandbox
from grader.steps import Feedback, Generate, Grade, convert, first_line

LOG = "nbgrader.log"


def grade(
    assignment: str,
    submitted: Path,
    out: Path,
    root: Path = ROOT,
    on_result: Callable[[str, Result], None] = lambda student, result: None,
    without_sandbox: bool = False,
) -> dict[str, Result]:
    """Grade every submission of an assignment, and write grades, messages and feedback to `out`.

    Grading into the same folder again replaces the results of the students who are in `submitted`, and keeps those of
    other students and assignments, and the points that a person gave.

    Args:
        assignment: The assignment's name.
        submitted: Holds `<student>/<assignment>/<assignment>.ipynb`; only ever read.
        out: Folder for the results.
        root: The folder with the assignments' sources and `nbgrader_config.py`.
        on_result: Called with each student and their result as soon as it is known.
        without_sandbox: Run what students wrote with all rights of this process.

    Returns:
        The results by student.

    Raises:
        GraderError: If an argument is no good, the assignment cannot be prepared, or this machine has no sandbox.
    """
    course = open_course(assignment, submitted, out, root)
    course.config.RunAndExamine.without_sandbox = without_sandbox
    if not without_sandbox:
        require_sandbox()
    with warnings.catch_warnings(), made_once(), _open_log(course.out / LOG) as log:
        # nbgrader's own use of its database makes SQLAlchemy warn for every new submission.
        warnings.simplefilter("ignore", SAWarning)
        _prepare(course, log)
        results = {}
        for student in course.students():
            results[student] = _grade_one(course, student, log)
            on_result(student, results[student])
        _export(course, write_scores(course, results))
    return results


@contextmanager
def _open_log(path: Path) -> Iterator[logging.Logger]:
    log = logging.Logger("grader", logging.INFO)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield log
    finally:
        handler.close()


def _prepare(course: Course, log: logging.Logger) -> None:
    error = convert(course, Generate, ".", log)
    if error is not None and "Cannot add or remove cells" in str(error):
        raise GraderError(
            f"{course.assignment} has gained or lost cells since {course.out} was graded; use a new --out"
        )
    if error is not None:
        raise GraderError(f"nbgrader cannot prepare {course.assignment}: {first_line(error)}; see {course.out / LOG}")


def _grade_one(course: Course, student: str, log: logging.Logger) -> Result:
    error = convert(course, Grade, student, log)
    problem = error and f"nbgrader gave up: {first_line(error)}"
    if problem is not None:
        _put_notice(course, student, problem)
    _close_missing_cells(course, student)
    result = result_of(course, student, problem)
    error = convert(course, Feedback, student, log)
    if error is not None:
        result["note"] = "; ".join(filter(None, [result["note"], f"no feedback: {first_line(error)}"]))
    return result


def _put_notice(course: Course, student: str, problem: str) -> None:
    """Give a submission that could not be graded a notebook that says so, for the feedback and formgrader."""
    path = course.path("autograded", student)
    with suppress(FileNotFoundError):
        rmtree(path.parent)
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell(f"This submission could not be graded: {problem}.")]), path)


def _close_missing_cells(course: Course, student: str) -> None:
    """Score cells that are not in the notebook with 0; nbgrader would wait for a person to grade them, for ever."""
    present = dict(known_cells(read(course.path("autograded", student))))
    with course.gradebook() as gradebook:
        gradebook.update_or_create_student(student)
        submission = gradebook.update_or_create_submission(course.assignment, student)
        for grade in [grade for notebook in submission.notebooks for grade in notebook.grades]:
            if grade.name not in present:
                grade.auto_score, grade.manual_score, grade.extra_credit = 0, None, None
                grade.needs_manual_grade = False
        gradebook.db.commit()


def _export(course: Course, scores: dict[str, dict[str, Result]]) -> None:
    notes = {(name, student): result["note"] for name, class_ in scores.items() for student, result in class_.items()}
    plugin = GradesCsv(config=course.config, to=str(course.out / "grades.csv"), notes=notes)
    with course.gradebook() as gradebook:
        plugin.export(gradebook)
