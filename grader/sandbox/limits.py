"""How much a student's notebook may use, and the part of it that the operating system enforces by itself."""

from dataclasses import dataclass

MIB = 2**20
GIB = 2**30

_THREADS_PER_PROCESS = 16


@dataclass(frozen=True)
class Limits:
    """What one kernel may use.

    Attributes:
        cell_s: Seconds for one cell, if the caller names no other time.
        notebook_s: Seconds for all cells together.
        memory_bytes: Memory of all its processes, and of the files it wrote, which are in memory too.
        processes: Processes at one time, the kernel included.
        disk_bytes: Bytes in each of its three writable folders: its home, /tmp and /dev/shm.
        output_bytes: Bytes of messages in one cell.
        timeouts: Time-outs after which the kernel is stopped. With 1, no cell runs after a time-out; with more, a
            kernel whose cell could be interrupted goes on.
    """

    cell_s: float = 30
    notebook_s: float = 300
    memory_bytes: int = 4 * GIB
    processes: int = 64
    disk_bytes: int = 256 * MIB
    output_bytes: int = 2_000_000
    timeouts: int = 1

    def __post_init__(self):
        """Refuse a limit that is not positive."""
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"{name} must be positive, not {value!r}")

    def rlimits(self, protected: bool = True) -> dict[str, int]:
        """Return the resource limits by their names in the `resource` module.

        The memory is the watchdog's: an address-space limit stops CUDA and large reservations, not memory in use.

        Args:
            protected: Whether the kernel has a user namespace of its own. Without one, the number of processes counts
                everything its user runs.
        """
        found = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": self.disk_bytes, "RLIMIT_NOFILE": 1024, "RLIMIT_MSGQUEUE": 0}
        if protected:
            # The system counts threads. It exempts root, for whom only the watchdog counts.
            found["RLIMIT_NPROC"] = _THREADS_PER_PROCESS * self.processes
        return found


def in_words(n_bytes: float) -> str:
    """Return a number of bytes for a reader, such as `4.0 GiB`."""
    return f"{n_bytes / GIB:.1f} GiB" if n_bytes >= GIB else f"{n_bytes / MIB:.0f} MiB"
