"""Answers that return what is not what it seems. Each has a task of its own, so that all share one notebook."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lie:
    """A task, its test, an honest answer, and a lie that passes the test where the two meet.

    Attributes:
        name: What the lie does.
        test: The test cell. The student's function is called `f`; each task has its own in its place.
        honest: An answer that earns the point.
        lie: An answer that does not.
    """

    name: str
    test: str
    honest: str
    lie: str

    @property
    def id(self) -> str:
        """The task's grade id, which is also its function's name."""
        return "f_" + "_".join(self.name.split())

    def own(self, text: str) -> str:
        """Return a text about `f` as one about this task's function."""
        return text.replace("f(", f"{self.id}(")


DOUBLE = "def f(x):\n    return 2 * x"
EQUALS = """
class {name}{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __hash__(self): return 0

"""


def equal(name, base, value, test, honest=DOUBLE):
    """A lie whose object equals everything."""
    kind = "".join(word.title() for word in name.split())
    code = EQUALS.format(name=kind, base=f"({base})" if base else "")
    return Lie(name, test, honest, f"{code}def f(x):\n    return {value.format(kind)}")


def patched(name, module, function, test, honest, result="True"):
    """A lie told by a function of a module that the test uses."""
    return Lie(name, test, honest, f"import {module}\n{module}.{function} = lambda *a, **k: {result}\n{WRONG}")


WRONG = "def f(x):\n    return 0"
LIST = "def f(x):\n    return [x, 2 * x]"

LIES = [
    equal("an object equals everything", "", "{}()", "assert f(-3) == -6"),
    equal("an object close to everything", "", "{}()", "assert abs(f(-3) - -6) < 1e-9"),
    equal("a float equals everything", "float", "{}(1.0)", "assert f(-3) == -6"),
    equal("an integer equals everything", "int", "{}(1)", "assert type(f(-3)) is not str\nassert -6 == f(-3)"),
    equal("text equals everything", "str", "{}('a')", "assert f('ab') == 'abab'"),
    equal("a list equals everything", "list", "{}()", "assert isinstance(f(3), list)\nassert f(3) == [3, 6]", LIST),
    equal(
        "a tuple equals everything",
        "tuple",
        "{}()",
        "assert isinstance(f(3), tuple)\nassert f(3) == (3, 6)",
        LIST.replace("[x, 2 * x]", "(x, 2 * x)"),
    ),
    equal("a set equals everything", "set", "{}()", "assert f(3) == {3, 6}", LIST.replace("[x, 2 * x]", "{x, 2 * x}")),
    equal(
        "a dictionary equals everything", "dict", "{}()", "assert f(3) == {3: 6}", "def f(x):\n    return {x: 2 * x}"
    ),
    equal("an object in a list", "", "[1, {}()]", "assert f(3) == [1, 6]", "def f(x):\n    return [1, 2 * x]"),
    equal("a bigger part of the points", "", "{}()", "import math\nsum([f(2) == 4]) / 1", DOUBLE),
    Lie(
        "an object claims another class",
        "got = f(3)\nassert isinstance(got, list)\nassert not got != [3, 6]",
        LIST,
        """
class Claims:
    @property
    def __class__(self): return list
    def __ne__(self, other): return False

def f(x):
    return Claims()
""",
    ),
    Lie(
        "every element is the right one",
        "got = f(3)\nassert got[0] == 3\nassert got[1] == 6",
        LIST,
        """
class Elements(list):
    def __getitem__(self, index): return self
    def __eq__(self, other): return True
    __hash__ = None

def f(x):
    return Elements()
""",
    ),
    Lie(
        "a number between all others",
        "assert 5 < f(3) < 7",
        DOUBLE,
        """
class Between(float):
    def __lt__(self, other): return True
    __gt__ = __lt__

def f(x):
    return Between(0)
""",
    ),
    Lie(
        "an array lies to allclose",
        "import numpy as np\nassert np.allclose(f(np.ones(3)), 2)",
        DOUBLE,
        """
import numpy

class Array(numpy.ndarray):
    def __array_function__(self, function, types, args, kwargs):
        return True

def f(x):
    return numpy.zeros(3).view(Array)
""",
    ),
    Lie(
        "a tensor lies to allclose",
        "import torch\nassert torch.allclose(f(torch.ones(3)), torch.full((3,), 2.0))",
        DOUBLE,
        """
import torch

class Close(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True if function is torch.allclose else super().__torch_function__(function, types, args, kwargs or {})

def f(x):
    return torch.zeros(3).as_subclass(Close)
""",
    ),
    Lie(
        "a tensor lies about its values",
        "import torch\nassert f(torch.ones(3)).tolist() == [2.0, 2.0, 2.0]",
        DOUBLE,
        """
import torch

class Values(torch.Tensor):
    def tolist(self): return [2.0] * 3

def f(x):
    return torch.zeros(3).as_subclass(Values)
""",
    ),
    patched("patched math", "math", "isclose", "import math\nassert math.isclose(f(3), 6)", DOUBLE),
    patched("patched numpy", "numpy", "allclose", "import numpy as np\nassert np.allclose(f(3), 6)", DOUBLE),
    patched(
        "patched torch",
        "torch",
        "equal",
        "import torch\nassert torch.equal(torch.tensor(f(3)), torch.tensor(6))",
        DOUBLE,
    ),
    patched(
        "patched html", "html", "escape", "import html\nassert html.escape(f('<')) == '&lt;&lt;'", DOUBLE, "'&lt;&lt;'"
    ),
    patched("patched operator", "operator", "eq", "import operator\nassert operator.eq(f(3), 6)", DOUBLE),
    patched(
        "patched statistics",
        "statistics",
        "mean",
        "import statistics\nassert statistics.mean([f(3), 0]) == 3",
        DOUBLE,
        "3",
    ),
    Lie(
        "a shadowed builtin",
        "assert round(f(3)) == 6",
        DOUBLE,
        f"round = lambda number: 6\n{WRONG}",
    ),
    Lie(
        "a shadowed exception",
        "try:\n    f(-1)\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert False",
        "def f(x):\n    return 1 / (x + 1)",
        "ZeroDivisionError = KeyError\n\ndef f(x):\n    raise KeyError",
    ),
    Lie(
        "a shadowed type",
        "assert isinstance(f(3), complex)",
        "def f(x):\n    return complex(x)",
        f"complex = object\n{WRONG}",
    ),
    Lie("nan as part of the points", "1 - abs(f(3) - 6)", DOUBLE, "def f(x):\n    return float('nan')"),
    Lie(
        "arguments changed in place",
        "given = [3]\nf(given)\nassert given == [6]",
        "def f(x):\n    x[0] *= 2",
        """
class Equal(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__

def f(x):
    x[0] = Equal(0)
""",
    ),
    Lie(
        "a generator of lies",
        "assert list(f(3)) == [3, 6]",
        "def f(x):\n    yield x\n    yield 2 * x",
        EQUALS.format(name="Yielded", base="") + "def f(x):\n    yield Yielded()\n    yield Yielded()",
    ),
    Lie(
        "an error that is every error",
        "try:\n    f(3)\nexcept Exception as error:\n    assert str(error) == 'three'\nelse:\n    assert False",
        "def f(x):\n    raise ValueError('three')",
        """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__

class Every(Exception):
    def __str__(self): return Text("none")

def f(x):
    raise Every
""",
    ),
]
