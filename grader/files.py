"""Opening what a student handed in: regular files only, never blocking, never outside of the student's folder."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 50_000_000
_MOST_ENTRIES = 1_000
_DEPTH = 3
_IGNORED = {"__macosx"}
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


@dataclass
class Listing:
    """The files in a folder, those in it first, then those in its subfolders.

    Attributes:
        files: The regular files.
        others: What is there under a name and cannot be opened, one line each.
        flags: What looks like an attack, one line each.
    """

    files: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


def shown(name: str, limit: int = 80) -> str:
    """Return a name or a line from a student so that it fits on one line and steers no terminal."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def list_files(folder: Path) -> Listing:
    """List a folder and its subfolders, hidden ones aside; links that stay inside stand for their target."""
    listing, level = Listing(), [folder]
    for _ in range(_DEPTH):
        deeper: list[Path] = []
        for path in [path for directory in level for path in _entries(directory)]:
            _sort(path, folder, listing, deeper)
        level = deeper
    listing.files = list(dict.fromkeys(listing.files))  # a link and its target are one file
    return listing


def _entries(directory: Path) -> Iterator[Path]:
    try:
        with os.scandir(directory) as entries:
            names = [entry.name for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)]
    except OSError:
        return
    for name in sorted(names):
        if not name.startswith(".") and name.lower() not in _IGNORED:
            yield directory / name


def _sort(path: Path, folder: Path, listing: Listing, deeper: list[Path]) -> None:
    name = shown(path.name)
    try:
        kind = stat.S_IFMT(path.lstat().st_mode)
        if kind == stat.S_IFLNK:
            path, kind = _target(path, folder)
    except PermissionError:
        listing.flags.append(f"{name} is a symbolic link to a place outside of the folder; it was not followed")
        return
    except (OSError, ValueError, RuntimeError):
        listing.others.append(f"{name} is a link that leads nowhere")
        return
    if kind == stat.S_IFREG:
        listing.files.append(path)
        return
    if kind == stat.S_IFDIR:
        deeper.append(path)
    listing.others.append(f"{name} is {_KINDS.get(kind, 'not a file')}")


def _target(path: Path, folder: Path) -> tuple[Path, int]:
    target, inside = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if not target.is_relative_to(inside):
        raise PermissionError(errno.EPERM, "outside")
    kind = stat.S_IFMT(target.lstat().st_mode)
    if kind in (stat.S_IFDIR, stat.S_IFLNK):
        # A folder's files are listed where they are; what is still a link goes in a circle.
        raise FileNotFoundError(errno.ENOENT, "no file")
    return target, kind


def read_bytes(path: Path, limit: int = MOST_BYTES) -> tuple[bytes, str | None]:
    """Read a regular file of at most `limit` bytes.

    Returns:
        Its content and None, or nothing and in one line why.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        # Opening a pipe or a device can block or do something, so look before.
        if not stat.S_ISREG(path.lstat().st_mode):
            return b"", "it is not a file"
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return b"", "it is not a file"
            data = file.read(limit + 1)
    except OSError as error:
        return b"", f"it cannot be read: {error.strerror}"
    if len(data) > limit:
        return b"", "it is larger than a notebook can be"
    return data, None
