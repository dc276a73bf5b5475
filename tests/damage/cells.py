"""Cells that were deleted, changed or copied."""

import copy

from tests.damage.kinds import NOTHING, PARTLY, REPAIRED, code, in_cells, prose, solutions, tests, text, where


@in_cells(REPAIRED, "deleted, put back")
def test_cells_deleted(notebook):
    for i in reversed(tests(notebook)):
        del notebook["cells"][i]


@in_cells(REPAIRED, "deleted, put back")
def given_cells_deleted(notebook):
    keep = set(solutions(notebook, None))
    notebook["cells"] = [cell for i, cell in enumerate(notebook["cells"]) if i in keep]


@in_cells(REPAIRED, "restored", flags="changed locked cells")
def test_cells_changed(notebook):
    for i in tests(notebook):
        notebook["cells"][i]["source"] = "assert True"


@in_cells(REPAIRED)
def white_space_in_test_cells(notebook):
    for i in tests(notebook):
        notebook["cells"][i]["source"] = "\n" + text(notebook["cells"][i]).replace("\n", " \n") + "\n\n"


@in_cells(REPAIRED, "lines added to a locked cell", flags="changed locked cells")
def import_added_to_a_locked_cell(notebook):
    locked = where(notebook, "code", solution=False, grade=False, locked=True)[0]
    notebook["cells"][locked]["source"] = "import math\n" + text(notebook["cells"][locked])
    used = notebook["cells"][solutions(notebook)[0]]
    used["source"] = "assert math.pi > 3\n" + text(used)


@in_cells(PARTLY, "no answer was found")
def solution_cell_deleted(notebook):
    del notebook["cells"][solutions(notebook)[0]]


@in_cells(NOTHING, "nothing of the assignment")
def another_assignment(notebook):
    notebook["cells"] = [prose("# Exercise 9"), code("def other(x):\n    return x"), code("assert other(1) == 1")]


@in_cells(REPAIRED, "there several times")
def solution_cells_doubled(notebook):
    for i in reversed(solutions(notebook)):
        notebook["cells"].insert(i, copy.deepcopy(notebook["cells"][i]))


@in_cells(REPAIRED, "there several times")
def scratch_copy_with_the_same_id(notebook):
    for i in reversed(solutions(notebook)):
        scratch = copy.deepcopy(notebook["cells"][i])
        scratch["source"] = "attempt = 1"
        notebook["cells"].insert(i + 1, scratch)


@in_cells(REPAIRED, "copies of the assignment's cells")
def everything_pasted_twice(notebook):
    notebook["cells"] += copy.deepcopy(notebook["cells"])
