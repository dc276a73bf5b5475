"""Which of a student's cells is which cell of the assignment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from grader.cells import StudentCell, bound_names, parses, plain, similarity, words

# Below it, two texts are more likely to be about the same thing than to be the same cell.
_ALIKE = 0.8
_LIKE_THE_STUB = 0.6
_MOST_COMPARED = 300


@dataclass(frozen=True)
class GivenCell:
    """One cell of the assignment, as far as matching needs it.

    Attributes:
        kind: `code`, `markdown` or `raw`.
        text: Its source as the students got it.
        grade_id: The id that nbgrader knows it by, None if it has none.
        cell_id: The notebook format's id, None if it has none.
        role: `solution` (the student answers in it), `test`, `locked` or `plain`.
        names: What the cell is to define, if it is a solution cell with code.
        is_function: Whether these are functions or classes that the student completes.
    """

    kind: str
    text: str
    grade_id: str | None
    cell_id: str | None
    role: str
    names: frozenset[str] = frozenset()
    is_function: bool = False

    @property
    def is_solution(self) -> bool:
        """Whether the student answers in it."""
        return self.role == "solution"


@dataclass
class Matches:
    """Which student cells belong to which given cells.

    Attributes:
        owners: Positions of student cells by the position of the given cell; mostly one, more if there are copies.
        how: For given cells that were not found by their grade id: how they were found.
        taken: All student cells that belong to a given cell.
    """

    owners: dict[int, list[int]] = field(default_factory=dict)
    how: dict[int, str] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def add(self, given: int, student: int, how: str | None = None) -> None:
        """Note that a student cell belongs to a given cell."""
        self.owners.setdefault(given, []).append(student)
        self.taken.add(student)
        if how:
            self.how[given] = how


def match(given: Sequence[GivenCell], student: Sequence[StudentCell]) -> Matches:
    """Match by grade id, then by cell id, then by content, then by position."""
    found = Matches()
    _by_mark(given, student, found, lambda cell: cell.grade_id, None)
    _by_mark(given, student, found, lambda cell: cell.cell_id, "cell id")
    _by_same_text(given, student, found)
    _by_names(given, student, found)
    _by_likeness(given, student, found)
    _by_place(given, student, found)
    return found


def _by_mark(
    given: Sequence[GivenCell],
    student: Sequence[StudentCell],
    found: Matches,
    mark: Callable[[GivenCell | StudentCell], str | None],
    how: str | None,
) -> None:
    positions = {mark(cell): i for i, cell in _open_given(given, found) if mark(cell)}
    for j, cell in _open_student(student, found):
        if mark(cell) in positions:
            found.add(positions[mark(cell)], j, how)


def _open_given(given: Sequence[GivenCell], found: Matches) -> list[tuple[int, GivenCell]]:
    return [(i, cell) for i, cell in enumerate(given) if i not in found.owners]


def _open_student(student: Sequence[StudentCell], found: Matches) -> list[tuple[int, StudentCell]]:
    return [(j, cell) for j, cell in enumerate(student) if j not in found.taken]


def _by_same_text(given: Sequence[GivenCell], student: Sequence[StudentCell], found: Matches) -> None:
    """Pair equal texts in their order: several cells of an assignment may read the same."""
    ours = [(i, plain(cell.text)) for i, cell in _open_given(given, found) if plain(cell.text)]
    theirs = [(j, plain(cell.text)) for j, cell in _open_student(student, found)]
    texts = {text for _, text in ours}
    theirs = [(j, text) for j, text in theirs if text in texts][:_MOST_COMPARED]
    matcher = SequenceMatcher(None, [text for _, text in ours], [text for _, text in theirs], autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        for step in range(size):
            found.add(ours[a + step][0], theirs[b + step][0], "content")
    for j, text in theirs:
        # Cells that changed places are equal too, and do not fit into one order.
        free = [i for i, ours_text in ours if ours_text == text and i not in found.owners]
        if free and j not in found.taken:
            found.add(free[0], j, "content")


def _by_names(given: Sequence[GivenCell], student: Sequence[StudentCell], found: Matches) -> None:
    """Give each solution cell the cell that defines what it is to define; one cell may answer for several."""
    defined = {j: bound_names(cell.text) for j, cell in _open_student(student, found)}
    for i, cell in _open_given(given, found):
        common = {j: len(cell.names & names) for j, names in defined.items() if cell.names & names}
        if not cell.is_function:
            common = {j: count for j, count in common.items() if j not in found.taken}
        if cell.is_solution and common:
            # The last definition is the one that counts when a notebook runs.
            found.add(i, max(common, key=lambda j: (common[j], j not in found.taken, j)), "content")


def _by_likeness(given: Sequence[GivenCell], student: Sequence[StudentCell], found: Matches) -> None:
    ours = {i: words(cell.text) for i, cell in _open_given(given, found)}
    theirs = {j: words(cell.text) for j, cell in _open_student(student, found)[:_MOST_COMPARED]}
    scores = [(similarity(a, b), -i, -j) for i, a in ours.items() for j, b in theirs.items()]
    for score, i, j in sorted(scores, reverse=True):
        enough = _LIKE_THE_STUB if given[-i].is_solution and given[-i].kind == "code" else _ALIKE
        if score >= enough and -i not in found.owners and -j not in found.taken:
            found.add(-i, -j, "content")


def _by_place(given: Sequence[GivenCell], student: Sequence[StudentCell], found: Matches) -> None:
    """Give a solution cell what stands where it should stand, between the neighbours that were found."""
    for i, cell in _open_given(given, found) if found.owners else []:
        here = _between(i, student, found)
        if cell.is_solution and cell.kind == "code":
            here = [j for j in here if student[j].kind == "code"]
            wanted = words(cell.text)
            here = sorted(here, key=lambda j: -similarity(wanted, words(student[j].text)))[:1]
        elif cell.is_solution:
            prose = [j for j in here if student[j].kind != "code"]
            here = prose or [j for j in here if not parses(student[j].text)]
        else:
            continue
        for j in here:
            found.add(i, j, "position")


def _between(given: int, student: Sequence[StudentCell], found: Matches) -> list[int]:
    before = max((i for i in found.owners if i < given), default=None)
    after = min((i for i in found.owners if i > given), default=None)
    start = 0 if before is None else max(found.owners[before]) + 1
    stop = len(student) if after is None else min(found.owners[after])
    # If the neighbours changed places, it may stand on the other side of the one before.
    beside = [] if before is None else [min(found.owners[before]) - 1]
    free = {j for j, cell in _open_student(student, found) if cell.text.strip()}
    return [j for j in range(start, stop) if j in free] or [j for j in beside if j in free]
