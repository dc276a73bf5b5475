"""A pytest plugin: nbval compares the numbers in a notebook's outputs with a tolerance, and lets no cell escape.

Decimal fractions may differ by RTOL plus one unit of their last printed digit. The unit is what rounding does to two
results that all but agree (0.1249 prints as 0.12, 0.1251 as 0.13). RTOL is what another processor's order of summation
grows to over a few hundred training steps; a result that says something else differs by more. Everything else is
compared exactly: integers, shapes, words, inf and nan with their signs. White space only separates, because one digit
or sign more shifts a column or wraps a line.

On another device than the CPU the stored numbers cannot hold: errors and the notebooks' own asserts remain.
"""

import os
import re
from decimal import Decimal

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

RTOL = Decimal("0.01")
FLOAT = re.compile(r"(?<![\w.])[-+]?(?:\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?!\d|\.\d)")
WIDGET = "application/vnd.jupyter.widget-view+json"
NOT_COMPARED = ("text/html", "image/svg+xml")  # like nbval's own: pictures, and what a library makes of the same text


def close(new, old):
    new, old = Decimal(new), Decimal(old)
    unit = Decimal(1).scaleb(min(new.as_tuple().exponent, old.as_tuple().exponent))
    return abs(new - old) <= unit + RTOL * abs(old)


def agree(new, old):
    if FLOAT.sub(" \0 ", new).split() != FLOAT.sub(" \0 ", old).split():
        return False
    return all(close(*pair) for pair in zip(FLOAT.findall(new), FLOAT.findall(old), strict=True))


def forgive(new, old):
    """The output `new`, with the texts that agree with `old` replaced by them: nbval's exact comparison then passes."""
    if isinstance(new, dict) and isinstance(old, dict):
        return NotebookNode({key: forgive(value, old.get(key)) for key, value in new.items()})
    if isinstance(new, str) and isinstance(old, str):
        return old if agree(new, old) else new
    return new


class TolerantCell(IPyNbCell):
    def runtest(self):
        if self.options["skip"]:
            self.raise_cell_error("Every cell is tested, so none may be marked nbval-skip")
        super().runtest()
        if self.cell.execution_count is None:
            self.raise_cell_error("The cell is stored without having been run: `make notebooks`")
        errors = [out.text for out in self.test_outputs if out.get("name") == "stderr"]
        if errors:
            self.raise_cell_error("The cell writes to stderr", "".join(errors))

    def compare_outputs(self, test, ref, skip_compare=None):
        if any(WIDGET in out.get("data", {}) for out in test):
            return True  # a widget has random ids, and what it draws is not in the stored notebook
        if len(test) == len(ref):
            test = [forgive(*pair) for pair in zip(test, ref, strict=True)]
        return super().compare_outputs(test, ref, (skip_compare or self.parent.skip_compare) + NOT_COMPARED)


class TolerantNotebook(IPyNbFile):
    def collect(self):
        for cell in super().collect():
            yield TolerantCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    nodes = yield
    return [TolerantNotebook.from_parent(parent, path=file_path) if isinstance(n, IPyNbFile) else n for n in nodes]


def pytest_configure(config):
    if os.environ.get("COURSE_DEVICE", "cpu") != "cpu":
        config.option.nbval_lax = True
