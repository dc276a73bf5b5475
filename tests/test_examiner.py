"""Test cells against a real kernel: what honest students write works, and what hostile ones write gains nothing."""

import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from grader.answers import parse, sources
from grader.examiner import Limits, Session, examine
from tests.notebooks import ROOT

SOLUTION = ROOT / "solutions" / "01_gradient_clipping" / "01_gradient_clipping.ipynb"
EXERCISE = ROOT / "exercises" / "01_gradient_clipping" / "01_gradient_clipping.ipynb"
CELLS = sources(parse((Path(__file__).parent / "examiner_cells.py").read_text(encoding="utf-8")))
HONEST = CELLS.pop("the student's notebook")


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, source):
    client.execute_interactive(source, store_history=False, output_hook=lambda message: None, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("line")


def session_with(kernel, folder, limits):
    manager, client = kernel
    return Session(client, folder, limits=limits, interrupt=manager.interrupt_kernel, is_alive=manager.is_alive)


@pytest.fixture(scope="module")
def session(kernel, folder):
    run(kernel[1], HONEST)
    return session_with(kernel, folder, Limits(call_s=10.0, cell_s=10.0))


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_honest(session, cell):
    verdict = examine(cell, session)
    assert verdict.ok, f"{verdict.error}: {verdict.message}\n{verdict.student_traceback}"


def test_partial_credit_is_the_last_expression(session):
    assert examine("got = double(1)\ngot / 4", session).value == 0.5
    assert examine("got = double(1)", session).value is None
    assert examine("same", session).value is None


FAILS = {
    "a failed assert": ("assert double(2) == 5, f'got {double(2)}'", "AssertionError", "got 4"),
    "a name of nobody": ("nobody(1)", "NameError", "name 'nobody' is not defined"),
    "the student's error": ("fail(KeyError)", "KeyError", "no good"),
    "the student's own error": ("diverge()", "Diverged", "at step 3"),
    "no answer yet": ("fail(NotImplementedError)", "NotImplementedError", "no good"),
    "exit": ("import sys\nsys.exit(0)", "SystemExit", "0"),
    "the student's exit": ("fail(SystemExit)", "SystemExit", "no good"),
    "an interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
    "recursion": ("def f(): f()\nf()", "RecursionError", "maximum recursion depth"),
    "no Python": ("assert (", "SyntaxError", "never closed"),
    "what cannot cross": ("import threading\nsame(threading.Lock())", "TypeError", "pickle"),
}


@pytest.mark.parametrize(("cell", "error", "message"), FAILS.values(), ids=FAILS)
def test_failures(session, cell, error, message):
    verdict = examine(cell, session)
    assert (verdict.ok, verdict.value) == (False, None)
    assert (verdict.error, message in verdict.message) == (error, True), verdict


def test_the_traceback_is_the_students_alone(session):
    verdict = examine("secret = 8123\nfail(ValueError)", session)
    assert 'File "your notebook"' in verdict.student_traceback
    assert "in fail" in verdict.student_traceback
    assert "8123" not in str(verdict)
    assert "<test>" not in str(verdict)


def test_printing_costs_nothing(session):
    verdict = examine("import warnings\nwarnings.warn('old')\nprint('ours')\nassert say() == 1", session)
    assert verdict.ok
    assert "ours" in verdict.printed
    assert "hello" in verdict.printed


def test_a_cell_leaves_nothing(session):
    assert examine("secret = 1\nimport torch\ntorch.set_default_dtype(torch.float64)\nsame(secret)", session).ok
    verdict = examine("import torch\nassert torch.ones(1).dtype == torch.float32\nsecret", session)
    assert verdict.error == "NameError"


HOSTILE = """
import torch, sys, json, base64, os, time
class LyingTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.allclose, torch.equal): return True
        return super().__torch_function__(func, types, args, kwargs or {})
def lying_tensor(x): return torch.zeros(3).as_subclass(LyingTensor)
class LyingFloat(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = float.__hash__
class LyingStr(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Anything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return self
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    def __class_getitem__(cls, item): return cls
    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = object.__hash__
def lying_float(x): return LyingFloat(1.0)
def lying_str(x): return LyingStr("a")
def anything(x): return Anything()
def itself(x): return itself
def endless():
    while True: yield 1
def flood():
    for _ in range(10): print("x" * 1_000_000)
    os.write(1, b"y" * 1_000_000)
    return 1
def deep(x):
    a = []
    for _ in range(10**5): a = [a]
    return a
def wide(x): return list(range(10**6))
def vast(x): return torch.zeros(10**8, dtype=torch.uint8)
def bits(x): return 1 << 10**6
def doubled(x):
    a = []
    for _ in range(40): a = [a, a]
    return a
def cyclic(x):
    a = [1]; a.append(a); return a
def sleepy(x):
    while True:
        try: time.sleep(30)
        except KeyboardInterrupt: return 1
"""

LIES = {
    "a tensor": "import torch\nassert torch.allclose(lying_tensor(1), torch.ones(3))",
    "an equal tensor": "import torch\nassert torch.equal(lying_tensor(1), torch.ones(3))",
    "a float": "assert lying_float(1) == 5",
    "a close float": "assert abs(lying_float(1) - 5) < 1e-3",
    "text": "assert lying_str(1) == 'b'",
    "an object": "assert anything(1) == 5",
    "an object on the right": "assert 5 == anything(1)",
    "an object in a list": "assert [1, anything(1)] == [1, 5]",
    "a close object": "assert abs(anything(1) - 5) < 1e-3",
    "itself": "assert itself(1) == 5",
    "deep": "assert deep(1) == 5",
    "wide": "assert len(wide(1)) == 5",
    "vast": "assert vast(1).sum() == 5",
    "bits": "assert bits(1) == 5",
    "doubled": "assert doubled(1) == 5",
    "an endless generator": "assert sum(endless()) == 5",
}


@pytest.fixture
def hostile(kernel, folder):
    """A session of its own with a kernel that has been attacked; the code is loaded anew for each."""
    run(kernel[1], HOSTILE)
    return session_with(kernel, folder, Limits(call_s=5.0, cell_s=3.0))


@pytest.mark.parametrize("cell", LIES.values(), ids=LIES)
def test_lies(hostile, cell):
    verdict = examine(cell, hostile)
    assert (verdict.ok, verdict.value) == (False, None)
    assert examine("assert lying_str(1) == 'a'", hostile).ok


def test_printing_10_mb(hostile):
    verdict = examine("assert flood() == 1", hostile)
    assert verdict.ok
    assert len(verdict.printed) <= Limits().max_printed


def test_a_list_in_itself(hostile):
    assert examine("a = cyclic(1)\nassert a[1] is a", hostile).ok


def test_a_function_that_never_returns(kernel, folder):
    run(kernel[1], HOSTILE)
    session = session_with(kernel, folder, Limits(call_s=0.5, grace_s=5.0))
    assert examine("1", session).ok
    assert examine("sleepy(1)", session).error == "StudentTimeout"
    assert examine("assert lying_str(1) == 'a'", session).ok


FORGED = {
    "no bytes": "'é' * 10",
    "nothing": "b''",
    "not JSON": "pack(b'{')",
    "a list": "pack(b'[]')",
    "no fields": "pack(b'{}')",
    "a huge tensor": "pack(make(['new', 1, 'tensor', ['torch.float32', [10**12], False, 'cpu', False], [None], None]))",
    "an overflow": "pack(make(['new', 1, 'tensor', ['torch.int8', [2**32] * 2, False, 'cpu', False], [], None]))",
    "a negative shape": "pack(make(['new', 1, 'tensor', ['torch.float32', [-1], False, 'cpu', False], [None], None]))",
    "nesting": "pack(b'[' * 10**5 + b']' * 10**5)",
    "lying about its size": "(10**18).to_bytes(8, 'big') + b'{}'",
    "an unknown kind": "pack(make(['__class__']))",
    "a method": "pack(make(['value', 1]))",
    "a pair of nothing": "pack(make(['pair', 77]))",
    "an update of nothing": "pack(make(1, updates=[[77, [], [], None]]))",
    "a huge range": "pack(make(['range', '0x0', '0x' + 'f' * 30, '0x1']))",
    "a huge integer": "pack(make(['int', '0x' + 'f' * 10**6]))",
    "an object array": "pack(make(['new', 1, 'array', ['|O8', [1]], [], None]))",
    "an unhashable key": "pack(make(['new', 1, 'dict', [], [['new', 3, 'list', [], [], None], 1], None]))",
    "a forged state": "pack(make(['new', 1, 'generator', ['cpu'], [], None]))",
}
FORGE = """
import json, sys
def pack(raw): return len(raw).to_bytes(8, "big") + raw
def make(value, updates=()):
    return json.dumps({"value": value, "updates": updates, "names": {}, "dropped": [], "printed": ""}).encode()
def forge(x): sys.modules['_examiner'].server.answer = lambda request: REPLY
"""


@pytest.mark.parametrize("reply", FORGED.values(), ids=FORGED)
def test_forged_replies(hostile, kernel, reply):
    run(kernel[1], FORGE + f"REPLY = {reply}")
    verdict = examine("forge(1)\nassert lying_float(1) == 5", hostile)
    assert (verdict.ok, verdict.error) == (False, "BadReply"), verdict


LINE = """
import gc, socket, struct
def line(): return next(each for each in gc.get_objects() if isinstance(each, socket.socket) and each.family == 1)
def send(*frames):
    for number, body in frames: line().sendall(struct.pack(">QQ", number, len(body)) + body)
"""
ON_THE_LINE = {
    "early": ("def forge(x): send((3, b'x'), (10**15, b''))", "AssertionError", 2),
    "late and doubled": ("def forge(x): send((0, b'x'), (0, b'x'))", "AssertionError", 2),
    "in place of the real one": ("def forge(x): send((1, b'x'), (2, b'x'))", "BadReply", 1),
    "larger than memory": ("def forge(x): line().sendall(struct.pack('>QQ', 9, 2**60))", "BadReply", 0),
    "hung up": ("def forge(x): line().shutdown(2)", "BadReply", 0),
    "closed": ("def forge(x): line().close()", "BadReply", 0),
}


@pytest.mark.parametrize(("forge", "error", "ignored"), ON_THE_LINE.values(), ids=ON_THE_LINE)
def test_frames_that_nobody_asked_for(hostile, kernel, forge, error, ignored):
    run(kernel[1], LINE + forge)
    verdict = examine("forge(1)\nassert lying_float(1) == 5", hostile)
    assert (verdict.ok, verdict.error) == (False, error), verdict
    assert hostile.ignored == ignored
    assert examine("assert lying_str(1) == 'a'", hostile).ok


def test_somebody_else_answers_the_door(hostile, kernel, folder):
    """A thread of the student's connects first: what it says counts as little as what the kernel says."""
    run(
        kernel[1],
        f"""
import pathlib, socket, threading, time
def first():
    while not (found := list(pathlib.Path({str(folder)!r}).glob("tests-*"))):
        time.sleep(1e-4)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(found[0]))
        line.recv(100); line.sendall(b"x" * 1000); time.sleep(1)
threading.Thread(target=first).start()
""",
    )
    verdict = examine("assert lying_float(1) == 5", hostile)
    assert not verdict.ok
    run(kernel[1], "time.sleep(1.1)")
    assert examine("assert lying_str(1) == 'a'", hostile).ok


def test_a_forged_message_for_another_request_is_ignored(hostile, kernel):
    """The student signs with the kernel's own key, and answers before the examiner asks, and twice."""
    run(
        kernel[1],
        """
def forge(x):
    k = get_ipython().kernel
    for parent in (k.get_parent(), {"header": {"msg_id": "other"}, "msg_id": "other"}, {}):
        for content in ({"status": "ok"}, {"user_expressions": {"reply": 3}}, {"a": [1] * 3000}):
            for socket in (k.shell_stream.socket, k.iopub_socket):
                k.session.send(socket, "execute_reply", content, parent=parent, ident=k._parent_ident["shell"])
    return 7
""",
    )
    assert examine("assert forge(1) == 7", hostile).ok
    until = time.monotonic() + 30  # the messages come on a channel of their own, in their own time
    while not hostile.ignored and time.monotonic() < until:
        assert examine("assert lying_float(1) == 5", hostile).error == "AssertionError"
    assert hostile.ignored


PATCHES = {
    "json": "import json\njson.dumps = lambda *a, **k: '{}'",
    "torch.equal": "import torch\ntorch.equal = torch.allclose = lambda *a, **k: True",
    "the examiner": "import sys\nsys.modules['_examiner'].serve.Encoder.encode = lambda *a: True",
    "tensor bytes": "import sys\nsys.modules['_examiner'].encode.tensor_bytes = lambda t: b''",
    "sockets": "import socket\nsocket.socket.sendall = lambda *a: None",
    "builtins": "import builtins\nbuiltins.AssertionError = KeyError",
    "nothing left": "import sys\nsys.modules.pop('_examiner', None)",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_patched_process_gains_nothing(patch, folder):
    manager, client = start_new_kernel()
    try:
        run(client, HOSTILE)
        session = session_with((manager, client), folder, Limits(call_s=2.0, grace_s=0.2))
        assert examine("lying_str(1)", session).ok
        client.execute(patch, silent=True)  # nobody waits: a patched kernel may never answer
        assert not examine("import torch\nassert torch.equal(lying_tensor(1), torch.ones(3))", session).ok
        assert not examine("assert lying_float(1) == 5", session).ok
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_kernel_that_dies_is_noticed_at_once(folder):
    manager, client = start_new_kernel()
    try:
        run(client, "import os\ndef die(): os._exit(0)")
        session = session_with((manager, client), folder, Limits(call_s=20.0))
        assert examine("die()", session).error == "KernelLost"
        assert examine("1 + len(die())", session).error == "KernelLost"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def graded(path):
    cells = nbformat.read(path, 4).cells
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells if is_test(cell)}


def is_test(cell):
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


@pytest.mark.parametrize(("path", "passes"), [(SOLUTION, True), (EXERCISE, False)], ids=["solution", "exercise"])
def test_the_first_exercise(path, passes, folder):
    manager, client = start_new_kernel(cwd=str(ROOT))
    try:
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code" and not is_test(cell):
                run(client, cell.source)
        session = session_with((manager, client), folder, Limits())
        verdicts = {grade_id: examine(source, session) for grade_id, source in graded(SOLUTION).items()}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    wrong = {grade_id: verdict for grade_id, verdict in verdicts.items() if verdict.ok != passes}
    assert not wrong
    if not passes:
        assert {verdict.error for verdict in verdicts.values()} == {"NotImplementedError", "NameError"}
