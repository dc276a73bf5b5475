"""What the tests of the sandbox share."""

import pytest

from grader.course import GraderError
from grader.sandbox.available import require_sandbox
from grader.sandbox.limits import Limits
from grader.sandbox.request import CellRun
from grader.sandbox.start import sandboxed_kernel

try:
    require_sandbox()
    WHY_NOT = ""
except GraderError as error:
    WHY_NOT = str(error)

needs_sandbox = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


def printed(run: CellRun) -> str:
    return "".join(output.text for output in run.outputs if output.output_type == "stream")


def complaint(run: CellRun) -> str:
    return "".join(f"{output.ename}: {output.evalue}" for output in run.outputs if output.output_type == "error")


def run_alone(code: str, timeout_s: float = 20, protected: bool = True, **limits: float) -> tuple[CellRun, str]:
    """Run one cell in a kernel of its own; return how it went, and why the kernel is dead if it is."""
    with sandboxed_kernel(Limits(**limits), protected=protected) as kernel:
        run = kernel.run_cell(code, timeout_s)
        kernel.is_dead()
        return run, kernel.dead_reason
