"""The assignment under attack: every way to earn points, and secrets where an attacker would look for them."""

from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.hostile.lying import Lie
from tests.notebooks import KERNELSPEC

NAME = "sums"
HIDDEN_INPUT = "48611"
SECRETS = {
    "hidden test": "hidden_kestrel",
    "expected value": "7390217",
    "solution": "solved_by_osprey",
    "environment": "environment_merlin",
    "home": "home_dunlin",
    "gradebook": "gradebook_heron",
    "another student": "student_plover",
}

HIDDEN = "\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
TESTS = {
    "test_double": (
        1,
        'assert double(2) == 4, "double(2) is twice 2"'
        + HIDDEN.format(
            f'hidden_kestrel = -{HIDDEN_INPUT}\nassert double(hidden_kestrel) == -97222, "negative numbers"'
        ),
    ),
    "test_answer": (10, "assert answer > 0" + HIDDEN.format("assert answer == 7390217")),
    "test_half": (2, "import numpy as np\nsum([bool(np.isclose(half(2), 1)), bool(np.isclose(half(3), 1.5))])"),
    "test_rows": (
        3,
        "import math\nassert isinstance(rows(3), list)\nassert math.isclose(sum(rows(4)), 14)"
        + HIDDEN.format("assert rows(3) == [0, 1, 4]"),
    ),
    "test_close": (2, "2 - 2 * abs(half(8) - 4)"),
}
ANSWERS = {
    "double": "def double(x):\n    return x + x",
    "answer": "answer = 7390217",
    "half": "def half(x):\n    return x / 2",
    "rows": "def rows(n):\n    return [i * i for i in range(n)]",
}
# They run, and earn nothing.
WRONG = {"answer": "answer = 0", "half": "def half(x):\n    return 5", "rows": "def rows(n):\n    return []"}
MOST = sum(points for points, _ in TESTS.values())


def source() -> NotebookNode:
    """Return the assignment's source."""
    cells = [new_markdown_cell("# Sums", id="title"), _cell("given", "import math", locked=True)]
    for name in ANSWERS:
        cells.append(_cell(name, _solution(name), solution=True))
        cells += [_test(test) for test in TESTS if test == f"test_{name}" or (name, test) == ("half", "test_close")]
    why = _cell("why", "Because.", make=new_markdown_cell, solution=True, grade=True, points=3)
    return new_notebook(cells=[*cells, why], metadata={"kernelspec": KERNELSPEC})


def lying_source(lies: Sequence[Lie]) -> NotebookNode:
    """Return an assignment with a task and a test for each lie."""
    cells = []
    for lie in lies:
        head, *body = lie.own(lie.honest).split("\n")
        code = "\n".join([head, "    ### BEGIN SOLUTION", *body, "    ### END SOLUTION"])
        cells.append(_cell(lie.id, code, solution=True))
        cells.append(_cell(f"test_{lie.id}", lie.own(lie.test), locked=True, grade=True, points=1))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})


def _solution(name: str) -> str:
    head, *body = ANSWERS[name].split("\n")
    lines = ["### BEGIN SOLUTION", f"# {SECRETS['solution']}", *(body or [head]), "### END SOLUTION"]
    return "\n".join([head, *(f"    {line.strip()}" for line in lines)] if body else lines)


def _test(name: str) -> NotebookNode:
    points, code = TESTS[name]
    return _cell(name, code, locked=True, grade=True, points=points)


def _cell(grade_id, code, make=new_code_cell, **about) -> NotebookNode:
    about = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3} | about
    return make(code, id=grade_id, metadata={"nbgrader": about | {"grade_id": grade_id}})
