import json
import os
from contextlib import redirect_stdout
from io import StringIO

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.__main__ import main
from grader.course import GraderError
from grader.demo import ASSIGNMENT, SAMPLE_CLASS, build_class

FILE = f"{ASSIGNMENT}.ipynb"


@pytest.fixture
def exercises(tmp_path):
    folder = tmp_path / "exercises" / ASSIGNMENT
    folder.mkdir(parents=True)
    metadata = {"nbgrader": {"grade_id": "norm", "solution": True, "grade": False}}
    nbformat.write(new_notebook(cells=[new_code_cell("raise NotImplementedError", metadata=metadata)]), folder / FILE)
    return tmp_path / "exercises"


@pytest.fixture
def build(exercises, tmp_path):
    """Builds the submission of one answers file, and returns its folder."""

    def build_one(text):
        (tmp_path / "answers").mkdir(exist_ok=True)
        (tmp_path / "answers" / "ada.py").write_text(text)
        build_class(tmp_path / "class", tmp_path / "answers", exercises)
        return tmp_path / "class" / "ada" / ASSIGNMENT

    return build_one


def test_answers_are_filled_into_the_exercise(build):
    notebook = nbformat.read(build("# %% norm\nx = 1\n") / FILE, as_version=4)
    assert [cell.source for cell in notebook.cells] == ["x = 1"]


def test_damages(build):
    with pytest.raises(json.JSONDecodeError):
        json.loads((build("# %% damage: truncated\n") / FILE).read_text())
    assert (build("# %% damage: emptied\n") / FILE).read_bytes() == b""
    assert os.listdir(build("# %% damage: renamed\n")) == [f"{ASSIGNMENT} (1).ipynb"]


@pytest.mark.parametrize("text", ["# %% nrom\nx = 1\n", "# %% damage: burnt\n", "x = 1\n"])
def test_a_mistake_in_an_answers_file_names_the_file(build, text):
    with pytest.raises(GraderError, match=r"ada\.py: "):
        build(text)


def test_without_the_exercise_it_says_what_to_do(tmp_path):
    with pytest.raises(GraderError, match="make exercises"):
        build_class(tmp_path / "class", exercises=tmp_path)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The results of the sample class, and what the terminal showed."""
    out = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        assert main(["demo", "--out", str(out)]) == 0
    return json.loads((out / "scores.json").read_text())[ASSIGNMENT], printed.getvalue()


def lost(result):
    return [
        name for name, cell in result["cells"].items() if cell["points"] is not None and cell["points"] < cell["max"]
    ]


def test_the_demo_grades_the_sample_class(demo):
    scores, printed = demo
    assert set(scores) == {path.stem for path in SAMPLE_CLASS.glob("*.py")}
    assert len(scores) >= 8
    assert all(student in printed for student in scores)


@pytest.mark.parametrize("student", ["ada", "alan", "grace"])
def test_right_answers_of_any_style_lose_nothing(demo, student):
    result = demo[0][student]
    assert (lost(result), result["note"], result["status"]) == ([], "", "needs manual grading")


def test_a_renamed_file_is_found(demo):
    result = demo[0]["chien_shiung"]
    assert result["points"] > 0
    assert not any(name.startswith("test_mean") for name in lost(result))
    assert "was called" in result["note"]


def test_half_a_file_is_worth_what_is_in_it(demo):
    result = demo[0]["rosalind"]
    assert 0 < result["points"] < result["max"]
    assert "damaged: only its first" in result["note"]


@pytest.mark.parametrize("student", ["blaise", "werner"])
def test_untouched_and_emptied_submissions_have_no_points(demo, student):
    result = demo[0][student]
    assert result["points"] == 0
    assert lost(result) == list(result["cells"])


@pytest.mark.parametrize("student", ["edsger", "kurt", "niels"])
def test_partly_right_submissions_have_some_points(demo, student):
    result = demo[0][student]
    assert 0 < result["points"] < 0.6 * result["max"]
    assert all(result["cells"][name]["message"] for name in lost(result))
