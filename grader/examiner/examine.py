"""Run one test cell in this process, against the student's kernel."""

import ast
import builtins
import contextlib
import ctypes
import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from grader.examiner.errors import StudentError, StudentTimeout, clean_text
from grader.examiner.exchange import Exchange
from grader.examiner.session import Session
from grader.examiner.standins import Namespace

_FILE = "<test>"


@dataclass(frozen=True)
class Verdict:
    """What came of a test cell.

    Attributes:
        ok: Whether it ran to its end.
        value: The value of a last expression if that is a plain number: nbgrader's partial credit.
        error: The name of the exception that ended it.
        message: That exception's text.
        student_traceback: Where in the student's code it was raised, if it was: the student's kernel says so.
        printed: What the cell and the student's code printed meanwhile.
        is_students: Whether the student's code raised it; then its name and text are the student's too.
    """

    ok: bool
    value: float | None = None
    error: str = ""
    message: str = ""
    student_traceback: str = ""
    printed: str = ""
    is_students: bool = False


class _CellTimeout(BaseException):
    """The test cell itself took too long."""


def examine(cell_source: str, session: Session) -> Verdict:
    """Run a test cell; every name that it uses and does not define is the student's.

    Args:
        cell_source: The cell's code.
        session: The connection to the kernel in which the student's cells ran.
    """
    with _own_torch_state(), warnings.catch_warnings(), _printing() as printed:
        warnings.simplefilter("ignore")
        exchange = Exchange(session)
        try:
            with session.connected(), _deadline(session.limits.cell_s):
                value = _run(cell_source, Namespace(exchange))
        # Whatever a test cell raises, SystemExit and KeyboardInterrupt too, is that cell's failure.
        except BaseException as error:
            return _failure(error, exchange, printed)
    return Verdict(True, value, printed=_all_printed(exchange, printed))


def _run(source: str, namespace: Namespace) -> float | None:
    tree = ast.parse(source, _FILE)
    namespace.exchange.likely_names = _unbound(tree)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, _FILE, "exec", dont_inherit=True, optimize=0), namespace)
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), _FILE, "eval", dont_inherit=True, optimize=0), namespace)
    return value if type(value) in (int, float) else None


def _unbound(tree: ast.Module) -> frozenset[str]:
    """Return the names that a cell reads and assigns nowhere."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return frozenset({node.id for node in names} - bound - set(dir(builtins)))


def _failure(error: BaseException, exchange: Exchange, printed: io.StringIO) -> Verdict:
    if isinstance(error, _CellTimeout):
        error = StudentTimeout("the test took too long")
    try:
        message = clean_text(str(error))
    except Exception:
        message = ""
    trace = getattr(error, "student_traceback", "")
    name = "StudentError" if type(error) is StudentError else type(error).__name__
    is_students = hasattr(error, "student_traceback")
    return Verdict(False, None, name, message, trace, _all_printed(exchange, printed), is_students)


def _all_printed(exchange: Exchange, printed: io.StringIO) -> str:
    return clean_text(printed.getvalue() + exchange.printed, exchange.session.limits.max_printed)


@contextlib.contextmanager
def _printing() -> Iterator[io.StringIO]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield printed


@contextlib.contextmanager
def _own_torch_state() -> Iterator[None]:
    """Give a cell fresh random numbers, and undo what it sets."""
    dtype = torch.get_default_dtype()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.seed()
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise _CellTimeout in this thread when the time is up."""
    thread, lock, over = threading.get_ident(), threading.Lock(), []

    def stop() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_CellTimeout))

    timer = threading.Timer(seconds + 1, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over.append(True)
        timer.cancel()
