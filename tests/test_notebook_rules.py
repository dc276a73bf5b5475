"""Each rule for notebooks passes a good notebook and catches what it is about."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import notebook_rules as rules
from tests.notebooks import clean, main, read, text

CAPTION = "*Figure 1. The loss falls from 2.3 to 0.1 within twenty steps and stays there.*"
TEST = {"nbgrader": {"grade": True, "solution": False}}


def code(source, count=1, *outputs, **metadata):
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def picture():
    return new_output("display_data", data={"image/png": "cGljdHVyZQ==", "text/plain": "<Figure size 6x4>"})


def stream(printed, name="stdout"):
    return new_output("stream", name=name, text=printed)


def good():
    return new_notebook(
        cells=[
            new_markdown_cell("Costs \\$5, $x^2$ and\n$$\\begin{matrix}1\\end{matrix}$$\n[up](..) `$` [it](#here)"),
            code("import torch", 1),
            code("plt.show()", 2, picture()),
            new_markdown_cell(f"{CAPTION}\n\n<details><summary>Why?</summary>\n\nBecause.\n</details>"),
            code("import numpy as np\nassert np", 3, **TEST),
        ]
    )


BAD = [
    (rules.executed, [code("1", 2)]),
    (rules.executed, [code("1", None)]),
    (rules.executed, [code("1", 1), code("1", 1)]),
    (rules.executed, [code("1", 1, stream("careful", "stderr"))]),
    (rules.executed, [code("1", 1, new_output("error", ename="ValueError"))]),
    (rules.executed, [code("f", 1, new_output("execute_result", data={"text/plain": "<function f at 0x7f00aa>"}))]),
    (rules.unexecuted, [code("1", 1)]),
    (rules.unexecuted, [code("1", None, stream("a"))]),
    (rules.short, [code("\n".join("x" * 41))]),
    (rules.short, [code("")]),
    (rules.plain_code, [code("x = 1\n!ls")]),
    (rules.plain_code, [code("%pip install torch")]),
    (rules.plain_code, [code("import sys\nsys.path.append('..')")]),
    (rules.plain_code, [code("data.fashion_mnist(download=True)")]),
    (rules.plain_code, [code("# NBVAL_SKIP\nx = 1")]),
    (rules.plain_code, [code("plt.plot(x);")]),
    (rules.imports, [code("x = 1")]),
    (rules.imports, [code("import torch"), code("def f():\n    import numpy")]),
    (rules.imports, [code("import torch"), code("x =")]),
    (rules.captions, [code("plt.show()", 1, picture())]),
    (rules.captions, [code("plt.show()", 1, picture()), new_markdown_cell("*Figure 1. The loss.*")]),
    (rules.captions, [code("a", 1, picture()), new_markdown_cell(CAPTION), code("b", 2, picture())]),
    (rules.captions, [code("a", 1, picture(), picture()), new_markdown_cell(CAPTION)]),
    (rules.markup, [new_markdown_cell("<details><summary>Why?</summary>Because.")]),
    (rules.markup, [new_markdown_cell("costs $5\n\nor $x$")]),
    (rules.markup, [new_markdown_cell("$$x")]),
    (rules.markup, [new_markdown_cell("$\\begin{matrix}1$")]),
]


@pytest.mark.parametrize(("rule", "cells"), BAD)
def test_caught(rule, cells):
    assert list(rule(new_notebook(cells=cells)))


@pytest.mark.parametrize(
    "rule", [rules.executed, rules.short, rules.plain_code, rules.imports, rules.captions, rules.markup]
)
def test_good_passes(rule):
    assert not list(rule(good()))


def test_links(tmp_path):
    (tmp_path / "there.ipynb").touch()
    cell = '[a](there.ipynb#part) [b](https://example.org) [c](missing.ipynb) $f[x](y)$ <img src="lost.png">'
    complaints = list(rules.links(new_notebook(cells=[new_markdown_cell(cell)]), tmp_path))
    assert [line.split()[2] for line in complaints] == ["missing.ipynb", "lost.png"]
    assert not list(rules.links(good(), tmp_path))


def test_clean_keeps_what_is_read_and_nothing_else():
    widget = new_output("display_data", data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a"})
    cell = code("1", 1, stream("a\n"), stream("b\n"), widget, stream("w", "stderr"), noise=1, **TEST)
    dirty = new_notebook(
        cells=[cell], metadata={"widgets": {"state": 1}, "kernelspec": {"name": "other", "display_name": "Other"}}
    )
    cleaned = clean(dirty)
    assert cleaned.cells[0].id == cell.id
    assert cleaned.cells[0].metadata == TEST
    assert [output.text for output in cleaned.cells[0].outputs] == ["a\nb\n", "w"]
    assert cleaned.metadata.kernelspec.name == "python3"
    assert "widgets" not in cleaned.metadata
    assert text(clean(cleaned)) == text(cleaned)


def test_check_clean_and_run(tmp_path):
    path = tmp_path / "dirty.ipynb"
    path.write_text(text(new_notebook(cells=[new_code_cell("print(1)", metadata={"noise": 1})])))
    assert main(["check", str(path)]) == 1
    assert main(["clean", str(path)]) == 0
    assert main(["check", str(path)]) == 0
    assert main(["run", str(path)]) == 0
    first = path.read_bytes()
    assert read(path).cells[0].outputs[0].text == "1\n"
    assert main(["run", str(path)]) == 0
    assert path.read_bytes() == first
