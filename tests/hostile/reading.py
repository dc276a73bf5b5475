"""Answers that look for tests, solutions and other secrets, and print what they find."""

from tests.hostile.attack import DONE, READS, shared


def later(name, code):
    """An attack that collects in `found` while tests run, and prints at the end."""
    found = f"found_{'_'.join(name.split())}"
    own = code.replace("found", found)
    return shared(name, READS, f"{found} = []\ncalls = globals().get('calls', [])\n{own}", later=f"print({found})")


FILES = [
    shared("the solution", READS, "print(open('@ROOT@/solutions/sums/sums.ipynb').read())"),
    shared(
        "tests around the working folder",
        READS,
        """
from pathlib import Path
for path in Path("..").rglob("*.ipynb"):
    print([line for line in path.read_text().splitlines() if "assert" in line])
""",
    ),
    shared("another student's answers", READS, "print(open('@ROOT@/submitted/a_first/sums/sums.ipynb').read())"),
    shared(
        "the gradebook's names",
        READS,
        """
import sqlite3
print(sqlite3.connect("file:@GRADEBOOK@?mode=ro", uri=True).execute("select last_name from student").fetchall())
""",
    ),
    shared("the gradebook as bytes", READS, "print(open('@GRADEBOOK@', 'rb').read())"),
    shared(
        "the gradebook attached",
        READS,
        """
import sqlite3
base = sqlite3.connect(":memory:")
base.execute("attach '@GRADEBOOK@' as other")
print(base.execute("select source from other.source_cell").fetchall())
""",
    ),
    shared("the grader's home", READS, "print(open('@HOME@/notes.txt').read())"),
    shared("the tilde's home", READS, "from pathlib import Path\nprint(Path('~/notes.txt').expanduser().read_text())"),
    shared("the environment", READS, "import os\nprint(os.environ)"),
    shared(
        "every process's environment",
        READS,
        """
from pathlib import Path
for path in Path("/proc").glob("[0-9]*/environ"):
    try:
        print(path.read_text())
    except OSError:
        pass
""",
    ),
    shared(
        "a symbolic link",
        READS,
        """
import os, tempfile
link = os.path.join(tempfile.mkdtemp(), "link")
os.symlink("@ROOT@/solutions/sums/sums.ipynb", link)
print(open(link).read())
""",
    ),
    shared(
        "another program",
        READS,
        """
import subprocess
print(subprocess.run(["cat", "@HOME@/notes.txt"], capture_output=True, text=True).stdout)
""",
    ),
    shared(
        "find and grep",
        READS,
        """
import subprocess
print(subprocess.run("grep -rh osprey @ROOT@/solutions", shell=True, capture_output=True, text=True).stdout)
""",
    ),
    shared(
        "the system's own calls",
        READS,
        """
import ctypes
libc = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(100)
libc.read(libc.open(b"@HOME@/notes.txt", 0), buffer, 100)
print(buffer.value)
""",
    ),
    shared(
        "a mapped file",
        READS,
        """
import mmap, os
print(mmap.mmap(os.open("@HOME@/notes.txt", os.O_RDONLY), 0, prot=mmap.PROT_READ)[:])
""",
    ),
    shared(
        "another process's root",
        READS,
        """
print(open("/proc/@GRADER@/root/@HOME@/notes.txt").read())
""",
    ),
    shared("the grader's memory", DONE, "print(('DO' + 'NE') if open('/proc/@GRADER@/maps').read() else '')"),
    shared("the grader's own code", DONE, "import grader.examiner.examine\nprint('DO' + 'NE')"),
]

# They look while the tests run, in the kernel that stock nbgrader runs them in.
TESTS = [
    later("In", "calls.append(lambda x: found.append(list(In)))"),
    later(
        "every list in memory",
        """
import gc

def look(x):
    texts = [text for each in gc.get_objects() if type(each) is list for text in each[:99] if type(text) is str]
    found.extend(text[:300] for text in texts if "assert " in text)

calls.append(look)
""",
    ),
    later(
        "names in the frames above",
        """
import sys

def look(x):
    frame = sys._getframe()
    while frame := frame.f_back:
        if frame.f_code.co_name == "<module>":
            found.append((frame.f_code.co_names, frame.f_code.co_consts))

calls.append(look)
""",
    ),
    later(
        "source lines of the frames above",
        """
import linecache, sys

def look(x):
    frame = sys._getframe()
    while frame := frame.f_back:
        if frame.f_code.co_name == "<module>":
            found.extend(linecache.getlines(frame.f_code.co_filename))

calls.append(look)
""",
    ),
    later(
        "global names", "calls.append(lambda x: found.extend(name for name in globals() if name.startswith('hidden')))"
    ),
    later(
        "an audit hook",
        """
import sys

def listen(event, args):
    if event == "compile" and "assert" in str(args[0]):
        found.append(args[0])

sys.addaudithook(listen)
""",
    ),
    later(
        "a hook before each cell",
        """
get_ipython().events.register("pre_run_cell", lambda info: found.append(info.raw_cell))
""",
    ),
    later(
        "a profiler",
        """
import sys, threading

def profile(frame, event, arg):
    if event == "call" and frame.f_code.co_name == "<module>":
        found.append(frame.f_code.co_names)

calls.append(lambda x: sys.setprofile(profile))
""",
    ),
    later(
        "a thread that watches",
        """
import sys, threading
watched = threading.get_ident()

def look():
    frame = sys._current_frames()[watched]
    while frame:
        found.append(frame.f_code.co_names if frame.f_code.co_name == "<module>" else "")
        frame = frame.f_back

def start(x):
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

calls.append(start)
""",
    ),
    later(
        "messages of the kernel",
        """
kernel = get_ipython().kernel
calls.append(lambda x: found.append(str(kernel.get_parent()["content"].get("code"))))
""",
    ),
    later("the history", "calls.append(lambda x: found.append(get_ipython().history_manager.input_hist_raw[-1]))"),
]
ATTACKS = FILES + TESTS
