"""Steps 2 and 3 of grading, as one of nbgrader's preprocessors: run the student's cells, examine with the tests."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Float, Integer

from grader.examiner import Limits as ExamLimits
from grader.examiner import Session, Verdict, examine
from grader.sandbox.kernel import Kernel
from grader.sandbox.limits import GIB, Limits
from grader.sandbox.start import sandboxed_kernel

NOT_REACHED = "NotReached"
NOT_TO_ITS_END = "not run to its end: "
# Each leaves the next cell half the time. One endless loop does not cost the tests of the other exercises.
_TIMEOUTS = 8


class RunAndExamine(NbGraderPreprocessor):
    """Runs a rebuilt notebook in a sandboxed kernel, and its test cells here, against that kernel.

    nbgrader reads the points off the outputs: an error is 0, a number as the last result so many points, silence all.
    """

    cell_s = Float(30, help="seconds that a cell of the student's, or one call of a test, may take").tag(config=True)
    notebook_s = Float(300, help="seconds that all cells of a notebook may take together").tag(config=True)
    memory_gib = Float(4, help="memory of all the processes of one student").tag(config=True)
    processes = Integer(64, help="processes of one student at one time").tag(config=True)
    output_bytes = Integer(2_000_000, help="output of one cell").tag(config=True)
    without_sandbox = Bool(False, help="run students' code with all your rights; for code that you trust").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Run and examine a notebook."""
        note = nb.metadata.get("grader", {})
        if note.get("problem"):
            _stop(nb.cells, f"nothing could be graded: {note['problem']}")
            return nb, resources
        folder = self.parent.parent.source_folder(resources["nbgrader"]["assignment"])
        with sandboxed_kernel(self._limits(), list(_data_files(folder)), not self.without_sandbox) as kernel:
            session = Session(
                kernel.client,
                kernel.folder,
                kernel.inside,
                ExamLimits(call_s=self.cell_s, cell_s=2 * self.cell_s),
                interrupt=kernel.interrupt,
                is_alive=lambda: not kernel.is_dead(),
            )
            self._run(nb.cells, kernel, session)
            if kernel.dead_reason and note:
                note["remarks"] = [*note["remarks"], NOT_TO_ITS_END + kernel.dead_reason]
            if session.ignored and note:
                note["flags"] = [*note["flags"], "messages that nobody asked for came from the student's kernel"]
        return nb, resources

    def _limits(self) -> Limits:
        return Limits(
            cell_s=self.cell_s,
            notebook_s=self.notebook_s,
            memory_bytes=int(self.memory_gib * GIB),
            processes=self.processes,
            output_bytes=self.output_bytes,
            timeouts=_TIMEOUTS,
        )

    def _run(self, cells: list[NotebookNode], kernel: Kernel, session: Session) -> None:
        code = [cell for cell in cells if cell.cell_type == "code"]
        for number, cell in enumerate(code):
            if kernel.is_dead():
                _stop(code[number:], f"not reached: {kernel.dead_reason}")
                return
            if is_test(cell):
                started = kernel.cpu_s() + time.thread_time()
                verdict = _examine(cell, kernel, session)
                cell.outputs = _outputs(verdict, cell.metadata.nbgrader["points"])
                cell.metadata["grader"] = {
                    "raised_by_student": verdict.is_students,
                    "cpu_s": round(kernel.cpu_s() + time.thread_time() - started, 3),
                }
            else:
                allowed_s = kernel.cell_s
                run = kernel.run_cell(cell.source)
                cell.outputs, cell.execution_count = run.outputs, run.execution_count
                if run.status not in ("ok", "error"):
                    stopped = f"it took longer than {allowed_s:g} s" if run.status == "timeout" else "it wrote too much"
                    cell.outputs.append(_error("Stopped", kernel.dead_reason or stopped))


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell of the assignment tests an answer, rather than holding it."""
    return is_grade(cell) and not is_solution(cell)


def _examine(cell: NotebookNode, kernel: Kernel, session: Session) -> Verdict:
    allowed_s = kernel.cell_s
    session.limits = replace(session.limits, call_s=allowed_s, cell_s=2 * allowed_s)
    started = time.monotonic()
    verdict = examine(cell.source, session)
    timed_out = verdict.error == "StudentTimeout"
    kernel.spend(time.monotonic() - started, allowed_s if timed_out else None)
    if session.is_lost:
        kernel.end("a test's call of the student's code took too long, and did not stop when it was interrupted")
    return verdict


def _data_files(folder: Path) -> Iterator[Path]:
    """Yield what an assignment brings along for its students."""
    return (path for path in sorted(folder.iterdir()) if path.suffix != ".ipynb" and not path.name.startswith("."))


def _stop(cells: list[NotebookNode], reason: str) -> None:
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs = [_error(NOT_REACHED, reason)]


def _outputs(verdict: Verdict, points: float) -> list[NotebookNode]:
    printed = [new_output("stream", name="stdout", text=verdict.printed)] if verdict.printed else []
    if not verdict.ok:
        return [*printed, _error(verdict.error, verdict.message, verdict.student_traceback)]
    if verdict.value is None:
        return printed
    # nbgrader refuses a submission whose partial credit lies outside of the cell's points.
    value = min(max(0, verdict.value), points)  # in this order it makes nan 0
    return [*printed, new_output("execute_result", data={"text/plain": str(value)}, execution_count=None)]


def _error(name: str, message: str, traceback: str = "") -> NotebookNode:
    lines = [line for line in (traceback, f"{name}: {message}") if line]
    return new_output("error", ename=name, evalue=message, traceback=lines)
