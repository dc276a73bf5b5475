"""nbgrader's settings for this course: `nbgrader generate_assignment`, `autograde`, ... run from this folder."""

import os
import shutil
import sysconfig

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor

from grader.autograde import install
from grader.export import GradesCsv
from grader.feedback import GradesAndPending, RedactHiddenTests, RedactMarkScheme
from grader.pages import FILTERS

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

# Submissions are rebuilt, run in a sandbox and examined from outside: see THREAT_MODEL.md.
install()
c.RunAndExamine.cell_s = 30

# nbgrader's own feedback prints hidden tests and mark schemes, and an answer that nobody has read yet has 0 points.
c.GenerateFeedback.preprocessors = [GradesAndPending, RedactHiddenTests, RedactMarkScheme, CSSHTMLHeaderPreprocessor]

# A student's output or Markdown must not run as a program where it is read: the TA's formgrader may change points.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = FILTERS

# nbgrader's own export does not quote: a comma in a name shifts the columns.
c.ExportApp.plugin_class = GradesCsv
