"""Answers that are in the notebook, only not in the cell where they belong."""

from collections.abc import Iterator

from grader.cells import StudentCell, bound_names, parses
from grader.draft import Draft

_MOST_PARTS = 5


def repair(draft: Draft) -> None:
    """Bring answers that were split, or written beside their cell, into their cell."""
    for i, given in enumerate(draft.given):
        if given.is_solution and given.kind == "code":
            _join_split(draft, i)
            if draft.is_open(i):
                _find_elsewhere(draft, i)
        elif given.is_solution and draft.is_open(i):
            _adopt_prose(draft, i)


def _join_split(draft: Draft, i: int) -> None:
    """Join code that was split into cells if only the parts together are Python."""
    text, extras = draft.texts.get(i, ""), draft.extras.get(i, [])
    for count in range(1, min(len(extras), _MOST_PARTS) + 1):
        parts = [text, *(cell.text for cell in extras[:count])]
        if not text.strip() or extras[count - 1].kind != "code":
            return
        if not all(map(parses, parts)) and parses("\n".join(parts)):
            draft.texts[i] = "\n".join(parts)
            del extras[:count]
            draft.note(i, "split into several cells, put together")
            return


def _find_elsewhere(draft: Draft, i: int) -> None:
    """Fill an open cell with the student's cell that defines the same, unless that one runs right after it anyway."""
    if any(_answers(draft, i, cell) for k in _until_test(draft, i) for cell in draft.extras.get(k, [])):
        if i in draft.texts:
            draft.note(i, "answered in a cell below its own")
        return
    for k in sorted(draft.extras, reverse=True):
        for cell in reversed(draft.extras[k]):
            if _answers(draft, i, cell):
                draft.texts[i] = cell.text
                draft.extras[k].remove(cell)
                draft.note(i, "answered in another cell, moved")
                return
    _copy_joint_answer(draft, i)


def _copy_joint_answer(draft: Draft, i: int) -> None:
    """Fill an open cell with the solution cell in which the student answers both; the open task would undo it."""
    given = draft.given[i]
    for k in sorted(draft.texts):
        joint = draft.given[k].is_solution and draft.given[k].kind == "code" and k != i and not draft.is_open(k)
        if joint and given.is_function and given.names & bound_names(draft.texts[k]):
            draft.texts[i] = draft.texts[k]
            draft.note(i, "answered in the cell of another task")
            return


def _until_test(draft: Draft, i: int) -> Iterator[int]:
    yield i
    for k in range(i + 1, len(draft.given)):
        if draft.given[k].role in ("test", "solution"):
            return
        yield k


def _answers(draft: Draft, i: int, cell: StudentCell) -> bool:
    return cell.kind == "code" and bool(draft.given[i].names & bound_names(cell.text))


def _adopt_prose(draft: Draft, i: int) -> None:
    """Take text cells right before or after an open answer as the answer."""
    prose = [(k, cell) for k in (i - 1, i) for cell in draft.extras.get(k, []) if cell.kind != "code"]
    if not prose:
        return
    for k, cell in prose:
        draft.extras[k].remove(cell)
    draft.texts[i] = "\n\n".join(cell.text for _, cell in prose)
    draft.note(i, "answered in a cell beside its own, moved")
