"""Kinds of submissions that are whole on paper, and go wrong when they run: by time, by size, or by ending the kernel.

Each is a correct notebook of the small assignment with one cell changed, or with one more cell. `RUNNING` maps the name
of a kind to that, to the tests that it loses, and to what is said about it.
"""

from dataclasses import dataclass

from tests.damage.kinds import about, code

TOTAL = ("test_total", "test_total_edges", "test_table")  # the table is made of totals
PRODUCT = ("test_product", "test_product_edges")
AFTER_FIRST = (*PRODUCT, "test_table")
ALL = (*TOTAL, *PRODUCT)

DEAD = "not run to its end: "


@dataclass(frozen=True)
class Running:
    """One kind.

    `lost` are the tests without points, None where that is the system's affair and only those before the cell are sure;
    `says` is part of the note, and `message` part of the first lost test's message.
    """

    place: str
    source: str
    lost: tuple[str, ...] | None = ()
    says: str = ""
    message: str = ""

    def change(self, notebook):
        """Answer a task with the source; at `before <task>`, have it as a cell of one's own before that task."""
        *before, name = self.place.split()
        at = next(i for i, cell in enumerate(notebook["cells"]) if about(cell).get("grade_id") == name)
        if before:
            notebook["cells"].insert(at, code(self.source))
        else:
            notebook["cells"][at]["source"] = self.source


RUNNING: dict[str, Running] = {}


def cell(kind, source, lost=(), says="", message="", place="before product"):
    """Enter a kind that has a cell more."""
    RUNNING[kind] = Running(place, source, lost, says, message)


def total(kind, body, lost=TOTAL, says="", message="", above=""):
    """Enter a kind that answers the first task with these lines."""
    lines = "\n    ".join(body.splitlines())
    RUNNING[kind] = Running("total", f"{above}def total(numbers):\n    {lines}", lost, says, message)


def product(kind, body, lost=PRODUCT, says="", message="", above=""):
    """Enter a kind that answers the second task with these lines."""
    lines = "\n    ".join(body.splitlines())
    RUNNING[kind] = Running("product", f"{above}def product(numbers):\n    {lines}", lost, says, message)


RIGHT = "return reduce(lambda a, b: a * b, numbers, base)"
SWALLOWS = "import time\nwhile True:\n    try:\n        time.sleep(0.05)\n    except BaseException:\n        pass"
MEMORY = "import time\ntaken = [b'x' * 2**26 for _ in range(24)]\ntime.sleep(1)"
FORKS = """import os, time
for _ in range(200):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
time.sleep(1)"""
OUTPUT = "for _ in range(200):\n    print('x' * 1_000_000, flush=True)"

total("endless_loop", "while True: pass", says="took too long", message="took too long")
cell("endless_loop_in_a_cell", "while True: pass", says="took longer than")
cell("sleeps_for_ever", "import time\ntime.sleep(10**6)", says="took longer than")
product("loop_that_swallows_interrupts", SWALLOWS, AFTER_FIRST, DEAD, "took too long")
cell("swallows_interrupts_in_a_cell", SWALLOWS, AFTER_FIRST, "did not stop when it was interrupted", "not reached")
cell("ignores_interrupts", "import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True: pass", AFTER_FIRST, DEAD)
cell("a_number_too_large", "x = 10 ** 10 ** 9", None)
cell("slow_regular_expression", "import re\nre.match('(a+)+$', 'a' * 60 + 'b')", says="took longer than")
cell("thread_that_never_ends", "import threading, time\nthreading.Thread(target=lambda: time.sleep(10**6)).start()")
total("generator_without_end", "while True: yield 3")

cell("sys_exit", "import sys\nsys.exit(0)", says="SystemExit")
total("sys_exit_in_a_function", "import sys\nsys.exit(0)", says="SystemExit", message="SystemExit")
cell("os_exit", "import os\nos._exit(0)", AFTER_FIRST, "ended by itself, with exit status 0", "not reached")
product("os_exit_in_a_function", "import os\nos._exit(0)", AFTER_FIRST, "exit status 0", "died")
cell("kills_itself", "import os\nos.kill(os.getpid(), 9)", None)
cell("terminates_itself", "import os, time\nos.kill(os.getpid(), 15)\ntime.sleep(1)", None)
cell("segfault", "import ctypes\nctypes.string_at(0)", AFTER_FIRST, "SIGSEGV", "not reached")
cell("aborts", "import os\nos.abort()", AFTER_FIRST, "ended by SIG", "not reached")
cell("alarm", "import signal, time\nsignal.alarm(1)\ntime.sleep(2)", None)
cell("raises_keyboard_interrupt", "raise KeyboardInterrupt", says="KeyboardInterrupt")

total("recursion", "return total(numbers)", message="RecursionError")
product(
    "recursion_without_limit", "return product(numbers)", AFTER_FIRST, DEAD, above="import sys\n"
    "sys.setrecursionlimit(10**9)\n",
)  # fmt: skip
cell("out_of_memory", MEMORY, AFTER_FIRST, "of memory; the limit is 1.0 GiB", "not reached")
product("out_of_memory_in_a_function", MEMORY, AFTER_FIRST, "of memory", "died")
cell("fork_storm", FORKS, AFTER_FIRST, "more than 64 processes", "not reached")
cell("processes_of_its_own", "from multiprocessing import Pool\nwith Pool(2) as pool:\n    pool.map(abs, [1, 2])")
cell(
    "full_disk",
    "with open('/tmp/full', 'wb') as file:\n    for _ in range(16): file.write(bytes(2**26))",
    says="OSError",
)
cell("thousands_of_open_files", "files = [open('/dev/null') for _ in range(5_000)]", says="OSError")

cell("much_output", OUTPUT, says="wrote too much")
cell("much_output_on_stderr", OUTPUT.replace("flush=True", "file=sys.stderr").join(["import sys\n", ""]), None)
product("much_output_in_a_function", f"{OUTPUT}\n{RIGHT}", ())
cell("huge_result", "'x' * 20_000_000", says="wrote too much")
cell("large_result", "list(range(10**7))")
total("returns_too_much", "return [1.5] * 10**7")
total("returns_deep_lists", "r = []\nfor _ in range(10**5): r = [r]\nreturn r")
cell("long_message", "raise ValueError('long ' * 10**5)", says="ValueError: long")
cell("long_line", "x = [" + "0, " * 10_000 + "]")
cell(
    "ten_thousand_figures",
    # So slowly that the time runs out before the memory, on every machine.
    "import time\nimport matplotlib.pyplot as plt\nfor _ in range(10_000):\n    plt.figure()\n    time.sleep(0.01)",
    says="took ",
    place="before question",
)

BY_THEMSELVES = list(RUNNING)
