"""One class in which notebooks take too long, grow too large or end their kernel, graded once, for real."""

import pytest

from tests.broken import WholeClass, check_running, grade_running
from tests.classroom import scores
from tests.damage.running import BY_THEMSELVES as KINDS
from tests.sandbox_rules import needs_sandbox

pytestmark = [needs_sandbox, pytest.mark.usefixtures("own_home")]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder with the results of the whole class."""
    return grade_running(tmp_path_factory.mktemp("broken"), KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_ran_before_keeps_its_points(out, kind, record_property):
    check_running(scores(out)[kind], kind, record_property)


class TestWholeClass(WholeClass):
    kinds = KINDS
