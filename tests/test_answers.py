import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.answers import fill, parse, sources

TEXT = """\
# Two wrong answers, and a comment before them.

# %% wrong: forgets the square root
# loses: test_norm
# says: squared
# note: this line belongs to the body
def norm(x):
    return sum(x)  # %% not a header

# %% [markdown] why
# First line.
#
# Second: line.
"""


def solution(make, grade_id, source):
    return make(source, metadata={"nbgrader": {"grade_id": grade_id, "solution": True, "grade": False}})


@pytest.fixture
def exercise():
    test = new_code_cell("assert norm([3, 4]) == 5", metadata={"nbgrader": {"grade_id": "test", "solution": False}})
    cells = [new_markdown_cell("# Title"), solution(new_code_cell, "norm", "raise NotImplementedError"), test]
    return new_notebook(cells=[*cells, solution(new_markdown_cell, "why", "YOUR ANSWER HERE")])


def test_sections_have_title_keys_and_body():
    code, text = parse(TEXT, keys=("loses", "says"))
    assert (code.title, code.is_markdown) == ("wrong: forgets the square root", False)
    assert code.keys == {"loses": "test_norm", "says": "squared"}
    assert code.body.startswith("# note: this line belongs to the body\ndef norm(x):")
    assert code.body.endswith("# %% not a header")
    assert (text.title, text.is_markdown) == ("why", True)
    assert text.body == "First line.\n\nSecond: line."


def test_without_keys_comments_stay_in_the_body():
    assert parse(TEXT)[0].body.startswith("# loses: test_norm")


@pytest.mark.parametrize("text", ["x = 1\n# %% a\n", "# %%\nx = 1\n", "# %%a\nx = 1\n"])
def test_malformed_files_are_refused(text):
    with pytest.raises(ValueError, match=r"before the first|not a header"):
        parse(text)


def test_a_title_twice_is_refused():
    with pytest.raises(ValueError, match="two sections are called 'a'"):
        sources(parse("# %% a\n1\n# %% a\n2\n"))


def test_fill_replaces_solution_cells_in_a_copy(exercise):
    filled = fill(exercise, {"norm": "x = 1", "why": "because"})
    assert [cell.source for cell in filled.cells] == ["# Title", "x = 1", "assert norm([3, 4]) == 5", "because"]
    assert exercise.cells[1].source == "raise NotImplementedError"


@pytest.mark.parametrize("grade_id", ["nrom", "test"])
def test_fill_refuses_what_is_no_solution_cell(exercise, grade_id):
    with pytest.raises(ValueError, match=f"no solution cell is called {grade_id}; there are: norm, why"):
        fill(exercise, {grade_id: "x = 1"})
