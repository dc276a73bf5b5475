"""Every notebook in the repository obeys notebook_rules, and exercises/ is what nbgrader makes of solutions/."""

import subprocess
import sys

import pytest

from tests import notebook_rules as rules
from tests.notebooks import ROOT, exercises, is_clean, lectures, name, read, solutions

PAGES = sorted(ROOT.glob("*.ipynb"))  # index.ipynb and what it looks things up in
RUN = lectures() + solutions()
EVERY = [*RUN, *exercises(), *PAGES]
MAX_BYTES = 1_000_000
MIN_FIGURES = 6

every_notebook = pytest.mark.parametrize("path", EVERY, ids=name)
run_notebook = pytest.mark.parametrize("path", RUN, ids=name)


def hold(rule, *arguments):
    complaints = list(rule(*arguments))
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize("found", [lectures, solutions, exercises], ids=lambda found: found.__name__)
def test_there_are_notebooks(found):
    assert found()


@run_notebook
def test_executed(path):
    hold(rules.executed, read(path))


@pytest.mark.parametrize("path", [*exercises(), *PAGES], ids=name)
def test_not_executed(path):
    hold(rules.unexecuted, read(path))


@every_notebook
def test_small(path):
    assert path.stat().st_size < MAX_BYTES


@pytest.mark.parametrize("path", [*RUN, *PAGES], ids=name)
def test_clean(path):
    assert is_clean(path), f"python -m tests.notebooks clean {name(path)}"


@every_notebook
@pytest.mark.parametrize("rule", [rules.short, rules.plain_code, rules.markup], ids=lambda rule: rule.__name__)
def test_rule(path, rule):
    hold(rule, read(path))


@run_notebook
@pytest.mark.parametrize("rule", [rules.imports, rules.captions], ids=lambda rule: rule.__name__)
def test_rule_for_code(path, rule):
    hold(rule, read(path))


@every_notebook
def test_links(path):
    hold(rules.links, read(path), path.parent)


@pytest.mark.parametrize("path", lectures(), ids=name)
def test_figures(path):
    assert sum(map(rules.pictures, read(path).cells)) >= MIN_FIGURES


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The exercises as `make exercises` generates them, in another folder."""
    folder = tmp_path_factory.mktemp("exercises")
    options = [f"--CourseDirectory.release_directory={folder}", f"--db=sqlite:///{folder}/gradebook.db", "--create"]
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "*", "--force", *options]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    return folder


@pytest.mark.parametrize("path", solutions(), ids=name)
def test_exercise_is_generated(path, generated):
    ours = read(ROOT / "exercises" / path.stem / path.name)
    fresh = read(generated / path.stem / path.name)
    for index, (our_cell, fresh_cell) in enumerate(zip(ours.cells, fresh.cells, strict=True)):
        assert our_cell == fresh_cell, f"cell {index}: `make exercises` generates another one"
    assert ours.metadata == fresh.metadata
