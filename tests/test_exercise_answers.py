"""The exercises' test cells are fair: the answers in tests/answers get the points that they deserve."""

import shutil
from collections import Counter
from functools import cache

import pytest

from grader import engine
from grader.course import ROOT, read
from grader.steps import Feedback
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
    write,
)

SOURCES = {name: read(ROOT / "solutions" / name / f"{name}.ipynb") for name in assignments()}
ANSWERS = [pytest.param(name, answer, id=f"{name}-{answer}") for name in SOURCES for answer in answers(name)]
EXERCISES = [
    pytest.param(name, cells, id=f"{name}-{grade_id(solutions(cells)[0])}")
    for name, notebook in SOURCES.items()
    for cells in split(notebook)[1]
]

pytestmark = pytest.mark.usefixtures("own_home")
each_answer = pytest.mark.parametrize(("name", "answer"), ANSWERS)
each_exercise = pytest.mark.parametrize(("name", "cells"), EXERCISES)


@pytest.fixture(scope="module")
def no_pages():
    """Leaves the feedback out: a page of five hundred cells, which nobody reads, takes as long as to run them."""
    convert = engine.convert

    def all_but_feedback(course, step, *rest):
        return None if step is Feedback else convert(course, step, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "convert", all_but_feedback)
        yield


@pytest.fixture(scope="module")
def packed(tmp_path_factory, no_pages):
    """Grades the answers to an assignment, once; gives the graded test cells of its exercise for each answer."""

    @cache
    def grade_answers(name):
        folder = tmp_path_factory.mktemp("packed")
        assignment, submission = pack(SOURCES[name], answers(name))
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        write(assignment, folder / "solutions" / name)
        write(submission, folder / "submitted" / "everyone" / name)
        result = engine.grade(name, folder / "submitted", folder / "out", root=folder)["everyone"]
        assert result["flags"] == []  # a mistake is no attack
        return {
            answer: {test: result["cells"][copy_id(test, number)] for test in graded_beside(SOURCES[name], answer)}
            for number, answer in enumerate(answers(name))
        }

    return grade_answers


@each_answer
def test_answer_gets_what_it_deserves(packed, name, answer, record_property):
    record_property("contained", f"fair: {answer.kind} answers")
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
