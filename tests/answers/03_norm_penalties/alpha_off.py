# Answers to exercise 6b: the strength that switches everything off, and how many weights are exactly 0.

# %% wrong: the slope is not divided by N
# loses: test_alpha_off
# says: below alpha_off a weight is left
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w == 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: the slope of the square without 1/2
# loses: test_alpha_off
# says: below alpha_off a weight is left
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = 2 * (x_sparse.T @ y_sparse / 40).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w == 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: counts what is nearly 0
# loses: test_alpha_off
# says: exactly 0 is meant, not nearly
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse / 40).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w.abs() < 0.1).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: the mean slope for the largest
# loses: test_alpha_off
# says: above alpha_off all 12 weights are 0
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse / 40).abs().mean().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w == 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: the fractions are taken for strengths
# loses: test_alpha_off
# says: above alpha_off all 12 weights are 0
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse / 40).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w == 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: counts the weights that are left
# loses: test_alpha_off
# says: exactly 0 is meant
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse / 40).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_subgradient, zeros_proximal = ([int((w != 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% wrong: the two versions are mixed up
# loses: test_alpha_off
# says: exactly 0 is meant
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = (x_sparse.T @ y_sparse / 40).abs().max().item()


def runs_of(way):
    return [lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions]


zeros_proximal, zeros_subgradient = ([int((w == 0).sum()) for w in runs_of(way)] for way in (False, True))

# %% unusual: numpy, and arrays of counts
import numpy as np

fractions = np.array([0.03, 0.1, 0.3, 0.9, 1.1])
alpha_off = np.max(np.abs(np.mean(x_sparse.numpy() * y_sparse.numpy()[:, None], axis=0)))
zeros_subgradient, zeros_proximal = np.zeros(5, dtype=int), np.zeros(5, dtype=int)
for i, fraction in enumerate(fractions):
    strength = float(fraction * alpha_off)
    zeros_subgradient[i] = 12 - np.count_nonzero(lasso_descent(x_sparse, y_sparse, strength, 0.2, 1000, False))
    zeros_proximal[i] = 12 - np.count_nonzero(lasso_descent(x_sparse, y_sparse, strength, 0.2, 1000, True))

# %% unusual: autograd for the slope, tensors for the counts
fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
w = torch.zeros(12, dtype=torch.float64, requires_grad=True)
((x_sparse @ w - y_sparse).square().mean() / 2).backward()
alpha_off = w.grad.abs().amax()


def ends(way):
    return torch.stack([lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, way) for f in fractions])


zeros_subgradient, zeros_proximal = ((ends(way) == 0).sum(dim=1) for way in (False, True))

# %% unusual: scikit-learn's lasso for the proximal counts
from sklearn.linear_model import Lasso

fractions = [0.03, 0.1, 0.3, 0.9, 1.1]
alpha_off = float(max(abs(sum(column * y_sparse)) for column in x_sparse.T) / 40)
fits = [Lasso(alpha=f * alpha_off, fit_intercept=False, tol=1e-10).fit(x_sparse, y_sparse) for f in fractions]
zeros_proximal = tuple(int((fit.coef_ == 0).sum()) for fit in fits)
zeros_subgradient = tuple(
    int((lasso_descent(x_sparse, y_sparse, f * alpha_off, 0.2, 1000, False) == 0).sum()) for f in fractions
)
