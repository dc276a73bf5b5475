"""The grades as a table: the plugin behind `nbgrader export`."""

import csv

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Dict

COLUMNS = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "note",
]


class GradesCsv(ExportPlugin):
    """nbgrader's columns and a note for the TA, quoted as CSV should be."""

    notes = Dict(help="what to tell the TA, by (assignment, student)")

    def export(self, gradebook: Gradebook) -> None:
        """Write one row per assignment and student to `self.to`, `grades.csv` by default."""
        rows = [
            self._row(gradebook, assignment, student)
            for assignment in gradebook.assignments
            for student in gradebook.students
            if _chosen(assignment.name, self.assignment) and _chosen(student.id, self.student)
        ]
        with open(self.to or "grades.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def _row(self, gradebook: Gradebook, assignment: Assignment, student: Student) -> dict:
        row = {
            "assignment": assignment.name,
            "duedate": assignment.duedate,
            "student_id": student.id,
            "last_name": student.last_name,
            "first_name": student.first_name,
            "email": student.email,
            "max_score": assignment.max_score,
        }
        scores, status = _scores(gradebook, assignment.name, student.id)
        notes = [status, self.notes.get((assignment.name, student.id))]
        return row | scores | {"note": "; ".join(filter(None, notes))}


def _chosen(name: str, wanted: list) -> bool:
    # nbgrader's command line turns a numeric id into a number.
    return not wanted or name in map(str, wanted)


def _scores(gradebook: Gradebook, assignment: str, student: str) -> tuple[dict, str]:
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return {"raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}, "nothing submitted"
    penalty = submission.late_submission_penalty or 0.0
    scores = {
        "timestamp": submission.timestamp,
        "raw_score": submission.score,
        "late_submission_penalty": penalty,
        "score": max(0.0, submission.score - penalty),
    }
    return scores, "needs manual grading" if submission.needs_manual_grade else ""
