"""Fixtures that several tests share. Nothing here imports helpers: jaxtyping's hook has to come first."""

import functools
import random

import nbgrader.api
import numpy as np
import pytest
import torch


@pytest.fixture(params=["cpu"] + ["cuda"] * torch.cuda.is_available())
def device(request):
    """Every device present, one after the other."""
    return torch.device(request.param)


@pytest.fixture
def same_global_randomness():
    """Fails the test if it moves a global random stream."""
    before = _global_streams()
    yield
    assert _global_streams() == before


def _global_streams():
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    cuda = [state.tolist() for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else []
    return random.getstate(), (name, keys.tolist(), *rest), torch.get_rng_state().tolist(), cuda


@pytest.fixture(scope="session", autouse=True)
def alembic_is_asked_once():
    """Every new gradebook starts a process, which takes seconds, to ask for the version of its tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", functools.cache(nbgrader.api.get_alembic_version))
        yield


@pytest.fixture(scope="module")
def own_home(tmp_path_factory):
    """Gives kernels a home folder: they leave a profile and a history in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield
