# Answers to exercise 4: the number of steps that leave what a penalty leaves.

# %% wrong: the rule of thumb for all
# loses: test_steps_like_penalty, test_steps_like_penalty_edges
# says: 1 / (lr * alpha) is the rule of thumb
def steps_like_penalty(eigenvalues, alpha, lr):
    return torch.full_like(eigenvalues, 1 / (lr * alpha))


# %% wrong: the exponential for the power
# loses: test_steps_like_penalty, test_steps_like_penalty_edges
# says: not its approximation
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log1p(eigenvalues / alpha) / (lr * eigenvalues)
    return torch.where(eigenvalues > 0, ratio, 1 / (lr * alpha))


# %% wrong: what is left for what is missing
# loses: test_steps_like_penalty, test_steps_like_penalty_edges
# says: this is what is left
def steps_like_penalty(eigenvalues, alpha, lr):
    return torch.log(eigenvalues / (eigenvalues + alpha)) / torch.log1p(-lr * eigenvalues)


# %% wrong: a lost sign
# loses: test_steps_like_penalty, test_steps_like_penalty_edges
# says: a number of steps is positive
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log1p(eigenvalues / alpha) / torch.log1p(-lr * eigenvalues)
    return torch.where(eigenvalues > 0, ratio, -1 / (lr * alpha))


# %% wrong: 0 / 0 at the eigenvalue 0
# loses: test_steps_like_penalty_edges
# says: an eigenvalue of 0 gives 0 / 0
def steps_like_penalty(eigenvalues, alpha, lr):
    return torch.log1p(eigenvalues / alpha) / -torch.log1p(-lr * eigenvalues)


# %% wrong: small eigenvalues lost to rounding
# loses: test_steps_like_penalty_edges
# says: lost to rounding
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log(alpha / (eigenvalues + alpha)) / torch.log(1 - lr * eigenvalues)
    return torch.where(eigenvalues > 0, ratio, 1 / (lr * alpha))


# %% wrong: rounding caught only where it is total
# loses: test_steps_like_penalty_edges
# says: spoiled by rounding
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log(alpha / (eigenvalues + alpha)) / torch.log(1 - lr * eigenvalues)
    return torch.where(eigenvalues > 1e-15, ratio, 1 / (lr * alpha))


# %% wrong: no steps at the eigenvalue 0
# loses: test_steps_like_penalty_edges
# says: the limit for an eigenvalue of 0 is off
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log1p(eigenvalues / alpha) / -torch.log1p(-lr * eigenvalues)
    return torch.where(eigenvalues > 0, ratio, 0.0)


# %% wrong: one number of steps for all directions
# loses: test_steps_like_penalty, test_steps_like_penalty_edges
# says: one number per eigenvalue
def steps_like_penalty(eigenvalues, alpha, lr):
    ratio = torch.log1p(eigenvalues / alpha) / -torch.log1p(-lr * eigenvalues)
    return torch.where(eigenvalues > 0, ratio, 1 / (lr * alpha)).mean()


# %% unusual: numpy, with a power series for small eigenvalues
def steps_like_penalty(eigenvalues, alpha, lr):
    values = np.asarray(eigenvalues)
    small = values < 1e-8
    safe = np.where(small, 1.0 * min(alpha, 0.5 / lr), values)
    exact = np.log(alpha / (safe + alpha)) / np.log(1 - lr * safe)
    return np.where(small, (1 - values / (2 * alpha)) / (lr * alpha), exact)


# %% unusual: a loop in plain Python
def steps_like_penalty(eigenvalues, alpha, lr):
    steps = []
    for value in eigenvalues.tolist():
        steps.append(1 / (lr * alpha) if value == 0 else -math.log1p(value / alpha) / math.log1p(-lr * value))
    return steps


# %% unusual: zero lifted to something tiny
def steps_like_penalty(eigenvalues, alpha, lr):
    values = eigenvalues.clamp(min=1e-200)
    return -torch.log1p(-values / (values + alpha)) / -torch.log1p(-lr * values)
