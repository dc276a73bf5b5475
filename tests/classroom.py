"""A course folder with the small assignment, for gradings that are real: what a TA has, and what comes out."""

import copy
import csv
import json

import nbformat
from nbgrader.api import Gradebook

from grader.course import CONFIG, ROOT
from grader.engine import grade
from tests.damage import write
from tests.small import assignment

NAME = "01_small"
HONEST = ["0_first", "m_between", "zz_last"]  # in the order of their names, as they are graded
TESTS = ["test_total", "test_total_edges", "test_product", "test_product_edges", "test_table"]
CELLS = [*TESTS, "answer"]
FULL = dict.fromkeys(TESTS, 1) | {"answer": None}  # a person has yet to read it


def make_course(folder, settings=""):
    """A course with the small assignment, under the settings of this course and a few of its own."""
    (folder / "solutions" / NAME).mkdir(parents=True)
    nbformat.write(assignment(), folder / "solutions" / NAME / f"{NAME}.ipynb")
    text = (ROOT / CONFIG).read_text(encoding="utf-8")
    (folder / CONFIG).write_text(f"{text}\n{settings}\n", encoding="utf-8")
    return folder


def hand_in_notebook(submitted, student, notebook):
    folder = submitted / student / NAME
    folder.mkdir(parents=True)
    write(folder / f"{NAME}.ipynb", copy.deepcopy(notebook))


def grade_class(root):
    """Grade what lies in the course's folder `submitted`; return the folder with the results."""
    grade(NAME, root / "submitted", root / "out", root=root)
    return root / "out"


def rows(out):
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def scores(out):
    return json.loads((out / "scores.json").read_text(encoding="utf-8"))[NAME]


def feedback(out, student):
    return (out / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def points(result):
    return {name: cell["points"] for name, cell in result["cells"].items()}


def check_is_complete(out, student):
    """Every graded cell has a result, one line tells the TA, and all places where results are kept agree."""
    result, row = scores(out)[student], rows(out)[student]
    assert list(result["cells"]) == CELLS
    assert all(cell["max"] == 1 for cell in result["cells"].values())
    assert all(cell["message"] for cell in result["cells"].values() if cell["points"] != 1)
    assert result["note"] == "" or result["note"].isprintable()
    assert len(result["note"]) < 1_000
    assert result["note"] in row["note"]
    assert (float(row["score"]), float(row["max_score"])) == (result["points"], result["max"])
    with Gradebook(f"sqlite:///{out}/gradebook.db") as gradebook:
        submission = gradebook.find_submission(NAME, student)
        assert (submission.score, submission.max_score) == (result["points"], result["max"])
        in_book = {grade.name: grade.score for grade in submission.notebooks[0].grades}
    assert in_book == {name: number or 0 for name, number in points(result).items()}
    page = feedback(out, student)
    assert "test_total" in page or "assert total" in page


def check_is_untouched(out, student):
    """A right answer keeps all its points, and nobody has anything to say about it."""
    result = scores(out)[student]
    assert points(result) == FULL
    assert (result["status"], result["note"], result["flags"]) == ("needs manual grading", "", [])
