"""A class full of attackers, graded by this course's grader or by nbgrader as it comes, and what they won."""

import os
import signal
import socket
import sqlite3
import sys
import sysconfig
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import chdir, closing, contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment, GenerateFeedback
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.course import ROOT
from grader.engine import grade
from tests.hostile.assignment import ANSWERS, HIDDEN_INPUT, NAME, SECRETS, WRONG, lying_source, source
from tests.hostile.attack import DONE, GRADEBOOK, MARK, POINTS, PROCESS, READS, SCRIPT, TOLD, Attack
from tests.hostile.lying import Lie

HONEST, UNTOUCHED, FIRST = "zz_honest", "zz_untouched", "a_first"
LIAR = "liar"
NOTEBOOK = f"{NAME}/{NAME}.ipynb"
LIMITS = """
c.RunAndExamine.cell_s = 12
c.RunAndExamine.notebook_s = 120
c.RunAndExamine.memory_gib = 0.75
c.RunAndExamine.processes = 30
"""


@dataclass
class Outcome:
    """What came of a grading.

    Attributes:
        points: By student.
        won: By attack name, what it won: none of it should be there.
        leaked: Secrets in what students get to see, by student.
        cells: The points of each graded cell, by student.
    """

    points: dict[str, float] = field(default_factory=dict)
    won: dict[str, set[str]] = field(default_factory=dict)
    leaked: dict[str, set[str]] = field(default_factory=dict)
    cells: dict[str, dict[str, float]] = field(default_factory=dict)


