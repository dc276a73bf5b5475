"""Attacks on the verdict: nothing that runs in a student's kernel can say that it passed."""

from contextlib import closing

import pytest

from tests.hostile import forging
from tests.hostile.assignment import MOST
from tests.hostile.stage import FIRST, HONEST, UNTOUCHED, Stage, grade_here, grade_stock
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
ATTACKS = [pytest.param(attack, id=attack.name) for attack in forging.ATTACKS]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("here"), forging.ATTACKS)) as stage:
        return grade_here(stage)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with closing(Stage(tmp_path_factory.mktemp("stock"), forging.ATTACKS)) as stage:
        return grade_stock(stage)


@pytest.mark.parametrize("attack", ATTACKS)
def test_works_where_nothing_stands_in_its_way(stock, attack):
    assert attack.wins in stock.won[attack.name]


@pytest.mark.parametrize("attack", ATTACKS)
def test_wins_nothing_here(here, attack, record_property):
    assert here.won[attack.name] == set()
    assert here.leaked[attack.student] == set()
    record_property("contained", "forging")


def test_the_others_in_the_class_are_unaffected(here):
    assert (here.points[FIRST], here.points[HONEST], here.points[UNTOUCHED]) == (MOST, MOST, 0)
