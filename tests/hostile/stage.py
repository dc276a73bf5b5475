"""A course on this machine, and a class full of attackers that hands its answers in."""

import os
import signal
import socket
import sys
import threading
import zlib
from collections.abc import Sequence
from contextlib import chdir, suppress
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from grader.course import ROOT
from tests.hostile.assignment import ANSWERS, NAME, SECRETS, WRONG, lying_source, source
from tests.hostile.attack import Attack
from tests.hostile.lying import Lie

HONEST, UNTOUCHED, FIRST = "zz_honest", "zz_untouched", "a_first"
OTHERS = (FIRST, HONEST, UNTOUCHED)
LIAR = "liar"
NOTEBOOK = f"{NAME}/{NAME}.ipynb"
LIMITS = """
c.RunAndExamine.cell_s = 6
c.RunAndExamine.notebook_s = 120
c.RunAndExamine.memory_gib = 0.75
c.RunAndExamine.processes = 30
"""


class Stage:
    """A course on this machine with a class of attackers.

    Args:
        root: An empty folder.
        attacks: In the order of their names, between honest students.
        assignment: What they attack, if it is not `source()`.
    """

    def __init__(self, root: Path, attacks: Sequence[Attack], assignment: NotebookNode | None = None):
        self.root, self.attacks = root, list(attacks)
        assert len({attack.student for attack in attacks}) == len(attacks), "two attacks of one name"
        self.right_answers = ANSWERS | {"half": f"# {SECRETS['another student']}\n" + ANSWERS["half"]}
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

    def hand_in(self, gradebook: Path, others: Sequence[str] = OTHERS) -> None:
        """Write all submissions.

        Args:
            gradebook: Where the gradebook is.
            others: Which students who attack nothing are in the class.
        """
        released = nbformat.read(self.root / "release" / NOTEBOOK, 4)
        for student in others:
            self._write(student, filled(released, {} if student == UNTOUCHED else self.right_answers))
        for attack in self.attacks:
            if not attack.shares:
                self._hand_in_alone(attack, released, gradebook)
        together = [attack for attack in self.attacks if attack.shares]
        for student, part in ("shared_1_before", "before"), ("shared_2_code", "code"):
            notebook = filled(released, {"double": CALLS_ALL})
            codes = [(attack, getattr(attack, part)) for attack in together]
            notebook.cells[2:2] = [self._cell(attack, code, gradebook) for attack, code in codes if code]
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

    def student(self, attack: Attack) -> str:
        """Return whose submission holds an attack."""
        return "shared_2_code" if attack.shares else f"{attack.student}_2_code" if attack.before else attack.student

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
        self.right_answers = {lie.id: lie.own(lie.honest) for lie in lies}

    def hand_in(self, gradebook: Path, others: Sequence[str] = OTHERS) -> None:
        """Write all submissions."""
        super().hand_in(gradebook, others)
        released = nbformat.read(self.root / "release" / NOTEBOOK, 4)
        lies = {lie.id: lie.own(lie.lie).replace("@MARK@", str(self.marks / lie.id)) for lie in self.lies}
        self._write(LIAR, filled(released, lies))


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


def processes(word: str) -> list[int]:
    """Return the processes that name a word in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
