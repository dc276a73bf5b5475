"""Kinds of submissions that are whole on paper, and change what they run in, or do not fit it."""

from tests.damage.running import AFTER_FIRST, BY_THEMSELVES, DEAD, RIGHT, RUNNING, cell, product, total

product(
    "syntax_error", "return numbers)", says="cell product stopped: SyntaxError", message="NameError: name 'product'"
)
product("tabs_and_spaces", f"\tx = 1\n{RIGHT}", says="Error")
cell("exception_in_an_extra_cell", "1 / 0", says="ZeroDivisionError: division by zero")
product("missing_module", RIGHT, says="ModuleNotFoundError", message="NameError", above="import no_such_module\n")
product("own_module", RIGHT, says="ModuleNotFoundError: No module named 'my_functions'", above="import my_functions\n")
product("relative_import", RIGHT, says="ImportError", above="from . import my_functions\n")
total("returns_nothing", "pass", message="AssertionError")
total("returns_text", "return str(sum(numbers))", message="AssertionError")
total("returns_a_class", "return int", message="AssertionError")
product("returns_an_object", "return object()", message="AssertionError")
product("raises_odd_errors", "raise type('Odd\\nError', (Exception,), {'__str__': lambda self: 1 / 0})")
product("a_coroutine", RIGHT, above="async ")

cell(
    "deletes_all_names", "for _n in [n for n in globals() if n[0] != '_']: del globals()[_n]", AFTER_FIRST, "NameError"
)
cell("reset", "%reset -f", AFTER_FIRST, "NameError", "NameError")
cell("deletes_a_name", "del total", ("test_table",), "cell table stopped: NameError", "NameError")
cell("clears_the_globals", "globals().clear()", AFTER_FIRST)
cell("clears_the_environment", "import os\nos.environ.clear()")
cell("clears_the_modules", "import sys\nsys.modules.clear()", AFTER_FIRST, DEAD)
cell("shadows_builtins", "sum = max = print = int = None")
cell("replaces_builtins", "import builtins\nbuiltins.print = builtins.max = None", None)
cell("from_numpy_import_everything", "from numpy import *")
cell("warnings_are_errors", "import warnings\nwarnings.simplefilter('error')")
cell("seeds", "import random, numpy, torch\nrandom.seed(0), numpy.random.seed(0), torch.manual_seed(0)")
cell("default_dtype", "import torch\ntorch.set_default_dtype(torch.float64)")
cell("no_gradients", "import torch\ntorch.set_grad_enabled(False)")
cell("small_recursion_limit", "import sys\nsys.setrecursionlimit(120)", None)

cell("changes_the_working_directory", "import os\nos.chdir('/')")
cell("deletes_the_working_directory", "import os\nos.mkdir('/tmp/a')\nos.chdir('/tmp/a')\nos.rmdir('/tmp/a')")
cell("deletes_its_files", "import shutil\nshutil.rmtree('.', ignore_errors=True)")
cell("closes_stdout_and_stderr", "import os, sys\nsys.stdout.close()\nsys.stderr.close()\nos.close(1)\nos.close(2)")
cell("replaces_stdout", "import io, sys\nsys.stdout = sys.stderr = io.StringIO()")
cell("has_no_stdout", "import sys\nsys.stdout = sys.stderr = None", AFTER_FIRST, DEAD)
cell("reads_a_data_file", "assert open('numbers.txt').read() == '1 2 3'")
cell("writes_to_a_data_file", "open('numbers.txt', 'w')", says="Read-only")
cell("reads_a_file_of_its_own", "open('/home/ada/numbers.txt')", says="FileNotFoundError")
cell("network", "import urllib.request\nurllib.request.urlopen('http://192.0.2.1')", says="URLError")

cell("input", "name = input('Your name? ')", says="StdinNotImplementedError")
cell("debugger", "breakpoint()")
cell("shell", "!ls\nx = !echo 1")
cell("bash_cell", "%%bash\necho hello")
cell("a_failing_bash_cell", "%%bash\nexit 3", says="CalledProcessError")
cell("unknown_magic", "%no_such_magic")
cell("matplotlib_qt", "%matplotlib qt", None)
cell("figures", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
cell("runs_cells_itself", "get_ipython().run_cell('x = 1\\n1 / 0')")
cell("await", "import asyncio\nawait asyncio.sleep(0.01)")
cell("event_loop_of_its_own", "import asyncio\nasyncio.run(asyncio.sleep(0))", says="RuntimeError")
cell("fork", "import os\nif os.fork() == 0: os._exit(0)")
cell("unprintable_result", "type('Odd', (), {'__repr__': lambda self: 1 / 0})()")
cell("deletes_ipython", "del get_ipython, In, Out")

IN_SURROUNDINGS = [kind for kind in RUNNING if kind not in BY_THEMSELVES]
