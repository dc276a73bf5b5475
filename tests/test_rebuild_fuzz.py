"""Any bytes, any notebook: never a crash, never an execution, never a word of the reference solution."""

import copy
import functools
import io
import json
import zipfile

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.cells import parses, plain
from grader.decoding import decode
from grader.reading import find_submission
from grader.rebuild import rebuild, released
from grader.zips import unpack
from tests.damage import answered
from tests.notebooks import read, solutions
from tests.small import assignment

SMALL = assignment()
CORRECT = answered(SMALL)
EXERCISE = released(SMALL)

# Derandomized, so that a run that fails can be run again, and bounded in time rather than by example.
quick = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

names = st.sampled_from(["total", "product", "rows", "answer", "question", "test_total", "imports", "nobody"])
sources = st.one_of(
    st.text(max_size=60),
    st.sampled_from([cell["source"] for cell in CORRECT["cells"]] + [cell.source for cell in EXERCISE.cells]),
    st.sampled_from(["def total(numbers):", "    return 0", "x = (", ")", "%magic", "\ud800", "\0", "pass"]),
    st.builds("def {}(numbers):\n    return {}".format, names, st.integers()),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
metadata = st.one_of(
    st.just({}), anything, st.builds(lambda name: {"nbgrader": {"grade_id": name, "solution": True}}, names), anything
)
raw_cells = st.one_of(
    anything,
    st.fixed_dictionaries(
        {"cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]), "source": sources},
        optional={
            "metadata": metadata,
            "id": st.sampled_from(["id-total", "plain", "extra-1", "a b"]),
            "input": anything,
        },
    ),
    st.sampled_from(CORRECT["cells"]),
    st.sampled_from([json.loads(json.dumps(cell)) for cell in EXERCISE.cells]),
)
notebooks = st.builds(lambda cells: {"cells": cells}, st.lists(raw_cells, max_size=14))


@functools.cache
def secret_lines():
    """Lines of the solutions and hidden tests that were not handed out."""
    handed_out = {line.strip() for cell in EXERCISE.cells for line in cell.source.splitlines()}
    return {line.strip() for cell in SMALL.cells for line in cell.source.splitlines()} - handed_out - {""}


def check(submitted):
    rebuilt = rebuild(SMALL, copy.deepcopy(submitted))
    nbformat.validate(rebuilt.notebook)
    nbformat.writes(rebuilt.notebook).encode("utf-8")
    assert all(line.isprintable() for line in [*rebuilt.remarks, *rebuilt.flags])
    return rebuilt


def is_test(cell):
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade") and not about.get("solution")


@quick
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_notebook_or_a_problem(data):
    found = decode(data)
    assert (found.notebook is None) == (found.problem is not None)


@quick
@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_a_notebook_with_damaged_bytes_can_be_rebuilt(noise, position, lost):
    data = json.dumps(CORRECT).encode()
    at = position * len(data) // 400
    found = decode(data[:at] + noise + data[at + lost :])
    check(found.notebook or {})


@quick
@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_zip_file_with_damaged_bytes_never_raises(noise, position):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.ipynb", json.dumps(CORRECT))
        archive.writestr("y.ipynb", b"{}")
    data = buffer.getvalue()
    at = position * len(data) // 400
    found = unpack(data[:at] + noise + data[at + len(noise) :])
    assert found.notebooks or found.problems or found.flags or noise


@settings(quick, max_examples=60)
@given(data=st.binary(max_size=100), name=st.sampled_from(["s.ipynb", "s.zip", "s (1).ipynb", "é\n.IPYNB", "s.json"]))
def test_any_file_ends_in_a_notebook_or_a_problem(tmp_path_factory, data, name):
    folder = tmp_path_factory.mktemp("ada")
    (folder / name).write_bytes(data)
    found = find_submission(folder, "s", EXERCISE)
    assert (found.notebook is None) == (found.problem is not None)
    assert all(line.isprintable() for line in [*found.remarks, *found.flags, found.problem or ""])


@quick
@given(anything)
def test_any_json_ends_in_a_valid_notebook(value):
    check(value)


@quick
@given(notebooks)
def test_test_cells_are_the_assignments_own_in_their_order(submitted):
    rebuilt = check(submitted)
    assert [cell for cell in rebuilt.notebook.cells if is_test(cell)] == [cell for cell in SMALL.cells if is_test(cell)]


@quick
@given(notebooks)
def test_no_line_of_a_solution_appears_that_the_student_did_not_write(submitted):
    written = plain(json.dumps(submitted, ensure_ascii=False).replace("\\n", ""))
    for cell in check(submitted).notebook.cells:
        locked = cell.metadata.get("nbgrader", {}).get("locked")
        lines = set() if locked else {line.strip() for line in cell.source.splitlines()}
        for line in lines & secret_lines():
            assert plain(json.dumps(line, ensure_ascii=False)[1:-1]) in written


@quick
@given(notebooks)
def test_rebuilding_twice_changes_nothing(submitted):
    once = check(submitted).notebook
    assert rebuild(SMALL, json.loads(json.dumps(once))).notebook == once


@quick
@given(notebooks)
def test_only_the_assignments_metadata_is_left(submitted):
    rebuilt = check(submitted).notebook
    own = [cell.metadata for cell in SMALL.cells if cell.metadata]
    assert [cell.metadata for cell in rebuilt.cells if cell.metadata] == own
    assert rebuilt.metadata == SMALL.metadata


@quick
@given(st.text(max_size=200))
def test_no_text_is_too_strange_to_be_parsed_or_refused(text):
    assert parses(text) in (True, False)


def test_the_released_exercise_stays_as_it_is():
    for pristine in [SMALL, *map(read, solutions())]:
        exercise = released(pristine)
        rebuilt = rebuild(pristine, exercise)
        assert (rebuilt.remarks, rebuilt.flags, rebuilt.missing) == ([], [], [])
        for ours, theirs in zip(rebuilt.notebook.cells, exercise.cells, strict=True):
            locked = ours.metadata.get("nbgrader", {}).get("locked")
            assert locked or ours.source == theirs.source
