"""What passes and what fails when a notebook is run against its stored outputs."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.nbval_tolerance import agree
from tests.notebooks import ROOT, clean, execute


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("loss 0.5012", "loss 0.5040"),  # within 1 %
        ("0.13", "0.12"),  # one unit of the last digit: 0.1251 and 0.1249
        ("-0.00 1.00", " 0.00 1.00"),
        ("tensor([ 0.1000, -0.0001])", "tensor([0.1000, 0.0000])"),  # a sign shifts the columns
        ("1.02e-05", "1.021e-05"),
        ("12.4 %\n", "12.5 %\n"),
        ("-inf nan 3", "-inf nan 3"),
    ],
)
def test_agree(new, old):
    assert agree(new, old)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("loss 0.5012", "loss 0.5312"),
        ("0.14", "0.12"),
        ("0.50", "-0.50"),
        ("1.0e-05", "1.0e-04"),
        ("100 steps", "101 steps"),
        ("step 100.", "step 101."),
        ("(3, 4)", "(3, 5)"),
        ("inf", "-inf"),
        ("nan", "0.10"),
        ("better", "worse"),
        ("0.5 0.5", "0.5"),
        ("torch 2.13.0", "torch 2.14.0"),
        ("[1, 23]", "[12, 3]"),
        ("ab", "a b"),
    ],
)
def test_disagree(new, old):
    assert not agree(new, old)


def stream(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def result(text):
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


PASS = {
    "float within": ("print('loss', 0.5012)", [stream("loss 0.5040\n")]),
    "array within": ("__import__('numpy').array([1.5, -0.01])", [result("array([1.51, 0.00])")]),
    "two prints": ("print(1)\nprint(2)", [stream("1\n"), stream("2\n")]),
    "picture and html": (
        "display({'image/png': 'bmV3', 'text/html': 'new', 'text/plain': 'a'}, raw=True)",
        [new_output("display_data", data={"image/png": "b2xk", "text/html": "old", "text/plain": "a"})],
    ),
    "widget": ("import ipywidgets\nipywidgets.FloatSlider()", []),
}
FAIL = {
    "float outside": ("print('loss', 0.5012)", [stream("loss 0.5312\n")]),
    "integer": ("print(100)", [stream("101\n")]),
    "text": ("print('better')", [stream("worse\n")]),
    "result": ("(3, 4)", [result("(3, 5)")]),
    "missing output": ("_ = 3", [result("3")]),
    "extra output": ("3", []),
    "other kind of output": ("print(3)", [result("3")]),
    "missing figure": (
        "display({'text/plain': 'a'}, raw=True)",
        [new_output("display_data", data={"text/plain": "a"}), new_output("display_data", data={"text/plain": "a"})],
    ),
    "error": ("1 / 0", []),
    "stderr": ("import sys\nprint('careful', file=sys.stderr)", []),
    "stored stderr": ("import sys\nprint('careful', file=sys.stderr)", [stream("careful\n", "stderr")]),
    "never run": ("ran = 1", None),
    "skipped": ("# NBVAL_SKIP\n1 / 0", []),
    "network": ("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)", []),
}


def write(path, cells):
    """A notebook of (source, stored outputs) pairs; None for outputs means that the cell was never run."""
    notebook = new_notebook()
    for count, (source, outputs) in enumerate(cells, start=1):
        executed = {} if outputs is None else {"execution_count": count, "outputs": outputs}
        notebook.cells.append(new_code_cell(source, **executed))
    nbformat.write(notebook, path)


def outcomes(path, **environment):
    """Run pytest with the project's own settings on one notebook; the outcome of each cell, in order."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(path.parent)]
    command += ["--numprocesses=0", "--color=no", "-rA", "-p", "no:cacheprovider", str(path)]
    environment = os.environ | {"COURSE_DEVICE": "cpu"} | environment
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    found = re.findall(r"^(PASSED|FAILED) \S+::Cell (\d+)", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    return [outcome for outcome, _ in sorted(found, key=lambda pair: int(pair[1]))]


def test_cells(tmp_path):
    cases = PASS | FAIL
    write(tmp_path / "cells.ipynb", cases.values())
    expected = dict.fromkeys(PASS, "PASSED") | dict.fromkeys(FAIL, "FAILED")
    assert dict(zip(cases, outcomes(tmp_path / "cells.ipynb"), strict=True)) == expected


def test_on_another_device_only_errors_count(tmp_path):
    cases = {
        "number": FAIL["integer"],
        "error": FAIL["error"],
        "stderr": FAIL["stderr"],
        "never run": FAIL["never run"],
    }
    write(tmp_path / "cells.ipynb", cases.values())
    assert outcomes(tmp_path / "cells.ipynb", COURSE_DEVICE="meta") == ["PASSED", "FAILED", "FAILED", "FAILED"]


def test_a_stored_notebook_passes(tmp_path):
    sources = ["import matplotlib.pyplot as plt", "print('a')\n0.5", "plt.plot([1, 2])\nplt.show()"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    execute(notebook, tmp_path)
    nbformat.write(clean(notebook), tmp_path / "stored.ipynb")
    assert outcomes(tmp_path / "stored.ipynb") == ["PASSED"] * 3
