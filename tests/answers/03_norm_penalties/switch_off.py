# Answers to exercise 2: the proximal step of the group lasso.

# %% wrong: L1's threshold, entry by entry
# loses: test_switch_off_rows, test_switch_off_edges
# says: this is L1's threshold
def switch_off(weight, threshold):
    from helpers import proximal

    return proximal.soft_threshold(weight, threshold)


# %% wrong: the proximal step of L2
# loses: test_switch_off_rows, test_switch_off_edges
# says: this is the proximal step of L2
def switch_off(weight, threshold):
    return weight / (1 + threshold)


# %% wrong: a hard threshold
# loses: test_switch_off_rows, test_switch_off_edges
# says: a row above the threshold is shortened too
def switch_off(weight, threshold):
    return weight * (weight.norm(dim=1, keepdim=True) > threshold)


# %% wrong: short rows point backwards
# loses: test_switch_off_rows, test_switch_off_edges
# says: must not point backwards
def switch_off(weight, threshold):
    norms = weight.norm(dim=1, keepdim=True).clamp(min=1e-30)
    return weight * (1 - threshold / norms)


# %% wrong: a zero row becomes NaN
# loses: test_switch_off_edges
# says: not become NaN
def switch_off(weight, threshold):
    norms = weight.norm(dim=1, keepdim=True)
    return weight * (norms - threshold).clamp(min=0) / norms


# %% wrong: 0 / 0 for a zero row with threshold 0
# loses: test_switch_off_edges
# says: this is 0 / 0
def switch_off(weight, threshold):
    norms = weight.norm(dim=1, keepdim=True)
    return weight * (1 - threshold / norms).clamp(min=0)


# %% wrong: changes the weights that it is given
# loses: test_switch_off_rows, test_switch_off_edges
# says: the weights given were changed
def switch_off(weight, threshold):
    norms = weight.norm(dim=1, keepdim=True).clamp(min=1e-30)
    return weight.mul_((1 - threshold / norms).clamp(min=0))


# %% wrong: columns in place of rows
# loses: test_switch_off_rows, test_switch_off_edges
# says: exactly 0
def switch_off(weight, threshold):
    norms = weight.norm(dim=0, keepdim=True).clamp(min=1e-30)
    return weight * (1 - threshold / norms).clamp(min=0)


# %% wrong: nearly 0 is not exactly 0
# loses: test_switch_off_rows
# says: becomes exactly 0
def switch_off(weight, threshold):
    norms = weight.norm(dim=1, keepdim=True).clamp(min=1e-30)
    return weight * (1 - threshold / norms).clamp(min=1e-6)


# %% unusual: a loop in plain Python
def switch_off(weight, threshold):
    rows = []
    for row in weight.tolist():
        norm = sum(entry**2 for entry in row) ** 0.5
        factor = 0 if norm <= threshold * (1 + 1e-12) or norm == 0 else (norm - threshold) / norm
        rows.append([factor * entry for entry in row])
    return torch.tensor(rows, dtype=torch.float64)


# %% unusual: numpy
def switch_off(weight, threshold):
    import numpy as np

    w = weight.numpy()
    norms = np.linalg.norm(w, axis=1, keepdims=True)
    factors = np.zeros_like(norms)
    np.divide(norms - threshold, norms, out=factors, where=norms > threshold)
    return w * factors


# %% unusual: the row minus its projection onto the ball
def switch_off(weight, threshold):
    return weight - weight.renorm(2, 0, threshold) if threshold else weight.clone()


# %% unusual: directions and lengths
def switch_off(weight, threshold):
    lengths = torch.linalg.vector_norm(weight, dim=1)
    directions = torch.nn.functional.normalize(weight, dim=1)
    return torch.relu(lengths - threshold)[:, None] * directions
