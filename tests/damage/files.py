"""Files under wrong names, in wrong places, or no files at all."""

import copy
import os
import socket

from tests.damage.kinds import NOTHING, REPAIRED, code, damage, solutions, write


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


@damage(REPAIRED, "was called my")
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
