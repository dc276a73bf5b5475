"""The two ways in which a class of attackers is graded: this course's grader, and nbgrader as it comes."""

import os
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment, GenerateFeedback
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.engine import grade
from grader.reuse import made_once
from tests.hostile.assignment import NAME, SECRETS
from tests.hostile.evidence import Outcome, outcome, secrets_in
from tests.hostile.stage import FIRST, Stage


@contextmanager
def _surroundings(stage: Stage) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(stage.home))
        patch.setenv("COURSE_KEY", SECRETS["environment"])
        patch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)  # nbgrader calls alembic by name
        patch.delenv("IPYTHONDIR", raising=False)
        yield


def _config(root: Path) -> Config:
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.source_directory = "solutions"
    config.CourseDirectory.assignment_id = NAME
    config.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
    return config


def _start(converter: type, config: Config) -> None:
    converter(coursedir=CourseDirectory(config=config), config=config).start()


def _enrol(gradebook: Path) -> None:
    with Gradebook(f"sqlite:///{gradebook}") as book:
        book.update_or_create_student(FIRST, last_name=SECRETS["gradebook"])


def grade_stock(stage: Stage, feedback: bool = False, **settings: object) -> Outcome:
    """Grade a class with nbgrader as it comes.

    Args:
        stage: The class.
        feedback: Whether to make the feedback pages, too.
        settings: What differs from nbgrader's own defaults.
    """
    config = _config(stage.root)
    config.Autograde.update(settings)
    with _surroundings(stage), made_once(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's about nbgrader's own use of it
        _start(GenerateAssignment, config)
        _enrol(stage.root / "gradebook.db")
        stage.hand_in(stage.root / "gradebook.db", others=[FIRST])
        with suppress(NbGraderException):  # it says at the end who could not be graded
            _start(Autograde, config)
        if feedback:
            _start(GenerateFeedback, config)
    with Gradebook(f"sqlite:///{stage.root}/gradebook.db") as book:
        points = {each.student.id: each.score for each in book.assignment_submissions(NAME)}
    return outcome(stage, stage.root, points)


def grade_here(stage: Stage) -> Outcome:
    """Grade a class with this course's grader."""
    out = stage.root / "out"
    out.mkdir()
    with _surroundings(stage):
        _start(GenerateAssignment, _config(stage.root))
        (stage.root / "gradebook.db").rename(out / "gradebook.db")
        _enrol(out / "gradebook.db")
        stage.hand_in(out / "gradebook.db")
        results = grade(NAME, stage.root / "submitted", out, root=stage.root)
    found = outcome(stage, out, {student: result["points"] for student, result in results.items()})
    for student, result in results.items():
        page = out / "feedback" / student / f"{NAME}/{NAME}.html"
        shown = (page.read_text() if page.exists() else "") + str(result)
        found.leaked[student], found.flags[student] = secrets_in(shown), result["flags"]
    return found
