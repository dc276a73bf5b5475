"""A pytest plugin: whatever a test runs, kernels included, has one thread and no network.

The stored outputs were made like this (`make notebooks`), and the two workers share two cores. The environment is set
when pytest loads its plugins, before any module of the course imports torch.
"""

import os

from tests.offline import sitecustomize

OFFLINE = os.path.dirname(os.path.abspath(sitecustomize.__file__))

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [OFFLINE, os.environ.get("PYTHONPATH")]))


def pytest_sessionstart(session):
    # On a fresh machine matplotlib's first import says on stderr that it builds its font cache; no cell may do that.
    if not hasattr(session.config, "workerinput"):
        import matplotlib.font_manager  # noqa: F401
