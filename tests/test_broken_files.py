"""One class in which every kind of damage to files and formats was handed in by somebody, graded once, for real."""

import pytest

from tests.broken import WholeClass, check_damaged, grade_damaged, kinds_of
from tests.classroom import scores
from tests.sandbox_rules import needs_sandbox

pytestmark = [needs_sandbox, pytest.mark.usefixtures("own_home")]

KINDS = kinds_of("files", "content", "zips", "marks")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder with the results of the whole class."""
    return grade_damaged(tmp_path_factory.mktemp("broken"), KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_submission_gets_what_its_code_deserves(out, kind, record_property):
    check_damaged(scores(out)[kind], kind, record_property)


class TestWholeClass(WholeClass):
    kinds = KINDS
