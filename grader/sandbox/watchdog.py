"""The thread that adds up what a sandbox uses, several times a second, and ends it when that is too much."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from grader.sandbox.bwrap import FOLDERS
from grader.sandbox.limits import GIB, Limits, in_words

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PERIOD_S = 0.1
_OWN_GROWTH_BYTES = 2 * GIB


def children(pid: int) -> list[int]:
    """Return the direct children of a process, of all its threads; none if it has ended."""
    found = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += [int(child) for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split()]
    return found


def tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants. In a process namespace none gets away: orphans go to its first process."""
    queue = [pid]
    while queue:
        yield (pid := queue.pop())
        queue += children(pid)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has in use, shared memory included."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """Return a process's memory, in which pages shared by n processes count for one n-th. Slower than the above."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return resident_bytes(pid)


class Watchdog(threading.Thread):
    """Watches the processes below one, and kills that one when they exceed the limits.

    Attributes:
        reason: Why it had to, in words for the person who grades; empty as long as all is well.
    """

    def __init__(self, root: int, limits: Limits, run: Path, protected: bool):
        super().__init__(name="sandbox watchdog", daemon=True)
        self.reason = ""
        self._root, self._limits, self._run, self._protected = root, limits, run, protected
        self._own = resident_bytes(os.getpid())
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look, wait, look again, until stopped or until the kernel has to go."""
        volunteered = False
        while not self._stopped.wait(_PERIOD_S):
            volunteered = volunteered or self._volunteer()
            try:
                reason = self.excess()
            except Exception as error:  # unwatched, it must not go on
                reason = f"it could not be watched any more: {error!r}"
            if reason:
                self.reason = reason
                self._kill()
                return

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()
        self.join()

    def excess(self) -> str:
        """Return which limit is exceeded, in words, or nothing."""
        pids = []
        for pid in tree(self._root):
            pids.append(pid)
            if len(pids) > self._limits.processes:
                return f"it had more than {self._limits.processes} processes"
        files = self._file_bytes()
        memory = files + sum(map(resident_bytes, pids))
        if memory > self._limits.memory_bytes:
            memory = files + sum(map(proportional_bytes, pids))
        if memory > self._limits.memory_bytes:
            return f"it used {in_words(memory)} of memory; the limit is {in_words(self._limits.memory_bytes)}"
        if self._protected and folder_bytes(self._run) > self._limits.disk_bytes:
            return f"it wrote more than {in_words(self._limits.disk_bytes)} beside its sockets"
        if resident_bytes(os.getpid()) > self._own + _OWN_GROWTH_BYTES:
            return f"its messages, or the tests, filled {in_words(_OWN_GROWTH_BYTES)} of the grader's memory"
        return ""

    def _volunteer(self) -> bool:
        """Should the machine itself run out of memory, this is what it may take first; what it starts inherits that."""
        for pid in tree(self._root):
            with suppress(OSError):
                Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
        return True

    def _file_bytes(self) -> int:
        if not self._protected:
            return 0
        total = 0
        for folder in FOLDERS:
            with suppress(OSError):
                found = os.statvfs(f"/proc/{self._root}/root{folder}")
                total += (found.f_blocks - found.f_bfree) * found.f_frsize
        return total

    def _kill(self) -> None:
        for pid in [self._root] if self._protected else reversed(list(tree(self._root))):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def folder_bytes(folder: Path) -> float:
    """Return the bytes in a folder without folders in it; with one, which nobody needs there, infinitely many."""
    total = 0.0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    return float("inf")
                # An empty file takes room too.
                total += 4096 + entry.stat(follow_symlinks=False).st_size
    return total
