"""What can be said about a submission before anything in it runs."""

from pathlib import Path

from nbformat.reader import NotJSONError

from grader.course import Course, known_cells, read


def find_problem(course: Course, student: str) -> str | None:
    """Return in one line why a submission cannot be graded, or None if nbgrader can try."""
    path = course.path("submitted", student)
    if not path.parent.is_dir():
        return f"nothing submitted: there is no folder {student}/{course.assignment}"
    if not path.is_file():
        others = ", ".join(sorted(entry.name for entry in path.parent.iterdir())) or "nothing"
        return f"no notebook {path.name}; in the folder: {others}"
    if path.stat().st_size == 0:
        return f"{path.name} is empty"
    return _problem_inside(path)


def _problem_inside(path: Path) -> str | None:
    try:
        cells = known_cells(read(path))
    except NotJSONError:
        return f"{path.name} is damaged: it is not JSON"
    except UnicodeDecodeError:
        return f"{path.name} is damaged: it is not UTF-8 text"
    # The file can hold anything, and nbformat then raises whatever its code stumbles over.
    except Exception as error:
        return f"{path.name} is not a notebook: {first_line(error)}"
    if cells:
        return None
    return f"{path.name} has none of the assignment's cells; another programme may have removed their marks"


def first_line(error: Exception) -> str:
    """Return an exception's type and the first line of its message."""
    message = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {message}"
