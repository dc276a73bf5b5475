# Answers to exercise 1a: how many members an ensemble needs.

# %% wrong: independent errors
# loses: test_members_needed_number, test_members_needed_edges
# says: for independent errors
def members_needed(errors, target):
    v = errors.square().mean().item()
    return max(1, math.ceil(v / target)) if target else math.inf


# %% wrong: the covariance about the members' means
# loses: test_members_needed_number, test_members_needed_edges
# says: no mean is subtracted
def members_needed(errors, target):
    covariance = np.cov(errors.numpy())
    n = len(covariance)
    v = np.trace(covariance) / n
    c = (covariance.sum() - n * v) / (n * (n - 1))
    if target >= v:
        return 1
    return math.ceil((v - c) / (target - c)) if target > c else math.inf


# %% wrong: a member's product with itself is among the pairs
# loses: test_members_needed_number, test_members_needed_edges
# says: two different members
def members_needed(errors, target):
    products = errors @ errors.T / errors.shape[1]
    v, c = products.diagonal().mean().item(), products.mean().item()
    if target >= v:
        return 1
    return math.ceil((v - c) / (target - c)) if target > c else math.inf


# %% wrong: half of the pairs, divided by all of them
# loses: test_members_needed_number, test_members_needed_edges
# says: divide by how many it has
def members_needed(errors, target):
    products = errors @ errors.T / errors.shape[1]
    n = len(errors)
    v = products.diagonal().mean().item()
    c = products.triu(1).sum().item() / (n * (n - 1))
    if target >= v:
        return 1
    return math.ceil((v - c) / (target - c)) if target > c else math.inf


# %% wrong: rounded down
# loses: test_members_needed_number, test_members_needed_edges
# says: rounded up
def members_needed(errors, target):
    products = errors @ errors.T / errors.shape[1]
    n = len(errors)
    v = products.diagonal().mean().item()
    c = (products.sum().item() - n * v) / (n * (n - 1))
    if target >= v:
        return 1
    return int((v - c) / (target - c)) if target > c else math.inf


# %% wrong: one more than rounded down
# loses: test_members_needed_edges
# says: exactly it is enough
def members_needed(errors, target):
    products = errors @ errors.T / errors.shape[1]
    n = len(errors)
    v = products.diagonal().mean().item()
    c = (products.sum().item() - n * v) / (n * (n - 1))
    if target >= v:
        return 1
    return int((v - c) / (target - c)) + 1 if target > c else math.inf


# %% wrong: no answer below the floor
# loses: test_members_needed_number, test_members_needed_edges
# says: no number is enough
def members_needed(errors, target):
    products = errors @ errors.T / errors.shape[1]
    n = len(errors)
    v = products.diagonal().mean().item()
    c = (products.sum().item() - n * v) / (n * (n - 1))
    return math.ceil((v - c) / (target - c))


# %% wrong: the correlation for the covariance
# loses: test_members_needed_number, test_members_needed_edges
# says: not a correlation
def members_needed(errors, target):
    n = len(errors)
    products = errors @ errors.T / errors.shape[1]
    v = products.diagonal().mean().item()
    c = (products.sum().item() - n * v) / (n * (n - 1)) / v
    k = (v - c) / (target - c)
    return math.ceil(k) if k > 0 else math.inf


# %% wrong: looks no further than 1000 members
# loses: test_members_needed_edges
# says: thousands of members
def members_needed(errors, target):
    n = len(errors)
    products = errors @ errors.T / errors.shape[1]
    v = products.diagonal().mean().item()
    c = (products.sum().item() - n * v) / (n * (n - 1))
    return next((k for k in range(1, 1000) if v / k + (k - 1) / k * c <= target), math.inf)


# %% unusual: a loop over the pairs, in numpy
def members_needed(errors, target):
    errors = errors.numpy()
    n = len(errors)
    v = np.mean(errors**2)
    c = np.mean([np.mean(errors[i] * errors[j]) for i in range(n) for j in range(i)])
    if target >= v:
        return 1
    return np.ceil((v - c) / (target - c)) if target > c else np.inf


# %% unusual: from the error of the mean of the members at hand
def members_needed(errors, target):
    n, v, mean = len(errors), errors.square().mean(), errors.mean(dim=0).square().mean()
    c = (n * mean - v) / (n - 1)
    if v <= target:
        return torch.tensor(1)
    return torch.ceil((v - c) / (target - c)) if c < target else torch.tensor(torch.inf)


# %% unusual: tries one number after another
def members_needed(errors, target):
    from helpers import ensembles

    n = len(errors)
    v = float((errors**2).mean())
    c = float((errors.sum(dim=0) ** 2 - (errors**2).sum(dim=0)).mean()) / (n * (n - 1))
    if target <= c < v or target < c:
        return math.inf
    k = 1
    while ensembles.expected_error(v, c, k) > target:
        if k > 10 and v == c:
            return math.inf
        k += 1
    return k
