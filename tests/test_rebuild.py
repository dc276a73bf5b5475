import copy
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.cells import MOST_CELLS, plain
from grader.draft import added_lines
from grader.reading import find_submission
from grader.rebuild import rebuild, released
from tests.damage import DAMAGES, NOTHING, PARTLY, REPAIRED, answered, code, hand_in, prose
from tests.notebooks import read, solutions
from tests.small import POINTS, assignment, points

NAME = "01_small"


@pytest.fixture(scope="module")
def small():
    return assignment()


@pytest.fixture
def correct(small):
    return answered(small)


def cell(notebook, grade_id):
    (found,) = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id]
    return found


def position(notebook, grade_id):
    return notebook["cells"].index(cell(notebook, grade_id))


def test_there_are_at_least_forty_kinds_of_damage():
    assert len(DAMAGES) >= 40
    assert {damage.expect for damage in DAMAGES.values()} == {REPAIRED, PARTLY, NOTHING}


@pytest.mark.parametrize("kind", DAMAGES)
def test_the_points_are_those_that_the_code_deserves(kind, small, correct, tmp_path):
    folder, damage = tmp_path / "ada" / NAME, DAMAGES[kind]
    hand_in(kind, folder, NAME, correct)
    found = find_submission(folder, NAME, released(small))
    rebuilt = rebuild(small, found.notebook)
    nbformat.validate(rebuilt.notebook)
    earned = points(rebuilt.notebook)
    assert {REPAIRED: earned == POINTS, PARTLY: 0 < earned < POINTS, NOTHING: earned == 0}[damage.expect], (
        earned,
        rebuilt.remarks,
    )
    assert damage.says in " | ".join([*found.remarks, found.problem or "", *rebuilt.remarks])
    assert damage.flags in " | ".join([*found.flags, *rebuilt.flags])
    assert bool(damage.flags) == bool(found.flags + rebuilt.flags)


@pytest.mark.parametrize("kind", [kind for kind, damage in DAMAGES.items() if damage.expect == REPAIRED])
@pytest.mark.parametrize("path", solutions(), ids=lambda path: path.stem)
def test_damaged_real_exercises_keep_all_their_answers(kind, path, tmp_path):
    pristine = read(path)
    right = answered(pristine)
    hand_in(kind, tmp_path / "ada" / path.stem, path.stem, right)
    found = find_submission(tmp_path / "ada" / path.stem, path.stem, released(pristine))
    rebuilt = rebuild(pristine, found.notebook)
    assert rebuilt.missing == []
    everything = plain("".join(c.source for c in rebuilt.notebook.cells))
    for each in right["cells"]:
        if each["metadata"].get("nbgrader", {}).get("solution"):
            assert plain(each["source"]) in everything


def test_an_untouched_exercise_earns_nothing_and_needs_no_remark(small):
    rebuilt = rebuild(small, released(small))
    assert points(rebuilt.notebook) == 0
    assert (rebuilt.remarks, rebuilt.flags, rebuilt.missing) == ([], [], [])


def test_nothing_at_all_leaves_the_stubs_and_lists_what_is_missing(small):
    rebuilt = rebuild(small, {})
    assert rebuilt.missing == ["total", "product", "table", "answer"]
    assert [c.source for c in rebuilt.notebook.cells if c.metadata.get("nbgrader", {}).get("solution")] == [
        c.source for c in released(small).cells if c.metadata.get("nbgrader", {}).get("solution")
    ]


def test_the_reference_solution_never_appears(small):
    text = "\n".join(c.source for c in rebuild(small, {"cells": []}).notebook.cells)
    assert "result += number" not in text
    assert "Because it is so" not in text


def test_given_code_cells_hide_what_was_not_handed_out(small):
    notebook = copy.deepcopy(small)
    notebook.cells[1].source += "\n### BEGIN MARK SCHEME\nsecret = 7\n### END MARK SCHEME"
    assert "secret" not in cell(rebuild(notebook, {}).notebook, "imports").source


