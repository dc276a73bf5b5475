"""Test cells against a real kernel: what honest students write works, and what hostile ones write gains nothing."""

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from grader.examiner import Limits, Session, examine
from tests.notebooks import ROOT

SOLUTION = ROOT / "solutions" / "01_gradient_clipping" / "01_gradient_clipping.ipynb"
EXERCISE = ROOT / "exercises" / "01_gradient_clipping" / "01_gradient_clipping.ipynb"
HONEST = """
import torch, copy, collections
history, limit, table = [1, 2], 0.5, {"a": torch.ones(2)}
def double(x): return x * 2
def same(x): return x
def fail(kind): raise kind("no good")
class Diverged(Exception): pass
def diverge(): raise Diverged("at step 3")
def grow(items): items.append(len(items)); history.append(3)
def rebind(): global limit; limit = 9.0
def call(f, *args): return f(*args)
def say(): print("hello"); return 1
def count():
    n = 0
    while True:
        yield n
        n += 1
def zero_(t): t.zero_()
def fill(a): a += 1
def draw(generator): return torch.rand(3, generator=generator)
def draw_global(): return torch.rand(3)
def step(model, x):
    model.zero_grad(); model(x).sum().backward()
Point = collections.namedtuple("Point", "x y")
def point(): return Point(1, 2.5)
def top(t): return torch.max(t, dim=0)
class EarlyStopping:
    def __init__(self, patience): self.patience, self.best, self.bad, self.log = patience, float("inf"), 0, []
    def __call__(self, loss):
        self.bad = 0 if loss < self.best else self.bad + 1
        self.best = min(loss, self.best); self.log.append(loss)
        return self.bad >= self.patience
    def __len__(self): return len(self.log)
    def __getitem__(self, i): return self.log[i]
class Average:
    def __init__(self, model, decay):
        self.model, self.decay = model, decay
        self.shadow = {k: v.clone() for k, v in model.state_dict().items()}
    def update(self):
        for k, v in self.model.state_dict().items(): self.shadow[k].mul_(self.decay).add_(v, alpha=1 - self.decay)
    def apply(self): self.model.load_state_dict(self.shadow)
class Net(torch.nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.layer, self.drop = torch.nn.Linear(2, width), torch.nn.Dropout(0.5)
    def forward(self, x): return self.drop(self.layer(x))
def watch(model, seen):
    def hook(module, args, output): seen.append(tuple(output.shape))
    return model.register_forward_hook(hook)
class Frozen:
    def __init__(self, net): self.net = net
    def __enter__(self):
        for p in self.net.parameters(): p.requires_grad_(False)
        return self
    def __exit__(self, *error):
        for p in self.net.parameters(): p.requires_grad_(True)
def ensemble(makers, x): return torch.stack([make()(x) for make in makers]).mean(0)
class Sgd(torch.optim.Optimizer):
    def __init__(self, params, lr): super().__init__(params, {"lr": lr})
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None: p.sub_(group["lr"] * p.grad)
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, source):
    client.execute_interactive(source, store_history=False, output_hook=lambda message: None, timeout=60)


@pytest.fixture(scope="module")
def session(kernel):
    manager, client = kernel
    run(client, HONEST)
    limits = Limits(call_s=10.0, cell_s=10.0)
    return Session(client, limits, manager.interrupt_kernel, manager.is_alive)


PASSES = {
    "values": "assert history == [1, 2] and limit == 0.5 and type(history) is list",
    "tensor in a dict": "import torch\nassert torch.equal(table['a'], torch.ones(2))",
    "numbers": "for x in (0, -1, 2**100, 0.1, -0.0, 1j, True, None, 'é', b'x', (1, [2]), {1: {2}}, range(3), float('inf')):\n"
    "    assert same(x) == x and type(same(x)) is type(x)",
    "numpy": "import numpy as np\nx = np.arange(6.0).reshape(2, 3)\nassert (double(x) == 2 * x).all()\n"
    "assert type(double(x).sum()) is np.float64 and double(np.float32(2)).dtype == np.float32",
    "an array in place": "import numpy as np\nx = np.zeros(3)\nfill(x)\nassert x.tolist() == [1, 1, 1]",
    "a tensor in place": "import torch\nx = torch.ones(4)\nzero_(x[1:3])\nzero_(y := x[:1])\n"
    "assert y.item() == 0 and x.tolist() == [0, 0, 0, 1]",
    "a base through its view": "import torch\nx = torch.ones(3)\ncall(lambda a, b: zero_(b), x, x[:1])\nassert x[0] == 0",
    "dtypes": "import torch\nfor d in (torch.bfloat16, torch.float16, torch.bool, torch.int8, torch.complex64):\n"
    "    x = torch.ones(2, dtype=d)\n    assert same(x.clone()).dtype == d and double(x.float()).dtype == torch.float32",
    "our very object comes back": "x = [1]\nassert same(x) is x",
    "a list in place": "x = []\ngrow(x)\ngrow(x)\nassert x == [0, 1]\nassert history[-1] == 3\nhistory[:] = [1, 2]\ndouble(1)",
    "a name rebound": "assert limit == 0.5\nrebind()\nassert limit == 9.0\ncall(lambda: globals())\nimport builtins",
    "exceptions": "try:\n    fail(ValueError)\nexcept ValueError as e:\n    assert str(e) == 'no good'\nelse:\n    raise AssertionError",
    "own exceptions": "try:\n    diverge()\nexcept Diverged as e:\n    assert 'step 3' in str(e)",
    "a lambda's list": "seen = []\ncall(lambda a: seen.append(a), 3)\nassert seen == [3]",
    "a global counter": "n = 0\ndef tick():\n    global n\n    n += 1\ncall(tick)\ncall(tick)\nassert n == 2",
    "a nonlocal counter": "def outer():\n    n = 0\n    def tick():\n        nonlocal n\n        n += 1\n    call(tick)\n"
    "    call(tick)\n    return n\nassert outer() == 2",
    "a student's function in a lambda": "assert call(lambda x: double(x) + 1, 3) == 7",
    "a class of the test": "class Box:\n    def __init__(self): self.n = 0\n    def add(self): self.n += 1\n"
    "box = Box()\ncall(lambda b: b.add(), box)\nassert box.n == 1",
    "a named tuple": "p = point()\nassert p.x == 1 and p.y == 2.5 and p == (1, 2.5)",
    "torch's return types": "import torch\nt = top(torch.tensor([1.0, 3.0]))\nassert t.values == 3 and t.indices == 1 and t[0] == 3",
    "early stopping": "s = EarlyStopping(patience=2)\nassert [s(x) for x in (3.0, 2.0, 2.5, 2.5)] == [False] * 3 + [True]\n"
    "assert s.best == 2.0 and len(s) == 4 and s[0] == 3.0 and list(s) == [3, 2, 2.5, 2.5]\ns.bad = 0\nassert not s(5.0)\n"
    "log = s.log\ns(7.0)\nassert log[-1] == 7.0 and s.log is log\nassert isinstance(s, EarlyStopping)",
    "generators": "g = count()\nassert [next(g) for _ in range(3)] == [0, 1, 2]\nassert next(iter(g)) == 3",
    "a random generator": "import torch\na = torch.Generator().manual_seed(1)\nb = torch.Generator().manual_seed(1)\n"
    "assert torch.equal(draw(a), torch.rand(3, generator=b))\nassert torch.equal(a.get_state(), b.get_state())",
    "the global seed": "import torch\ntorch.manual_seed(3)\na = draw_global()\nb = torch.rand(2)\ntorch.manual_seed(3)\n"
    "assert torch.equal(a, torch.rand(3)) and torch.equal(b, torch.rand(2))",
    "autograd": "import torch\nx = torch.ones(3, requires_grad=True)\ny = double(x)\n(y * torch.arange(3.0)).sum().backward()\n"
    "assert x.grad.tolist() == [0, 2, 4]",
    "autograd.grad in the middle": "import torch\nx = torch.ones(3, requires_grad=True)\n"
    "z = call(lambda a, b: a * b, x.exp(), x)\n(g,) = torch.autograd.grad(z.sum(), x)\n"
    "assert torch.allclose(g, 2 * torch.e * torch.ones(3)) and x.grad is None",
    "second derivatives": "import torch\nx = torch.tensor(2.0, requires_grad=True)\ny = call(lambda a: a**3, x)\n"
    "(g,) = torch.autograd.grad(y, x, create_graph=True)\n(h,) = torch.autograd.grad(g, x)\nassert g == 12 and h == 12",
    "no_grad": "import torch\nx = torch.ones(1, requires_grad=True)\nwith torch.no_grad():\n    assert not double(x).requires_grad",
    "grads of our module": "import torch\nm = torch.nn.Linear(2, 1)\nstep(m, torch.ones(1, 2))\n"
    "assert m.weight.grad.tolist() == [[1, 1]]\nstep(m, torch.ones(1, 2))\nassert m.weight.grad.tolist() == [[1, 1]]",
    "an object that keeps our module": "import torch\nm = torch.nn.Linear(1, 1)\ntorch.nn.init.zeros_(m.weight)\n"
    "e = Average(m, 0.5)\ntorch.nn.init.ones_(m.weight)\ne.update()\nassert e.shadow['weight'].item() == 0.5\ne.apply()\n"
    "assert m.weight.item() == 0.5",
    "the student's module": "import torch\nn = Net(width=4)\nassert isinstance(n, torch.nn.Module)\n"
    "assert sum(p.numel() for p in n.parameters()) == 12\nn.eval()\nx = torch.ones(5, 2)\n"
    "assert torch.equal(n(x), n(x)) and n(x).shape == (5, 4)\nn.train()\nassert (n(x) == 0).any()\n"
    "n.eval()\nn(x).sum().backward()\nassert n.layer.weight.grad.tolist() == [[5, 5]] * 4\n"
    "assert any(isinstance(m, torch.nn.Dropout) for m in n.modules())",
    "our optimiser on their module": "import torch\nn = Net().eval()\nsgd = torch.optim.SGD(n.parameters(), lr=1.0)\n"
    "before = n.layer.bias.detach().clone()\nn(torch.ones(1, 2)).sum().backward()\nsgd.step()\nsgd.zero_grad()\n"
    "assert torch.allclose(n(torch.zeros(1, 2)), before - 1)",
    "their optimiser on our module": "import torch\nm = torch.nn.Linear(2, 1)\nopt = Sgd(m.parameters(), lr=0.5)\n"
    "before = m.bias.item()\nm(torch.ones(1, 2)).sum().backward()\nopt.step()\nassert abs(m.bias.item() - before + 0.5) < 1e-6\n"
    "assert isinstance(opt, torch.optim.Optimizer)",
    "our optimiser with state": "import torch\nm = torch.nn.Linear(2, 1)\nopt = torch.optim.Adam(m.parameters())\n"
    "step(m, torch.ones(1, 2))\ncall(lambda o: o.step(), opt)\ncall(lambda o: o.step(), opt)\n"
    "assert opt.state[m.weight]['step'] == 2\nopt.step()\nassert opt.state[m.weight]['step'] == 3",
    "a hook on our module": "import torch\nm, seen = torch.nn.Linear(2, 3), []\nhandle = watch(m, seen)\nm(torch.ones(4, 2))\n"
    "assert seen == [(4, 3)]\nhandle.remove()\nm(torch.ones(4, 2))\nassert len(seen) == 1",
    "a context manager": "import torch\nm = torch.nn.Linear(2, 3)\nwith Frozen(m):\n    assert not m.weight.requires_grad\n"
    "assert m.weight.requires_grad",
    "an ensemble": "import torch\nnets = [torch.nn.Linear(1, 1) for _ in range(3)]\nx = torch.ones(1, 1)\n"
    "got = ensemble([lambda net=net: net for net in nets], x)\nassert torch.allclose(got, sum(n(x) for n in nets) / 3)",
    "a deep copy": "import copy\nn = Net()\nm = copy.deepcopy(n)\nassert m is not n and m.layer is not n.layer",
    "their layer in our Sequential": "import torch\nnet = torch.nn.Sequential(Net(), torch.nn.ReLU()).eval()\n"
    "assert net(torch.ones(2, 2)).shape == (2, 3)\nassert len(list(net.parameters())) == 2",
    "builtins are ours": "assert sum([1, 2]) == 3 and sorted([2, 1]) == [1, 2]",
}


@pytest.mark.parametrize("cell", PASSES.values(), ids=PASSES)
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
        return True if func in (torch.allclose, torch.equal) else super().__torch_function__(func, types, args, kwargs or {})
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
def hostile(kernel):
    """A session of its own with a kernel that has been attacked; the code is loaded anew for each."""
    manager, client = kernel
    run(client, HOSTILE)
    return Session(client, Limits(call_s=5.0, cell_s=3.0), manager.interrupt_kernel, manager.is_alive)


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


def test_a_function_that_never_returns(kernel):
    manager, client = kernel
    run(client, HOSTILE)
    session = Session(client, Limits(call_s=0.5, grace_s=5.0), manager.interrupt_kernel, manager.is_alive)
    assert examine("1", session).ok
    assert examine("sleepy(1)", session).error == "StudentTimeout"
    assert examine("assert lying_str(1) == 'a'", session).ok


FORGED = {
    "no base64": "'é' * 10",
    "nothing": "''",
    "not JSON": "b64(b'{')",
    "a list": "b64(b'[]')",
    "no fields": "b64(b'{}')",
    "a huge tensor": "b64(make(['new', 1, 'tensor', ['torch.float32', [10**12], False, 'cpu', False], [None], None]))",
    "an overflowing tensor": "b64(make(['new', 1, 'tensor', ['torch.float32', [2**32, 2**32], False, 'cpu', False], [None], None]))",
    "a negative shape": "b64(make(['new', 1, 'tensor', ['torch.float32', [-1], False, 'cpu', False], [None], None]))",
    "nesting": "b64(b'[' * 10**5 + b']' * 10**5)",
    "lying about its size": "base64.b64encode((10**18).to_bytes(8, 'big') + b'{}').decode()",
    "an unknown kind": "b64(make(['__class__']))",
    "a method": "b64(make(['value', 1]))",
    "a pair of nothing": "b64(make(['pair', 77]))",
    "an update of nothing": "b64(make(1, updates=[[77, [], [], None]]))",
    "a huge range": "b64(make(['range', '0x0', '0x' + 'f' * 30, '0x1']))",
    "a huge integer": "b64(make(['int', '0x' + 'f' * 10**6]))",
    "an object array": "b64(make(['new', 1, 'array', ['|O8', [1]], [], None]))",
    "an unhashable key": "b64(make(['new', 1, 'dict', [], [['new', 3, 'list', [], [], None], 1], None]))",
    "a forged state": "b64(make(['new', 1, 'generator', ['cpu'], [], None]))",
}
FORGE = """
import base64, json, sys
def b64(raw): return base64.b64encode(len(raw).to_bytes(8, "big") + raw).decode()
def make(value, updates=()):
    return json.dumps({"value": value, "updates": updates, "names": {}, "dropped": [], "printed": ""}).encode()