class Stage:
    """A course on this machine with a class of attackers.

    Args:
        root: An empty folder.
        attacks: In the order of their names, between honest students.
        assignment: What they attack, if it is not `source()`.
    """

    def __init__(self, root: Path, attacks: Sequence[Attack], assignment: NotebookNode | None = None):
        self.root, self.attacks = root, list(attacks)
        self.home, self.marks = root / "home", root / "marks"
        for folder in (self.home, self.marks, root / "solutions" / NAME):
            folder.mkdir(parents=True)
        (self.home / "notes.txt").write_text(SECRETS["home"])
        nbformat.write(assignment or source(), root / "solutions" / NOTEBOOK)
        (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + LIMITS)
        self._server = socket.create_server(("127.0.0.1", 0))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._free = free.getsockname()[1]
        self._abstract, self._in_folder = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0hostile-{os.getpid()}-{id(self)}")
        self._abstract.listen()
        with chdir(root):  # the path may be too long for a socket's name
            self._in_folder.bind("socket")
        self._in_folder.listen()
        self._echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._echo.bind(("127.0.0.1", 0))
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        with suppress(OSError, TypeError):  # closing it wakes this thread without an address
            while True:
                self._echo.sendto(b"answer", self._echo.recvfrom(10)[1])

    def known(self, attack: Attack, gradebook: Path) -> dict[str, str]:
        """Return what an attacker may know and put into code."""
        return {
            "ROOT": str(self.root),
            "STUDENT": attack.student,
            "HOME": str(self.home),
            "GRADEBOOK": str(gradebook),
            "MARK": str(self.mark(attack)),
            "SLEEPER": self.sleeper(attack),
            "PORT": str(self._server.getsockname()[1]),
            "ABSTRACT": f"hostile-{os.getpid()}-{id(self)}",
            "UDP": str(self._echo.getsockname()[1]),
            "FREE": str(self._free),
            "KEY": str(zlib.crc32(self.sleeper(attack).encode()) // 2),
            "GRADER": str(os.getpid()),
            "PYTHON": sys.executable,
        }

    def mark(self, attack: Attack) -> Path:
        """Return the file on the host that an attack tries to make."""
        return self.marks / attack.student

    def sleeper(self, attack: Attack) -> str:
        """Return a word that a process names which an attack leaves behind."""
        return f"sleeper-{os.getpid()}-{id(self)}-{attack.student}-end"

    def hand_in(self, gradebook: Path) -> None:
        """Write all submissions."""
        released = nbformat.read(self.root / "release" / NOTEBOOK, 4)
        for student in (FIRST, HONEST):
            self._write(
                student, filled(released, ANSWERS | {"half": f"# {SECRETS['another student']}\n" + ANSWERS["half"]})
            )
        self._write(UNTOUCHED, released)
        for attack in self.attacks:
            if not attack.shares:
                self._hand_in_alone(attack, released, gradebook)
        together = [attack for attack in self.attacks if attack.shares]
        for student, part in ("shared_1_before", "before"), ("shared_2_code", "code"):
            notebook = filled(released, {"double": CALLS_ALL})
            notebook.cells[2:2] = [self._cell(attack, getattr(attack, part), gradebook) for attack in together]
            if part == "code":
                notebook.cells += [self._cell(each, each.later, gradebook) for each in together if each.later]
            if together:
                self._write(student, notebook)

    def _hand_in_alone(self, attack: Attack, released: NotebookNode, gradebook: Path) -> None:
        if attack.before:
            answer = self._text(attack.before, attack, gradebook)
            self._write(f"{attack.student}_1_before", filled(released, {"double": answer}))
        notebook = filled(released, WRONG | {"double": self._cell(attack, attack.code, gradebook).source})
        if attack.later:
            notebook.cells.append(self._cell(attack, attack.later, gradebook))
        if attack.change:
            attack.change(notebook)
        files = {name: self._text(text, attack, gradebook) for name, text in attack.files.items()}
        self._write(self.student(attack), notebook, files)

    def _cell(self, attack: Attack, code: str, gradebook: Path) -> NotebookNode:
        heading = f"SHARED {attack.name}" if attack.shares else attack.name
        return new_code_cell(f"# {heading}\n{self._text(code, attack, gradebook)}")

    def _text(self, text: str, attack: Attack, gradebook: Path) -> str:
        for name, value in self.known(attack, gradebook).items():
            text = text.replace(f"@{name}@", value)
        return text.strip("\n")

    def _write(self, student: str, notebook: NotebookNode, files: dict[str, str] | None = None) -> None:
        path = self.root / "submitted" / student / NOTEBOOK
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        for name, text in (files or {}).items():
            (path.parent / name).write_text(text)

    def outcome(self, folder: Path, points: dict[str, float]) -> Outcome:
        """Return what was won."""
        found = Outcome(points, cells=_cells(folder / "gradebook.db"))
        for attack in self.attacks:
            student = self.student(attack)
            outputs = self._outputs(folder, student, attack)
            won = found.won[attack.name] = set()
            won |= {POINTS} if points.get(student, 0) > attack.deserves else set()
            won |= {READS} if secrets_in(outputs) else set()
            won |= {DONE} if "DONE" in outputs else set()
            page = _page(folder, student, attack)
            won |= {TOLD} if HIDDEN_INPUT in page else set()
            won |= {SCRIPT} if programs(page) else set()
            won |= {MARK} if self.mark(attack).exists() else set()
            won |= {PROCESS} if processes(self.sleeper(attack)) else set()
            won |= {GRADEBOOK} if _tampered(folder / "gradebook.db", attack) else set()
        return found

    def student(self, attack: Attack) -> str:
        """Return whose submission holds an attack."""
        return "shared_2_code" if attack.shares else f"{attack.student}_2_code" if attack.before else attack.student

    def _outputs(self, folder: Path, student: str, attack: Attack) -> str:
        path = folder / "autograded" / student / NOTEBOOK
        if not path.exists():
            return ""
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        if attack.shares:
            cells = [cell for cell in cells if cell.source.startswith(f"# SHARED {attack.name}\n")]
        tests = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
        return str([cell.outputs for cell in cells if cell not in tests])

    def close(self) -> None:
        """End what is left, which is nothing unless a defence was off."""
        with suppress(OSError):
            self._echo.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
        for each in (self._server, self._abstract, self._in_folder, self._echo):
            each.close()
        for attack in self.attacks:
            for pid in processes(self.sleeper(attack)):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


class LyingStage(Stage):
    """A class in which one student lies in every task.

    Args:
        root: An empty folder.
        lies: Each brings its own task.
    """

    def __init__(self, root: Path, lies: Sequence[Lie]):
        super().__init__(root, [], lying_source(lies))
        self.lies = lies

    def hand_in(self, gradebook: Path) -> None:
        """Write all submissions."""
        released = nbformat.read(self.root / "release" / NOTEBOOK, 4)
        honest = {lie.id: lie.own(lie.honest) for lie in self.lies}
        lies = {lie.id: lie.own(lie.lie).replace("@MARK@", str(self.marks / lie.id)) for lie in self.lies}
        for student, answers in {FIRST: honest, LIAR: lies, HONEST: honest, UNTOUCHED: {}}.items():
            self._write(student, filled(released, answers))


# Where attacks share a notebook, each can have something called while a test runs.
CALLS_ALL = """
calls = globals().get("calls", [])

def double(x):
    for call in calls:
        call(x)
    return x + x
"""


def filled(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a copy of an exercise with answers in it."""
    notebook = nbformat.reads(nbformat.writes(released), 4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return notebook


def secrets_in(text: str) -> set[str]:
    """Return which secrets are in a text."""
    return {name for name, secret in SECRETS.items() if secret in text}


def _page(folder: Path, student: str, attack: Attack) -> str:
    """Return the feedback page, if there is one, from one attack's last cell to the next; attacks share some pages."""
    path = folder / "feedback" / student / f"{NAME}/{NAME}.html"
    page = path.read_text() if path.exists() else ""
    if not attack.shares:
        return page
    return "".join(part for part in page.split("SHARED ")[1:] if part.startswith(attack.name))


class _Programs(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self):
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag, attrs):
        self._inside = tag
        self.found += [
            f"{key}={value}" for key, value in attrs if key.startswith("on") or "javascript:" in (value or "")
        ]

    def handle_data(self, data):
        self.found += [data] if self._inside == "script" else []

    def handle_endtag(self, tag):
        self._inside = ""


def programs(page: str) -> list[str]:
    """Return the attackers' programs in a page."""
    parser = _Programs()
    parser.feed(page)
    return [found for found in parser.found if "bait" in found]


def processes(word: str) -> list[int]:
    """Return the processes that name a word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def _cells(path: Path) -> dict[str, dict[str, float]]:
    with Gradebook(f"sqlite:///{path}") as book:
        found = {each.student.id: each for each in book.assignment_submissions(NAME)}
        return {
            student: {grade.name: grade.score for notebook in each.notebooks for grade in notebook.grades}
            for student, each in found.items()
        }


def _tampered(path: Path, attack: Attack) -> bool:
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute("select first_name from student where first_name = ?", (attack.student,))
        return rows.fetchone() is not None


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
    with _surroundings(stage), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's about nbgrader's own use of it
        _start(GenerateAssignment, config)
        _enrol(stage.root / "gradebook.db")
        stage.hand_in(stage.root / "gradebook.db")
        with suppress(NbGraderException):  # it says at the end who could not be graded
            _start(Autograde, config)
        if feedback:
            _start(GenerateFeedback, config)
    with Gradebook(f"sqlite:///{stage.root}/gradebook.db") as book:
        points = {each.student.id: each.score for each in book.assignment_submissions(NAME)}
    return stage.outcome(stage.root, points)


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
    found = stage.outcome(out, {student: result["points"] for student, result in results.items()})
    for student, result in results.items():
        page = out / "feedback" / student / f"{NAME}/{NAME}.html"
        shown = (page.read_text() if page.exists() else "") + str(result)
        found.leaked[student] = secrets_in(shown)
    return found
