"""Attacks on the verdict: nothing that a student's kernel or notebook says decides about points."""

from contextlib import closing

import pytest

from tests.hostile import forging, metadata
from tests.hostile.assignment import MOST
from tests.hostile.grading import grade_here, grade_stock
from tests.hostile.stage import FIRST, HONEST, UNTOUCHED, Stage
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
THEMES = {"forging": forging.ATTACKS, "metadata": metadata.ATTACKS}
# Against the second theme nbgrader has a defence of its own; here it is off.
SETTINGS = {"forging": {}, "metadata": {"sanitize_preprocessors": []}}
CASES = [pytest.param(theme, each, id=f"{theme}: {each.name}") for theme, table in THEMES.items() for each in table]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    attacks = [attack for table in THEMES.values() for attack in table]
    with closing(Stage(tmp_path_factory.mktemp("here"), attacks)) as stage:
        return grade_here(stage)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    found = {}
    for theme, attacks in THEMES.items():
        with closing(Stage(tmp_path_factory.mktemp("stock"), attacks)) as stage:
            found |= grade_stock(stage, **SETTINGS[theme]).won
    return found


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_works_where_nothing_stands_in_its_way(stock, theme, attack):
    assert attack.wins in stock[attack.name]


@pytest.mark.parametrize(("theme", "attack"), CASES)
def test_wins_nothing_here(here, theme, attack, record_property):
    assert here.won[attack.name] == set()
    record_property("contained", theme)


def test_the_others_in_the_class_are_unaffected(here):
    assert [here.points[student] for student in (FIRST, HONEST, UNTOUCHED)] == [MOST, MOST, 0]
    assert [here.flags[student] for student in (FIRST, HONEST, UNTOUCHED)] == [[], [], []]


def test_no_attacker_gets_to_see_a_secret(here):
    assert {student: found for student, found in here.leaked.items() if found and student not in (FIRST, HONEST)} == {}
