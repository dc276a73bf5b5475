# Answers to exercise 6a: gradient descent with clipping by norm, one run per row.

# %% wrong: torch's clipping for the whole table
# loses: test_descend_rows, test_descend_path, test_window
# says: each row has a norm of its own
def descend(gradient_of, points, lr, max_norm, n_steps):
    places = torch.nn.Parameter(points.clone())
    sgd = torch.optim.SGD([places], lr=lr)
    for _ in range(n_steps):
        places.grad = gradient_of(places).detach()
        torch.nn.utils.clip_grad_norm_([places], max_norm)
        sgd.step()
    return places.detach()


# %% wrong: the norm along the wrong axis
# loses: test_descend_rows, test_descend_path, test_window
# says: each row has a norm of its own
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        gradient = gradient_of(points)
        points = points - lr * gradient * (max_norm / gradient.norm(dim=0)).clamp(max=1)
    return points


# %% wrong: clips by value
# loses: test_descend_rows, test_descend_path, test_window
# says: not by value
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        points = points - lr * gradient_of(points).clamp(-max_norm, max_norm)
    return points


# %% wrong: does not clip
# loses: test_descend_rows, test_descend_path, test_window
# says: was not clipped
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        points = points - lr * gradient_of(points)
    return points


# %% wrong: clips the step and not the gradient
# loses: test_descend_rows, test_descend_path
# says: max_norm bounds the gradient
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        step = lr * gradient_of(points)
        points = points - step * (max_norm / step.norm(dim=1, keepdim=True)).clamp(max=1)
    return points


# %% wrong: every gradient is stretched to max_norm
# loses: test_descend_rows, test_descend_path, test_window
# says: it is not stretched to max_norm
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        gradient = gradient_of(points)
        points = points - lr * max_norm * gradient / gradient.norm(dim=1, keepdim=True)
    return points


# %% wrong: moves the starting points
# loses: test_descend_rows, test_window
# says: the starting points were changed
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        gradient = gradient_of(points)
        points -= lr * gradient * (max_norm / gradient.norm(dim=1, keepdim=True)).clamp(max=1)
    return points


# %% wrong: one gradient for all steps
# loses: test_descend_path, test_window
# says: the gradient is computed anew for each step
def descend(gradient_of, points, lr, max_norm, n_steps):
    gradient = gradient_of(points)
    step = lr * gradient * (max_norm / gradient.norm(dim=1, keepdim=True)).clamp(max=1)
    return points - n_steps * step


# %% wrong: zero divided by zero at a minimum
# loses: test_descend_path, test_window
# says: must not become NaN
def descend(gradient_of, points, lr, max_norm, n_steps):
    for _ in range(n_steps):
        gradient = gradient_of(points)
        norm = gradient.norm(dim=1, keepdim=True)
        points = points - lr * gradient / norm * norm.clamp(max=max_norm)
    return points


# %% unusual: numpy inside
def descend(gradient_of, points, lr, max_norm, n_steps):
    import numpy as np

    places = points.numpy().copy()
    for _ in range(n_steps):
        gradient = np.asarray(gradient_of(torch.from_numpy(places)))
        norm = np.linalg.norm(gradient, axis=1, keepdims=True)
        places -= lr * gradient / np.maximum(1.0, norm / max_norm)
    return torch.from_numpy(places)


# %% unusual: the helper's clipping row by row, in place
def descend(gradient_of, points, lr, max_norm, n_steps):
    from helpers import clipping

    places = points.clone()
    for _ in range(n_steps):
        gradient = gradient_of(places)
        for row in gradient:
            clipping.clip_by_global_norm([row], max_norm)
        places.sub_(gradient, alpha=lr)
    return places


# %% unusual: loops in plain Python, single precision
def descend(gradient_of, points, lr, max_norm, n_steps):
    rows = points.tolist()
    for _ in range(n_steps):
        gradients = gradient_of(torch.tensor(rows)).tolist()
        norms = [sum(entry**2 for entry in gradient) ** 0.5 for gradient in gradients]
        factors = [lr * min(1, max_norm / norm) if norm else 0 for norm in norms]
        steps = [[factor * entry for entry in g] for factor, g in zip(factors, gradients, strict=True)]
        rows = [[p - s for p, s in zip(row, step, strict=True)] for row, step in zip(rows, steps, strict=True)]
    return torch.tensor(rows)
