"""Formats and metadata that other programmes write."""

from tests.damage.kinds import REPAIRED, about, in_cells, stripped, text


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
