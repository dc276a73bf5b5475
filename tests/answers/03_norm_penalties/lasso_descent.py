# Answers to exercise 6a: descent to the lasso, by subgradients and by proximal steps.

# %% wrong: the threshold is alpha
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: the threshold is lr * alpha, not alpha
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        gradient = x.T @ (x @ w - y) / len(x)
        if exact:
            w = w - lr * gradient
            w = w.sign() * (w.abs() - alpha).clamp(min=0)
        else:
            w = w - lr * (gradient + alpha * w.sign())
    return w


# %% wrong: the gradient is not divided by N
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: divide its gradient by N
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        gradient = x.T @ (x @ w - y)
        if exact:
            w = w - lr * gradient
            w = w.sign() * (w.abs() - lr * alpha).clamp(min=0)
        else:
            w = w - lr * (gradient + alpha * w.sign())
    return w


# %% wrong: proximal steps without a threshold
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: has no threshold
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        w = w - lr * (x.T @ (x @ w - y) / len(x) + alpha * w.sign())
    return w


# %% wrong: the penalty counts twice, as a subgradient and as a threshold
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: the second proximal step
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        w = w - lr * (x.T @ (x @ w - y) / len(x) + alpha * w.sign())
        if exact:
            w = w.sign() * (w.abs() - lr * alpha).clamp(min=0)
    return w


# %% wrong: cuts small weights of the subgradient version
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: the first subgradient step
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        gradient = x.T @ (x @ w - y) / len(x)
        if exact:
            w = w - lr * gradient
            w = w.sign() * (w.abs() - lr * alpha).clamp(min=0)
        else:
            w = w - lr * (gradient + alpha * w.sign())
            w = w * (w.abs() > lr * alpha)
    return w


# %% wrong: thresholds once, at the end
# loses: test_lasso_descent_steps, test_lasso_descent_ends, test_alpha_off
# says: the second proximal step
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        w = w - lr * (x.T @ (x @ w - y) / len(x) + (0 if exact else alpha) * w.sign())
    return w.sign() * (w.abs() - lr * alpha).clamp(min=0) if exact else w


# %% wrong: L2 in place of L1 in the subgradient version
# loses: test_lasso_descent_steps
# says: the second subgradient step
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    w = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(n_steps):
        gradient = x.T @ (x @ w - y) / len(x)
        if exact:
            w = w - lr * gradient
            w = w.sign() * (w.abs() - lr * alpha).clamp(min=0)
        else:
            w = w - lr * (gradient + alpha * w)
    return w


# %% unusual: autograd, an optimizer and the helpers
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    from helpers import penalties, proximal

    w = torch.nn.Parameter(torch.zeros(x.shape[1], dtype=x.dtype))
    sgd = torch.optim.SGD([w], lr=lr)
    for _ in range(n_steps):
        loss = (x @ w - y).square().mean() / 2
        sgd.zero_grad()
        (loss if exact else loss + alpha * penalties.l1([w])).backward()
        sgd.step()
        if exact:
            proximal.shrink([w], lr * alpha)
    return w.detach()


# %% unusual: numpy
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    import numpy as np

    x, y = np.asarray(x), np.asarray(y)
    w = np.zeros(x.shape[1])
    for _ in range(n_steps):
        pull = 0 if exact else alpha * np.sign(w)
        w = w - lr * (x.T @ (x @ w - y) / len(y) + pull)
        if exact:
            w = np.where(w > lr * alpha, w - lr * alpha, np.where(w < -lr * alpha, w + lr * alpha, 0.0))
    return w


# %% unusual: the Gram matrix, and torch's softshrink
def lasso_descent(x, y, alpha, lr, n_steps, exact):
    gram, target = x.T @ x / len(x), x.T @ y / len(x)
    w = torch.zeros_like(target)
    for _ in range(n_steps):
        step = target - gram @ w
        w = F.softshrink(w + lr * step, lr * alpha) if exact else w + lr * (step - alpha * torch.sgn(w))
    return w
