import pytest

from tests.summary_table import table


class Report:
    def __init__(self, *properties, when="call"):
        self.user_properties, self.when = list(properties), when


def test_the_table_counts_what_was_tried_what_held_and_what_was_repaired():
    broken = ("contained", "broken submissions")
    passed = [Report(broken, ("repaired", "broken submissions")), Report(broken), Report(("contained", "network"))]
    stats = {"passed": [*passed, Report(broken, when="teardown"), Report(("other", "x"))], "failed": [Report(broken)]}
    assert [line.split() for line in table(stats)] == [
        ["tried", "held", "repaired"],
        ["broken", "submissions", "3", "2", "1"],
        ["hostile,", "all", "1", "1"],
        ["hostile:", "network", "1", "1"],
    ]


@pytest.mark.parametrize("stats", [{}, {"passed": [Report(("other", "x"))]}])
def test_without_anything_tried_there_is_no_table(stats):
    assert table(stats) == []
