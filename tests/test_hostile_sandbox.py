"""Attacks on what is around a student's kernel: secrets, files, the network, processes, memory, the next student."""

from contextlib import closing

import pytest

from tests.hostile import escaping, exhausting, reading, staying
from tests.hostile.assignment import MOST
from tests.hostile.stage import FIRST, HONEST, UNTOUCHED, Stage, grade_here, grade_stock
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
THEMES = {"reading": reading, "escaping": escaping, "staying": staying, "exhausting": exhausting}
CASES = [
    pytest.param(theme, attack, id=f"{theme}: {attack.name}") for theme, m in THEMES.items() for attack in m.ATTACKS
]


def graded(grade, tmp_path_factory, themes):
    found = {}
    for theme in themes:
        with closing(Stage(tmp_path_factory.mktemp(theme), THEMES[theme].ATTACKS)) as stage:
            found[theme] = grade(stage)
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return graded(grade_here, tmp_path_factory, THEMES)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    return graded(grade_stock, tmp_path_factory, THEMES)


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_works_where_nothing_stands_in_its_way(stock, theme, attack):
    assert attack.wins in stock[theme].won[attack.name]


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_wins_nothing_here(here, theme, attack, record_property):
    assert here[theme].won[attack.name] == set()
    record_property("contained", theme)


@pytest.mark.parametrize("theme", THEMES)
def test_the_others_in_the_class_are_unaffected(here, theme):
    points = here[theme].points
    assert (points[FIRST], points[HONEST], points[UNTOUCHED]) == (MOST, MOST, 0)


@pytest.mark.parametrize("theme", THEMES)
def test_no_attacker_gets_to_see_a_secret(here, theme):
    leaked = here[theme].leaked.items()
    assert {student: found for student, found in leaked if found and student not in (FIRST, HONEST)} == {}
