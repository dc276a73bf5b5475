"""The exercises' test cells are fair: the answers in tests/answers get the points that they deserve.

nbgrader grades them all, and the solution and the untouched exercise, as it would for a TA.
"""

import ast
import builtins
import shutil
from collections import Counter
from datetime import datetime
from functools import cache

import nbformat
import pytest

from grader.course import ROOT, read
from grader.engine import grade
from grader.report import PENDING
from tests.exercise_answers import (
    answers,
    assignments,
    copy_id,
    grade_id,
    graded,
    graded_beside,
    pack,
    solutions,
    split,
)

SOURCES = {name: read(ROOT / "solutions" / name / f"{name}.ipynb") for name in assignments()}
ANSWERS = [pytest.param(name, answer, id=f"{name}-{answer}") for name in SOURCES for answer in answers(name)]
EXERCISES = [
    pytest.param(name, cells, id=f"{name}-{grade_id(solutions(cells)[0])}")
    for name, notebook in SOURCES.items()
    for cells in split(notebook)[1]
]
MAX_SECONDS = 2


@pytest.fixture(scope="module", autouse=True)
def _own_home(tmp_path_factory):
    # Kernels leave a profile and a history in the home folder.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Grades the answers to an assignment, once; gives the graded test cells of its exercise for each answer."""

    @cache
    def grade_answers(name):
        folder = tmp_path_factory.mktemp("packed")
        assignment, submission = pack(SOURCES[name], answers(name))
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        write(assignment, folder / "solutions" / name)
        write(submission, folder / "submitted" / "everyone" / name)
        cells = grade(name, folder / "submitted", folder / "out", root=folder)["everyone"]["cells"]
        return {
            answer: {test: cells[copy_id(test, number)] for test in graded_beside(SOURCES[name], answer)}
            for number, answer in enumerate(answers(name))
        }

    return grade_answers


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Grades an assignment's solution and its untouched exercise, once; gives the results and the graded solution."""

    @cache
    def grade_both(name):
        folder = tmp_path_factory.mktemp("plain")
        write(SOURCES[name], folder / "submitted" / "solution" / name)
        write(read(ROOT / "exercises" / name / f"{name}.ipynb"), folder / "submitted" / "untouched" / name)
        results = grade(name, folder / "submitted", folder / "out")
        return results, read(folder / "out" / "autograded" / "solution" / name / f"{name}.ipynb")

    return grade_both


def write(notebook, folder):
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{folder.name}.ipynb")


each_assignment = pytest.mark.parametrize("name", SOURCES)
each_answer = pytest.mark.parametrize(("name", "answer"), ANSWERS)
each_exercise = pytest.mark.parametrize(("name", "cells"), EXERCISES)


@each_answer
def test_answer_gets_what_it_deserves(packed, name, answer):
    cells = packed(name)[answer]
    lost = {test: cell["message"] for test, cell in cells.items() if cell["points"] < cell["max"]}
    assert set(lost) == set(answer.loses), lost
    if answer.kind == "wrong":
        assert answer.says in lost[answer.loses[0]]


@each_answer
def test_answer_says_what_it_is(name, answer):
    assert (answer.kind, bool(answer.loses), bool(answer.says)) in [("wrong", True, True), ("unusual", False, False)]


@each_exercise
def test_each_solution_cell_has_enough_answers(name, cells):
    for cell in solutions(cells):
        kinds = Counter(answer.kind for answer in answers(name) if answer.grade_id == grade_id(cell))
        assert kinds["wrong"] >= 5, grade_id(cell)
        assert kinds["unusual"] >= 2, grade_id(cell)


@each_exercise
def test_each_test_cell_catches_a_wrong_answer(name, cells):
    assert set(map(grade_id, graded(cells))) <= {test for answer in answers(name) for test in answer.loses}


@each_assignment
def test_solution_gets_all_points(plain, name):
    results, _ = plain(name)
    cells = results["solution"]["cells"].values()
    assert [cell["message"] for cell in cells if cell["points"] != cell["max"]] in ([], [PENDING])
    assert sum(cell["max"] for cell in cells) >= 20


@each_assignment
def test_untouched_exercise_gets_nothing(plain, name):
    results, _ = plain(name)
    assert {cell["points"] for cell in results["untouched"]["cells"].values()} == {0}


@each_assignment
def test_test_cells_are_silent_and_quick(plain, name):
    _, notebook = plain(name)
    for cell in graded(notebook.cells):
        times = cell.metadata.execution
        start, end = (datetime.fromisoformat(times[key]) for key in ("iopub.execute_input", "shell.execute_reply"))
        assert not cell.outputs, grade_id(cell)
        assert (end - start).total_seconds() < MAX_SECONDS, grade_id(cell)


@each_exercise
def test_checks_are_about_nine_and_a_third_of_them_hidden(name, cells):
    found = [check for cell in graded(cells) for check in checks(cell.source)]
    assert len(found) >= 8
    assert len(found) / 4 <= sum(found) <= len(found) / 2


def checks(source):
    """For each check in a test cell, whether it is hidden from students."""
    begin, end = (source.find(f"### {mark} HIDDEN TESTS") for mark in ("BEGIN", "END"))
    hidden = range(source.count("\n", 0, begin), source.count("\n", 0, end) + 1) if begin >= 0 else range(0)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert | ast.Raise)]
    return [node.lineno in hidden for node in nodes]


@each_exercise
def test_test_cells_use_only_their_own_names_and_the_students(name, cells):
    students = set().union(*(defined(ast.parse(cell.source)) for cell in solutions(cells)))
    for cell in graded(cells):
        tree = ast.parse(cell.source)
        assert used(tree) - defined(tree) - set(dir(builtins)) <= students, grade_id(cell)


def used(tree):
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def defined(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ExceptHandler):
            names.add(node.name)
    return names
