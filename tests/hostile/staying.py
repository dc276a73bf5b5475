"""Answers that leave something behind: a process, or a word for the student who is graded next."""

from tests.hostile.attack import DONE, PROCESS, shared

SLEEP = "import time; time.sleep(900)"
LEFT = [
    shared(
        "a process of its own session",
        PROCESS,
        f"""
import subprocess
subprocess.Popen(["@PYTHON@", "-c", "{SLEEP}", "@SLEEPER@"], start_new_session=True)
""",
    ),
    shared(
        "a daemon of a daemon",
        PROCESS,
        f"""
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("@PYTHON@", ["python", "-c", "{SLEEP}", "@SLEEPER@"])
    os._exit(0)
""",
    ),
    shared(
        "a process that ignores signals",
        PROCESS,
        """
import subprocess
code = '''
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
time.sleep(900)
'''
subprocess.Popen(["@PYTHON@", "-c", code, "@SLEEPER@"], start_new_session=True)
""",
    ),
    shared(
        "a process of the shell",
        PROCESS,
        """
import os
os.system("setsid nohup sh -c 'while :; do sleep 1; done; : @SLEEPER@' > /dev/null 2>&1 &")
""",
    ),
    shared(
        "a process that starts itself anew",
        PROCESS,
        """
import subprocess
code = '''
import os, sys, time
turns = int(sys.argv[2])
time.sleep(1)
if turns:
    os.setsid() if os.getpid() != os.getsid(0) else None
    os.execv(sys.executable, [sys.executable, "-c", sys.orig_argv[2], sys.argv[1], str(turns - 1)])
'''
subprocess.Popen(["@PYTHON@", "-c", code, "@SLEEPER@", "900"], start_new_session=True)
""",
    ),
]

SERVE = """
import socket, subprocess
code = '''
import socket, time
server = {make}
server.listen()
time.sleep(900)
'''
subprocess.Popen(["@PYTHON@", "-c", code, "@SLEEPER@"], start_new_session=True)
__import__("time").sleep(0.3)
"""
BETWEEN = [
    shared(
        "a file in tmp",
        DONE,
        "import os\nprint('DO' + 'NE' if os.path.exists('/tmp/@SLEEPER@') else '')\nos.remove('/tmp/@SLEEPER@')",
        before="open('/tmp/@SLEEPER@', 'w')",
    ),
    shared(
        "a file in shared memory",
        DONE,
        "import os\nos.remove('/dev/shm/@SLEEPER@')\nprint('DO' + 'NE')",
        before="open('/dev/shm/@SLEEPER@', 'w')",
    ),
    shared(
        "a file in the home folder",
        DONE,
        "import os\nprint('DO' + 'NE' if os.path.exists(os.path.expanduser('~/left')) else '')",
        before="import os\nopen(os.path.expanduser('~/left'), 'w')",
    ),
    shared(
        "a start-up file of IPython",
        DONE,
        "print(start_up_poison)",
        before="""
import os
folder = os.path.expanduser("~/.ipython/profile_default/startup")
os.makedirs(folder, exist_ok=True)
open(f"{folder}/00.py", "w").write("start_up_poison = 'DO' + 'NE'")
""",
    ),
    shared(
        "a matplotlib setting",
        DONE,
        "import matplotlib\nprint('DO' + 'NE' if matplotlib.rcParams['lines.linewidth'] == 77 else '')",
        before="""
import os
os.makedirs(os.path.expanduser("~/.config/matplotlib"), exist_ok=True)
open(os.path.expanduser("~/.config/matplotlib/matplotlibrc"), "w").write("lines.linewidth: 77")
""",
    ),
    shared(
        "a segment of shared memory",
        DONE,
        """
import ctypes
libc = ctypes.CDLL(None)
number = libc.shmget(@KEY@, 4096, 0o600)
print("DO" + "NE" if number >= 0 else "")
libc.shmctl(number, 0, None)
""",
        before="import ctypes\nctypes.CDLL(None).shmget(@KEY@, 4096, 0o1600)",
    ),
    shared(
        "a semaphore",
        DONE,
        """
import ctypes
libc = ctypes.CDLL(None)
number = libc.semget(@KEY@, 1, 0o600)
print("DO" + "NE" if number >= 0 else "")
libc.semctl(number, 0, 0)
""",
        before="import ctypes\nctypes.CDLL(None).semget(@KEY@, 1, 0o1600)",
    ),
    shared(
        "a server left in the abstract namespace",
        DONE,
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0@SLEEPER@')\nprint('DO' + 'NE')",
        before=SERVE.format(make="socket.socket(socket.AF_UNIX); server.bind(chr(0) + '@SLEEPER@')"),
    ),
    shared(
        "a server left on a port",
        DONE,
        "import socket\nsocket.create_connection(('127.0.0.1', @FREE@), 2)\nprint('DO' + 'NE')",
        before=SERVE.format(make="socket.create_server(('127.0.0.1', @FREE@))"),
    ),
]
ATTACKS = LEFT + BETWEEN
