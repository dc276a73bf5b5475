"""One class in which notebooks change or miss what they run in, graded once, for real."""

import pytest

from tests.broken import check_running, grade_running
from tests.classroom import HONEST, check_is_complete, check_is_untouched, rows, scores
from tests.damage.surroundings import IN_SURROUNDINGS as KINDS
from tests.sandbox_rules import needs_sandbox

pytestmark = [needs_sandbox, pytest.mark.usefixtures("own_home")]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder with the results of the whole class."""
    return grade_running(tmp_path_factory.mktemp("broken"), KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_ran_before_keeps_its_points(out, kind, record_property):
    check_running(scores(out)[kind], kind, record_property)


@pytest.mark.parametrize("student", [*KINDS, *HONEST])
def test_every_result_is_complete(out, student):
    check_is_complete(out, student)


@pytest.mark.parametrize("student", HONEST)
def test_the_others_in_the_class_are_untouched(out, student):
    check_is_untouched(out, student)


def test_everybody_is_there(out):
    assert set(scores(out)) == set(rows(out)) == {*KINDS, *HONEST}
