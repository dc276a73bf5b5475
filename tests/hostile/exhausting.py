"""Answers that take more than their share, bounded so that nothing breaks where no limit stops them."""

from tests.hostile.attack import DONE, Attack


def taking(name, code):
    """An attack that says so if nobody stopped it."""
    return Attack(name, DONE, "", later=f"{code.strip()}\nprint('DO' + 'NE')")


ATTACKS = [
    taking("memory", "taken = [bytearray(b'x' * 2**24) for _ in range(60)]\nimport time; time.sleep(0.3)"),
    taking(
        "memory of many processes",
        """
import os, time
for _ in range(4):
    if os.fork() == 0:
        taken = bytearray(b"x" * 2**28)
        time.sleep(4)
        os._exit(0)
for _ in range(4):
    os.wait()
""",
    ),
    taking(
        "shared memory",
        """
import mmap, time
taken = mmap.mmap(-1, 2**30)
for start in range(0, 2**30, 2**24):
    taken[start : start + 2**24] = b"x" * 2**24
time.sleep(0.3)
taken.close()
""",
    ),
    taking(
        "files",
        """
import tempfile
with tempfile.TemporaryFile() as file:
    for _ in range(20):
        file.write(b"x" * 2**24)
    file.flush()
""",
    ),
    taking(
        "processes",
        """
import os, time
for _ in range(60):
    if os.fork() == 0:
        time.sleep(1.5)
        os._exit(0)
time.sleep(1)
""",
    ),
    taking("time", "import time\ntime.sleep(10)"),
    taking(
        "time without interrupts",
        """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
time.sleep(10)
""",
    ),
    taking(
        "time that swallows interrupts",
        """
import time
ends = time.monotonic() + 10
while time.monotonic() < ends:
    try:
        time.sleep(0.1)
    except BaseException:
        pass
""",
    ),
    taking("output", "for _ in range(40):\n    print('x' * 100_000)"),
    taking("a huge output", "from IPython.display import display\ndisplay({'text/plain': 'x' * 34_000_000}, raw=True)"),
]
