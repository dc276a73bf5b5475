"""The sample class: short answers files, from which submissions are built as students might have handed them in."""

from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import nbformat

from grader.answers import fill, parse, sources
from grader.course import ROOT, GraderError, read

ASSIGNMENT = "01_gradient_clipping"
SAMPLE_CLASS = Path(__file__).parent / "sample_class"

_DAMAGE = "damage: "


def build_class(into: Path, answers: Path = SAMPLE_CLASS, exercises: Path = ROOT / "exercises") -> None:
    """Build one submission per answers file of the sample class.

    A section `# %% damage: KIND`, without a body, says what happens to the notebook after it is filled in; the kinds
    are the keys of `DAMAGES`. A file without sections is an untouched submission.

    Args:
        into: Made anew; receives `<student>/<assignment>/<assignment>.ipynb`.
        answers: Folder with one `<student>.py` per student.
        exercises: Folder with the exercise as students get it.

    Raises:
        GraderError: If the exercise is not there, or an answers file does not fit it.
    """
    exercise = exercises / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    if not exercise.is_file():
        raise GraderError(f"no exercise {exercise}; `make exercises` generates it")
    if into.exists():
        rmtree(into)
    for path in sorted(answers.glob("*.py")):
        _build_submission(path, exercise, into / path.stem / ASSIGNMENT / exercise.name)


def _build_submission(answers: Path, exercise: Path, target: Path) -> None:
    try:
        sections = parse(answers.read_text(encoding="utf-8"))
        damages = [_damage(section.title) for section in sections if section.title.startswith(_DAMAGE)]
        filled = fill(read(exercise), sources(s for s in sections if not s.title.startswith(_DAMAGE)))
    except ValueError as error:
        raise GraderError(f"{answers}: {error}") from error
    target.parent.mkdir(parents=True)
    nbformat.write(filled, target)
    for damage in damages:
        damage(target)


def _damage(title: str) -> Callable[[Path], None]:
    kind = title.removeprefix(_DAMAGE)
    if kind not in DAMAGES:
        raise ValueError(f"no damage is called {kind!r}; there are: {', '.join(DAMAGES)}")
    return DAMAGES[kind]


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _rename(path: Path) -> None:
    path.rename(path.with_stem(f"{path.stem} (1)"))


DAMAGES: dict[str, Callable[[Path], None]] = {"truncated": _truncate, "emptied": _empty, "renamed": _rename}
