"""`helpers.clipping`: what is done with dtypes, overflow, inf, NaN and bad bounds."""

import itertools
import math

import pytest
import torch

from helpers import clipping
from helpers.device import generator

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
NORM_CLIPPINGS = [clipping.clip_by_global_norm, clipping.clip_by_tensor_norm]
BAD = [math.nan, math.inf, -math.inf]

every_norm_clipping = pytest.mark.parametrize("clip", NORM_CLIPPINGS)
every_clipping = pytest.mark.parametrize("clip", [*NORM_CLIPPINGS, clipping.clip_by_value])


def flat(tensors):
    return torch.cat([tensor.double().cpu().flatten() for tensor in tensors])


@pytest.mark.parametrize("dtypes", list(itertools.permutations(DTYPES)))
def test_dtypes_mix(device, dtypes):
    tensors = [torch.full((4,), 2.0, dtype=dtype, device=device) for dtype in dtypes]
    assert clipping.clip_by_global_norm(tensors, 4.0).item() == 8.0  # exact: powers of two only
    assert [tensor.dtype for tensor in tensors] == list(dtypes)
    assert flat(tensors).tolist() == [1.0] * 16


def test_double_precision_is_kept(device):
    tensors = [torch.randn(9, 9, generator=generator(0), dtype=torch.float64).to(device)]
    expected = flat(tensors).norm()
    norm = clipping.clip_by_global_norm(tensors, 1.0)
    torch.testing.assert_close(norm.cpu(), expected, rtol=1e-14, atol=0.0)
    torch.testing.assert_close(flat(tensors).norm().item(), 1.0, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_low_precision_norm_is_computed_in_single_precision(device, dtype):
    tensor = torch.randn(100, generator=generator(0)).to(device, dtype)
    norm = clipping.global_norm([tensor])
    torch.testing.assert_close(norm.double().cpu(), flat([tensor]).norm(), rtol=1e-5, atol=0.0)


@pytest.mark.parametrize(
    ("dtype", "entry", "rtol"),
    [(torch.float16, 6e4, 1e-3), (torch.bfloat16, 2e38, 1e-2), (torch.float32, 3e38, 1e-6)],
)
def test_a_norm_that_overflows_its_dtype(device, dtype, entry, rtol):
    tensors = [torch.full((8,), entry, dtype=dtype, device=device) for _ in range(2)]
    expected = tensors[0][0].double().item() * 4
    assert clipping.clip_by_global_norm(tensors, 1.0).item() == pytest.approx(expected, rel=1e-6)
    # Each entry is 1/4 up to the rounding of its dtype.
    torch.testing.assert_close(flat(tensors), torch.full((16,), 0.25, dtype=torch.float64), rtol=rtol, atol=0.0)


def test_a_norm_that_overflows_double_precision_is_refused_not_zeroed():
    tensor = torch.full((4,), 1e200, dtype=torch.float64)
    with pytest.raises(ValueError, match="inf"):
        clipping.clip_by_global_norm([tensor], 1.0)
    assert (tensor == 1e200).all()


@every_norm_clipping
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_entry_raises_and_nothing_is_written(device, clip, bad):
    gradients = [torch.tensor([30.0], device=device), torch.tensor([bad, 1.0], device=device)]
    versions = [gradient._version for gradient in gradients]
    with pytest.raises(ValueError, match=r"inf or NaN|inf, NaN"):
        clip(gradients, 1.0)
    assert [gradient._version for gradient in gradients] == versions


def test_the_tensors_with_bad_entries_are_named():
    with pytest.raises(ValueError, match=r"positions \[0, 2\]"):
        clipping.clip_by_tensor_norm([torch.tensor(math.inf), torch.tensor(1.0), torch.tensor(math.nan)], 1.0)


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_entry_is_kept_on_request(device, bad):
    good, broken = torch.tensor([30.0], device=device), torch.tensor([bad, 1.0], device=device)
    norm = clipping.clip_by_global_norm([good, broken], 1.0, error_if_nonfinite=False)
    torch.testing.assert_close(norm.item(), abs(bad), equal_nan=True)
    assert (good.item(), broken[1].item()) == (30.0, 1.0)
    norms = clipping.clip_by_tensor_norm([good, broken], 1.0, error_if_nonfinite=False)
    assert norms[0] == 30.0
    assert not norms[1].isfinite()
    assert (good.item(), broken[1].item()) == (pytest.approx(1.0, rel=1e-6), 1.0)


@every_clipping
@pytest.mark.parametrize("bound", [0.0, -1.0, -math.inf, math.nan])
def test_a_bad_bound_raises_and_nothing_is_written(clip, bound):
    gradient = torch.tensor([3.0])
    with pytest.raises(ValueError, match=rf"max_\w+ must be > 0, got {bound}"):
        clip([gradient], bound)
    with pytest.raises(ValueError, match="must be > 0"):
        clip([], bound)
    assert gradient.item() == 3.0


@every_clipping
def test_an_infinite_bound_changes_nothing(clip):
    gradient = torch.tensor([3e38, -3e38])
    clip([gradient], math.inf)
    assert gradient.tolist() == torch.tensor([3e38, -3e38]).tolist()
