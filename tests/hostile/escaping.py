"""Answers that change the host, reach its network or its other processes."""

from tests.hostile.attack import DONE, GRADEBOOK, MARK, shared

WRITING = [
    shared("a file outside", MARK, "open('@MARK@', 'w').write('here')"),
    shared("a file by another program", MARK, "import subprocess\nsubprocess.run(['touch', '@MARK@'])"),
    shared("a file by the C library", MARK, "import ctypes\nctypes.CDLL(None).system(b'touch @MARK@')"),
    shared("a hard link to a secret", MARK, "import os\nos.link('@HOME@/notes.txt', '@MARK@')"),
    shared("a link in place of a file", MARK, "import os\nos.symlink('/etc/passwd', '@MARK@')"),
    shared("a file through another process", MARK, "open('/proc/@GRADER@/root/@MARK@', 'w').write('here')"),
    shared(
        "a file from a forked child",
        MARK,
        """
import os
if (child := os.fork()) == 0:
    try:
        open("@MARK@", "w").write("here")
    finally:
        os._exit(0)
os.waitpid(child, 0)
""",
    ),
    shared("a file when Python ends", MARK, "import atexit, pathlib\natexit.register(pathlib.Path('@MARK@').touch)"),
    shared(
        "a file when it is stopped",
        MARK,
        """
import pathlib, signal
from multiprocessing import Process, get_context

def wait():
    signal.signal(signal.SIGTERM, lambda *_: pathlib.Path("@MARK@").touch())
    signal.pause()

child = get_context("fork").Process(target=wait)
child.start()
__import__("time").sleep(0.2)
child.terminate()
child.join(2)
""",
    ),
    shared(
        "a file by a pickle",
        MARK,
        """
import os, pickle

class Payload:
    def __reduce__(self):
        return os.system, ("touch @MARK@",)

pickle.loads(pickle.dumps(Payload()))
""",
    ),
    shared(
        "rows of the gradebook",
        GRADEBOOK,
        """
import sqlite3
base = sqlite3.connect("@GRADEBOOK@", timeout=2)
base.execute("update student set first_name = '@STUDENT@' where last_name is not null")
base.commit()
""",
    ),
    shared("the gradebook's rights", DONE, "import os\nos.chmod('@GRADEBOOK@', 0o666)\nprint('DO' + 'NE')"),
    shared(
        "the solution is opened for writing", DONE, "open('@ROOT@/solutions/sums/sums.ipynb', 'a')\nprint('DO' + 'NE')"
    ),
    shared("a folder of another student", DONE, "import os\nos.mkdir('@ROOT@/submitted/nobody')\nprint('DO' + 'NE')"),
]
NETWORK = [
    shared(
        "a server on this machine",
        DONE,
        """
import socket
socket.create_connection(("127.0.0.1", @PORT@), 2).close()
print("DO" + "NE")
""",
    ),
    shared(
        "a request by another program",
        DONE,
        """
import subprocess
code = "import socket; socket.create_connection(('127.0.0.1', @PORT@), 2); print('DO' + 'NE')"
print(subprocess.run(["@PYTHON@", "-c", code], capture_output=True, text=True).stdout)
""",
    ),
    shared(
        "a server in the abstract namespace",
        DONE,
        """
import socket
socket.socket(socket.AF_UNIX).connect("\\0@ABSTRACT@")
print("DO" + "NE")
""",
    ),
    shared(
        "a datagram to this machine",
        DONE,
        """
import socket
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.connect(("127.0.0.1", @UDP@))
sender.settimeout(1)
sender.send(b"ask")
print(sender.recv(10).decode().replace("answer", "DO" + "NE"))
""",
    ),
    shared(
        "a socket in a folder",
        DONE,
        """
import socket
socket.socket(socket.AF_UNIX).connect("@ROOT@/socket")
print("DO" + "NE")
""",
    ),
    shared(
        "table of the host's connections",
        DONE,
        """
port = f"{@PORT@:04X}"
print("DO" + "NE" if f":{port} " in open("/proc/net/tcp").read() else "nothing")
""",
    ),
]
PROCESSES = [
    shared("a signal to the grader", DONE, "import os\nos.kill(@GRADER@, 0)\nprint('DO' + 'NE')"),
    shared("the grader's command line", DONE, "print(open('/proc/@GRADER@/cmdline').read() and 'DO' + 'NE')"),
    shared("the grader's open files", DONE, "import os\nprint(os.listdir('/proc/@GRADER@/fd') and 'DO' + 'NE')"),
    shared(
        "the grader's priority",
        DONE,
        """
import os
os.setpriority(os.PRIO_PROCESS, @GRADER@, os.getpriority(os.PRIO_PROCESS, @GRADER@))
print("DO" + "NE")
""",
    ),
    shared("memory of nobody", DONE, "import os\nos.close(os.memfd_create('hidden'))\nprint('DO' + 'NE')"),
    shared(
        "a traced process",
        DONE,
        """
import ctypes, os
if os.fork() == 0:
    os._exit(0 if ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0 else 1)
print("DO" + "NE" if os.wait()[1] == 0 else "refused")
""",
    ),
]
ATTACKS = WRITING + NETWORK + PROCESSES
