"""Each exercise gives its solution all points and the untouched notebook none, and its test cells keep to the rules."""

import ast
import builtins
from functools import cache

import pytest

from grader.course import ROOT, read
from grader.engine import grade
from grader.report import PENDING
from tests.exercise_answers import assignments, grade_id, graded, solutions, split, write

SOURCES = {name: read(ROOT / "solutions" / name / f"{name}.ipynb") for name in assignments()}
EXERCISES = [
    pytest.param(cells, id=f"{name}-{grade_id(solutions(cells)[0])}")
    for name, notebook in SOURCES.items()
    for cells in split(notebook)[1]
]
MAX_CPU_S = 2
IMPORT_CPU_S = 4  # the first optimizer in a notebook imports another part of torch

pytestmark = pytest.mark.usefixtures("own_home")
each_assignment = pytest.mark.parametrize("name", SOURCES)
each_exercise = pytest.mark.parametrize("cells", EXERCISES)


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


@each_assignment
def test_solution_gets_all_points(plain, name, record_property):
    record_property("contained", "fair: solutions")
    results, _ = plain(name)
    assert results["solution"]["flags"] == []
    cells = results["solution"]["cells"].values()
    assert [cell["message"] for cell in cells if cell["points"] != cell["max"]] in ([], [PENDING])
    assert sum(cell["max"] for cell in cells) >= 20


@each_assignment
def test_untouched_exercise_gets_nothing(plain, name, record_property):
    record_property("contained", "fair: untouched exercises")
    results, _ = plain(name)
    assert results["untouched"]["flags"] == []
    assert {cell["points"] for cell in results["untouched"]["cells"].values()} == {0}


@each_assignment
def test_test_cells_are_silent_and_quick(plain, name):
    _, notebook = plain(name)
    assert [grade_id(cell) for cell in graded(notebook.cells) if cell.outputs] == []
    *others, slowest = sorted((cell.metadata.grader.cpu_s, grade_id(cell)) for cell in graded(notebook.cells))
    assert max(others) < (MAX_CPU_S,)
    assert slowest < (MAX_CPU_S + IMPORT_CPU_S,)


@each_exercise
def test_checks_are_about_nine_and_a_third_of_them_hidden(cells):
    found = [check for cell in graded(cells) for check in checks(cell.source)]
    assert len(found) >= 8
    assert len(found) / 4 <= sum(found) <= len(found) / 2


@each_exercise
def test_messages_of_hidden_tests_show_no_values(cells):
    """Students read these messages in their feedback; a value in them could be a hidden input or an expected result."""
    for cell in graded(cells):
        hidden = hidden_lines(cell.source)
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Assert) and node.lineno in hidden:
                assert isinstance(node.msg, ast.Constant), f"{grade_id(cell)}: {ast.unparse(node)}"


def checks(source):
    """For each check in a test cell, whether it is hidden from students."""
    hidden = hidden_lines(source)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert | ast.Raise)]
    return [node.lineno in hidden for node in nodes]


def hidden_lines(source):
    begin, end = (source.find(f"### {mark} HIDDEN TESTS") for mark in ("BEGIN", "END"))
    return range(source.count("\n", 0, begin), source.count("\n", 0, end) + 1) if begin >= 0 else range(0)


@each_exercise
def test_test_cells_use_only_their_own_names_and_the_students(cells):
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
