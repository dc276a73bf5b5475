"""A small assignment with every kind of cell, and the points that a rebuilt notebook earns."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.cells import plain
from tests.notebooks import KERNELSPEC

HIDDEN = "# Hidden tests run here.\n### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


def marked(make, grade_id, source, **flags):
    about = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3} | flags
    return make(source, id=f"id-{grade_id}", metadata={"nbgrader": {"grade_id": grade_id, **about}})


def given(grade_id, source, make=new_code_cell):
    return marked(make, grade_id, source, locked=True)


def task(grade_id, before, solution, make=new_code_cell, indent="    ", **flags):
    body = [f"{indent}{line}" for line in ("### BEGIN SOLUTION", *solution, "### END SOLUTION")]
    return marked(make, grade_id, "\n".join([*before, *body]), solution=True, **flags)


def check(grade_id, source):
    return marked(new_code_cell, grade_id, source, grade=True, locked=True, points=1)


def assignment():
    """The assignment's source."""
    cells = [
        new_markdown_cell("# A small exercise", id="title"),
        given("imports", "from functools import reduce\n\nbase = 2"),
        new_markdown_cell("## 1. Total\n\nAdd the numbers up, whatever they are.", id="text-1"),
        task("total", ["def total(numbers):", '    """Return the sum."""'], ["result = 0", *LOOP, "return result"]),
        check("test_total", "assert total([1, 2]) == 3"),
        check("test_total_edges", HIDDEN.format("assert total([]) == 0")),
        new_markdown_cell("## 2. Product\n\nMultiply the numbers, starting from the base.", id="text-2"),
        task(
            "product", ["def product(numbers):"], ["start = base", "return reduce(lambda a, b: a * b, numbers, start)"]
        ),
        check("test_product", "assert product([3]) == 6"),
        check("test_product_edges", HIDDEN.format("assert product([]) == base")),
        new_markdown_cell("## 3. A table of totals", id="text-3"),
        task("table", ["sizes = [1, 2, 3]"], ["rows = [total(range(size)) for size in sizes]"], indent=""),
        new_code_cell("shown = list(zip(sizes, rows))", id="plain"),
        check(
            "test_table",
            "assert len(rows) == 3\n### BEGIN HIDDEN TESTS\nassert rows == [0, 1, 3]\n### END HIDDEN TESTS",
        ),
        given("question", "Why?\n\n### BEGIN MARK SCHEME\nOne point.\n### END MARK SCHEME", new_markdown_cell),
        task("answer", [], ["Because it is so."], new_markdown_cell, indent="", grade=True, points=1),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC})


LOOP = ["for number in numbers:", "    result += number"]
POINTS = 6


def points(notebook):
    """Run a notebook of the small assignment here, as a kernel would, and count what passes."""
    scope, earned = {}, 0
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("grade_id") == "answer":
            earned += plain("Because it is so.") in plain(cell.source)
        elif cell.cell_type == "code":
            earned += _passes(cell.source, scope) and about.get("grade", False)
    return earned


def _passes(source, scope):
    try:
        exec(compile(source, "cell", "exec"), scope)
    except Exception:
        return False
    return True
