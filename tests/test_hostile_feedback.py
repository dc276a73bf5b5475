"""Attacks on the feedback page: what it must not tell the student, and what must not run where it is read."""

from contextlib import closing

import pytest

from tests.hostile.assignment import MOST
from tests.hostile.grading import grade_here, grade_stock
from tests.hostile.stage import FIRST, HONEST, UNTOUCHED, Stage
from tests.hostile.telling import ATTACKS
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
CASES = [pytest.param(attack, id=attack.name) for attack in ATTACKS]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("here"), ATTACKS)) as stage:
        return grade_here(stage)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("stock"), ATTACKS)) as stage:
        return grade_stock(stage, feedback=True)


@pytest.mark.parametrize("attack", CASES)
def test_works_where_nothing_stands_in_its_way(stock, attack):
    assert attack.wins in stock.won[attack.name]


@pytest.mark.parametrize("attack", CASES)
def test_wins_nothing_here(here, attack, record_property):
    assert here.won[attack.name] == set()
    record_property("contained", "telling")


def test_the_others_in_the_class_are_unaffected(here):
    assert [here.points[student] for student in (FIRST, HONEST, UNTOUCHED)] == [MOST, MOST, 0]
    assert [here.flags[student] for student in (FIRST, HONEST, UNTOUCHED)] == [[], [], []]
