"""A pytest plugin: at the end, one table of the attacks, broken submissions and answers that were tried on the grader.

A test says `record_property("contained", theme)` of what it tried, and pytest carries that from its workers. If the
test passes, it held: hostile code gained nothing, a broken submission got a result for every cell, an answer kept its
verdict. `record_property("repaired", theme)` counts submissions that lost no point to their damage.
"""

from collections import Counter

_HEAD = ("tried", "held", "repaired")
_OURS = ("broken", "fair")


def pytest_terminal_summary(terminalreporter):
    lines = table(terminalreporter.stats)
    if lines:
        terminalreporter.section("tried on the grader")
    for line in lines:
        terminalreporter.write_line(line)


def table(stats):
    """The table's lines; none if no test tried anything."""
    tried, held, repaired = count(stats)
    if not tried:
        return []
    hostile = [theme for theme in tried if theme.startswith("hostile")]
    for counter in (tried, held):
        if hostile:
            counter["hostile, all"] = sum(counter[theme] for theme in hostile)
    width = max(map(len, tried))
    lines = [f"{theme:{width}} {tried[theme]:8} {held[theme]:8} {repaired[theme] or '':8}" for theme in sorted(tried)]
    return [" ".join([" " * width, *(f"{word:>8}" for word in _HEAD)]), *(line.rstrip() for line in lines)]


def count(stats):
    """How many tests tried each theme, how many of them passed, and how many of these found a repair."""
    tried, held, repaired = Counter(), Counter(), Counter()
    for outcome in ("passed", "failed"):
        for report in stats.get(outcome, []):
            if report.when == "call":
                themes = _values(report, "contained")
                tried.update(themes)
                if outcome == "passed":
                    held.update(themes)
                    repaired.update(_values(report, "repaired"))
    return tried, held, repaired


def _values(report, wanted):
    values = {str(value) for name, value in report.user_properties if name == wanted}
    return {value if value.startswith(_OURS) else f"hostile: {value}" for value in values}
