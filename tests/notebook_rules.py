"""What a notebook in this repository obeys. Each rule takes a notebook and yields complaints to its author."""

import ast
import re
from collections import Counter
from urllib.parse import unquote

MAX_LINES = 40
CAPTION_WORDS = 10
FORBIDDEN = {
    r"^\s*[!%]": "a shell or magic line; a cell is plain Python",
    r"\bsys\.path\b": "a path edit; helpers are installed",
    r"\b(urllib|requests\.|urlretrieve|fetch_openml|torch\.hub|download\s*=\s*True)": "a download",
    r"(?i)nbval[_-](skip|raises)|;\s*\Z": "a closing `;` or an nbval mark: nbval would not see what the reader sees",
}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
CAPTION = re.compile(r"^\*Figure\b.*?(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")
PICTURES = ("image/png", "image/svg+xml")


def code_cells(notebook):
    return [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]


def prose(notebook):
    cells = enumerate(notebook.cells)
    return [(index, CODE.sub("", cell.source)) for index, cell in cells if cell.cell_type == "markdown"]


def is_test(cell):
    mark = cell.metadata.get("nbgrader", {})
    return mark.get("grade", False) and not mark.get("solution", False)


def pictures(cell):
    return sum(any(kind in output.get("data", {}) for kind in PICTURES) for output in cell.get("outputs", []))


def executed(notebook):
    """From top to bottom in one go, without an error or a warning."""
    counts = [cell.execution_count for _, cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"executed in the order {counts}"
    for index, cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {index}: {output.get('ename') or output.text}"
            if re.search(r" at 0x[0-9a-f]{4}", str(output.get("text") or output.get("data", {}).get("text/plain"))):
                yield f"cell {index}: prints a memory address, which is another one in every run"


def unexecuted(notebook):
    for index, cell in code_cells(notebook):
        if cell.outputs or cell.execution_count is not None:
            yield f"cell {index}: has an output or an execution count"


def short(notebook):
    for index, cell in enumerate(notebook.cells):
        lines = len(cell.source.splitlines())
        if not 0 < lines <= MAX_LINES:
            yield f"cell {index}: {lines} lines, {MAX_LINES} at most"


def plain_code(notebook):
    for index, cell in code_cells(notebook):
        for pattern, what in FORBIDDEN.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                yield f"cell {index}: {what}"


def imports(notebook):
    """In one cell; only test cells, which stand for themselves, bring their own."""
    importing = []
    for index, cell in code_cells(notebook):
        try:
            nodes = ast.walk(ast.parse(cell.source))
        except SyntaxError as error:
            yield f"cell {index}: {error}"
            continue
        if not is_test(cell) and any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
            importing.append(index)
    if len(importing) != 1:
        yield f"one cell imports, not {importing}"


def captions(notebook):
    """Each picture has, in the markdown cell right before or after, a paragraph `*Figure ...*` that describes it."""
    found = {index: CAPTION.findall(text) for index, text in prose(notebook)}
    described = [caption for captions_here in found.values() for caption in captions_here]
    for caption in described:
        if len(caption.split()) < CAPTION_WORDS:
            yield f"too short for a reader who cannot see the figure: {caption}"
    for index, cell in code_cells(notebook):
        near = len(found.get(index - 1, [])) + len(found.get(index + 1, []))
        if pictures(cell) > near:
            yield f"cell {index}: {pictures(cell)} pictures, {near} paragraphs `*Figure ...*` beside it"
    drawn = sum(pictures(cell) for cell in notebook.cells)
    if drawn > len(described):
        yield f"{drawn} pictures, {len(described)} paragraphs `*Figure ...*`"


def markup(notebook):
    """What opens also closes: folded answers, formulas."""
    for index, text in prose(notebook):
        for tag in ("details", "summary"):
            if len(re.findall(f"<{tag}\\b", text)) != text.count(f"</{tag}>"):
                yield f"cell {index}: <{tag}> and </{tag}> do not pair up"
        if Counter(re.findall(r"\\begin\{(\w+)", text)) != Counter(re.findall(r"\\end\{(\w+)", text)):
            yield f"cell {index}: \\begin and \\end do not pair up"
        inline = re.sub(r"\$\$.*?\$\$", "", text.replace(r"\$", ""), flags=re.DOTALL)
        if "$$" in inline or any(paragraph.count("$") % 2 for paragraph in re.split(r"\n\s*\n", inline)):
            yield f"cell {index}: a $ opens a formula that does not close in its paragraph"


def links(notebook, folder):
    """Relative links lead to a file."""
    for index, text in prose(notebook):
        for markdown, html in LINK.findall(re.sub(r"\$[^$]*\$", "", text)):
            target = unquote((markdown or html).split("#")[0])
            if target and not re.match(r"\w+:", target) and not (folder / target).exists():
                yield f"cell {index}: {target} does not exist"
