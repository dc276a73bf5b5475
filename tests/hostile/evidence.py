"""What attackers won in a grading: the evidence is in the files and processes that it left."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from tests.hostile.assignment import HIDDEN_INPUT, NAME, SECRETS
from tests.hostile.attack import DONE, GRADEBOOK, MARK, POINTS, PROCESS, READS, SCRIPT, TOLD, Attack
from tests.hostile.stage import NOTEBOOK, Stage, processes


@dataclass
class Outcome:
    """What came of a grading.

    Attributes:
        points: By student.
        won: By attack name, what it won: none of it should be there.
        leaked: Secrets in what students get to see, by student.
        cells: The points of each graded cell, by student.
        flags: What this course's grader tells the TA to look at, by student.
    """

    points: dict[str, float] = field(default_factory=dict)
    won: dict[str, set[str]] = field(default_factory=dict)
    leaked: dict[str, set[str]] = field(default_factory=dict)
    cells: dict[str, dict[str, float]] = field(default_factory=dict)
    flags: dict[str, list[str]] = field(default_factory=dict)


def outcome(stage: Stage, folder: Path, points: dict[str, float]) -> Outcome:
    """Return what was won.

    Args:
        stage: The class.
        folder: Where it was graded.
        points: What each student got.
    """
    found = Outcome(points, cells=cells_of(folder / "gradebook.db"))
    for attack in stage.attacks:
        student = stage.student(attack)
        outputs = _outputs(folder, student, attack)
        won = found.won[attack.name] = set()
        won |= {POINTS} if points.get(student, 0) > attack.deserves else set()
        won |= {READS} if secrets_in(outputs) else set()
        won |= {DONE} if "DONE" in outputs else set()
        page = _page(folder, student, attack)
        won |= {TOLD} if HIDDEN_INPUT in page else set()
        won |= {SCRIPT} if programs(page) else set()
        won |= {MARK} if stage.mark(attack).exists() else set()
        won |= {PROCESS} if processes(stage.sleeper(attack)) else set()
        won |= {GRADEBOOK} if _tampered(folder / "gradebook.db", attack) else set()
    return found


def _outputs(folder: Path, student: str, attack: Attack) -> str:
    """Return what a student gets to see of an attack's cells that are no tests."""
    path = folder / "autograded" / student / NOTEBOOK
    if not path.exists():
        return ""
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    if attack.shares:
        cells = [cell for cell in cells if cell.source.startswith(f"# SHARED {attack.name}\n")]
    tests = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return str([cell.outputs for cell in cells if cell not in tests])


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


def cells_of(path: Path) -> dict[str, dict[str, float]]:
    """Return the points of each graded cell in a gradebook, by student."""
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
