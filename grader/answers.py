"""Answers to an exercise as short readable files, filled into the exercise when they are needed.

The files are Python in the percent format that Jupytext and most editors know. A section starts with a header line; the
lines right after it that have the form `# key: value`, for the keys the reader asks for, describe the section; the rest
is its body:

    # Text before the first section is a comment for the reader.

    # %% scale_gradients
    # loses: test_scale_gradients
    # says: the direction changed
    def scale_gradients(gradients, factor):
        ...

    # %% [markdown] why_clip
    # A written answer: every line starts with a `#`, as the percent format wants it.

A header that is the grade id of a solution cell says that the body replaces this cell's content. What other headers
mean is for the reader of the file to say.
"""

import copy
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

_HEADER = re.compile(r"# %%(?P<markdown> \[markdown\])? (?P<title>\S.*)")
_KEY = re.compile(r"# (?P<key>\w+): (?P<value>.+)")


@dataclass(frozen=True)
class Section:
    """One section of an answers file.

    Attributes:
        title: The header without its marker.
        body: What follows the header and the keys; of a markdown section without the leading `# `.
        is_markdown: Whether the header says `[markdown]`.
        keys: The `# key: value` lines under the header.
    """

    title: str
    body: str
    is_markdown: bool
    keys: Mapping[str, str]


def parse(text: str, keys: Collection[str] = ()) -> list[Section]:
    """Split a file into its sections, in their order.

    Args:
        text: The file's content.
        keys: The keys that may describe a section. Any other `# key: value` line belongs to the body.

    Raises:
        ValueError: If a header has no title, or something other than a comment stands before the first header.
    """
    preamble, *blocks = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    if any(line.strip() and not line.startswith("#") for line in preamble.splitlines()):
        raise ValueError(f"code before the first '# %%' header: {preamble.strip()[:60]!r}")
    return [_section(block, keys) for block in blocks]


def _section(block: str, keys: Collection[str]) -> Section:
    header, *lines = block.splitlines()
    match = _HEADER.fullmatch(header.rstrip())
    if match is None:
        raise ValueError(f"not a header of the form '# %% title' or '# %% [markdown] title': {header!r}")
    found = {}
    while lines and (pair := _KEY.fullmatch(lines[0].rstrip())) and pair["key"] in keys:
        found[pair["key"]] = pair["value"]
        del lines[0]
    is_markdown = match["markdown"] is not None
    if is_markdown:
        lines = [re.sub("^# ?", "", line) for line in lines]
    return Section(match["title"], "\n".join(lines).strip("\n"), is_markdown, found)


def sources(sections: Iterable[Section]) -> dict[str, str]:
    """Return the bodies by title.

    Raises:
        ValueError: If a title appears twice.
    """
    result: dict[str, str] = {}
    for section in sections:
        if section.title in result:
            raise ValueError(f"two sections are called {section.title!r}")
        result[section.title] = section.body
    return result


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """Return a copy of an exercise in which these solution cells have new content.

    Args:
        notebook: An exercise with nbgrader's metadata.
        answers: The new content by grade id.

    Raises:
        ValueError: If an id is not that of a solution cell.
    """
    filled = copy.deepcopy(notebook)
    metadata = [(cell, cell.metadata.get("nbgrader", {})) for cell in filled.cells]
    cells = {about["grade_id"]: cell for cell, about in metadata if about.get("solution")}
    unknown = sorted(set(answers) - set(cells))
    if unknown:
        raise ValueError(f"no solution cell is called {', '.join(unknown)}; there are: {', '.join(cells)}")
    for grade_id, source in answers.items():
        cells[grade_id].source = source
    return filled
