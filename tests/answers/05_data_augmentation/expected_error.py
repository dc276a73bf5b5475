# Answers to exercise 4: the expected squared error under relative and additive noise on the inputs.

# %% wrong: the sum over the examples
# loses: test_expected_error_parts, test_expected_error_both
# says: the mean over the examples, not the sum
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().sum()
    relative = relative_std**2 * (x.square() @ w.square()).sum()
    return (clean + relative + len(x) * additive_std**2 * w.square().sum()).item()


# %% wrong: a half in front
# loses: test_expected_error_parts, test_expected_error_both
# says: without a factor of 1/2
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x.square() @ w.square()).mean()
    return (clean + relative + additive_std**2 * w.square().sum()).item() / 2


# %% wrong: the standard deviation for the variance
# loses: test_expected_error_parts, test_expected_error_both
# says: its standard deviation squared
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std * (x.square() @ w.square()).mean()
    return (clean + relative + additive_std * w.square().sum()).item()


# %% wrong: half the penalty, alpha/2 beside a loss without a half
# loses: test_expected_error_parts, test_expected_error_both
# says: no factor of 1/2 when the loss has none
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x.square() @ w.square()).mean()
    return (clean + (relative + additive_std**2 * w.square().sum()) / 2).item()


# %% wrong: the square of the sum of the weights
# loses: test_expected_error_parts, test_expected_error_both
# says: sum the squares of the weights
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x.square() @ w.square()).mean()
    return (clean + relative + additive_std**2 * w.sum().square()).item()


# %% wrong: one relative error for all features of an example
# loses: test_expected_error_parts, test_expected_error_both
# says: square each term, then sum
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x @ w).square().mean()
    return (clean + relative + additive_std**2 * w.square().sum()).item()


# %% wrong: relative noise taken for additive
# loses: test_expected_error_parts, test_expected_error_both
# says: it is not
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    return (clean + (relative_std**2 + additive_std**2) * w.square().sum()).item()


# %% wrong: the variance of the inputs
# loses: test_expected_error_parts, test_expected_error_both
# says: not with the variance of x
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x.var(dim=0, unbiased=False) * w.square()).sum()
    return (clean + relative + additive_std**2 * w.square().sum()).item()


# %% wrong: draws noise
# loses: test_expected_error_parts, test_expected_error_both
# says: 1.25
def expected_error(x, y, w, relative_std, additive_std):
    errors = []
    for _ in range(100):
        noisy = x * (1 + relative_std * torch.randn_like(x)) + additive_std * torch.randn_like(x)
        errors.append((noisy @ w - y).square().mean().item())
    return float(np.mean(errors))


# %% wrong: the two noises multiply
# loses: test_expected_error_both
# says: their costs add up
def expected_error(x, y, w, relative_std, additive_std):
    clean = (x @ w - y).square().mean()
    relative = relative_std**2 * (x.square() @ w.square()).mean()
    additive = additive_std**2 * w.square().sum()
    return (clean + relative + additive + relative * additive).item()


# %% wrong: sums the relative part over the examples
# loses: test_expected_error_parts, test_expected_error_both
# says: a mean over the examples and not a sum
def expected_error(x, y, w, relative_std, additive_std):
    relative = relative_std**2 * (x.square() @ w.square()).sum()
    return ((x @ w - y).square().mean() + relative + additive_std**2 * w.square().sum()).item()


# %% unusual: numpy, example by example
def expected_error(x, y, w, relative_std, additive_std):
    x, y, w = x.numpy(), y.numpy(), w.numpy()
    total = 0.0
    for row, target in zip(x, y, strict=True):
        total += (row @ w - target) ** 2 + sum((relative_std * row * w) ** 2) + sum((additive_std * w) ** 2)
    return total / len(x)


# %% unusual: the variance of each noisy input, a tensor is returned
def expected_error(x, y, w, relative_std, additive_std):
    variance = relative_std**2 * x**2 + additive_std**2
    return torch.mean((x @ w - y) ** 2 + variance @ w**2)


# %% unusual: a quadratic form in w
def expected_error(x, y, w, relative_std, additive_std):
    n, d = x.shape
    second = x.T @ x / n
    second = second + relative_std**2 * torch.diag(torch.diag(second)) + additive_std**2 * torch.eye(d, dtype=x.dtype)
    return (w @ second @ w - 2 * w @ (x.T @ y) / n + y @ y / n).item()
