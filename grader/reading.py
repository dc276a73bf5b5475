"""Finding a student's notebook in what was handed in, under whatever name and in whatever wrapping."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from grader.cells import plain, student_cells
from grader.decoding import decode
from grader.files import MOST_BYTES, list_files, read_bytes, shown
from grader.zips import is_zip, unpack

_MOST_CANDIDATES = 20
_MOST_SHOWN = 8


@dataclass
class Found:
    """A submission before anything in it runs.

    Attributes:
        notebook: The notebook's data as it was in the file, None if there is none.
        remarks: For the TA, one line each: what was repaired.
        flags: For the TA, one line each: what looks like an attack.
        problem: In one line why nothing can be graded, None if something can.
    """

    notebook: dict[str, Any] | None = None
    remarks: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    problem: str | None = None


@dataclass
class _Candidate:
    name: str
    notebook: dict[str, Any]
    remarks: list[str]
    rank: tuple[Any, ...] = ()


def find_submission(folder: Path, name: str, released: NotebookNode | None = None) -> Found:
    """Find and read the notebook in a student's folder; any content of the folder ends in a result.

    Among several notebooks, one that has something of the assignment and was worked on comes first; then the one with
    the right name; then the one that has most of the assignment's cells.

    Args:
        folder: The student's folder for the assignment, `<student>/<assignment>`.
        name: What the notebook should be called, without `.ipynb`.
        released: The exercise as the students got it; without it only names decide between several notebooks.
    """
    if os.path.islink(folder):
        flag = f"the folder {shown(folder.name)} is a symbolic link; it was not followed"
        return Found(flags=[flag], problem=flag)
    if not os.path.isdir(folder):
        return Found(problem=f"nothing submitted: there is no folder {shown(folder.parent.name)}/{shown(folder.name)}")
    listing = list_files(folder)
    found = Found(flags=list(listing.flags))
    paths = sorted(filter(_may_hold_notebook, listing.files), key=lambda path: path.name != f"{name}.ipynb")
    problems: list[str] = []
    candidates: list[_Candidate] = []
    left = MOST_BYTES
    for path in paths[:_MOST_CANDIDATES]:
        data, problem = read_bytes(path, left)
        left -= len(data)
        if problem:
            problems.append(f"{shown(path.name)}: {problem}")
        else:
            candidates += _open(path, data, found, problems)
    if candidates:
        _choose(candidates, name, released, found)
        found.remarks += problems
    else:
        found.problem = _explain(name, problems, listing.flags, [shown(p.name) for p in listing.files], listing.others)
    return found


def _may_hold_notebook(path: Path) -> bool:
    lower = path.name.lower()
    return ".ipynb" in lower or lower.endswith((".zip", ".json"))


def _open(path: Path, data: bytes, found: Found, problems: list[str]) -> Iterator[_Candidate]:
    members, wrapped = [(path.name, data)], is_zip(data)
    if wrapped:
        inside = unpack(data)
        members = inside.notebooks
        found.flags += inside.flags
        problems += [f"{shown(path.name)}: {line}" for line in inside.problems + inside.flags]
        if not (members or inside.problems or inside.flags):
            problems.append(f"{shown(path.name)}: there is no notebook in the zip file")
    for name, content in members:
        decoded = decode(content)
        base = name.replace("\\", "/").rsplit("/", 1)[-1]
        if decoded.notebook is None:
            problems.append(f"{shown(base)}: {decoded.problem}")
            continue
        around = [f"the notebook was in a zip file, {shown(path.name)}"] if wrapped else []
        yield _Candidate(base, decoded.notebook, around + decoded.remarks)


def _choose(candidates: list[_Candidate], name: str, released: NotebookNode | None, found: Found) -> None:
    for candidate in candidates:
        familiar, answered = _compare(candidate.notebook, released)
        exact = candidate.name == f"{name}.ipynb"
        candidate.rank = (familiar > 0 and answered, exact, familiar, _resembles(candidate.name, name))
    best = max(candidates, key=lambda candidate: candidate.rank)
    found.notebook = best.notebook
    if best.name != f"{name}.ipynb":
        found.remarks.append(f"the notebook was called {shown(best.name)}")
    if len(candidates) > 1:
        others = [shown(candidate.name) for candidate in candidates if candidate is not best]
        found.remarks.append(f"of {len(candidates)} notebooks {shown(best.name)} was taken, not {_few(others)}")
    found.remarks += best.remarks


def _compare(notebook: dict[str, Any], released: NotebookNode | None) -> tuple[int, bool]:
    """Return how many cells come from the assignment, and whether anything else is there."""
    cells = student_cells(notebook, [])
    if released is None:
        return sum(cell.grade_id is not None for cell in cells), True
    texts = {plain(cell.source) for cell in released.cells} | {""}
    ids = {cell.get("id") for cell in released.cells} - {None}
    grade_ids = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in released.cells} - {None}
    known = [plain(cell.text) in texts for cell in cells]
    familiar = sum(
        (is_known and cell.text.strip() != "") or cell.grade_id in grade_ids or cell.cell_id in ids
        for cell, is_known in zip(cells, known, strict=True)
    )
    return familiar, not all(known)


def _resembles(candidate: str, name: str) -> bool:
    return re.sub(r"\W", "", candidate.lower()).startswith(re.sub(r"\W", "", name.lower()))


def _few(lines: list[str]) -> str:
    more = len(lines) - _MOST_SHOWN
    return ", ".join(lines[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _explain(name: str, problems: list[str], flags: list[str], files: list[str], others: list[str]) -> str:
    if problems:
        return _few(problems)
    if flags:
        return _few(flags)
    return f"no notebook {name}.ipynb; in the folder: {_few(others + files) or 'nothing'}"
