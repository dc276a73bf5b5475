"""Attacks by what a student's code returns: objects that lie, patched libraries, forged replies."""

from contextlib import closing

import pytest

from tests.hostile.grading import grade_here, grade_stock
from tests.hostile.lying import LIES
from tests.hostile.replies import REPLIES, read_without_care
from tests.hostile.stage import FIRST, HONEST, LIAR, UNTOUCHED, LyingStage
from tests.sandbox_rules import needs_sandbox

pytestmark = needs_sandbox
FORGED = [reply.as_lie() for reply in REPLIES]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with closing(LyingStage(tmp_path_factory.mktemp("here"), LIES + FORGED)) as stage:
        yield stage


@pytest.fixture(scope="module")
def here(stage):
    return grade_here(stage)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    with closing(LyingStage(tmp_path_factory.mktemp("stock"), LIES)) as stage:
        return grade_stock(stage)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_passes_where_lie_and_test_meet(stock, lie):
    assert stock.cells[LIAR][f"test_{lie.id}"] == 1


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_earns_nothing_here(here, lie, record_property):
    assert here.cells[LIAR][f"test_{lie.id}"] == 0
    record_property("contained", "lying")


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_a_forged_reply_works_where_it_is_read_without_care(tmp_path, reply):
    made = reply.made(str(tmp_path / "mark"))
    if reply.breaks is not None:
        with pytest.raises(reply.breaks):
            read_without_care(made)
    else:
        value = read_without_care(made)
        assert value in (True, 6) or (tmp_path / "mark").exists()
        getattr(value, "close", int)()


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_a_forged_reply_earns_nothing_here(stage, here, reply, record_property):
    task = reply.as_lie().id
    assert here.cells[LIAR][f"test_{task}"] == 0
    assert not (stage.marks / task).exists()
    record_property("contained", "replying")


def test_the_others_in_the_class_are_unaffected(here):
    every = len(LIES) + len(REPLIES)
    assert [here.points[student] for student in (FIRST, HONEST, UNTOUCHED)] == [every, every, 0]
