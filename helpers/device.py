"""Where tensors live and where randomness comes from."""

import os

import torch


def default_device() -> torch.device:
    """The device that the course computes on: the CPU, or what the environment variable COURSE_DEVICE names.

    The course's models are so small that a CPU trains them faster than a GPU would, so a GPU is used when asked for.

    Raises:
        ValueError: If COURSE_DEVICE names no device, or one that this machine does not have.
    """
    name = os.environ.get("COURSE_DEVICE", "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"COURSE_DEVICE={name!r} cannot be used on this machine: {error}") from error
    return device


def generator(seed: int) -> torch.Generator:
    """A random stream of its own, on the CPU, so that a seed means the same numbers on every device.

    Draw from it on the CPU, then move the result with `.to(device)`.

    Args:
        seed: Any integer >= 0.

    Raises:
        ValueError: If `seed` is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}")
    return torch.Generator(device="cpu").manual_seed(seed)
