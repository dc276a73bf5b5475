"""Who may import whom, and what the parts of the course are called."""

import ast
import sys

import pytest

from tests.notebooks import ROOT, exercises, lectures, name, read, solutions

EVERYWHERE = {"torch", "numpy", "jaxtyping", "helpers"}
ALSO = {
    "plotting": {"matplotlib", "cycler"},
    "data": {"sklearn", "mnist1d"},
    "runs": {"scipy"},
    "training": {"tqdm"},
}
HELPERS, GRADER, BENCHMARKS = (sorted((ROOT / folder).rglob("*.py")) for folder in ("helpers", "grader", "benchmarks"))
GRADER = [path for path in GRADER if path.parent.name != "sample_class"]  # what students write
NOTEBOOKS = lectures() + solutions() + exercises()


def imported(tree):
    """The top-level packages that a module imports anywhere, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


def code(path):
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")


def forbidden_imports(path):
    """What a module in helpers imports and may not."""
    allowed = EVERYWHERE | ALSO.get(path.stem, set()) | sys.stdlib_module_names
    return set(imported(ast.parse(path.read_text()))) - allowed


@pytest.mark.parametrize("path", HELPERS, ids=name)
def test_helpers_import_little(path):
    assert not forbidden_imports(path)


@pytest.mark.parametrize("path", GRADER, ids=name)
def test_grader_knows_nothing_of_helpers(path):
    assert "helpers" not in imported(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", HELPERS + GRADER + BENCHMARKS + NOTEBOOKS, ids=name)
def test_nothing_imports_tests(path):
    source = path.read_text() if path.suffix == ".py" else code(path)
    assert "tests" not in imported(ast.parse(source))


def test_the_import_rule_can_fail(tmp_path):
    module = tmp_path / "clipping.py"
    module.write_text("import os.path\nimport numpy\nfrom . import runs\ndef f():\n    import matplotlib.pyplot\n")
    assert forbidden_imports(module) == {"matplotlib"}
    assert not forbidden_imports(module.rename(tmp_path / "plotting.py"))


def other_imports(source):
    """Imports of helpers in another form than `from helpers import module`."""
    modules = {f"helpers.{path.stem}" for path in HELPERS}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "helpers")
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "helpers":
            yield from {f"{node.module}.{alias.name}" for alias in node.names} - modules


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_notebooks_import_helpers_by_module(path):
    assert not list(other_imports(code(path)))


def test_the_notebook_rule_can_fail():
    assert not list(other_imports("from helpers import device\nimport torch"))
    wrong = ["import helpers", "import helpers.device", "from helpers.device import generator", "from helpers import *"]
    assert all(list(other_imports(source)) for source in wrong)


def test_the_parts_have_one_name_each():
    names = {path.stem for path in lectures()}
    assert names
    for folder, paths in {"solutions": solutions(), "exercises": exercises()}.items():
        assert paths == [ROOT / folder / part / f"{part}.ipynb" for part in sorted(names)]
    assert all(part[:2].isdigit() for part in names)
