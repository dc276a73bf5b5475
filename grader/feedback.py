"""What the student gets to see: nbgrader's feedback without the hidden tests, and with what is still open."""

import builtins

from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, GetGrades
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from grader.execute import NOT_REACHED

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

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Clear one cell. Only test cells hold hidden tests; the same words in a student's cell mean nothing."""
        if is_grade(cell) and not is_solution(cell) and self._remove_hidden_test_region(cell):
            # What the student's code printed or put into an exception's text can be what the test called it with.
            is_students = cell.metadata.get("grader", {}).get("raised_by_student", False)
            cell.outputs = [_redacted(out, is_students) for out in cell.outputs if out.output_type in _KEPT]
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


def _redacted(output: NotebookNode, is_students: bool) -> NotebookNode:
    if output.output_type != "error":
        return output
    if is_students or output.ename not in _OURS:
        name = output.ename if output.ename in _BUILTIN else "an exception"
        output = new_output("error", ename="HiddenTest", evalue=f"your code led to {name} in a hidden test")
    message = strip_ansi(f"{output.ename}: {output.evalue}")
    return new_output("error", ename=output.ename, evalue=output.evalue, traceback=[message])
