"""Test cells in the grader's own process beside the same cells run in the student's kernel, as nbgrader does it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import torch

from benchmarks.timing import Case, Contest
from grader.course import ROOT
from grader.examiner import Session, examine
from grader.execute import is_test
from grader.sandbox.kernel import Kernel
from grader.sandbox.start import sandboxed_kernel

TITLE, COLUMNS = "Test cells", ("exercise", "test cell")
# The solution, and calls per round.
MODELS = {"01_gradient_clipping": (ROOT / "solutions/01_gradient_clipping/01_gradient_clipping.ipynb", 1)}


def cases(device: torch.device, settings: Mapping[str, tuple[Path, int]]) -> Iterator[Case]:
    """Every test cell of an exercise, against its solution.

    Args:
        device: Where the benchmarks run; test cells always run on the CPU.
        settings: By name, the solution and the calls per round.
    """
    for name, (path, n_calls) in settings.items() if device.type == "cpu" else ():
        code = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        tests = [cell for cell in code if is_test(cell)]
        with sandboxed_kernel() as kernel:
            for cell in code:
                if cell not in tests:
                    kernel.run_cell(cell.source, 100)
            session = Session(kernel.client, kernel.folder, kernel.inside)
            for cell in tests:
                yield Case((name, cell.metadata.nbgrader.grade_id), n_calls, _contest(cell.source, kernel, session))


def _contest(source: str, kernel: Kernel, session: Session) -> Contest:
    passed: list[bool] = []

    def ours() -> None:
        passed.append(examine(source, session).ok)

    def theirs() -> None:
        passed.append(kernel.run_cell(source, 100).status == "ok")

    def check() -> None:
        if passed != [True]:
            raise RuntimeError("the solution did not pass its test")

    return Contest(ours, theirs, passed.clear, check)
