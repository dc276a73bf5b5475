"""The command line that puts a kernel into a sandbox of its own, by bubblewrap."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from grader.course import ROOT
from grader.sandbox.available import has_options
from grader.sandbox.limits import Limits

COURSE, HOME, WORK, RUN = "/course", "/home/student", "/home/student/work", "/run/kernel"
LAUNCHER = Path(__file__).with_name("launcher.py")
PACKAGES = (ROOT / "helpers",)
FOLDERS = (HOME, "/tmp", "/dev/shm")

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "timezone", "mime.types")
# Not a whole prefix: an environment may be the very folder that holds the course.
_PREFIX = ("bin", "lib", "lib64", "include", "share", "etc", "pyvenv.cfg")


def environment() -> dict[str, str]:
    """Return every environment variable that a sandboxed kernel has."""
    return {
        "PATH": os.pathsep.join([f"{sys.prefix}/bin", "/usr/bin", "/bin"]),
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": COURSE,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def sandbox_command(
    bwrap: str,
    limits: Limits,
    run: Path,
    data_files: Sequence[Path] = (),
    packages: Sequence[Path] = PACKAGES,
    variables: Mapping[str, str] | None = None,
    filter_fd: int | None = None,
) -> list[str]:
    """Return the words that go before a command to run it in a sandbox.

    Args:
        bwrap: The path of bubblewrap.
        limits: Only the size of the writable folders is set here.
        run: The kernel's own folder, for its sockets. The only place outside that the sandbox can write to.
        data_files: Files and folders that appear, read-only, in the working directory.
        packages: Packages that the student imports.
        variables: Environment variables beyond `environment()`.
        filter_fd: An open file with a filter for system calls.
    """
    # As process 1: a process of bubblewrap inside would be a way to files outside, by /proc/1/exe and /proc/1/fd.
    command = [bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--cap-drop", "ALL", "--as-pid-1", "--hostname", "sandbox", "--uid", "1000", "--gid", "1000"]
    if has_options(bwrap, "--disable-userns"):
        command += ["--disable-userns"]
    if filter_fd is not None:
        command += ["--seccomp", str(filter_fd)]
    for name, value in {**environment(), **(variables or {})}.items():
        command += ["--setenv", name, value]
    # To the system, a kernel that root started is root's: it could change the machine's settings in /proc/sys.
    command += ["--proc", "/proc", "--remount-ro", "/proc"]
    # /dev and the root are writable memory without a limit, unless they are made read-only once everything is in place.
    command += ["--dev", "/dev", "--remount-ro", "/dev"]
    for folder in FOLDERS:
        command += ["--perms", "1777", "--size", str(limits.disk_bytes), "--tmpfs", folder]
    command += ["--dir", WORK, *_read_only(data_files, packages), "--bind", str(run), RUN]
    return [*command, "--remount-ro", "/", "--chdir", WORK, "--"]


def _read_only(data_files: Iterable[Path], packages: Iterable[Path]) -> Iterator[str]:
    for path in _SYSTEM:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
    mounts = {path: ("--ro-bind", path, path) for path in ("/usr", *_SYSTEM) if Path(path).is_dir()}
    mounts = {path: words for path, words in mounts.items() if not os.path.islink(path)}
    for path in [*(f"/etc/{name}" for name in _ETC), *_python_paths()]:
        mounts[path] = ("--ro-bind-try", path, path)
    # The course itself may lie in a folder that Python needs.
    hides = any(ROOT.is_relative_to(path) for path in mounts)
    if hides:
        mounts[str(ROOT)] = ("--tmpfs", str(ROOT))
    for path in sorted(mounts, key=lambda path: len(Path(path).parts)):
        yield from mounts[path]
    if hides:
        yield from ("--remount-ro", str(ROOT))
    yield from ("--ro-bind", str(LAUNCHER), f"{COURSE}/{LAUNCHER.name}")
    for path in packages:
        yield from ("--ro-bind-try", str(path), f"{COURSE}/{path.name}")
    for path in data_files:
        yield from ("--ro-bind", str(Path(path).resolve()), f"{WORK}/{Path(path).name}")


def _python_paths() -> list[str]:
    prefixes = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent.parent)}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    found = [f"{prefix}/{name}" for prefix in sorted(prefixes) for name in _PREFIX]
    return [path for path in found if not path.startswith("/usr/")]
