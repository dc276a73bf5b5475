"""A rebuilt notebook in the making: the student's text for each given cell, and the student's own cells between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grader.cells import StudentCell, bound_names, parses, plain, unfenced
from grader.matching import GivenCell, Matches

_MOST_SHOWN = 8
_NOTHING = ("", "pass", "raiseNotImplementedError")
_MOST_COPIES = 50


@dataclass
class Draft:
    """What is decided so far.

    Attributes:
        given: The assignment's cells.
        texts: The student's text by the position of a given cell; solution cells and cells that nobody locked only.
        extras: The student's own cells by the position of the given cell that they follow, -1 for the notebook's start.
        notes: What was repaired, with the cells' names.
        flags: What a person should look at.
    """

    given: Sequence[GivenCell]
    texts: dict[int, str] = field(default_factory=dict)
    extras: dict[int, list[StudentCell]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)

    def note(self, position: int, message: str) -> None:
        """Add a remark about a given cell, if it is one that has a name."""
        name = self.given[position].grade_id
        if name:
            self.notes.setdefault(message, []).append(name)

    def remarks(self) -> list[str]:
        """Return the notes as lines."""
        return [f"{message}: {few(names)}" if names else message for message, names in self.notes.items()]

    def is_open(self, position: int) -> bool:
        """Tell whether a solution cell was left as it was handed out, or blank."""
        return plain(self.texts.get(position, "")) in (*_NOTHING, plain(self.given[position].text))


def few(names: Sequence[str]) -> str:
    """Return names as a list that stays short."""
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def draft(given: Sequence[GivenCell], pristine: Sequence[str], cells: Sequence[StudentCell], found: Matches) -> Draft:
    """Take from a submission the text of each given cell, and keep every other cell where it stands.

    Args:
        given: The assignment's cells as the students got them.
        pristine: The assignment's sources, with hidden tests and solutions.
        cells: The submission's cells.
        found: Which of them belong to which given cell.
    """
    result = Draft(given)
    used: dict[int, int] = {}  # the student's cell -> the first given cell that it is in
    for i, owners in sorted(found.owners.items()):
        for j in _use(result, i, pristine[i], owners, cells):
            used.setdefault(j, i)
    _keep_extras(result, {plain(text) for text in pristine}, cells, used)
    _note_matches(result, found, used)
    return result


def _use(result: Draft, i: int, pristine: str, owners: list[int], cells: Sequence[StudentCell]) -> list[int]:
    """Decide on one given cell; return the student's cells that are used up by it."""
    given = result.given[i]
    if given.role in ("test", "locked"):
        same = [j for j in owners if plain(cells[j].text) in (plain(given.text), plain(pristine))]
        if not same:
            _restore(result, i, cells[owners[0]].text)
        return same[:1] or owners[:1]
    if given.role == "plain":
        chosen = [max(owners, key=lambda j: (plain(cells[j].text) != plain(given.text), j))]
    elif given.kind == "code":
        chosen = _choose_code(given, owners, cells)
    else:
        chosen = [j for j in owners if plain(cells[j].text) not in ("", plain(given.text))] or owners[:1]
    if len(owners) > 1:
        result.note(i, "there several times or split, put together" if len(chosen) > 1 else "there several times")
    if given.is_solution and any(cells[j].kind != given.kind for j in chosen):
        result.note(i, f"turned into another type of cell, read as {given.kind}")
    if any(cells[j].has_attachments for j in chosen):
        result.note(i, "pasted images were left out")
    texts = [unfenced(cells[j].text) if given.kind == "code" != cells[j].kind else cells[j].text for j in chosen]
    result.texts[i] = ("\n" if given.kind == "code" else "\n\n").join(dict.fromkeys(texts))
    return chosen


def _choose_code(given: GivenCell, owners: list[int], cells: Sequence[StudentCell]) -> list[int]:
    """Among copies, take one that was worked on and runs, and of these the last, as when the notebook runs."""
    owners = owners[-_MOST_COPIES:]
    texts = [cells[j].text for j in owners]
    if len(owners) > 1 and not all(map(parses, texts)) and parses("\n".join(texts)):
        return owners

    def rank(j: int) -> tuple[bool, bool, bool, int]:
        text = unfenced(cells[j].text)
        worked_on = plain(text) not in ("", plain(given.text))
        return worked_on, bool(given.names & bound_names(text)) or not given.names, parses(text), j

    return [max(owners, key=rank)]


def _restore(result: Draft, i: int, text: str) -> None:
    given = result.given[i]
    if plain(text):
        result.note(i, "locked and changed, restored")
    if given.role != "locked" or not plain(text):
        return
    added = added_lines(given.text, text)
    if added and (given.kind != "code" or parses(added)):
        result.extras.setdefault(i, []).append(StudentCell(given.kind, added))
        result.note(i, "lines added to a locked cell stand in a cell after it")


def added_lines(old: str, new: str) -> str:
    """Return the lines that were added to a text, nothing if any other line was changed or removed."""
    wanted = [line.rstrip() for line in old.splitlines() if line.strip()]
    added = []
    for line in new.splitlines():
        if wanted and line.rstrip() == wanted[0]:
            del wanted[0]
        else:
            added.append(line)
    return "" if wanted else "\n".join(added).strip("\n")


def _keep_extras(result: Draft, pristine: set[str], cells: Sequence[StudentCell], used: dict[int, int]) -> None:
    released = {plain(cell.text) for cell in result.given if cell.role != "locked" or cell.kind != "code"}
    copies, anchor = 0, -1
    for j, cell in enumerate(cells):
        if j in used:
            anchor = used[j]
        elif plain(cell.text) in released | pristine:
            # A copy of an empty task would undo the answer above it.
            copies += 1
        elif plain(cell.text):
            result.extras.setdefault(anchor, []).append(cell)
    if copies:
        result.notes["copies of the assignment's cells were left out"] = [str(copies)]


def _note_matches(result: Draft, found: Matches, used: dict[int, int]) -> None:
    for i, how in sorted(found.how.items()):
        if result.given[i].is_solution:
            result.note(i, f"nbgrader's marks were gone, found by {how}")
    for i, given in enumerate(result.given):
        if i not in found.owners and given.role in ("test", "locked"):
            result.note(i, "deleted, put back")
    if not _is_sorted(used[j] for j in sorted(used)):
        result.notes["cells had changed places, they were put back"] = []
    changed = result.notes.get("locked and changed, restored")
    if changed:
        result.flags.append(f"changed locked cells: {few(changed)}")


def _is_sorted(positions: Iterable[int]) -> bool:
    ordered = list(positions)
    return ordered == sorted(ordered)
