"""The folder in which a class is graded: an nbgrader course that borrows the assignments and the submissions."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_task
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

CONFIG = "nbgrader_config.py"
ROOT = Path(__file__).resolve().parent.parent

_HEADER = "# Written by `python -m grader grade`. nbgrader's commands (formgrade, export, ...) work from this folder."
_LAYOUT = """{header}
c = get_config()
load_subconfig({name!r}, path={root!r})
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.submitted_directory = {submitted!r}
"""


class GraderError(Exception):
    """A request that cannot be served; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Course:
    """One assignment, the folder of its submissions, and the folder for the results.

    Attributes:
        assignment: The assignment's name.
        submitted: Holds `<student>/<assignment>/<assignment>.ipynb`; only ever read.
        out: Receives everything that grading writes.
        config: nbgrader's settings, as its own commands would find them in `out`.
    """

    assignment: str
    submitted: Path
    out: Path
    config: Config

    @property
    def directory(self) -> CourseDirectory:
        """What nbgrader calls the course directory: its view of `out`."""
        return CourseDirectory(config=self.config, root=str(self.out), assignment_id=self.assignment)

    def gradebook(self) -> Gradebook:
        """Open the gradebook; a context manager."""
        return Gradebook(self.directory.db_url, self.directory.course_id)

    def students(self) -> list[str]:
        """Return the names of the folders with submissions."""
        return sorted(path.name for path in _folders(self.submitted))

    def path(self, step: str, student: str) -> Path:
        """Return a student's notebook after a step: `submitted`, `autograded` or `release` (student `.`)."""
        folder = self.directory.format_path(getattr(self.directory, f"{step}_directory"), student, self.assignment)
        return Path(folder, f"{self.assignment}.ipynb")

    def graded_cells(self) -> list[str]:
        """Return the ids of the cells that carry points, in the notebook's order."""
        return [grade_id for grade_id, cell in known_cells(read(self.path("release", "."))) if _has_points(cell)]


def read(path: Path) -> NotebookNode:
    """Read a notebook of any format version."""
    return nbformat.read(path, as_version=4)


def known_cells(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """Return the cells that nbgrader knows by a grade id, with this id."""
    pairs = [(cell.metadata.get("nbgrader", {}).get("grade_id"), cell) for cell in notebook.cells]
    return [(grade_id, cell) for grade_id, cell in pairs if grade_id]


def open_course(assignment: str, submitted: Path, out: Path, root: Path = ROOT) -> Course:
    """Check the request and lay out `out` as an nbgrader course.

    Args:
        assignment: The assignment's name.
        submitted: The folder with the submissions.
        out: The folder for the results; made if it is not there, and used again if it came from an earlier grading.
        root: The folder with the assignments' sources and `nbgrader_config.py`.

    Raises:
        GraderError: If the assignment, the submissions or a usable folder for the results are not there.
    """
    submitted, out, root = submitted.resolve(), out.resolve(), root.resolve()
    source = Path(root, _load(root).CourseDirectory.source_directory)
    _check_assignment(assignment, source)
    _check_submitted(assignment, submitted)
    _check_out(out, submitted)
    out.mkdir(parents=True, exist_ok=True)
    layout = _LAYOUT.format(header=_HEADER, name=CONFIG, root=str(root), source=str(source), submitted=str(submitted))
    (out / CONFIG).write_text(layout, encoding="utf-8")
    return Course(assignment, submitted, out, _load(out))


def _load(folder: Path) -> Config:
    return PyFileConfigLoader(CONFIG, path=str(folder)).load_config()


def _folders(path: Path) -> Iterator[Path]:
    return (entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _has_points(cell: NotebookNode) -> bool:
    return is_grade(cell) or is_task(cell)


def _check_assignment(assignment: str, source: Path) -> None:
    there = sorted(path.name for path in _folders(source)) if source.is_dir() else []
    if assignment not in there:
        known = ", ".join(there) or "none"
        raise GraderError(f"no assignment {assignment!r} in {source}; there is: {known}")


def _check_submitted(assignment: str, submitted: Path) -> None:
    if not submitted.is_dir():
        raise GraderError(f"no folder {submitted}; --submitted names the folder with the submissions")
    if not any((student / assignment).is_dir() for student in _folders(submitted)):
        wanted = f"<student>/{assignment}/{assignment}.ipynb"
        raise GraderError(f"no submission of {assignment} in {submitted}; each belongs into {wanted} there")


def _check_out(out: Path, submitted: Path) -> None:
    if out.is_relative_to(submitted):
        raise GraderError(f"{out} lies in the submissions' folder; give --out another folder")
    if out.exists() and not out.is_dir():
        raise GraderError(f"{out} is a file; give --out a folder")
    config = out / CONFIG
    if config.exists() and not config.read_text(encoding="utf-8").startswith(_HEADER):
        raise GraderError(f"{out} is another nbgrader course; give --out a folder of its own")
