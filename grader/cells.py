"""A submission's cells, reduced to what grading takes from them: text, and hints of where it belongs."""

import ast
import re
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_CELLS = 1_000
LARGEST_TEXT = 1_000_000  # characters of one cell
LARGEST_TOTAL = 10_000_000  # characters of all cells
_LARGEST_PARSED = 100_000
_LARGEST_COMPARED = 20_000

_BINDING = re.compile(
    r"^(?:async[ \t]+def|def|class)[ \t]+(?P<defined>\w+)"
    r"|^(?P<set>\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?::[^=\n]{1,200})?=(?!=)",
    re.MULTILINE,
)
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_FENCE = re.compile(r"\s*```[ \t]*\w*\n(?P<code>.*?)\n?[ \t]*```\s*", re.DOTALL)
_LINE_END = re.compile(r"\r\n?")
_KINDS = {"code": "code", "markdown": "markdown", "heading": "markdown", "html": "markdown", "text": "markdown"}


@dataclass(frozen=True)
class StudentCell:
    """One cell of a submission.

    Attributes:
        kind: `code`, `markdown` or `raw`.
        text: Its source.
        grade_id: The id that nbgrader knows it by, None if it has none.
        cell_id: The notebook format's id, None if it has none.
        has_attachments: Whether images were pasted into it.
    """

    kind: str
    text: str
    grade_id: str | None = None
    cell_id: str | None = None
    has_attachments: bool = False


def student_cells(submitted: Any, remarks: list[str]) -> list[StudentCell]:
    """Read the cells of any notebook format and of any data that only looks like one.

    Args:
        submitted: What the file held.
        remarks: Gains a line for each kind of cell that is left out.
    """
    cells: list[StudentCell] = []
    total = 0
    for position, raw in enumerate(_raw_cells(submitted), start=1):
        if len(cells) >= MOST_CELLS or total > LARGEST_TOTAL:
            remarks.append(f"the notebook is far too long: from cell {position} on it was left out")
            break
        if not isinstance(raw, Mapping):
            continue
        cell = _cell(raw)
        if len(cell.text) > LARGEST_TEXT:
            remarks.append(f"cell {position} was left out: it has {len(cell.text):,} characters")
            continue
        total += len(cell.text)
        cells.append(cell)
    return cells


def _raw_cells(submitted: Any) -> Iterator[Any]:
    if not isinstance(submitted, Mapping):
        return
    sheets = submitted.get("worksheets")  # formats 1 to 3
    for holder in [submitted, *(sheets if isinstance(sheets, list) else [])]:
        cells = holder.get("cells") if isinstance(holder, Mapping) else None
        yield from cells if isinstance(cells, list) else []


def _cell(raw: Mapping[str, Any]) -> StudentCell:
    kind, metadata = raw.get("cell_type"), raw.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    text = text_of(raw["source"] if "source" in raw else raw.get("input"))
    if kind == "heading":
        level = raw.get("level")
        text = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + " " + text
    return StudentCell(
        kind=_KINDS.get(kind, "raw") if isinstance(kind, str) else "raw",
        text=text,
        grade_id=_string(about.get("grade_id")) if isinstance(about, Mapping) else None,
        cell_id=_string(raw.get("id")),
        has_attachments=bool(raw.get("attachments")),
    )


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def text_of(source: Any) -> str:
    """Return a source as text that every file and database can hold."""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    # JSON can name halves of a surrogate pair, which no encoding can store.
    whole = source.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _LINE_END.sub("\n", whole).replace("\0", "")


def plain(text: str) -> str:
    """Return a text without white space, for comparisons that editors and line ends cannot change."""
    return "".join(text.split())


def unfenced(text: str) -> str:
    """Return the code of a cell that was turned into markdown, without the fence around it."""
    match = _FENCE.fullmatch(text)
    return match["code"] if match else text


def bound_names(text: str) -> set[str]:
    """Return the functions, classes and variables that code seems to define at its top level."""
    text = textwrap.dedent(text[:_LARGEST_PARSED])
    groups = [match["defined"] or match["set"] for match in _BINDING.finditer(text)]
    return {name.strip() for group in groups for name in group.split(",")}


def parses(text: str) -> bool:
    """Tell whether text is Python, magics aside; it is not run."""
    if len(text) > _LARGEST_PARSED:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(_MAGIC.sub(r"\1pass", text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def words(text: str) -> Counter[str]:
    """Return how often each word occurs."""
    return Counter(re.findall(r"\w+", text[:_LARGEST_COMPARED]))


def similarity(a: Counter[str], b: Counter[str]) -> float:
    """Return the share of words that two texts have in common, in [0, 1]."""
    return 2 * (a & b).total() / max(1, a.total() + b.total())
