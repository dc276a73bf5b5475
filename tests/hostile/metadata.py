"""Notebooks that say something about themselves: ids, points, outputs, kernels. Their code is wrong, or worth 1."""

import copy

from nbformat.v4 import new_output

from tests.hostile.attack import MARK, POINTS, Attack

RIGHT = "def double(x):\n    return x + x"


def tests(notebook):
    return {
        cell.metadata.nbgrader["grade_id"]: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }


def replace_tests(notebook):
    for cell in tests(notebook).values():
        cell.source = "pass"


def give_partial_credit(notebook):
    for cell in tests(notebook).values():
        cell.source = "1"


def swap_grade_ids(notebook):
    small, big = tests(notebook)["test_double"], tests(notebook)["test_answer"]
    small.metadata, big.metadata = big.metadata, small.metadata


def add_points(notebook):
    tests(notebook)["test_double"].metadata.nbgrader["points"] = 999


def claim_to_be_a_test(notebook):
    real = tests(notebook)["test_answer"]
    claims = copy.deepcopy(real)
    claims.source, claims.id = "print('all is well')", "claims"
    notebook.cells.remove(real)
    notebook.cells.append(claims)


def store_outputs(notebook):
    for cell in tests(notebook).values():
        cell.metadata["tags"] = ["skip-execution"]
        cell.outputs = [new_output("stream", name="stdout", text="passed")]


def weaken(notebook):
    test = tests(notebook)["test_answer"]
    test.source = f"answer = 1\n{test.source}"


def name_a_kernel(notebook):
    notebook.metadata["kernelspec"] = {"name": "left", "display_name": "Left", "language": "python"}


LEAVE_A_KERNEL = """
import json, os
folder = os.path.expanduser("~/.local/share/jupyter/kernels/left")
os.makedirs(folder, exist_ok=True)
spec = {"argv": ["touch", "@MARK@"], "display_name": "Left", "language": "python"}
open(f"{folder}/kernel.json", "w").write(json.dumps(spec))
"""

ATTACKS = [
    Attack("tests replaced", POINTS, "", change=replace_tests),
    Attack("tests that return points", POINTS, "", change=give_partial_credit),
    Attack("grade ids swapped", POINTS, RIGHT, change=swap_grade_ids, deserves=1),
    Attack("points of its own", POINTS, RIGHT, change=add_points, deserves=1),
    Attack("a cell that claims to be a test", POINTS, "", change=claim_to_be_a_test),
    Attack("a test that helps itself", POINTS, "", change=weaken),
    Attack("stored outputs of skipped tests", POINTS, "", change=store_outputs),
    Attack("a kernel of its own", MARK, "", before=LEAVE_A_KERNEL, change=name_a_kernel),
]
