"""A filter for system calls: those that hide memory from the watchdog, and those that only an attack would need."""

import platform
import struct
import sys

# Memory that belongs to no process and to no folder; then doors into the system's kernel that no notebook needs.
_CALLS = {
    "x86_64": {
        "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68,
        "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "ptrace": 101,
        "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166, "pivot_root": 155,
        "unshare": 272, "setns": 308, "open_by_handle_at": 304, "kexec_load": 246,
    },
    "aarch64": {
        "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186,
        "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "ptrace": 117,
        "process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39, "pivot_root": 41,
        "unshare": 97, "setns": 268, "open_by_handle_at": 265, "kexec_load": 104,
    },
}  # fmt: skip
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # x86's other numbering of the same calls

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _NOT_THERE = 0x7FFF0000, 0x80000000, 0x00050000 | 38  # ENOSYS: libraries then do without


def program() -> bytes | None:
    """Return the filter for this machine, or None if its system calls are not known here.

    Source:
        https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
    """
    machine = platform.machine()
    if machine not in _CALLS or sys.maxsize < 2**32:
        return None
    numbers = sorted(_CALLS[machine].values())
    lines = [
        (_LOAD, 0, 0, 4),  # the architecture
        (_IF_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),  # the call's number
        (_IF_AT_LEAST, len(numbers) + 1, 0, _X32),
    ]
    # A match jumps over the calls after it and the line that allows the rest.
    lines += [(_IF_EQUAL, len(numbers) - i, 0, number) for i, number in enumerate(numbers)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOT_THERE)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
