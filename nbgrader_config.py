"""nbgrader's settings for this course: `nbgrader generate_assignment`, `autograde`, ... run from this folder."""

import os
import shutil
import sysconfig

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor

from grader.export import GradesCsv
from grader.feedback import GradesAndPending, RedactHiddenTests, RedactMarkScheme

c = get_config()  # noqa: F821 - traitlets defines it

# nbgrader calls alembic by name to make a gradebook, which fails where the environment is used without activating it.
if shutil.which("alembic") is None:
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])

# Exercises are small: more threads only wait for each other, and the last digits would depend on the machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
# The mark scheme stands with the question, so that the answer has a cell of its own; nbgrader expects it in a "task".
c.ClearMarkScheme.enforce_metadata = False

TIMEOUT_S = 60
c.Execute.timeout = TIMEOUT_S
c.Execute.error_on_timeout = {
    "ename": "CellTimeoutError",
    "evalue": f"the cell was stopped after {TIMEOUT_S} s",
    "traceback": [f"CellTimeoutError: the cell was stopped after {TIMEOUT_S} s"],
}
# The default of 4 s fails a whole submission when the machine is merely busy.
c.Execute.iopub_timeout = 30

# Every kernel would otherwise tell the terminal that its local connection is not encrypted.
c.Execute.extra_arguments = ["--log-level=ERROR"]

# nbgrader gives no points to a test cell with any text on stderr: a warning from torch would be enough.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "^"

# nbgrader's own feedback prints hidden tests and mark schemes, and an answer that nobody has read yet has 0 points.
c.GenerateFeedback.preprocessors = [GradesAndPending, RedactHiddenTests, RedactMarkScheme, CSSHTMLHeaderPreprocessor]

# nbgrader's own export does not quote: a comma in a name shifts the columns.
c.ExportApp.plugin_class = GradesCsv