def test_metadata_outputs_and_attachments_of_the_student_are_dropped(small, correct):
    for each in correct["cells"]:
        each["metadata"]["tags"] = ["skip-execution"]
        each["attachments"] = {"a.png": {"image/png": "x"}}
        if each["cell_type"] == "code":
            each["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "10"}]
    correct["cells"].append({**code("extra = 1"), "metadata": {"nbgrader": {"grade": True, "points": 9}}})
    rebuilt = rebuild(small, correct)
    for each in rebuilt.notebook.cells:
        assert "tags" not in each.metadata
        assert "attachments" not in each
        assert not each.get("outputs")
    assert rebuilt.notebook.cells[-1].metadata == {}
    assert any("pasted images" in remark for remark in rebuilt.remarks)


def test_extra_cells_stay_behind_their_neighbour_and_keep_their_type(small, correct):
    at = position(correct, "total")
    correct["cells"][at:at] = [code("before = 1"), prose("a note")]
    correct["cells"].insert(0, code("first = 1"))
    cells = [(c.cell_type, c.source) for c in rebuild(small, correct).notebook.cells]
    assert cells[0] == ("code", "first = 1")
    at = cells.index(("code", "before = 1"))
    assert cells[at + 1] == ("markdown", "a note")
    assert cells[at + 2][1].startswith("def total")


def test_an_extra_cell_follows_a_cell_that_was_moved(small, correct):
    moved = correct["cells"].pop(position(correct, "test_product"))
    correct["cells"] += [moved, code("tail = 1")]
    cells = [c.source for c in rebuild(small, correct).notebook.cells]
    assert cells.index("tail = 1") == cells.index("".join(moved["source"])) + 1


def test_of_two_copies_the_last_that_was_worked_on_counts(small, correct):
    again = copy.deepcopy(cell(correct, "total"))
    again["source"] = "def total(numbers):\n    return sum(numbers)"
    stub = copy.deepcopy(cell(released(small), "total"))
    correct["cells"] += [again, stub]
    rebuilt = rebuild(small, correct).notebook
    assert cell(rebuilt, "total").source == again["source"]
    assert points(rebuilt) == POINTS
    assert any("result += number" in c.source and not c.metadata for c in rebuilt.cells), "the first one stays"


def test_an_answer_far_below_its_untouched_cell_is_moved_into_it(small, correct):
    answer = cell(correct, "product")["source"]
    cell(correct, "product")["source"] = cell(released(small), "product").source
    correct["cells"].append(code(answer))
    rebuilt = rebuild(small, correct)
    assert cell(rebuilt.notebook, "product").source == answer
    assert points(rebuilt.notebook) == POINTS


def test_a_copy_that_is_no_python_does_not_count(small, correct):
    again = copy.deepcopy(cell(correct, "total"))
    again["source"] = "def total(numbers:"
    correct["cells"].append(again)
    assert points(rebuild(small, correct).notebook) == POINTS


def test_written_answers_in_two_copies_are_both_kept(small, correct):
    again = copy.deepcopy(cell(correct, "answer"))
    again["source"] = "And there is more."
    correct["cells"].append(again)
    assert cell(rebuild(small, correct).notebook, "answer").source == "Because it is so.\n\nAnd there is more."


def test_a_deleted_answer_is_found_by_its_position(small, correct):
    at = position(correct, "answer")
    correct["cells"][at] = prose("Because it is so.")
    rebuilt = rebuild(small, correct)
    assert points(rebuilt.notebook) == POINTS
    assert any("position: answer" in remark for remark in rebuilt.remarks)


def test_an_answer_written_into_the_question_is_found(small, correct):
    cell(correct, "question")["source"] += "\nBecause it is so."
    cell(correct, "answer")["source"] = "YOUR ANSWER HERE"
    rebuilt = rebuild(small, correct)
    assert points(rebuilt.notebook) == POINTS
    assert rebuilt.flags == ["changed locked cells: question"]


def test_mark_schemes_and_hidden_tests_are_in_the_rebuilt_notebook(small, correct):
    rebuilt = rebuild(small, correct).notebook
    assert "One point" in cell(rebuilt, "question").source
    for grade_id in ("test_total", "test_total_edges", "test_product_edges", "test_table"):
        assert cell(rebuilt, grade_id) == cell(small, grade_id)


def test_a_plain_cell_keeps_what_the_student_made_of_it(small, correct):
    plain_cell = next(c for c in correct["cells"] if c["id"] == "plain")
    plain_cell["source"] = "shown = 5"
    rebuilt = rebuild(small, correct).notebook
    assert next(c for c in rebuilt.cells if c.id == "plain").source == "shown = 5"


def test_a_function_of_another_name_is_taken_by_its_place(small, correct):
    at = position(correct, "total")
    correct["cells"][at] = code("def my_sum(xs):\n    return sum(xs)")
    rebuilt = rebuild(small, correct)
    assert cell(rebuilt.notebook, "total").source.startswith("def my_sum")
    assert points(rebuilt.notebook) < POINTS


def test_syntax_errors_stay_with_the_student(small, correct):
    cell(correct, "total")["source"] = "def total(numbers:\n    return 3"
    correct["cells"].insert(position(correct, "total") + 1, code("x = 1"))
    rebuilt = rebuild(small, correct).notebook
    assert cell(rebuilt, "total").source == "def total(numbers:\n    return 3"


def test_ids_are_unique_and_the_assignments_own_win(small, correct):
    extras = [
        new_code_cell("x = 1", id="id-total"),
        new_code_cell("y = 1", id="id-y"),
        new_markdown_cell("z", id="id-y"),
    ]
    extras.append({**code("w = 1"), "id": "not an id!"})
    cell(correct, "total")["id"] = "another"
    correct["cells"] += extras
    rebuilt = rebuild(small, correct).notebook
    ids = [c.id for c in rebuilt.cells]
    assert len(ids) == len(set(ids))
    assert cell(rebuilt, "total").id == "id-total"
    nbformat.validate(rebuilt)


@pytest.mark.parametrize(
    ("old", "new", "added"),
    [
        ("a\nb", "a\nx\nb", "x"),
        ("a\nb", "x\na\nb\n", "x"),
        ("a\nb", "a\nx", ""),
        ("a\nb", "a\nb", ""),
        ("a\n\nb", "a \nb\ny\nz", "y\nz"),
    ],
)
def test_added_lines(old, new, added):
    assert added_lines(old, new) == added


def test_what_a_hostile_notebook_costs_is_bounded(small):
    copies = [
        {**code("def total(n):\n    return (((" + "1+" * 400), "metadata": {"nbgrader": {"grade_id": "total"}}}
    ] * (MOST_CELLS // 2)
    likely = [code("def total product table rows = sizes " * 20)] * (MOST_CELLS // 2)
    start = time.perf_counter()
    nbformat.validate(rebuild(small, {"cells": copies + likely}).notebook)
    assert time.perf_counter() - start < 10


def test_rebuilding_changes_neither_of_its_arguments(small, correct):
    before = copy.deepcopy(small), copy.deepcopy(correct)
    rebuild(small, correct)
    assert (small, correct) == before
