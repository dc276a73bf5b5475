"""Start a kernel in a sandbox of its own, and leave nothing of it behind."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec

from grader.course import GraderError
from grader.sandbox.kernel import Kernel
from grader.sandbox.limits import Limits
from grader.sandbox.messages import SandboxClient
from grader.sandbox.provisioner import NAME

_LOG_BYTES = 4000
_ARGUMENTS = ("--HistoryManager.enabled=False", "--log-level=ERROR")


class _Manager(KernelManager):
    def _connect_control_socket(self) -> None:
        """Open no socket that reads without a limit; the kernel is ended by a signal."""


@contextmanager
def sandboxed_kernel(
    limits: Limits | None = None, data_files: Sequence[Path] = (), protected: bool = True
) -> Iterator[Kernel]:
    """Start a Python kernel; leave nothing of it behind.

    Args:
        limits: What it may use; the defaults of `Limits` if none.
        data_files: Files and folders to show, read-only, in its working directory.
        protected: False starts it without a sandbox: what students wrote then has all the rights of who grades.

    Raises:
        GraderError: If this machine has no sandbox, or the kernel does not start.
    """
    limits = limits or Limits()
    config = {"limits": asdict(limits), "data_files": [str(path) for path in data_files], "protected": protected}
    manager = _Manager(autorestart=False, client_factory=SandboxClient)
    manager._kernel_spec = KernelSpec(
        argv=["python", "-f", "{connection_file}"],
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
    )
    kernel = None
    with TemporaryFile() as log:
        try:
            manager.start_kernel(stdout=log, stderr=log, extra_arguments=[*_ARGUMENTS])
            kernel = Kernel(manager, limits)
            try:
                kernel.connect()
            except GraderError as error:
                log.seek(0)
                raise GraderError(f"{error}\n{log.read(_LOG_BYTES).decode(errors='replace')}".strip()) from error
            yield kernel
        finally:
            if kernel is not None:
                kernel.close()
            if manager.provisioner is not None:
                manager.provisioner.kill_all()
                manager.cleanup_resources()
