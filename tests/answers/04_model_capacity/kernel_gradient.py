# Answers to exercise 6: the gradient of a shared weight.

# %% wrong: the mean over the places
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: the sum of their places' gradients, not the mean
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    offsets = range(-half, half + 1)
    return torch.stack([matrix_gradient.diagonal(t).mean() if abs(t) < n else torch.zeros(()) for t in offsets])


# %% wrong: complete rows only
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: at the borders, too
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    rows = [matrix_gradient[i, i - half : i + half + 1] for i in range(half, n - half)]
    return torch.stack(rows).sum(dim=0) if rows else torch.zeros(k)


# %% wrong: reversed
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: the kernel is reversed
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    offsets = range(half, -half - 1, -1)
    return torch.stack([matrix_gradient.diagonal(t).sum() if abs(t) < n else torch.zeros(()) for t in offsets])


# %% wrong: the transposed matrix
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: the kernel is reversed
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    gradient = matrix_gradient.T
    return torch.stack([gradient.diagonal(t).sum() if abs(t) < n else torch.zeros(()) for t in range(-half, half + 1)])


# %% wrong: one row is enough
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: the middle weight is on the main diagonal
def kernel_gradient(matrix_gradient, k):
    middle, half = len(matrix_gradient) // 2, (k - 1) // 2
    row = torch.nn.functional.pad(matrix_gradient[middle], (half, half))
    return row[middle : middle + k]


# %% wrong: sums over columns
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: the middle weight is on the main diagonal
def kernel_gradient(matrix_gradient, k):
    return torch.nn.functional.pad(matrix_gradient.sum(dim=0), (0, max(0, k - len(matrix_gradient))))[:k]


# %% wrong: a number for each diagonal that there is
# loses: test_kernel_gradient, test_kernel_gradient_autograd
# says: one number per weight of the kernel
def kernel_gradient(matrix_gradient, k):
    n = len(matrix_gradient)
    return torch.stack([matrix_gradient.diagonal(t).sum() for t in range(1 - n, n)])


# %% wrong: leaves out weights that are never used
# loses: test_kernel_gradient_autograd
# says: still has k weights
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    return torch.stack([matrix_gradient.diagonal(t).sum() for t in range(-half, half + 1) if abs(t) < n])


# %% wrong: works in the tensor that it was given
# loses: test_kernel_gradient_autograd
# says: the gradient given was changed
def kernel_gradient(matrix_gradient, k):
    n, half = len(matrix_gradient), (k - 1) // 2
    i, j = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
    matrix_gradient[(j - i).abs() > half] = 0
    return torch.stack([matrix_gradient[j - i == t].sum() for t in range(-half, half + 1)])


# %% unusual: a loop over all entries
def kernel_gradient(matrix_gradient, k):
    gradient = [0.0] * k
    for i, row in enumerate(matrix_gradient.tolist()):
        for j, entry in enumerate(row):
            if 0 <= j - i + k // 2 < k:
                gradient[j - i + k // 2] += entry
    return gradient


# %% unusual: numpy's trace
def kernel_gradient(matrix_gradient, k):
    return np.array([np.trace(np.asarray(matrix_gradient), offset=t - k // 2) for t in range(k)])


# %% unusual: autograd through the course's matrix of a convolution
from helpers import sharing


def kernel_gradient(matrix_gradient, k):
    layer = torch.nn.Conv1d(1, 1, k, padding=k // 2, bias=False, dtype=matrix_gradient.dtype)
    matrix = sharing.convolution_matrix(layer, (1, len(matrix_gradient)))
    (gradient,) = torch.autograd.grad((matrix * matrix_gradient).sum(), layer.weight)
    return gradient.flatten()
