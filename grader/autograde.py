"""The one path of every grading: `nbgrader autograde`, formgrader's button and `python -m grader grade`.

`install`, called by nbgrader_config.py, puts `SafeAutograde` in the place of nbgrader's own converter.
"""

import datetime
import glob
import stat
from pathlib import Path
from typing import Any

import nbformat
import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, LimitOutput, OverwriteCells, SaveAutoGrades
from nbgrader.utils import parse_utc
from traitlets import List, Type

from grader.course import GraderError
from grader.execute import RunAndExamine
from grader.reading import find_submission
from grader.rebuild import rebuild, released
from grader.sandbox.available import require_sandbox
from grader.suspicion import suspicions


class Submission(NotebookExporter):
    """Reads what a student handed in, whatever it is, as the assignment's notebook with their answers in it."""

    def from_filename(
        self, filename: str, resources: ResourcesDict | None = None, **options: Any
    ) -> tuple[str, ResourcesDict]:
        """Rebuild a submission; a notebook that was rebuilt before is read as it is."""
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources=resources, **options)
        path = Path(filename)
        source = self.parent.source_folder(resources["nbgrader"]["assignment"]) / path.name
        notebook = rebuilt_submission(path.parent, path.stem, nbformat.read(source, as_version=4))
        return self.from_notebook_node(notebook, resources=resources, **options)


def rebuilt_submission(folder: Path, name: str, pristine: NotebookNode) -> NotebookNode:
    """Return the assignment's notebook with a student's answers; `metadata.grader` tells the TA what was found.

    Args:
        folder: The student's folder for the assignment.
        name: The notebook's name, without its ending.
        pristine: The assignment's source.
    """
    exercise = released(pristine)
    found = find_submission(folder, name, exercise)
    rebuilt = rebuild(pristine, found.notebook or {})
    repaired = [] if found.problem else rebuilt.remarks
    rebuilt.notebook.metadata["grader"] = {
        "problem": found.problem or "",
        "remarks": [*found.remarks, *repaired],
        "flags": [*found.flags, *rebuilt.flags, *suspicions(rebuilt.notebook, exercise)],
    }
    return rebuilt.notebook


class SafeAutograde(Autograde):
    """nbgrader's autograde that neither copies, opens nor runs anything of a student's but the text of their cells."""

    exporter_class = Type(Submission, klass=NotebookExporter).tag(config=True)
    sanitize_preprocessors = List([OverwriteCells, CheckCellMetadata]).tag(config=True)
    autograde_preprocessors = List(
        [RunAndExamine, LimitOutput, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    ).tag(config=True)

    def source_folder(self, assignment: str) -> Path:
        """Return the folder with an assignment's source."""
        directory = self.coursedir
        return Path(directory.format_path(directory.source_directory, ".", assignment))

    def start(self) -> None:
        """Convert, if this machine can do it safely."""
        if not self.config.RunAndExamine.get("without_sandbox"):
            try:
                require_sandbox()
            except GraderError as error:
                self.log.error(error)
                raise NbGraderException(str(error)) from error
        self.coursedir.get_existing_timestamp = timestamp
        super().start()

    def init_notebooks(self) -> None:
        """Find the submissions; each is taken to hold the assignment's notebooks, whatever it does hold."""
        folders = glob.glob(self._format_source(self.coursedir.assignment_id, self.coursedir.student_id))
        self.assignments = {folder: self._expected(folder) for folder in folders}
        if not self.assignments:
            super().init_notebooks()  # which says what it looked for

    def _expected(self, folder: str) -> list[str]:
        sources = self.source_folder(self.coursedir.assignment_id).glob(f"{self.coursedir.notebook_id}.ipynb")
        return sorted(str(Path(folder, source.name)) for source in sources)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Record the submission in the gradebook, and leave the student's other files where they are."""
        ignored, self.coursedir.ignore = self.coursedir.ignore, ["*"]
        try:
            super().init_assignment(assignment_id, student_id)
        finally:
            self.coursedir.ignore = ignored


def timestamp(folder: str) -> datetime.datetime | None:
    """Return when a submission was made, if a proper timestamp.txt says so.

    Args:
        folder: Holds the submission.
    """
    path = Path(folder, "timestamp.txt")
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > 100:
            return None
        return parse_utc(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None


def install() -> None:
    """Have nbgrader's commands and formgrader autograde with `SafeAutograde`."""
    for module in (nbgrader.converters, nbgrader.apps.autogradeapp, nbgrader.apps.api):
        module.Autograde = SafeAutograde
