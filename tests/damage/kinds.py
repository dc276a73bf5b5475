"""The table of kinds, and what its makers share."""

import copy
import functools
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.rebuild import released

REPAIRED, PARTLY, NOTHING = "repaired", "partly", "nothing"


@dataclass(frozen=True)
class Damage:
    """`expect`: all points, some, or none; `says` and `flags`: part of a remark or the problem, and of a flag."""

    make: Callable[[Path, str, dict], None]
    expect: str
    says: str = ""
    flags: str = ""


DAMAGES: dict[str, Damage] = {}


def damage(expect, says="", flags=""):
    """Enter a function that writes files into DAMAGES."""

    def enter(make):
        DAMAGES[make.__name__] = Damage(make, expect, says, flags)
        return make

    return enter


def in_cells(expect, says="", flags=""):
    """Enter a function that changes the notebook's data; the file is then written as it should be."""

    def enter(change):
        @functools.wraps(change)
        def make(folder, name, notebook):
            write(folder / f"{name}.ipynb", change(notebook) or notebook)

        DAMAGES[change.__name__] = Damage(make, expect, says, flags)
        return change

    return enter


def hand_in(kind, folder, name, notebook):
    """Make one kind of damage in a student's folder, which is made too."""
    folder.mkdir(parents=True)
    DAMAGES[kind].make(folder, name, copy.deepcopy(notebook))


def answered(pristine):
    """The exercise as a student hands it in who knows all of the reference solutions."""
    notebook = released(pristine)
    for cell, source in zip(notebook.cells, pristine.cells, strict=True):
        if about(cell).get("solution"):
            lines = [line for line in source.source.splitlines() if " SOLUTION" not in line]
            cell.source = "\n".join(lines)
    return json.loads(json.dumps(notebook))


def write(path, notebook):
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def about(cell):
    return cell["metadata"].get("nbgrader", {})


def where(notebook, kind=None, **wanted):
    """Positions of cells by nbgrader's marks and by type."""
    wanted = wanted.items()
    cells = enumerate(notebook["cells"])
    return [i for i, c in cells if wanted <= about(c).items() and about(c) and kind in (None, c["cell_type"])]


def solutions(notebook, kind="code"):
    return where(notebook, kind, solution=True)


def tests(notebook):
    return where(notebook, solution=False, grade=True)


def text(cell):
    return "".join(cell["source"])


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def prose(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def stripped(notebook, ids=True):
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if ids:
            cell.pop("id", None)
    return notebook


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def dumped(notebook):
    return json.dumps(notebook).encode()


def in_bytes(folder, name, data):
    (folder / f"{name}.ipynb").write_bytes(data)