class Forged:
    def __init__(self, text): self.text = text
    def _repr_mimebundle_(self, include=None, exclude=None): return {"text/plain": self.text}
class Server:
    def answer(self, *args): return Forged(TEXT)
"""


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_forged_replies(hostile, kernel, text):
    assert examine("lying_str(1)", hostile).ok
    run(kernel[1], FORGE + f"TEXT = {text}\nsys.modules['_examiner'].server = Server()")
    verdict = examine("assert lying_float(1) == 5", hostile)
    assert (verdict.ok, verdict.error) == (False, "BadReply"), verdict


def test_a_forged_message_for_another_request_is_ignored(hostile, kernel):
    """The student signs with the kernel's own key, and answers before the examiner asks, and twice."""
    run(
        kernel[1],
        """
def forge(x):
    k = get_ipython().kernel
    for parent in (k.get_parent(), {"header": {"msg_id": "other"}, "msg_id": "other"}, {}):
        for content in ({"status": "ok"}, {"user_expressions": {"reply": 3}}, [[]], {"a": [1] * 3000}):
            for stream in (k.shell_stream, k.iopub_socket):
                try: k.session.send(stream, "execute_reply", content, parent=parent, ident=k.get_parent_ident())
                except Exception: pass
    return 7
""",
    )
    assert examine("assert forge(1) == 7", hostile).ok
    assert examine("assert lying_float(1) == 5", hostile).error == "AssertionError"


