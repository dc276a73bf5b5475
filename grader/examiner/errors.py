"""What can go wrong at the border, and the student's exceptions as exceptions of ours."""

import builtins
import re
from typing import Any

_TEXT = 10_000  # characters of a message that are kept


class BadReply(Exception):  # noqa: N818 - it names what came, as BadZipFile does
    """The student's side sent what no honest kernel sends, or more than the limits allow."""


class KernelLost(Exception):  # noqa: N818 - as above
    """The student's kernel does not answer any more."""


class StudentError(Exception):
    """An exception of the student's code that has no builtin type.

    Attributes:
        student_traceback: Where it was raised, as readable text.
    """

    student_traceback = ""


class StudentTimeout(StudentError):  # noqa: N818 - as above
    """The student's code took longer than it may."""


def clean_text(text: str, limit: int = _TEXT) -> str:
    """Return text that any file can hold, of limited length."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def student_error(error_type: type[Exception], args: list[Any], message: str, trace: str) -> Exception:
    """Return an exception of ours for one of the student's.

    Args:
        error_type: What `error_class` made of its class.
        args: What it was made with, if that is plain data.
        message: Its text.
        trace: The traceback as text.
    """
    try:
        error = error_type(*args) if args else error_type(clean_text(message))
    except Exception:
        error = StudentError(clean_text(message))
    error.student_traceback = clean_text(trace)
    return error


def error_class(name: str, bases: list[str]) -> type[Exception]:
    """Return the builtin exception of this name, or a subclass of StudentError and the nearest builtin one."""
    known = [found for found in (getattr(builtins, base, None) for base in bases) if _is_exception(found)]
    if known and known[0].__name__ == name:
        return known[0]
    name = re.sub(r"\W", "_", clean_text(name, 80)) or "StudentError"
    try:
        return type(name, (StudentError, *known[:1]), {})
    except TypeError:  # the builtin type's layout admits no second base
        return type(name, (StudentError,), {})


def _is_exception(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Exception) and found is not Exception
