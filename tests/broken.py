"""What tests/test_broken_*.py share: a class in which each student handed in one kind of damage, graded for real."""

import copy

from tests.classroom import (
    FULL,
    HONEST,
    NAME,
    TESTS,
    check_is_complete,
    check_is_untouched,
    grade_class,
    hand_in_notebook,
    make_course,
    points,
    rows,
    scores,
)
from tests.damage import DAMAGES, NOTHING, PARTLY, REPAIRED, answered, hand_in
from tests.damage.running import RUNNING
from tests.small import assignment

THEME = "broken submissions"
DATA = "numbers.txt"
# Small limits, so that what exceeds them does so soon; room for a busy machine and for torch, all the same.
LIMITS = "c.RunAndExamine.cell_s = 5\nc.RunAndExamine.memory_gib = 1"


class WholeClass:
    """What holds in every class, whatever was handed in; a subclass names the `kinds` in its module's `out`."""

    kinds = ()

    def pytest_generate_tests(self, metafunc):
        if "student" in metafunc.fixturenames:
            metafunc.parametrize("student", [*self.kinds, *HONEST])
        if "honest" in metafunc.fixturenames:
            metafunc.parametrize("honest", HONEST)

    def test_every_result_is_complete(self, out, student):
        check_is_complete(out, student)

    def test_the_others_in_the_class_are_untouched(self, out, honest):
        check_is_untouched(out, honest)

    def test_everybody_is_there(self, out):
        assert set(scores(out)) == set(rows(out)) == {*self.kinds, *HONEST}


def kinds_of(*modules):
    """The kinds of damage that these modules of tests/damage make."""
    names = {f"tests.damage.{module}" for module in modules}
    return [kind for kind, damage in DAMAGES.items() if damage.make.__module__ in names]


def grade_damaged(root, kinds):
    """Grade one student per kind, and honest ones before, between and after; return the folder with the results."""
    make_course(root)
    correct = answered(assignment())
    for kind in kinds:
        hand_in(kind, root / "submitted" / kind / NAME, NAME, correct)
    return _with_honest_students(root, correct)


def grade_running(root, kinds):
    """The same for notebooks that go wrong when they run."""
    make_course(root, LIMITS)
    (root / "solutions" / NAME / DATA).write_text("1 2 3")
    correct = answered(assignment())
    for kind in kinds:
        changed = copy.deepcopy(correct)
        RUNNING[kind].change(changed)
        hand_in_notebook(root / "submitted", kind, changed)
    return _with_honest_students(root, correct)


def _with_honest_students(root, correct):
    for student in HONEST:
        hand_in_notebook(root / "submitted", student, correct)
    return grade_class(root)


def check_damaged(result, kind, record_property):
    """The code gets what it deserves, and the note says what was repaired or lost."""
    damage = DAMAGES[kind]
    record_property("contained", THEME)
    if damage.expect == REPAIRED:
        record_property("repaired", THEME)
        assert points(result) == FULL
    else:
        assert result["note"]
        assert {PARTLY: 0 < result["points"] < len(TESTS), NOTHING: result["points"] == 0}[damage.expect]
    assert damage.says in result["note"]
    assert damage.flags in " | ".join(result["flags"])
    assert bool(result["flags"]) == bool(damage.flags)
    hopeless = damage.expect == NOTHING and damage.says != "nothing of the assignment"
    assert (result["status"] == "not graded") == hopeless


def check_running(result, kind, record_property):
    """What ran before keeps its points, what could not run says why, and so does the note."""
    running = RUNNING[kind]
    record_property("contained", THEME)
    lost = {name: result["cells"][name]["message"] for name in TESTS if points(result)[name] == 0}
    sure = TESTS[:2] if running.lost is None else [name for name in TESTS if name not in running.lost]
    assert set(TESTS) - set(lost) >= set(sure), (result["note"], lost)
    assert running.lost is None or set(lost) == set(running.lost), (result["note"], lost)
    assert running.says in result["note"]
    assert running.message in next(iter(lost.values()), running.message)
    assert result["status"] == "needs manual grading"
