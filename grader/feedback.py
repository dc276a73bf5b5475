"""What the student gets to see: nbgrader's feedback without the hidden tests, and with what is still open."""

import builtins

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, GetGrades
from nbgrader.utils import is_locked, is_task

from grader.execute import NOT_REACHED, is_test

WITHHELD = "; its text is not shown after a hidden test"
PENDING = "Not graded yet: a person reads this answer, and its points are still open."


class GradesAndPending(GetGrades):
    """Puts the scores into the notebook, and says which answers still wait for a person."""

    def _get_score(self, cell: NotebookNode, resources: ResourcesDict) -> None:
        super()._get_score(cell, resources)
        grade_id = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(grade_id, self.notebook_id, self.assignment_id, self.student_id)
        if grade.needs_manual_grade and grade.manual_score is None:
            cell.metadata.nbgrader["comment"] = PENDING


class RedactHiddenTests(ClearHiddenTests):
    """Removes hidden tests, and whatever of the cell's outputs could show their source, inputs or expected values."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Clear a notebook."""
        self._has_met_hidden = False
        return super().preprocess(nb, resources)

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Clear one cell. Only test cells hold hidden tests; the same words in a student's cell mean nothing."""
        is_checked = is_test(cell)
        is_hidden = is_checked and self._remove_hidden_test_region(cell)
        self._has_met_hidden = self._has_met_hidden or is_hidden
        if self._has_met_hidden and cell.cell_type == "code":
            # The student's code can have kept what a hidden test called it with, and print or raise it, then or later.
            is_students = not is_checked or cell.metadata.get("grader", {}).get("raised_by_student", False)
            where = " in a hidden test" if is_hidden else WITHHELD
            kept = _KEPT if is_checked else {"error"}
            cell.outputs = [_redacted(out, is_students, where) for out in cell.outputs if out.output_type in kept]
        return cell, resources


class RedactMarkScheme(ClearMarkScheme):
    """Removes mark schemes from the given cells. The same words in a student's cell mean nothing."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Clear one cell."""
        if is_locked(cell) or is_task(cell):
            self._remove_mark_scheme_region(cell)
        return cell, resources


_KEPT = {"error", "execute_result"}
# What the grader itself says, and what a test was written to say.
_OURS = {"AssertionError", NOT_REACHED, "StudentTimeout", "KernelLost", "BadReply"}
_BUILTIN = {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, Exception)}


def _redacted(output: NotebookNode, is_students: bool, where: str) -> NotebookNode:
    if output.output_type != "error":
        return output
    if is_students or output.ename not in _OURS:
        name = output.ename if output.ename in _BUILTIN else "an exception"
        output = new_output("error", ename="HiddenTest", evalue=f"your code led to {name}{where}")
    message = strip_ansi(f"{output.ename}: {output.evalue}")
    return new_output("error", ename=output.ename, evalue=output.evalue, traceback=[message])
