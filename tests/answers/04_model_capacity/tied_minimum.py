# Answers to exercise 5: two tied tasks.

# %% wrong: only A is pulled
# loses: test_tied_minimum, test_tied_minimum_limits
# says: this is A beside a B that stays at its own minimum
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        return b, b
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    return torch.linalg.solve(hessian_a + tie, hessian_a @ a + tie @ b), b


# %% wrong: only B is pulled
# loses: test_tied_minimum, test_tied_minimum_limits
# says: this is B beside an A that stays at its own minimum
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        return a, a
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    return a, torch.linalg.solve(hessian_b + tie, hessian_b @ b + tie @ a)


# %% wrong: each is pulled to where the other was alone
# loses: test_tied_minimum, test_tied_minimum_limits
# says: this is A beside a B that stays
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        return b, a
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    t_a = torch.linalg.solve(hessian_a + tie, hessian_a @ a + tie @ b)
    return t_a, torch.linalg.solve(hessian_b + tie, hessian_b @ b + tie @ a)


# %% wrong: a factor of 2 is missing
# loses: test_tied_minimum, test_tied_minimum_limits
# says: a factor of 2 is missing
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        shared = torch.linalg.solve(hessian_a + hessian_b, hessian_a @ a + hessian_b @ b)
        return shared, shared
    tie = alpha * torch.eye(len(a), dtype=a.dtype)
    blocks = [torch.cat([hessian_a + tie, -tie], dim=1), torch.cat([-tie, hessian_b + tie], dim=1)]
    both = torch.linalg.solve(torch.cat(blocks), torch.cat([hessian_a @ a, hessian_b @ b]))
    return both[: len(a)], both[len(a) :]


# %% wrong: the plain mean in the limit
# loses: test_tied_minimum_limits
# says: shared parameters are no plain mean
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        return (a + b) / 2, (a + b) / 2
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    blocks = [torch.cat([hessian_a + tie, -tie], dim=1), torch.cat([-tie, hessian_b + tie], dim=1)]
    both = torch.linalg.solve(torch.cat(blocks), torch.cat([hessian_a @ a, hessian_b @ b]))
    return both[: len(a)], both[len(a) :]


# %% wrong: computes with inf
# loses: test_tied_minimum_limits
# says: an infinite strength became NaN
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    tie = 2 * alpha * torch.ones(len(a), dtype=a.dtype).diag()
    blocks = [torch.cat([hessian_a + tie, -tie], dim=1), torch.cat([-tie, hessian_b + tie], dim=1)]
    both = torch.linalg.inv_ex(torch.cat(blocks)).inverse @ torch.cat([hessian_a @ a, hessian_b @ b])
    return both[: len(a)], both[len(a) :]


# %% wrong: tied by copying A once
# loses: test_tied_minimum_limits
# says: sharing is not copying
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        return a.clone(), a.clone()
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    blocks = [torch.cat([hessian_a + tie, -tie], dim=1), torch.cat([-tie, hessian_b + tie], dim=1)]
    both = torch.linalg.solve(torch.cat(blocks), torch.cat([hessian_a @ a, hessian_b @ b]))
    return both[: len(a)], both[len(a) :]


# %% wrong: only the diagonals of the Hessians
# loses: test_tied_minimum_limits
# says: the shared parameters are not at the minimum
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    h_a, h_b = hessian_a.diagonal(), hessian_b.diagonal()
    if alpha == math.inf:
        return ((h_a * a + h_b * b) / (h_a + h_b),) * 2
    determinant = h_a * h_b + 2 * alpha * (h_a + h_b)
    t_a = ((h_b + 2 * alpha) * h_a * a + 2 * alpha * h_b * b) / determinant
    t_b = ((h_a + 2 * alpha) * h_b * b + 2 * alpha * h_a * a) / determinant
    return t_a, t_b


# %% wrong: A and B mixed up
# loses: test_tied_minimum, test_tied_minimum_limits
# says: A is 24 / 7
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    if alpha == math.inf:
        shared = torch.linalg.solve(hessian_a + hessian_b, hessian_a @ a + hessian_b @ b)
        return shared, shared
    tie = 2 * alpha * torch.eye(len(a), dtype=a.dtype)
    blocks = [torch.cat([hessian_a + tie, -tie], dim=1), torch.cat([-tie, hessian_b + tie], dim=1)]
    both = torch.linalg.solve(torch.cat(blocks), torch.cat([hessian_a @ a, hessian_b @ b]))
    return both[len(a) :], both[: len(a)]


# %% unusual: mean and difference as unknowns
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    inverse_a, inverse_b = torch.linalg.inv(hessian_a), torch.linalg.inv(hessian_b)
    scale = 0.0 if alpha == math.inf else 1.0
    strength = 1.0 if alpha == math.inf else 2 * alpha
    # The force between the two is 2 alpha (B - A) = f; it moves A by inverse_a f and B by -inverse_b f.
    give = scale * torch.eye(len(a), dtype=a.dtype) + strength * (inverse_a + inverse_b)
    force = torch.linalg.solve(give, strength * (b - a))
    return a + inverse_a @ force, b - inverse_b @ force


# %% unusual: numpy
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    h_a, h_b, a, b = (np.asarray(part) for part in (hessian_a, hessian_b, a, b))
    if np.isinf(alpha):
        shared = np.linalg.solve(h_a + h_b, h_a @ a + h_b @ b)
        return np.stack([shared, shared])
    tie = 2 * alpha * np.kron([[1, -1], [-1, 1]], np.eye(len(a)))
    zeros = np.zeros_like(h_a)
    both = np.linalg.solve(np.block([[h_a, zeros], [zeros, h_b]]) + tie, np.concatenate([h_a @ a, h_b @ b]))
    return both.reshape(2, -1)


# %% unusual: a very strong tie in place of an infinite one, by Newton's method with autograd
def tied_minimum(hessian_a, a, hessian_b, b, alpha):
    alpha = min(alpha, 1e9)

    def loss(both):
        t_a, t_b = both.chunk(2)
        own = ((t_a - a) @ hessian_a @ (t_a - a) + (t_b - b) @ hessian_b @ (t_b - b)) / 2
        return own + alpha * (t_a - t_b).square().sum()

    start = torch.cat([a, b])
    slope = torch.autograd.functional.jacobian(loss, start)
    both = start - torch.linalg.solve(torch.autograd.functional.hessian(loss, start), slope)
    return both.chunk(2)
