"""Answers that were split, retyped, or written elsewhere."""

import copy

from tests.damage.kinds import (
    REPAIRED,
    code,
    damage,
    dumped,
    in_bytes,
    in_cells,
    prose,
    solutions,
    stripped,
    text,
)


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
