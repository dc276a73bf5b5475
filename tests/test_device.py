"""`helpers.device`: the device asked for, and random streams that disturb nobody."""

import pytest
import torch

from helpers import device as devices

pytestmark = pytest.mark.usefixtures("same_global_randomness")


def test_the_cpu_is_the_default(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert devices.default_device() == torch.device("cpu")


def test_the_variable_names_the_device(monkeypatch, device):
    monkeypatch.setenv("COURSE_DEVICE", str(device))
    assert devices.default_device() == device


def test_the_device_of_this_run_is_there():
    devices.default_device()  # where CI says COURSE_DEVICE=cuda, a machine without it fails here


@pytest.mark.parametrize("name", ["", "gpu", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused(monkeypatch, name):
    monkeypatch.setenv("COURSE_DEVICE", name)
    with pytest.raises(ValueError, match=f"COURSE_DEVICE='{name}' cannot be used"):
        devices.default_device()


def test_a_seed_is_a_stream():
    first, second, other = (torch.rand(5, generator=devices.generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_streams_do_not_disturb_each_other():
    alone, first = devices.generator(0), devices.generator(0)
    second = devices.generator(1)
    expected = torch.rand(4, generator=alone)
    halves = [torch.rand(2, generator=first)]
    torch.rand(3, generator=second)
    halves.append(torch.rand(2, generator=first))
    assert torch.equal(torch.cat(halves), expected)


def test_streams_are_on_the_cpu_with_torchs_own_numbers():
    stream = devices.generator(5)
    assert stream.device == torch.device("cpu")
    assert stream.initial_seed() == 5


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="got -1"):
        devices.generator(-1)
