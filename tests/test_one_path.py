"""`nbgrader autograde`, formgrader's button and `python -m grader grade` are one path: they give the same scores."""

import copy
import os
import shutil
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from grader.course import CONFIG, ROOT
from tests.broken import LIMITS
from tests.classroom import FULL, NAME, hand_in_notebook, make_course, points, scores
from tests.damage import answered, hand_in
from tests.damage.running import RUNNING
from tests.sandbox_rules import needs_sandbox
from tests.small import assignment

pytestmark = [needs_sandbox, pytest.mark.usefixtures("own_home")]

DAMAGED = ["jupyter_copy", "test_cells_deleted", "truncated_json", "empty_file", "link_to_the_outside"]
STOPPED = ["os_exit", "sys_exit_in_a_function"]
STUDENTS = ["honest", *DAMAGED, *STOPPED]


def run(*arguments, cwd):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder as a TA has it, with the exercise generated and the submissions collected."""
    root = make_course(tmp_path_factory.mktemp("course"), LIMITS)
    correct = answered(assignment())
    hand_in_notebook(root / "submitted", "honest", correct)
    for kind in DAMAGED:
        hand_in(kind, root / "submitted" / kind / NAME, NAME, correct)
    for kind in STOPPED:
        stopped = copy.deepcopy(correct)
        RUNNING[kind].change(stopped)
        hand_in_notebook(root / "submitted", kind, stopped)
    run("nbgrader", "generate_assignment", NAME, cwd=root)
    return root


@pytest.fixture(scope="module")
def by_grader(course, tmp_path_factory):
    out = tmp_path_factory.mktemp("by_grader") / "out"
    arguments = ["--submitted", str(course / "submitted"), "--out", str(out), "--course", str(course)]
    run("grader", "grade", NAME, *arguments, cwd=ROOT)
    assert in_gradebook(out) == {
        student: {name: number or 0 for name, number in points(result).items()}
        for student, result in scores(out).items()
    }
    return in_gradebook(out)


def in_gradebook(folder):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        found = {student: gradebook.find_submission_notebook(NAME, NAME, student) for student in STUDENTS}
        return {student: {grade.name: grade.score for grade in notebook.grades} for student, notebook in found.items()}


def test_python_m_grader(by_grader):
    full = {name: number or 0 for name, number in FULL.items()}
    assert all(by_grader[student] == full for student in ("honest", "jupyter_copy", "test_cells_deleted"))
    assert sum(by_grader["os_exit"].values()) == 2
    assert sum(by_grader["empty_file"].values()) == 0


def test_nbgrader_autograde(course, by_grader, tmp_path):
    root = shutil.copytree(course, tmp_path / "course", symlinks=True)
    run("nbgrader", "autograde", NAME, cwd=root)
    assert in_gradebook(root) == by_grader


# nbgrader's own use of its database makes SQLAlchemy warn for every new submission.
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_the_button_in_formgrader(course, by_grader, tmp_path):
    root = shutil.copytree(course, tmp_path / "course", symlinks=True)
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    api = NbGraderAPI(CourseDirectory(config=config, root=str(root)), config=config)
    for student in STUDENTS:
        assert api.autograde(NAME, student)["success"], student
    assert in_gradebook(root) == by_grader
