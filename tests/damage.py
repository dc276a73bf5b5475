"""Kinds of damage that honest students' notebooks arrive with, made on disk from a correct notebook.

`DAMAGES` maps the name of a kind to what makes it and what is to come of it. A maker gets the folder of the student,
the name that the notebook should have, and the data of the notebook (a copy of its own), and writes what is handed in.
"""

import copy
import io
import json
import os
import random
import socket
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


# Names and places of files.


@damage(REPAIRED, "was called")
def browser_copy(folder, name, notebook):
    write(folder / f"{name} (1).ipynb", notebook)


@damage(REPAIRED, "was called")
def jupyter_copy(folder, name, notebook):
    write(folder / f"{name}-Copy1.ipynb", notebook)


@damage(REPAIRED, "was called")
def capital_letters(folder, name, notebook):
    write(folder / f"{name.upper()}.IPYNB", notebook)


@damage(REPAIRED, "was called")
def suffix_txt(folder, name, notebook):
    write(folder / f"{name}.ipynb.txt", notebook)


@damage(REPAIRED, "was called my\u202e?".replace("\u202e?", ""))
def name_with_control_characters(folder, name, notebook):
    write(folder / "my\x1b[31m\nsolution.ipynb", notebook)


@damage(REPAIRED, "of 2 notebooks")
def two_notebooks(folder, name, notebook):
    write(folder / "scratch.ipynb", {"cells": [code("1 + 1")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    write(folder / f"{name}_solved.ipynb", notebook)


@damage(REPAIRED, "of 2 notebooks")
def untouched_one_beside_the_answers(folder, name, notebook):
    untouched = copy.deepcopy(notebook)
    for i in solutions(untouched, None):
        is_code = untouched["cells"][i]["cell_type"] == "code"
        untouched["cells"][i]["source"] = "" if is_code else "YOUR ANSWER HERE"
    write(folder / f"{name}.ipynb", untouched)
    write(folder / f"{name} (2).ipynb", notebook)


@damage(REPAIRED, "it is empty")
def right_name_is_empty_and_copy_is_good(folder, name, notebook):
    (folder / f"{name}.ipynb").touch()
    write(folder / f"{name} (1).ipynb", notebook)


@damage(REPAIRED)
def in_a_folder_of_its_own(folder, name, notebook):
    (folder / name).mkdir()
    write(folder / name / f"{name}.ipynb", notebook)


@damage(REPAIRED)
def checkpoint_beside_it(folder, name, notebook):
    (folder / ".ipynb_checkpoints").mkdir()
    write(folder / ".ipynb_checkpoints" / f"{name}-checkpoint.ipynb", {"cells": []})
    write(folder / f"{name}.ipynb", notebook)


@damage(REPAIRED, "was called")
def link_inside_the_folder(folder, name, notebook):
    write(folder / "answers.ipynb", notebook)
    (folder / f"{name}.ipynb").symlink_to("answers.ipynb")


@damage(NOTHING, "outside", flags="symbolic link")
def link_to_the_outside(folder, name, notebook):
    write(folder.parent / "elsewhere.ipynb", notebook)
    (folder / f"{name}.ipynb").symlink_to("../elsewhere.ipynb")


@damage(NOTHING, "nowhere")
def link_in_a_circle(folder, name, notebook):
    (folder / f"{name}.ipynb").symlink_to(f"{name}.ipynb")


@damage(NOTHING, "a pipe")
def pipe(folder, name, notebook):
    os.mkfifo(folder / f"{name}.ipynb")


@damage(NOTHING, "a socket")
def a_socket(folder, name, notebook):
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)  # a socket's path has to be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s.ipynb")
    finally:
        os.fchdir(here)
        os.close(here)


@damage(NOTHING, "a folder")
def folder_called_like_the_notebook(folder, name, notebook):
    (folder / f"{name}.ipynb").mkdir()


@damage(NOTHING, "no notebook")
def no_notebook(folder, name, notebook):
    (folder / "report.pdf").write_bytes(b"%PDF")


@damage(NOTHING, "in the folder: nothing")
def empty_folder(folder, name, notebook):
    pass


@damage(NOTHING, "no folder")
def no_folder(folder, name, notebook):
    folder.rmdir()


@damage(NOTHING, "larger than a notebook")
def huge_file(folder, name, notebook):
    with open(folder / f"{name}.ipynb", "wb") as file:
        file.truncate(10_000_000_000)


# Zip files.


@damage(REPAIRED, "in a zip file")
def in_a_zip_file(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(
        zipped({f"homework/{name}.ipynb": dumped(notebook), "__MACOSX/._x.ipynb": "x"})
    )


@damage(REPAIRED, "in a zip file")
def zip_file_called_ipynb(folder, name, notebook):
    (folder / f"{name}.ipynb").write_bytes(zipped({f"{name}.ipynb": dumped(notebook)}))


@damage(REPAIRED, "in a zip file")
def zip_in_a_zip(folder, name, notebook):
    inner = zipped({f"{name}.ipynb": dumped(notebook)})
    (folder / "all.zip").write_bytes(zipped({"inner.zip": inner}))


@damage(REPAIRED, "in a zip file", flags="zip slip")
def zip_slip(folder, name, notebook):
    files = {f"../../{name}.ipynb": dumped(notebook), "/tmp/slipped": "x", "..\\..\\slipped": "x"}
    (folder / f"{name}.zip").write_bytes(zipped(files))


@damage(NOTHING, "zip bomb", flags="zip bomb")
def zip_bomb(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(zipped({f"{name}.ipynb": bytes(60_000_000)}))


@damage(NOTHING, "damaged", flags="symbolic link in the zip")
def link_in_a_zip(folder, name, notebook):
    link = zipfile.ZipInfo(f"{name}.ipynb")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    (folder / f"{name}.zip").write_bytes(zipped({link: "/etc/passwd", "broken.ipynb": b"{"}))


@damage(NOTHING, "password")
def encrypted_zip(folder, name, notebook):
    data = bytearray(zipped({f"{name}.ipynb": dumped(notebook)}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (folder / f"{name}.zip").write_bytes(data)


@damage(NOTHING, "zip file is damaged")
def truncated_zip(folder, name, notebook):
    (folder / f"{name}.zip").write_bytes(zipped({f"{name}.ipynb": dumped(notebook)})[:-30])


# Bytes of the file.


def in_bytes(folder, name, data):
    (folder / f"{name}.ipynb").write_bytes(data)


@damage(REPAIRED, "byte order mark")
def utf8_with_bom(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook).encode("utf-8-sig"))


@damage(REPAIRED, "UTF-16")
def utf16(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("utf-16"))


@damage(REPAIRED, "UTF-16")
def utf16_without_bom(folder, name, notebook):
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("utf-16-be"))


@damage(REPAIRED, "not UTF-8")
def latin1(folder, name, notebook):
    notebook["cells"].insert(0, prose("Übung von André"))
    in_bytes(folder, name, json.dumps(notebook, ensure_ascii=False).encode("latin-1", "replace"))


@damage(REPAIRED, "NUL bytes")
def nul_bytes_at_the_end(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook) + bytes(4096))


@damage(REPAIRED, "went on after")
def rest_of_a_longer_file(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook) + b'"nbformat": 4}\n')


@damage(REPAIRED)
def windows_line_ends(folder, name, notebook):
    for cell in notebook["cells"]:
        cell["source"] = text(cell).replace("\n", "\r\n")
    in_bytes(folder, name, json.dumps(notebook, indent=1).replace("\n", "\r\n").encode())


@damage(REPAIRED, "a key stands twice")
def duplicate_keys(folder, name, notebook):
    in_bytes(folder, name, dumped(notebook).replace(b"{", b'{"cells": [], ', 1))


@damage(REPAIRED)
def nan_and_huge_numbers(folder, name, notebook):
    notebook["metadata"] = {"a": float("nan"), "b": float("-inf")}
    in_bytes(folder, name, dumped(notebook).replace(b"{", b'{"n": ' + b"9" * 10_000 + b", ", 1))


@damage(PARTLY, "damaged: only its first")
def truncated_json(folder, name, notebook):
    data = dumped(notebook)
    in_bytes(folder, name, data[: len(data) // 2])


@damage(PARTLY, "damaged: only its first")
def merge_conflict(folder, name, notebook):
    lines = json.dumps(notebook, indent=1).splitlines()
    lines.insert(len(lines) // 2, "<<<<<<< HEAD")
    in_bytes(folder, name, "\n".join(lines).encode())


@damage(NOTHING, "it is empty")
def empty_file(folder, name, notebook):
    in_bytes(folder, name, b"")


@damage(NOTHING, "not JSON")
def random_bytes(folder, name, notebook):
    in_bytes(folder, name, random.Random(0).randbytes(10_000))


@damage(NOTHING, "not a notebook")
def json_but_no_notebook(folder, name, notebook):
    in_bytes(folder, name, b'["cells"]')


@damage(NOTHING, "web page")
def web_page(folder, name, notebook):
    in_bytes(folder, name, b"<!DOCTYPE html><html></html>")


@damage(NOTHING, "nested too deeply")
def deeply_nested(folder, name, notebook):
    in_bytes(folder, name, b'{"cells": ' + b"[" * 200_000)


@damage(NOTHING, "far more values")
def millions_of_values(folder, name, notebook):
    in_bytes(folder, name, b'{"cells": [' + b"{}," * 6_000_000)


# The notebook's format and marks.


@in_cells(REPAIRED, "found by content")
def marks_and_ids_stripped(notebook):
    stripped(notebook)


@in_cells(REPAIRED, "found by cell id")
def marks_stripped(notebook):
    stripped(notebook, ids=False)


@in_cells(REPAIRED, "found by content")
def saved_by_colab(notebook):
    for number, cell in enumerate(stripped(notebook)["cells"]):
        cell["metadata"] = {"id": f"x{number}", "colab": {"base_uri": "https://localhost/"}, "executionInfo": {}}
    notebook["nbformat_minor"] = 0


@in_cells(REPAIRED, "found by content")
def saved_by_vs_code(notebook):
    for cell in stripped(notebook)["cells"]:
        cell["metadata"] = {"vscode": {"languageId": "python"}}
    notebook["nbformat_minor"] = 2


@in_cells(REPAIRED)
def format_4_0(notebook):
    for cell in notebook["cells"]:
        cell.pop("id", None)
    notebook["nbformat_minor"] = 0


@in_cells(REPAIRED)
def format_3(notebook):
    for cell in notebook["cells"]:
        cell.pop("id", None)
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell["language"] = "python"
    return {"worksheets": [{"cells": notebook["cells"]}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}


@in_cells(REPAIRED)
def kernel_of_another_language(notebook):
    notebook["metadata"] = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}


@in_cells(REPAIRED)
def skip_execution_tags(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]


@in_cells(REPAIRED)
def flags_changed(notebook):
    for cell in notebook["cells"]:
        if about(cell):
            about(cell).update(grade=False, locked=False, points=99, solution=True, schema_version="x", checksum=[])


@in_cells(REPAIRED)
def metadata_of_wrong_types(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = 3
        cell.update(outputs="none", execution_count={}, attachments=7)
    notebook.update(metadata=[], nbformat="four")


@in_cells(REPAIRED)
def cells_of_wrong_types(notebook):
    odd = [None, 3, "cell", [], {}, {"cell_type": [], "source": 5, "metadata": None, "id": {}}, {"source": [1, "x"]}]
    notebook["cells"] = odd + notebook["cells"] + odd


@in_cells(REPAIRED)
def sources_as_lists(notebook):
    for cell in notebook["cells"]:
        cell["source"] = text(cell).splitlines(keepends=True)


# Cells deleted, copied, moved, split, retyped.


@in_cells(REPAIRED, "deleted, put back")
def test_cells_deleted(notebook):
    for i in reversed(tests(notebook)):
        del notebook["cells"][i]


@in_cells(REPAIRED, "deleted, put back")
def given_cells_deleted(notebook):
    keep = set(solutions(notebook, None))
    notebook["cells"] = [cell for i, cell in enumerate(notebook["cells"]) if i in keep]


@in_cells(REPAIRED, "restored", flags="changed locked cells")
def test_cells_changed(notebook):
    for i in tests(notebook):
        notebook["cells"][i]["source"] = "assert True"


@in_cells(REPAIRED)
def white_space_in_test_cells(notebook):
    for i in tests(notebook):
        notebook["cells"][i]["source"] = "\n" + text(notebook["cells"][i]).replace("\n", " \n") + "\n\n"


@in_cells(REPAIRED, "lines added to a locked cell", flags="changed locked cells")
def import_added_to_a_locked_cell(notebook):
    locked = where(notebook, "code", solution=False, grade=False, locked=True)[0]
    notebook["cells"][locked]["source"] = "import math\n" + text(notebook["cells"][locked])
    used = notebook["cells"][solutions(notebook)[0]]
    used["source"] = "assert math.pi > 3\n" + text(used)


@in_cells(PARTLY, "no answer was found")
def solution_cell_deleted(notebook):
    del notebook["cells"][solutions(notebook)[0]]


@in_cells(NOTHING, "nothing of the assignment")
def another_assignment(notebook):
    notebook["cells"] = [prose("# Exercise 9"), code("def other(x):\n    return x"), code("assert other(1) == 1")]


@in_cells(REPAIRED, "there several times")
def solution_cells_doubled(notebook):
    for i in reversed(solutions(notebook)):
        notebook["cells"].insert(i, copy.deepcopy(notebook["cells"][i]))


@in_cells(REPAIRED, "there several times")
def scratch_copy_with_the_same_id(notebook):
    for i in reversed(solutions(notebook)):
        scratch = copy.deepcopy(notebook["cells"][i])
        scratch["source"] = "attempt = 1"
        notebook["cells"].insert(i + 1, scratch)


@in_cells(REPAIRED, "copies of the assignment's cells")
def everything_pasted_twice(notebook):
    notebook["cells"] += copy.deepcopy(notebook["cells"])


def halves(cell):
    lines = text(cell).splitlines()
    cut = next(i for i in reversed(range(len(lines))) if lines[i].startswith("    "))
    return "\n".join(lines[:cut]), "\n".join(lines[cut:])


def first_function(notebook):
    return next(i for i in solutions(notebook) if text(notebook["cells"][i]).startswith("def "))


@in_cells(REPAIRED, "put together")
def split_into_two_cells(notebook):
    i = first_function(notebook)
    first, second = halves(notebook["cells"][i])
    notebook["cells"][i]["source"] = first
    notebook["cells"].insert(i + 1, code(second))


@in_cells(REPAIRED, "put together")
def split_into_two_with_the_same_id(notebook):
    i = first_function(notebook)
    second = copy.deepcopy(notebook["cells"][i])
    notebook["cells"][i]["source"], second["source"] = halves(notebook["cells"][i])
    notebook["cells"].insert(i + 1, second)


@in_cells(REPAIRED, "put together")
def split_and_stripped(notebook):
    split_into_two_cells(notebook)
    stripped(notebook)


@in_cells(REPAIRED, "read as code")
def code_turned_into_markdown(notebook):
    for i in solutions(notebook):
        cell = notebook["cells"][i]
        notebook["cells"][i] = {**prose(text(cell)), "metadata": cell["metadata"]}


@in_cells(REPAIRED, "read as code")
def code_turned_into_raw(notebook):
    for i in solutions(notebook):
        notebook["cells"][i]["cell_type"] = "raw"


@in_cells(REPAIRED, "read as code")
def code_turned_into_fenced_markdown(notebook):
    for i in solutions(notebook):
        cell = notebook["cells"][i]
        notebook["cells"][i] = {**prose(f"```python\n{text(cell)}\n```"), "metadata": cell["metadata"]}


@in_cells(REPAIRED, "read as markdown")
def answer_turned_into_code(notebook):
    for i in solutions(notebook, "markdown"):
        cell = notebook["cells"][i]
        notebook["cells"][i] = {**code(text(cell)), "metadata": cell["metadata"]}


@in_cells(REPAIRED, "changed places")
def cells_in_reverse_order(notebook):
    notebook["cells"].reverse()


@in_cells(REPAIRED, "found by content")
def reversed_and_stripped(notebook):
    stripped(notebook)["cells"].reverse()


@in_cells(REPAIRED, "found by content")
def answers_without_anything_else(notebook):
    keep = set(solutions(notebook))
    answer = [cell for i, cell in enumerate(notebook["cells"]) if i in keep]
    last = [notebook["cells"][i] for i in solutions(notebook, "markdown")]
    notebook["cells"] = stripped({"cells": answer})["cells"] + last


@in_cells(REPAIRED, "answered in a cell beside its own")
def written_answer_in_a_cell_below(notebook):
    for i in reversed(solutions(notebook, "markdown")):
        notebook["cells"].insert(i + 1, prose(text(notebook["cells"][i])))
        notebook["cells"][i]["source"] = "YOUR ANSWER HERE"


@in_cells(REPAIRED, "answered in another cell")
def answers_at_the_end(notebook):
    for i in solutions(notebook):
        cell = notebook["cells"][i]
        notebook["cells"].append(code(text(cell)))
        cell["source"] = "raise NotImplementedError"


@in_cells(REPAIRED, "answered in a cell below")
def answers_below_their_cells(notebook):
    for i in reversed(solutions(notebook)):
        cell = notebook["cells"][i]
        notebook["cells"].insert(i + 1, code(text(cell)))
        cell["source"] = ""


@in_cells(REPAIRED, "cell of another task")
def all_functions_in_one_cell(notebook):
    functions = [i for i in solutions(notebook) if text(notebook["cells"][i]).startswith("def ")]
    first, *others = functions
    notebook["cells"][first]["source"] = "\n\n\n".join(text(notebook["cells"][i]) for i in functions)
    for i in others:
        notebook["cells"][i]["source"] = ""


@in_cells(REPAIRED)
def helper_in_a_cell_of_its_own(notebook):
    for i in reversed(solutions(notebook)):
        cell = notebook["cells"][i]
        notebook["cells"].insert(i, code("own_helper = 3"))
        cell["source"] = f"assert own_helper == 3\n{text(cell)}"


@in_cells(REPAIRED, "was left out")
def one_huge_cell(notebook):
    notebook["cells"].insert(1, code("x = '" + "x" * 2_000_000 + "'"))


@in_cells(REPAIRED, "too long")
def thousands_of_cells(notebook):
    notebook["cells"] += [code(f"x = {i}") for i in range(5_000)]


@in_cells(REPAIRED)
def nul_and_half_characters_in_sources(notebook):
    for i in solutions(notebook):
        notebook["cells"][i]["source"] = text(notebook["cells"][i]) + "\n# \0 nul"
    notebook["cells"].append(prose("\u0000"))


@damage(REPAIRED)
def half_a_surrogate_pair(folder, name, notebook):
    notebook["cells"].append(prose("half"))
    in_bytes(folder, name, dumped(notebook).replace(b'"half"', b'"\\ud800 and \\udc00 half"'))
