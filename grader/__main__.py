"""The command line: `python -m grader grade ...` and `python -m grader demo`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from grader.course import ROOT, GraderError
from grader.demo import ASSIGNMENT, build_class
from grader.engine import grade
from grader.report import Result
from grader.sandbox.doctor import checks
from grader.summary import show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 2 if what was asked for cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Grade a class with nbgrader.")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("grade", help="grade the submissions of one assignment")
    one.add_argument("assignment", help=f"the assignment's name, such as {ASSIGNMENT}")
    one.add_argument("--submitted", type=Path, required=True, help="holds <student>/<assignment>/<assignment>.ipynb")
    one.add_argument("--out", type=Path, required=True, help="receives grades, messages, feedback and the gradebook")
    one.add_argument("--course", type=Path, default=ROOT, help="holds nbgrader_config.py; default: this repository")
    one.add_argument(
        "--dangerously-without-sandbox", action="store_true", help="what students wrote then has all your rights"
    )
    one.set_defaults(command=_grade)
    demo = commands.add_parser("demo", help="grade the sample class")
    demo.add_argument("--out", type=Path, default=Path("graded", "demo"), help="default: %(default)s")
    demo.set_defaults(command=_demo)
    doctor = commands.add_parser("doctor", help="say what this machine can enforce, and how to mend what it cannot")
    doctor.set_defaults(command=_doctor)
    return parser


def _grade(options: argparse.Namespace) -> None:
    _run(options.assignment, options.submitted, options.out, options.course, options.dangerously_without_sandbox)


def _demo(options: argparse.Namespace) -> None:
    submitted = options.out / "sample_class"
    build_class(submitted)
    _run(ASSIGNMENT, submitted, options.out, ROOT)


def _doctor(options: argparse.Namespace) -> None:
    found = checks()
    for check in found:
        print(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
        if not check.ok:
            print(f"     {check.how_to_mend}")
    if not all(check.ok for check in found):
        raise GraderError("this machine cannot keep every promise of the sandbox; see above how to mend it")


def _run(assignment: str, submitted: Path, out: Path, course: Path, without_sandbox: bool = False) -> None:
    console = Console()

    def tell(student: str, result: Result) -> None:
        console.print(f"{escape(student)}: {result['points']:g} / {result['max']:g}", style="dim", highlight=False)

    results = grade(assignment, submitted, out, course, on_result=tell, without_sandbox=without_sandbox)
    show(assignment, results, console)
    console.print(f"In {out}: grades.csv, scores.json, feedback/, gradebook.db, nbgrader.log", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
