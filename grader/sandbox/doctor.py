"""What this machine can enforce, and how to mend what it cannot."""

from grader.course import GraderError
from grader.sandbox.bwrap import find_bwrap


def require_sandbox() -> str:
    """Return the path of bubblewrap.

    Raises:
        GraderError: If this machine cannot put a kernel into a sandbox.
    """
    bwrap = find_bwrap()
    if bwrap is None:
        raise GraderError("no bubblewrap")
    return bwrap
