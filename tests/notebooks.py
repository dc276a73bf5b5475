"""The stored form of a notebook: `python -m tests.notebooks run|clean|check [paths]`.

A notebook in the repository holds what a reader sees and nothing of the run that made it, so that a second run with
the same results changes no byte.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = ("nbgrader", "tags", "editable", "deletable")


def lectures():
    return sorted(ROOT.glob("lectures/*.ipynb"))


def solutions():
    return sorted(ROOT.glob("solutions/*/*.ipynb"))


def exercises():
    return sorted(ROOT.glob("exercises/*/*.ipynb"))


def name(path):
    return str(path.relative_to(ROOT))


def read(path):
    return nbformat.read(path, as_version=4)


def text(notebook):
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def join_streams(outputs):
    """Join what follows each other on the same stream: where the kernel cut it depends on timing."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(NotebookNode(output))
    return joined


def clean_cell(cell):
    kept = NotebookNode(cell)
    kept.metadata = NotebookNode({key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata})
    if cell.cell_type == "code":
        # A widget without its state shows an error, and its state has random ids: it appears when the cell is run.
        outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
        kept.outputs = join_streams(outputs)
    return kept


def clean(notebook):
    """A copy of `notebook` in its stored form."""
    return NotebookNode(
        cells=[clean_cell(cell) for cell in notebook.cells],
        metadata=NotebookNode(kernelspec=NotebookNode(KERNELSPEC), language_info=NotebookNode(name="python")),
        nbformat=4,
        nbformat_minor=5,
    )


def is_clean(path):
    return path.read_text(encoding="utf-8") == text(clean(read(path)))


def execute(notebook, folder):
    """Run all cells of `notebook` in a fresh kernel in `folder`, and store the outputs in it."""
    os.environ["OMP_NUM_THREADS"] = "1"  # as in the tests, so that the numbers are summed in the same order
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False, resources=resources).execute()


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks", description=__doc__)
    parser.add_argument("action", choices=["run", "clean", "check"])
    parser.add_argument("paths", nargs="*", type=Path, help="all lectures and solutions if none is given")
    options = parser.parse_args(arguments)
    dirty = 0
    for path in options.paths or lectures() + solutions():
        if options.action == "check":
            if not is_clean(path):
                dirty += 1
                print(f"{path}: not in its stored form, `python -m tests.notebooks clean {path}` makes it so")
            continue
        print(f"{options.action} {path}", flush=True)
        notebook = read(path)
        if options.action == "run":
            execute(notebook, path.resolve().parent)
        path.write_text(text(clean(notebook)), encoding="utf-8", newline="\n")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
