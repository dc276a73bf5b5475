"""`helpers.clipping`: clipping by value, sparse gradients, and the callbacks."""

import math

import pytest
import torch
from torch import nn

from helpers import clipping, training
from helpers.device import generator

CLIPPINGS = [clipping.clip_by_global_norm, clipping.clip_by_tensor_norm, clipping.clip_by_value]
SMALL, BIG = 2**14, 2**14 + 1  # clip_by_value treats a tensor in one way up to here, and in another from here on

every_clipping = pytest.mark.parametrize("clip", CLIPPINGS)
# torch 2.13 warns once per process that it does not check the indices of sparse tensors.
sparse_allowed = pytest.mark.filterwarnings("ignore:Sparse invariant checks:UserWarning")


@pytest.mark.parametrize("sizes", [[10], [SMALL], [BIG], [10, BIG, 0, SMALL, 1]], ids=str)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_value_clipping_is_torchs(device, sizes, dtype):
    stream = generator(0)
    ours = [torch.randn(size, generator=stream).to(device, dtype) for size in sizes]
    theirs = [nn.Parameter(torch.zeros_like(gradient)) for gradient in ours]
    for parameter, gradient in zip(theirs, ours, strict=True):
        parameter.grad = gradient.clone()
    nn.utils.clip_grad_value_(theirs, 0.5)
    clipping.clip_by_value(ours, 0.5)
    assert all(torch.equal(a, b.grad) for a, b in zip(ours, theirs, strict=True))
    assert max(a.abs().max() for a in ours if a.numel()) == 0.5


@pytest.mark.parametrize("size", [7, BIG])
def test_value_clipping_of_inf_and_nan(device, size):
    gradient = torch.zeros(size, device=device)
    gradient[:7] = torch.tensor([3.0, -3.0, 0.25, -2.0, math.nan, math.inf, -math.inf], device=device)
    clipping.clip_by_value([gradient], 2.0)
    assert gradient[:4].tolist() == [2.0, -2.0, 0.25, -2.0]
    assert gradient[4].isnan()
    assert gradient[5:7].tolist() == [2.0, -2.0]


def test_value_clipping_changes_the_direction_and_norm_clipping_does_not(device):
    by_value, by_norm = (torch.tensor([10.0, 1.0], device=device) for _ in range(2))
    clipping.clip_by_value([by_value], 1.0)
    clipping.clip_by_global_norm([by_norm], 1.0)
    assert by_value.tolist() == [1.0, 1.0]
    assert (by_norm[0] / by_norm[1]).item() == pytest.approx(10.0, rel=1e-6)


def sparse(device, *, coalesced):
    """(3, 2), row 0 stored in two parts when not coalesced; dense [[6, 8], [0, 0], [1, 0]]."""
    rows, values = torch.tensor([[0, 0, 2]]), torch.tensor([[3.0, 4.0], [3.0, 4.0], [1.0, 0.0]])
    tensor = torch.sparse_coo_tensor(rows, values, (3, 2)).to(device)
    return tensor.coalesce() if coalesced else tensor


@sparse_allowed
@every_clipping
@pytest.mark.parametrize("coalesced", [True, False])
def test_sparse_gradients_are_clipped_like_dense_ones(device, clip, coalesced):
    thin, others = sparse(device, coalesced=coalesced), [torch.ones(2, device=device) for _ in range(2)]
    dense = thin.to_dense()
    clip([thin, others[0]], 2.0)
    clip([dense, others[1]], 2.0)
    assert thin.is_sparse
    torch.testing.assert_close(thin.to_dense(), dense, rtol=1e-6, atol=0.0)
    torch.testing.assert_close(*others, rtol=1e-6, atol=0.0)


@sparse_allowed
@pytest.mark.parametrize("coalesced", [True, False])
def test_a_sparse_norm_counts_each_entry_once(device, coalesced):
    norm = clipping.global_norm([sparse(device, coalesced=coalesced)])
    assert norm.item() == pytest.approx(math.sqrt(6**2 + 8**2 + 1), rel=1e-6)


@sparse_allowed
def test_an_embeddings_sparse_gradient(device):
    embedding = nn.Embedding(5, 3, sparse=True).to(device)
    embedding(torch.tensor([1, 1, 4], device=device)).sum().backward()
    norm = clipping.clip_by_global_norm(clipping.gradients(embedding.parameters()), 1.0)
    assert norm.item() == pytest.approx(math.sqrt(3 * 2**2 + 3 * 1**2), rel=1e-6)
    assert embedding.weight.grad.to_dense().norm().item() == pytest.approx(1.0, rel=1e-6)


def fit_with(callback, device, x_scale=1.0):
    stream = generator(0)
    model = nn.Linear(2, 1, bias=False, device=device)
    with torch.no_grad():
        model.weight.zero_()
    x, y = x_scale * torch.randn(12, 2, generator=stream).to(device), torch.ones(12, 1, device=device)
    before_the_step = []

    class Look(training.Callback):
        def after_backward(self, run):
            before_the_step.append(run.model.weight.grad.norm().item())

    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    options = {"optimizer": optimizer, "loss": nn.functional.mse_loss, "generator": stream}
    training.fit(model, x, y, n_epochs=2, batch_size=4, callbacks=[callback, Look()], **options)
    return before_the_step


def test_the_callback_clips_and_logs_the_norm_before(device):
    measured = clipping.ClipByGlobalNorm()
    norms = fit_with(measured, device)
    assert measured.norms == pytest.approx(norms, rel=1e-6)
    bound = sorted(norms)[2]
    clipped = clipping.ClipByGlobalNorm(bound)
    norms = fit_with(clipped, device)
    assert len(clipped.norms) == 6
    assert norms == pytest.approx([min(norm, bound) for norm in clipped.norms], rel=1e-5)
    assert max(clipped.norms) > bound > min(clipped.norms)


def test_the_callback_logs_a_norm_that_is_not_finite(device):
    callback = clipping.ClipByGlobalNorm(1.0)
    fit_with(callback, device, x_scale=math.inf)
    assert len(callback.norms) == 6
    assert not any(map(math.isfinite, callback.norms))


def test_the_callback_by_value_logs_the_norm_before(device):
    callback = clipping.ClipByValue(0.1)
    norms = fit_with(callback, device)
    assert len(callback.norms) == 6
    assert callback.norms[0] > norms[0] == pytest.approx(0.1 * math.sqrt(2), rel=1e-6)  # both entries clipped


@pytest.mark.parametrize("callback", [clipping.ClipByGlobalNorm, clipping.ClipByValue])
@pytest.mark.parametrize("bound", [0.0, -1.0, math.nan])
def test_the_callbacks_refuse_a_bad_bound(callback, bound):
    with pytest.raises(ValueError, match=r"max_\w+ must be > 0"):
        callback(bound)


def test_a_norm_holds_no_autograd_graph(device):
    weight = torch.tensor([3.0, 4.0], device=device, requires_grad=True)
    (gradient,) = torch.autograd.grad(weight.square().sum(), weight, create_graph=True)
    assert not clipping.clip_by_global_norm([gradient], 1.0).requires_grad
    assert not clipping.clip_by_tensor_norm([gradient], 0.5).requires_grad
    clipping.clip_by_value([gradient], 0.3)
    assert gradient.detach().abs().max() <= 0.3
