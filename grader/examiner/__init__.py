"""Step 3 of grading: test cells run in the grader's process, against stand-ins for the student's objects."""

from grader.examiner.errors import BadReply, KernelLost, StudentError, StudentTimeout
from grader.examiner.examine import Verdict, examine
from grader.examiner.limits import Limits
from grader.examiner.session import Session

__all__ = [
    "BadReply",
    "KernelLost",
    "Limits",
    "Session",
    "StudentError",
    "StudentTimeout",
    "Verdict",
    "examine",
]
