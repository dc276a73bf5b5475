"""Step 3 of grading: test cells run in the grader's process, against stand-ins for the student's objects."""

from grader.examiner.errors import BadReply, KernelLost, StudentError, StudentTimeout
from grader.examiner.examine import Verdict, examine
from grader.examiner.session import Limits, Session, bound_messages

__all__ = [
    "BadReply",
    "KernelLost",
    "Limits",
    "Session",
    "StudentError",
    "StudentTimeout",
    "Verdict",
    "bound_messages",
    "examine",
]
