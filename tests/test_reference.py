"""The glossary, the table of symbols and the map: complete, in order, and true to the lectures that they name."""

import re
import unicodedata

import pytest

from tests.notebooks import ROOT, lectures, read

GLOSSARY, SYMBOLS, MAP = (read(ROOT / f"{name}.ipynb").cells for name in ("glossary", "symbols", "map"))
PARTS = [f"{part:02}" for part in range(8)]
GREEK = re.findall(
    r"\w+", "alpha beta gamma delta varepsilon epsilon eta theta kappa lambda mu xi rho sigma tau varphi Omega"
)
LINK = re.compile(r"\[(\d\d)\s§(\d+)\]\(lectures/((\d\d)_\w+\.ipynb)#(\S+?)\)(?=[\s<,.)]|$)")
ENTRY = re.compile(r"(.+) → \[(.+)\]\(#(\w)\)")


def tables(cells, n_columns):
    """The rows of each table with so many columns, under the heading of its cell."""
    for cell in cells:
        rows = [
            [part.strip() for part in line.split("|")[1:-1]] for line in cell.source.splitlines() if line[0:1] == "|"
        ]
        if rows and len(rows[0]) == n_columns:
            yield re.match("## (.*)", cell.source)[1], rows[2:]


def alphabetical(word):
    """Without accents, as dictionaries sort."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def letter(symbol):
    """Of the alphabet: its place there, without what decorates it."""
    greek = re.match(r"\$\\(\w+?)(_|\W)", symbol)
    if greek and greek[1] in GREEK:
        return GREEK.index(greek[1])
    plain = re.sub(r"\\(mathcal|mathbb|tilde|hat)", "", symbol.replace(r"\ell", "l"))
    return re.search(r"[A-Za-z]", plain)[0].casefold()


TERMS = dict(tables(GLOSSARY, 5))
TERM_ROWS = [row for rows in TERMS.values() for row in rows]
MEANINGS = dict(list(tables(SYMBOLS, 5)))
SYMBOL_ROWS = [row for rows in MEANINGS.values() for row in rows]
LETTERS = [letter(row[0]) for heading, rows in MEANINGS.items() if heading != "Signs" for row in rows]

both = pytest.mark.parametrize("rows", [TERM_ROWS, SYMBOL_ROWS], ids=["glossary", "symbols"])


@both
def test_every_row_has_all_its_cells(rows):
    assert len(rows) > 90
    for row in rows:
        assert len(row) == 5, row
        assert all(row), row


@both
def test_nothing_twice(rows):
    keys = [tuple(row[:2]) if rows is SYMBOL_ROWS else alphabetical(row[0]) for row in rows]
    assert sorted(keys) == sorted(set(keys))


@both
def test_where(rows):
    """Each link names the part and the section to which it leads."""
    for row in rows:
        places = []
        for link in row[-1].split(" · "):
            match = LINK.fullmatch(link)
            assert match, link
            part, section, _, file_part, anchor = match.groups()
            assert (part, f"{section}.") == (file_part, anchor.split("-")[0]), link
            places.append((part, int(section)))
        assert places == sorted(set(places)), row


@both
def test_every_part_is_there(rows):
    assert {match[1] for row in rows for match in LINK.finditer(row[-1])} == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_sections_exist(part):
    """JupyterLab's anchor of a heading is its text with hyphens for spaces."""
    (lecture,) = [path for path in lectures() if path.name.startswith(part)]
    prose = [cell.source for cell in read(lecture).cells if cell.cell_type == "markdown"]
    anchors = {heading.replace(" ", "-") for text in prose for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    places = [row[-1] for row in TERM_ROWS + SYMBOL_ROWS] + [cell.source for cell in MAP]
    linked = [m for place in places for m in LINK.finditer(place) if m[1] == part]
    assert {m[3] for m in linked} == {lecture.name}
    assert {m[5] for m in linked} <= anchors


def test_the_map_leads_to_every_part():
    links = [m for cell in MAP for m in LINK.finditer(cell.source)]
    assert len(links) == sum(cell.source.count("](") for cell in MAP)
    assert {m[1] for m in links} == set(PARTS)
    assert all((m[1], f"{m[2]}.") == (m[4], m[5].split("-")[0]) for m in links)


def test_every_row_of_the_map_is_whole():
    ((_, rows),) = tables(MAP, 5)
    for row in rows:
        assert all(row), row
        assert LINK.search(row[-1]), row


def test_terms_are_in_alphabetical_order():
    words = [alphabetical(row[0]) for row in TERM_ROWS]
    assert words == sorted(words)
    for heading, rows in TERMS.items():
        assert {alphabetical(row[0])[0].upper() for row in rows} == {heading}


def test_one_sentence_each():
    for row in TERM_ROWS:
        assert re.fullmatch(r"[A-Z].*[^.]\.", row[3]), row[3]
        assert ". " not in row[3], row[3]


@pytest.mark.parametrize(("heading", "column"), [("German to English", 1), ("Spanish to English", 2)])
def test_index(heading, column):
    """It has the words of the table and no others, in order, and leads to the letter of the English word."""
    (cell,) = [cell for cell in GLOSSARY if cell.source.startswith(f"## {heading}")]
    lines = [line for line in cell.source.splitlines()[1:] if line]
    entries = []
    for line in lines:
        first, rest = re.fullmatch(r"- \*\*(\w)\*\* (.+)", line).groups()
        for entry in rest.split(" · "):
            word, english, target = ENTRY.fullmatch(entry).groups()
            assert alphabetical(word)[0].upper() == first, entry
            assert alphabetical(english)[0].upper() == target, entry
            entries.append((word, english))
    assert sorted(entries) == sorted((word.strip("*"), row[0]) for row in TERM_ROWS for word in row[column].split(", "))
    order = [alphabetical(word) for word, _ in entries]
    assert order == sorted(order)


def test_symbols_are_in_alphabetical_order():
    latin, greek = ([found for found in LETTERS if isinstance(found, kind)] for kind in (str, int))
    assert latin == sorted(latin)
    assert greek == sorted(greek)
    assert latin + greek == LETTERS


def test_names_in_code_exist():
    """In a helper or in a lecture."""
    helpers = [path.read_text() for path in ROOT.glob("helpers/*.py")]
    code = "\n".join(helpers + [cell.source for path in lectures() for cell in read(path).cells])
    for row in SYMBOL_ROWS:
        for named in re.findall(r"`(\w+)`", row[3]):
            assert re.search(rf"\b{named}\b", code), named


def test_letters_that_mislead_are_in_the_table():
    (rows,) = [rows for heading, rows in tables(SYMBOLS, 2) if heading == "One letter, several things"]
    for row in rows:
        assert all(letter(symbol) in LETTERS for symbol in row[0].split(", ")), row
