import copy
import json
import os

import pytest

from grader.cells import plain
from grader.decoding import decode
from grader.reading import find_submission
from grader.rebuild import released
from tests.damage import DAMAGES, NOTHING, answered, hand_in, write
from tests.small import assignment

NAME = "01_small"


@pytest.fixture(scope="module")
def exercise():
    return released(assignment())


@pytest.fixture(scope="module")
def correct():
    return answered(assignment())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ada" / NAME


def sources(notebook):
    return [plain("".join(cell["source"])) for cell in notebook["cells"]]


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_kind_of_damage_ends_in_a_notebook_or_a_problem(kind, folder, exercise, correct):
    hand_in(kind, folder, NAME, correct)
    found = find_submission(folder, NAME, exercise)
    if DAMAGES[kind].expect == NOTHING and kind != "another_assignment":
        assert found.notebook is None
        assert DAMAGES[kind].says in found.problem
    else:
        assert found.problem is None
        json.dumps(found.notebook)
    lines = [*found.remarks, *found.flags, found.problem or ""]
    assert all(line.isprintable() for line in lines)
    assert not DAMAGES[kind].flags or "locked" in DAMAGES[kind].flags or DAMAGES[kind].flags in " ".join(found.flags)


def test_an_undamaged_notebook_needs_no_remark(folder, exercise, correct):
    folder.mkdir(parents=True)
    write(folder / f"{NAME}.ipynb", correct)
    found = find_submission(folder, NAME, exercise)
    assert (found.notebook, found.remarks, found.flags, found.problem) == (correct, [], [], None)


def test_among_others_the_one_with_the_assignments_cells_is_taken(folder, exercise, correct):
    folder.mkdir(parents=True)
    write(folder / "a.ipynb", {"cells": correct["cells"][:2]})
    write(folder / "b.ipynb", correct)
    write(folder / "c.ipynb", {"cells": [{"cell_type": "code", "source": "other"}] * 50})
    found = find_submission(folder, NAME, exercise)
    assert sources(found.notebook) == sources(correct)
    assert "of 3 notebooks b.ipynb was taken, not a.ipynb, c.ipynb" in found.remarks


def test_the_right_name_wins_when_both_were_worked_on(folder, exercise, correct):
    folder.mkdir(parents=True)
    older = copy.deepcopy(correct)
    older["cells"].append({"cell_type": "code", "source": "more = 1", "metadata": {}})
    write(folder / f"{NAME}.ipynb", correct)
    write(folder / f"{NAME} (1).ipynb", older)
    assert find_submission(folder, NAME, exercise).notebook == correct


def test_without_the_exercise_names_and_marks_decide(folder, correct):
    folder.mkdir(parents=True)
    write(folder / "aa.ipynb", {"cells": []})
    write(folder / "x.ipynb", correct)
    assert find_submission(folder, NAME).notebook == correct


def test_a_folder_that_is_a_link_is_not_followed(tmp_path, correct):
    other = tmp_path / "grace" / NAME
    other.mkdir(parents=True)
    write(other / f"{NAME}.ipynb", correct)
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / NAME).symlink_to(other)
    found = find_submission(tmp_path / "ada" / NAME, NAME)
    assert found.notebook is None
    assert "symbolic link" in found.flags[0]


def test_a_linked_subfolder_is_not_followed(folder, correct, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / f"{NAME}.ipynb", correct)
    folder.mkdir(parents=True)
    (folder / "inside").symlink_to(tmp_path / "elsewhere")
    found = find_submission(folder, NAME)
    assert found.notebook is None
    assert "outside" in found.flags[0]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices here")
def test_a_link_to_a_device_is_not_opened(folder):
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").symlink_to("/dev/zero")
    assert find_submission(folder, NAME).notebook is None


def test_names_that_are_no_text_are_shown_on_one_line(folder):
    folder.mkdir(parents=True)
    os.close(os.open(os.fsencode(folder) + b"/\xff\xfe\n\x1b[2J.ipynb", os.O_CREAT))
    found = find_submission(folder, NAME)
    assert found.problem.isprintable()
    assert "it is empty" in found.problem


def test_cut_off_in_the_middle_of_a_letter():
    data = '{"cells": [{"source": "é"}, {"source": "éé'.encode()[:-1]
    assert decode(data).notebook["cells"] == [{"source": "é"}]


def test_nothing_is_written_beside_the_submission(folder, exercise, correct, tmp_path):
    hand_in("zip_slip", folder, NAME, correct)
    before = sorted(tmp_path.rglob("*"))
    assert find_submission(folder, NAME, exercise).notebook is not None
    assert sorted(tmp_path.rglob("*")) == before
