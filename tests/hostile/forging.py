"""Answers that make the kernel report what it did not compute."""

from tests.hostile.attack import POINTS, Attack

WRONG = "def double(x):\n    return 0\n"
KERNEL = "shell = get_ipython()\nkernel = shell.kernel\n"


def forged(name, code, **more):
    """An attack beside answers that run and are wrong."""
    return Attack(name, POINTS, f"{WRONG}\n{KERNEL}{code}", **more)


def skip_tests(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["tags"] = ["skip-execution"]


ATTACKS = [
    forged("tags test cells skip-execution", "", change=skip_tests),
    forged(
        "replaces run_cell_async",
        """
real = type(shell).run_cell_async

async def nothing(self, raw_cell, **options):
    return await real(self, "pass", **(options | {"transformed_cell": "pass"}))

type(shell).run_cell_async = nothing
""",
    ),
    forged(
        "forged execute_result on iopub",
        """
def forge(info):
    content = {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent())

shell.events.register("pre_run_cell", forge)
""",
    ),
    forged(
        "forged result below zero",
        """
def forge(info):
    content = {"data": {"text/plain": "-999"}, "metadata": {}, "execution_count": 1}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent())

shell.events.register("pre_run_cell", forge)
""",
    ),
    forged("a result that is no number", "sum = lambda values: 'all is well'"),
    forged(
        "calls displayhook with points",
        """
def double(x):
    shell.displayhook(1)
    return 0
""",
    ),
    forged(
        "AST transformer drops asserts",
        """
import ast

class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)

shell.ast_transformers.append(Drop())
""",
    ),
    forged(
        "compile patched to optimize",
        """
import builtins
real = builtins.compile

def optimized(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, **more):
    return real(source, filename, mode, flags, dont_inherit, 2, **more)

builtins.compile = optimized
""",
    ),
    forged(
        "input transformer drops asserts",
        'shell.input_transformers_cleanup.append(lambda lines: [x for x in lines if not x.startswith("assert")])',
    ),
    forged(
        "run_code does nothing",
        """
async def nothing(code, result=None, **options):
    return False

shell.run_code = nothing
""",
    ),
    forged(
        "kernel says ok to everything",
        """
async def ok(*args, **options):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

kernel.do_execute = ok
""",
    ),
    forged(
        "kernel handles no request",
        """
def handler(stream, ident, parent, *more):
    content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
    kernel.session.send(stream, "execute_reply", content, parent, ident=ident)

async def handle(*args):
    handler(*args)

kernel.shell_handlers["execute_request"] = handle
""",
    ),
    forged(
        "signed replies turned into successes",
        """
real = kernel.session.send

def send(stream, kind, content=None, *args, **options):
    if kind == "error":
        return None
    if kind == "execute_reply":
        content = {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
        content["user_expressions"]["reply"] = {"status": "ok", "data": {"text/plain": "True"}, "metadata": {}}
    return real(stream, kind, content, *args, **options)

kernel.session.send = send
""",
    ),
    forged(
        "replies twice and too early",
        """
def forge(info):
    content = {"status": "ok", "execution_count": 1, "payload": []}
    content["user_expressions"] = {"reply": {"status": "ok", "data": {"text/plain": "4"}, "metadata": {}}}
    result = {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}
    for _ in range(2):
        kernel.session.send(kernel.iopub_socket, "execute_result", result, parent=kernel.get_parent())
        kernel.session.send(
            kernel.shell_stream.socket, "execute_reply", content, parent=kernel.get_parent(),
            ident=kernel._parent_ident["shell"],
        )

shell.events.register("pre_execute", lambda: forge(None))
""",
    ),
    forged(
        "parses the answer out of In",
        """
import re
asked = []

def double(x):
    asked.append(x)
    return int(re.findall(r"double\\(\\w+\\) == (-?\\d+)", In[-1])[len(asked) - 1])
""",
    ),
    forged(
        "reads the next cell before it runs",
        """
import re

def read(info):
    if found := re.search(r"answer == (\\d+)", info.raw_cell):
        shell.user_ns["answer"] = int(found.group(1))

shell.events.register("pre_run_cell", read)
""",
    ),
    forged(
        "walks frames for expected values",
        """
import sys

def double(x):
    constants = sys._getframe(1).f_code.co_consts
    return min(c for c in constants if type(c) is int) if x < 0 else constants[constants.index(2) + 1]
""",
    ),
    forged(
        "a thread looks into the test",
        """
import sys, threading, time
main = threading.get_ident()
found = []

def look():
    frame = sys._current_frames()[main]
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    found.append(frame.f_code.co_consts)

def double(x):
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return min(c for c in found[-1] if type(c) is int) if x < 0 else 4
""",
    ),
    forged(
        "a tracer answers for the test",
        """
import sys

def trace(frame, event, arg):
    if event == "call" and frame.f_code.co_name == "<module>":
        frame.f_globals["double"] = lambda x: x + x
    return None

def double(x):
    sys.settrace(trace)
    return 4
""",
    ),
    forged(
        "an audit hook answers for the test",
        """
import re, sys

def listen(event, args):
    if event == "exec":
        constants = [c for c in args[0].co_consts if type(c) is int]
        if "answer" in args[0].co_names and constants:
            shell.user_ns["answer"] = max(constants) or 1

sys.addaudithook(listen)
""",
    ),
    forged("patched builtins", "import builtins\nbuiltins.sum = lambda values: 2"),
    forged("shadowed builtins", "sum = lambda values: 2"),
    forged(
        "parser drops asserts",
        """
real = shell.compile.ast_parse

def parse(source, *args, **options):
    return real(source.replace("assert ", "pass  # "), *args, **options)

shell.compile.ast_parse = parse
""",
    ),
    forged(
        "a module beside the notebook",
        "",
        files={"numpy.py": "float64 = float\n\ndef isclose(a, b):\n    return True\n"},
    ),
    forged(
        "a finder of modules",
        """
import sys, types

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            sys.modules["numpy"] = fake
        return None

fake = types.ModuleType("numpy")
fake.isclose, fake.float64 = lambda a, b: True, float
for name in [name for name in sys.modules if name.split(".")[0] == "numpy"]:
    del sys.modules[name]
sys.modules["numpy"] = fake
""",
    ),
]
