"""Attacks on what is around a student's kernel: secrets, files, the network, processes, memory, the next student."""

from contextlib import closing

import pytest

from tests.hostile import escaping, exhausting, reading, staying
from tests.hostile.assignment import MOST
from tests.hostile.grading import grade_here, grade_stock
from tests.hostile.stage import FIRST, HONEST, UNTOUCHED, Stage
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
THEMES = {
    "reading": reading.ATTACKS,
    "escaping": escaping.ATTACKS,
    "staying": staying.ATTACKS,
    "exhausting": exhausting.ATTACKS,
}
ATTACKS = [attack for table in THEMES.values() for attack in table]
CASES = [pytest.param(theme, each, id=f"{theme}: {each.name}") for theme, table in THEMES.items() for each in table]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("here"), ATTACKS)) as stage:
        return grade_here(stage)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("stock"), ATTACKS)) as stage:
        return grade_stock(stage)


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_works_where_nothing_stands_in_its_way(stock, theme, attack):
    assert attack.wins in stock.won[attack.name]


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_wins_nothing_here(here, theme, attack, record_property):
    assert here.won[attack.name] == set()
    record_property("contained", theme)


def test_the_others_in_the_class_are_unaffected(here):
    assert [here.points[student] for student in (FIRST, HONEST, UNTOUCHED)] == [MOST, MOST, 0]
    assert [here.flags[student] for student in (FIRST, HONEST, UNTOUCHED)] == [[], [], []]


def test_no_attacker_gets_to_see_a_secret(here):
    assert {student: found for student, found in here.leaked.items() if found and student not in (FIRST, HONEST)} == {}
