"""nbgrader's steps, each taken for one notebook of one student."""

import logging

from nbconvert.exporters import HTMLExporter
from nbgrader.converters import BaseConverter, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from traitlets import Type

from grader.autograde import SafeAutograde
from grader.course import Course
from grader.reuse import Page


class _OneNotebook:
    """What nbgrader's converters lack to deal with the notebook of one student."""

    cause: Exception | None = None

    def init_notebooks(self) -> None:
        # nbgrader reads the path as a pattern, and does not find a student whose name has brackets.
        folder = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        self.assignments = {folder: [f"{folder}/{self.coursedir.assignment_id}.ipynb"]}

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            # nbgrader logs it, and then raises a general one in its place.
            self.cause = error
            raise


class Generate(_OneNotebook, GenerateAssignment):
    """From the source to the exercise, and the tests into the gradebook."""


class Grade(_OneNotebook, SafeAutograde):
    """From the submission to the notebook that was run, and the points into the gradebook."""


class Feedback(_OneNotebook, GenerateFeedback):
    """From the notebook that was run to the page for the student."""

    exporter_class = Type(Page, klass=HTMLExporter).tag(config=True)


def convert(course: Course, step: type[BaseConverter], student: str, log: logging.Logger) -> Exception | None:
    """Take one step for one student; return what went wrong, None if nothing did."""
    directory = course.directory
    directory.student_id = student
    converter = step(coursedir=directory, config=course.config, log=log, force=True)
    try:
        converter.start()
    except NbGraderException as error:
        return converter.cause or error
    return None


def first_line(error: Exception) -> str:
    """Return an exception's type and the first line of its message."""
    message = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {message}"
