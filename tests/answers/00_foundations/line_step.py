# Answers to exercise 1: one step of gradient descent on a line.

# %% wrong: the bias is forgotten
# loses: test_line_step_first, test_line_step_more
# says: it also takes a step
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return w - rate * 2 * (errors * x).mean().item(), b


# %% wrong: uphill
# loses: test_line_step_first, test_line_step_more
# says: AGAINST the gradient
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return w + rate * 2 * (errors * x).mean().item(), b + rate * 2 * errors.mean().item()


# %% wrong: the sum for the mean
# loses: test_line_step_first, test_line_step_more
# says: not the sum
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return w - rate * 2 * (errors * x).sum().item(), b - rate * 2 * errors.sum().item()


# %% wrong: no factor of 2
# loses: test_line_step_first, test_line_step_more
# says: a factor of 2
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return w - rate * (errors * x).mean().item(), b - rate * errors.mean().item()


# %% wrong: the new w in the slope for b
# loses: test_line_step_first, test_line_step_more
# says: at the old w, not at the new one
def line_step(x, y, w, b, rate):
    w = w - rate * 2 * ((w * x + b - y) * x).mean().item()
    b = b - rate * 2 * (w * x + b - y).mean().item()
    return w, b


# %% wrong: the mean of the errors times the mean of the inputs
# loses: test_line_step_first, test_line_step_more
# says: take the mean of the products
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return w - rate * 2 * (errors.mean() * x.mean()).item(), b - rate * 2 * errors.mean().item()


# %% wrong: a step from 0, wherever the line is
# loses: test_line_step_first, test_line_step_more
# says: at the w and b that are given
def line_step(x, y, w, b, rate):
    return rate * 2 * (y * x).mean().item(), rate * 2 * y.mean().item()


# %% wrong: works on the caller's inputs
# loses: test_line_step_more
# says: the inputs that were given were changed
def line_step(x, y, w, b, rate):
    new_b = b - rate * 2 * (w * x + b - y).mean().item()
    x *= 2 * (w * x + b - y)
    return w - rate * x.mean().item(), new_b


# %% wrong: returns the step, and not the new point
# loses: test_line_step_first, test_line_step_more
# says: at the w and b that are given
def line_step(x, y, w, b, rate):
    errors = w * x + b - y
    return -rate * 2 * (errors * x).mean().item(), -rate * 2 * errors.mean().item()


# %% unusual: a loop in plain Python
def line_step(x, y, w, b, rate):
    slope_w = slope_b = 0.0
    for one, target in zip(x.tolist(), y.tolist(), strict=True):
        error = w * one + b - target
        slope_w += 2 * error * one / len(x)
        slope_b += 2 * error / len(x)
    return w - rate * slope_w, b - rate * slope_b


# %% unusual: autograd
def line_step(x, y, w, b, rate):
    theta = torch.tensor([w, b], dtype=x.dtype, requires_grad=True)
    (theta[0] * x + theta[1] - y).square().mean().backward()
    return tuple(theta.detach() - rate * theta.grad)


# %% unusual: numpy, as a matrix
def line_step(x, y, w, b, rate):
    design = np.stack([x.numpy(), np.ones(len(x))], axis=1)
    theta = np.array([w, b])
    return theta - 2 * rate / len(x) * design.T @ (design @ theta - y.numpy())
