"""What in a student's code a person should look at: no exercise needs it, and every way out of a notebook does.

A flag is a hint and costs nothing. The sandbox and the examiner stand whether or not it is raised.
"""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

_MODULES = {
    *("atexit", "ctypes", "faulthandler", "gc", "mmap", "posix", "pty", "resource", "signal"),
    *("socket", "subprocess", "urllib", "requests", "zmq", "jupyter_client", "nbgrader", "ipykernel"),
}
_ATTRIBUTES = {"_getframe", "settrace", "ast_transformers", "input_transformers_post", "run_cell_async", "displayhook"}
_CALLS = {"get_ipython", "__import__"}
_OS = {"_exit", "abort", "fork", "kill", "popen", "setsid", "symlink", "system"}
_WORDS = re.compile(r"gradebook|hidden tests|nbgrader|/proc/|/etc/|\.\./|\.ipython|autograded", re.IGNORECASE)


def suspicions(notebook: NotebookNode, released: NotebookNode) -> list[str]:
    """Return what the student's own code reaches for outside of an exercise, as one flag; nothing if it does not.

    Args:
        notebook: The rebuilt submission.
        released: The exercise as it was handed out; what stands in it is nobody's fault.
    """
    given = {cell.source for cell in released.cells}
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "code" and _is_own(cell)]
    found = dict.fromkeys(thing for text in texts if text not in given for thing in _things(text))
    return [f"its code reaches for {', '.join(found)}"] if found else []


def _is_own(cell: NotebookNode) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return not marks.get("locked", False)


def _things(text: str) -> Iterator[str]:
    yield from (match.group().lower() for match in _WORDS.finditer(text))
    try:
        tree = ast.parse(text)
    # Honest students write shell lines too; what a suspicious one names has been seen above.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        yield from _reached(node)


def _reached(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from ({alias.name.split(".")[0] for alias in node.names} & _MODULES)
    elif isinstance(node, ast.ImportFrom) and (module := (node.module or "").split(".")[0]) in _MODULES:
        yield module
    elif isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
        yield node.attr
    elif isinstance(node, ast.Attribute) and node.attr in _OS and getattr(node.value, "id", "") == "os":
        yield f"os.{node.attr}"
    elif isinstance(node, ast.Name) and node.id in _CALLS:
        yield node.id