PATCHES = {
    "json": "import json\njson.dumps = lambda *a, **k: '{}'",
    "torch.equal": "import torch\ntorch.equal = torch.allclose = lambda *a, **k: True",
    "the examiner": "import sys\nsys.modules['_examiner'].serve.Encoder.encode = lambda *a: True",
    "tensor bytes": "import sys\nsys.modules['_examiner'].encode.tensor_bytes = lambda t: b''",
    "base64": "import base64\nbase64.b64encode = lambda x: b'AAAA'",
    "builtins": "import builtins\nbuiltins.AssertionError = KeyError",
    "nothing left": "import sys\nsys.modules.pop('_examiner', None)",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_a_patched_process_gains_nothing(patch):
    manager, client = start_new_kernel()
    try:
        run(client, HOSTILE)
        session = Session(client, Limits(call_s=2.0, grace_s=0.2), manager.interrupt_kernel, manager.is_alive)
        assert examine("lying_str(1)", session).ok
        client.execute(patch, silent=True)  # nobody waits: a patched kernel may never answer
        assert not examine("import torch\nassert torch.equal(lying_tensor(1), torch.ones(3))", session).ok
        assert not examine("assert lying_float(1) == 5", session).ok
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_kernel_that_dies_is_noticed_at_once():
    manager, client = start_new_kernel()
    try:
        run(client, "import os\ndef die(): os._exit(0)")
        session = Session(client, Limits(call_s=20.0), manager.interrupt_kernel, manager.is_alive)
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
def test_the_first_exercise(path, passes):
    manager, client = start_new_kernel(cwd=str(ROOT))
    try:
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code" and not is_test(cell):
                run(client, cell.source)
        session = Session(client, Limits(), manager.interrupt_kernel, manager.is_alive)
        verdicts = {grade_id: examine(source, session) for grade_id, source in graded(SOLUTION).items()}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    wrong = {grade_id: verdict for grade_id, verdict in verdicts.items() if verdict.ok != passes}
    assert not wrong
    if not passes:
        assert {verdict.error for verdict in verdicts.values()} == {"NotImplementedError", "NameError"}
