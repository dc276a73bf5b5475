"""Flags for a person to look at: on code that reaches outside of an exercise, and on no honest answer."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader.course import ROOT, read
from grader.rebuild import released
from grader.suspicion import suspicions
from tests.exercise_answers import answers, assignments

EMPTY = new_notebook()


def flags(text):
    return suspicions(new_notebook(cells=[new_code_cell(text)]), EMPTY)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import socket", "socket"),
        ("from subprocess import run", "subprocess"),
        ("def f():\n    import os\n    os.system('ls')", "os.system"),
        ("import sys\nsys._getframe(1)", "_getframe"),
        ("open('../../gradebook.db')", "gradebook"),
        ("get_ipython().ast_transformers.append(1)", "ast_transformers"),
        ("!cat ../../gradebook.db", "gradebook"),
        ("open('/proc/self/maps')", "/proc/"),
    ],
)
def test_a_way_out_is_named(text, says):
    (flag,) = flags(text)
    assert says in flag


@pytest.mark.parametrize(
    "text",
    [
        "import os, shutil\nfrom IPython.display import display\nprint(os.environ)",
        "x = 1",
        "def f(:",
        "%matplotlib inline",
        "!ls",
        "%%bash\nls",
        "\0",
    ],
)
def test_ordinary_code_is_not(text):
    assert not flags(text)


def test_what_was_handed_out_is_nobodys_fault():
    given = new_notebook(cells=[new_code_cell("import socket")])
    assert not suspicions(given, given)


@pytest.mark.parametrize("name", assignments())
def test_no_honest_answer_is_flagged(name):
    source = read(ROOT / "solutions" / name / f"{name}.ipynb")
    assert not suspicions(source, released(source))
    for answer in answers(name):
        assert not flags(answer.source), answer
