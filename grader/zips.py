"""Notebooks inside a zip file, read in memory: nothing is ever extracted, so no name in it can do harm."""

import io
import stat
import zipfile
from dataclasses import dataclass, field

MOST_BYTES = 50_000_000
MOST_ENTRIES = 5_000
MOST_NOTEBOOKS = 20
MOST_RATIO = 300  # a notebook full of repeated output shrinks to a hundredth
_MAGIC = b"PK\x03\x04"
_ENTRY = b"PK\x01\x02"
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others inflate without a limit
_ENCRYPTED = 0x1


@dataclass
class Unpacked:
    """What is inside a zip file.

    Attributes:
        notebooks: Name and content of each member that may be a notebook.
        flags: What looks like an attack, one line each.
        problems: Why members could not be read, one line each.
        left: Bytes that may still be unpacked.
    """

    notebooks: list[tuple[str, bytes]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: int = MOST_BYTES


def is_zip(data: bytes) -> bool:
    """Tell by its first bytes whether a file is a zip file, whatever it is called."""
    return data.startswith(_MAGIC)


def unpack(data: bytes, depth: int = 2, left: int = MOST_BYTES) -> Unpacked:
    """Read the notebooks in a zip file and in the zip files inside of it.

    Args:
        data: The zip file.
        depth: How many zip files may lie around a notebook.
        left: Bytes that may still be unpacked.
    """
    found = Unpacked(left=left)
    if data.count(_ENTRY) > MOST_ENTRIES:
        found.flags.append("zip bomb: far too many entries")
        return found
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _read_all(archive, found, depth)
    # zipfile raises whatever its code stumbles over: struct, zlib, Unicode, value and overflow errors among them.
    except Exception:
        found.problems.append("the zip file is damaged")
    return found


def _read_all(archive: zipfile.ZipFile, found: Unpacked, depth: int) -> None:
    for entry in archive.infolist():
        _check_name(entry, found)
        if not _may_be_notebook(entry) or len(found.notebooks) >= MOST_NOTEBOOKS:
            continue
        content = _read(archive, entry, found)
        found.left -= len(content)
        if is_zip(content) and depth > 1:
            _add(found, unpack(content, depth - 1, found.left))
        elif content and not is_zip(content):
            found.notebooks.append((entry.filename, content))


def _add(found: Unpacked, inner: Unpacked) -> None:
    found.notebooks += inner.notebooks
    found.flags += inner.flags
    found.problems += inner.problems
    found.left = inner.left


def _check_name(entry: zipfile.ZipInfo, found: Unpacked) -> None:
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
        _once(found.flags, "zip slip: a name in the zip file points outside of it")
    if _is_link(entry):
        _once(found.flags, "a symbolic link in the zip file was not followed")


def _may_be_notebook(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.replace("\\", "/").split("/")
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)
    named = ".ipynb" in parts[-1].lower() or parts[-1].lower().endswith((".zip", ".json"))
    return named and not hidden and not entry.is_dir() and not _is_link(entry)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: Unpacked) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        _once(found.problems, "the zip file is protected by a password")
        return b""
    if entry.compress_type not in _READABLE:
        _once(found.problems, "the zip file is compressed in an unusual way")
        return b""
    if entry.file_size > found.left or entry.file_size > max(1_000_000, MOST_RATIO * entry.compress_size):
        _once(found.flags, "zip bomb: a file in it is far larger than the zip file")
        return b""
    try:
        with archive.open(entry) as file:
            # The size in the entry is only what the sender says.
            return file.read(found.left)
    except Exception:
        _once(found.problems, "the zip file is damaged")
        return b""


def _once(lines: list[str], line: str) -> None:
    if line not in lines:
        lines.append(line)
