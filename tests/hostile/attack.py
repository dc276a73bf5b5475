"""What an attack is: a small student's answer, and what it wins where nothing stands in its way."""

from collections.abc import Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode

POINTS, READS, DONE, MARK = "points", "reads", "done", "mark"
GRADEBOOK, PROCESS, TOLD, SCRIPT = "gradebook", "process", "told", "script"


@dataclass(frozen=True)
class Attack:
    """One attack.

    In its code, `@NAME@` stands for what an attacker may know: see `Course.known`.

    Attributes:
        name: What it does, in a few words.
        wins: What shows that it works: `points` (unearned), `reads` (one of the secrets is in the student's outputs),
            `done` (it prints the word DONE, which stands nowhere in its code), `mark` (its file on the host is
            there), `gradebook` (a row has changed), `process` (a process that names its mark is left), `told` (the
            feedback page shows the input of a hidden test) or `script` (the page holds a program).
        code: What the student writes, in the first solution cell or, if it shares a notebook, in a cell of its own.
        before: The code of an accomplice, who is graded just before.
        later: The code of a cell at the notebook's end.
        change: Changes the notebook once the code is in it.
        files: Files beside the notebook.
        shares: Whether it shares a notebook with its theme's other attacks, which it must not disturb. Quicker.
        deserves: Points that the code earns honestly.
    """

    name: str
    wins: str
    code: str
    before: str = ""
    later: str = ""
    change: Callable[[NotebookNode], None] | None = None
    files: dict[str, str] = field(default_factory=dict)
    shares: bool = False
    deserves: float = 0

    @property
    def student(self) -> str:
        """Its student's name; an accomplice comes before, an honest student after."""
        return "_".join(self.name.split())


def shared(name: str, wins: str, code: str, **more: str) -> Attack:
    """Return an attack that shares a notebook, in which `double` is right so that hidden tests are reached."""
    return Attack(name, wins, code, shares=True, deserves=1, **more)
