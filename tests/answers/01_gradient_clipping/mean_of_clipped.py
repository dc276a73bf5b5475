# Answers to exercise 1: clip each example's gradient by its joint norm, then average.

# %% wrong: the norm of each tensor by itself
# loses: test_mean_of_clipped_joint, test_mean_of_clipped_edges
# says: one joint norm over all its tensors
def mean_of_clipped(per_example, max_norm):
    means = []
    for gradient in per_example:
        norms = gradient.reshape(len(gradient), -1).norm(dim=1)
        factors = (max_norm / norms).clamp(max=1)
        means.append(torch.tensordot(factors, gradient, dims=1) / len(gradient))
    return means


# %% wrong: the sum of the tensors' norms
# loses: test_mean_of_clipped_joint, test_mean_of_clipped_edges
# says: not the sum of the norms
def mean_of_clipped(per_example, max_norm):
    norms = sum(gradient.reshape(len(gradient), -1).norm(dim=1) for gradient in per_example)
    factors = (max_norm / norms).clamp(max=1)
    return [torch.tensordot(factors, gradient, dims=1) / len(gradient) for gradient in per_example]


# %% wrong: the square of the norm
# loses: test_mean_of_clipped_joint, test_mean_of_clipped_average, test_mean_of_clipped_edges
# says: the root is missing
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = (max_norm / squares).clamp(max=1)
    return [torch.tensordot(factors, gradient, dims=1) / len(gradient) for gradient in per_example]


# %% wrong: the batch axis is kept
# loses: test_mean_of_clipped_joint
# says: of the parameter's shape
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = (max_norm / squares.sqrt()).clamp(max=1)
    clipped = [(gradient.movedim(0, -1) * factors).movedim(-1, 0) for gradient in per_example]
    return [gradient.mean(dim=0, keepdim=True) for gradient in clipped]


# %% wrong: every example is stretched to max_norm
# loses: test_mean_of_clipped_average, test_mean_of_clipped_edges
# says: it is not stretched to max_norm
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = max_norm / (squares.sqrt() + 1e-12)
    return [torch.tensordot(factors, gradient, dims=1) / len(gradient) for gradient in per_example]


# %% wrong: averages first and clips the mean
# loses: test_mean_of_clipped_average, test_mean_of_clipped_edges
# says: clip each example first
def mean_of_clipped(per_example, max_norm):
    means = [gradient.mean(dim=0) for gradient in per_example]
    norm = torch.stack([mean.norm() for mean in means]).norm()
    return [mean * (max_norm / norm).clamp(max=1) for mean in means]


# %% wrong: the sum over the examples
# loses: test_mean_of_clipped_average, test_mean_of_clipped_edges
# says: divide the sum by the batch size
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = (max_norm / squares.sqrt()).clamp(max=1)
    return [torch.tensordot(factors, gradient, dims=1) for gradient in per_example]


# %% wrong: a helper's clipping by norm for the whole batch
# loses: test_mean_of_clipped_average, test_mean_of_clipped_edges
# says: not one norm over the whole batch
def mean_of_clipped(per_example, max_norm):
    from helpers import clipping

    clipping.clip_by_global_norm(per_example, max_norm)
    return [gradient.mean(dim=0) for gradient in per_example]


# %% wrong: a helper's clipping by value
# loses: test_mean_of_clipped_joint, test_mean_of_clipped_edges
# says: not by value
def mean_of_clipped(per_example, max_norm):
    from helpers import clipping

    clipping.clip_by_value(per_example, max_norm)
    return [gradient.mean(dim=0) for gradient in per_example]


# %% wrong: clips in the tensors that were given
# loses: test_mean_of_clipped_edges
# says: the gradients given were changed
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = (max_norm / squares.sqrt()).clamp(max=1)
    for gradient in per_example:
        gradient.mul_(factors.reshape(-1, *[1] * (gradient.dim() - 1)))
    return [gradient.mean(dim=0) for gradient in per_example]


# %% wrong: zero divided by zero
# loses: test_mean_of_clipped_edges
# says: must not turn the mean into NaN
def mean_of_clipped(per_example, max_norm):
    squares = sum(gradient.reshape(len(gradient), -1).square().sum(dim=1) for gradient in per_example)
    factors = squares.sqrt().clamp(max=max_norm) / squares.sqrt()
    return [torch.tensordot(factors, gradient, dims=1) / len(gradient) for gradient in per_example]


# %% unusual: numpy in double precision, one example after the other
def mean_of_clipped(per_example, max_norm):
    import numpy as np

    arrays = [gradient.numpy().astype(np.float64) for gradient in per_example]
    totals = [np.zeros(array.shape[1:]) for array in arrays]
    for example in zip(*arrays, strict=True):
        norm = np.sqrt(sum(np.sum(gradient**2) for gradient in example))
        for total, gradient in zip(totals, example, strict=True):
            total += gradient * min(1.0, max_norm / norm) if norm > 0 else 0
    return tuple(total / len(arrays[0]) for total in totals)


# %% unusual: torch's own clipping for each example
def mean_of_clipped(per_example, max_norm):
    sums = [torch.zeros(gradient.shape[1:]) for gradient in per_example]
    for i in range(len(per_example[0])):
        parameters = [torch.nn.Parameter(torch.zeros(gradient.shape[1:])) for gradient in per_example]
        for parameter, gradient in zip(parameters, per_example, strict=True):
            parameter.grad = gradient[i].clone()
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        sums = [total + parameter.grad for total, parameter in zip(sums, parameters, strict=True)]
    return [total / len(per_example[0]) for total in sums]


# %% unusual: vmap over the examples
def mean_of_clipped(per_example, max_norm):
    def clip(*gradients):
        norm = torch.cat([gradient.reshape(-1) for gradient in gradients]).norm()
        return tuple(gradient / torch.clamp(norm / max_norm, min=1) for gradient in gradients)

    return [clipped.mean(dim=0) for clipped in torch.func.vmap(clip)(*per_example)]


# %% unusual: plain Python on nested lists
def mean_of_clipped(per_example, max_norm):
    rows = [gradient.reshape(len(gradient), -1).tolist() for gradient in per_example]
    norms = [sum(entry**2 for row in example for entry in row) ** 0.5 for example in zip(*rows, strict=True)]
    factors = [max_norm / norm if norm > max_norm else 1.0 for norm in norms]
    means = []
    for gradient, examples in zip(per_example, rows, strict=True):
        columns = zip(*examples, strict=True)
        mean = [sum(f * entry for f, entry in zip(factors, column, strict=True)) / len(factors) for column in columns]
        means.append(torch.tensor(mean).reshape(gradient.shape[1:]).tolist())
    return means
