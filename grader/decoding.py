"""From the bytes of a file to a notebook's data, whatever the bytes are. Nothing here runs or unpickles anything."""

import codecs
import json
import re
from dataclasses import dataclass, field
from typing import Any

# Characters that open or separate JSON values: what they stand for takes many times their own memory.
MOST_VALUES = 5_000_000

_BOMS = {codecs.BOM_UTF8: "UTF-8", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
_CELLS = re.compile(r'"cells"\s*:\s*\[')


@dataclass
class Decoded:
    """What became of a file's bytes.

    Attributes:
        notebook: The notebook's data, None if there is none in the bytes.
        remarks: What was repaired, one line each.
        problem: In one line why there is no notebook, None if there is one.
    """

    notebook: dict[str, Any] | None = None
    remarks: list[str] = field(default_factory=list)
    problem: str | None = None


def decode(data: bytes) -> Decoded:
    """Read a notebook; what is wrong with it ends in a remark or the problem, never in an exception."""
    found = Decoded()
    if not data.strip():
        found.problem = "it is empty"
    elif sum(data.count(mark) for mark in b",[{") > MOST_VALUES:
        found.problem = "it holds far more values than a notebook does"
    else:
        _decode(_text(data, found), found)
    return found


def _text(data: bytes, found: Decoded) -> str:
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            found.remarks.append(f"the file starts with a {name} byte order mark")
            break
    encoding = json.detect_encoding(data)
    if encoding.startswith(("utf-16", "utf-32")) and not data.startswith(tuple(_BOMS)):
        found.remarks.append(f"the file was in {encoding.upper()}, not UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.end >= len(data) - 3:
            # A file that was cut off ends in half a character.
            text = data[: error.start].decode(encoding, "replace")
        else:
            # Every byte is a character in Latin-1: the code is usually plain ASCII, and only comments suffer.
            found.remarks.append("the file is not UTF-8, so letters outside of ASCII may be wrong")
            text = data.decode("latin-1").removeprefix("\xef\xbb\xbf")
    if "\0" in text:
        found.remarks.append("NUL bytes in the file were left out")
        text = text.replace("\0", "")
    return text.strip("\ufeff \t\r\n")


def _decode(text: str, found: Decoded) -> None:
    if text.startswith("<"):
        found.problem = "it is a web page, not a notebook"
        return
    try:
        value, end = _decoder(found).raw_decode(text)
    except RecursionError:
        found.problem = "it is nested too deeply to be a notebook"
    except ValueError:
        _salvage(text, found)
    else:
        if text[end:].strip():
            found.remarks.append("the file went on after the notebook's end, and that was left out")
        _check(value, found)


def _decoder(found: Decoded) -> json.JSONDecoder:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs) and _TWICE not in found.remarks:
            found.remarks.append(_TWICE)
        return value

    # Python refuses to read integers of thousands of digits, and control characters in strings.
    return json.JSONDecoder(strict=False, parse_int=_number, object_pairs_hook=unique)


_TWICE = "a key stands twice in the file, the last one counts"


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _check(value: Any, found: Decoded) -> None:
    is_notebook = isinstance(value, dict) and any(isinstance(value.get(key), list) for key in ("cells", "worksheets"))
    if is_notebook:
        found.notebook = value
    else:
        found.problem = "it is JSON, but not a notebook"


def _salvage(text: str, found: Decoded) -> None:
    """Read the cells one by one up to the place where the file is damaged."""
    decoder, cells, start = _decoder(found), [], _CELLS.search(text)
    position = start.end() if start else len(text)
    try:
        while position < len(text):
            position = _skip(text, position)
            cell, position = decoder.raw_decode(text, position)
            cells.append(cell)
    except (ValueError, RecursionError):
        pass
    if cells:
        found.notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        found.remarks.append(f"the file is damaged: only its first {len(cells)} cells could be read")
    else:
        found.problem = "it is damaged: it is not JSON"


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in ", \t\r\n":
        position += 1
    return position
