# Answers to exercise 2: the variance of the weights that keeps the mean square behind any activation.

# %% wrong: the variance of the activation's outputs
# loses: test_keeping_variance_known, test_keeping_variance_any
# says: what adds up are mean squares, not variances
def keeping_variance(activation, n_in):
    z = torch.randn(1_000_000, generator=torch.Generator().manual_seed(0))
    return 1 / (n_in * activation(z).var().item())


# %% wrong: the standard deviation of the weights
# loses: test_keeping_variance_known, test_keeping_variance_tanh, test_keeping_variance_any
# says: not their standard deviation
def keeping_variance(activation, n_in):
    z = torch.randn(1_000_000, generator=torch.Generator().manual_seed(0))
    return (n_in * activation(z).square().mean().item()) ** -0.5


# %% wrong: forgets the number of terms
# loses: test_keeping_variance_known, test_keeping_variance_tanh, test_keeping_variance_any
# says: divide by n_in
def keeping_variance(activation, n_in):
    z = torch.randn(1_000_000, generator=torch.Generator().manual_seed(0))
    return 1 / activation(z).square().mean().item()


# %% wrong: LeCun's rule for everything
# loses: test_keeping_variance_known, test_keeping_variance_tanh, test_keeping_variance_any
# says: ReLU halves the mean square
def keeping_variance(activation, n_in):
    return 1 / n_in


# %% wrong: the derivative, as on the way back
# loses: test_keeping_variance_tanh, test_keeping_variance_any
# says: not its derivative
def keeping_variance(activation, n_in):
    z = torch.randn(1_000_000, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (slope,) = torch.autograd.grad(activation(z).sum(), z)
    return 1 / (n_in * slope.square().mean().item())


# %% wrong: known activations only
# loses: test_keeping_variance_tanh, test_keeping_variance_any
# says: for sin(z)
def keeping_variance(activation, n_in):
    if activation(torch.tensor(-1.0)) == 0:
        return 2 / n_in
    if abs(activation(torch.tensor(9.0)).item() - 1) < 1e-3:
        return 0.25361 * 10 / n_in
    return 1 / n_in


# %% wrong: too few random numbers
# loses: test_keeping_variance_known, test_keeping_variance_tanh, test_keeping_variance_any
# says: for ReLU it is He's rule
def keeping_variance(activation, n_in):
    z = torch.randn(30, generator=torch.Generator().manual_seed(5))
    return 1 / (n_in * activation(z).square().mean().item())


# %% unusual: a million random numbers in single precision
def keeping_variance(activation, n_in):
    z = torch.randn(1_000_000, generator=torch.Generator().manual_seed(1))
    return 1 / (n_in * activation(z).square().mean())


# %% unusual: Gauss and Hermite
def keeping_variance(activation, n_in):
    import numpy as np

    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    squares = activation(torch.from_numpy(nodes)).numpy() ** 2
    return np.sqrt(2 * np.pi) / (n_in * (weights * squares).sum())


# %% unusual: quantiles of the normal distribution
def keeping_variance(activation, n_in):
    p = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    return 1 / n_in / activation(torch.special.ndtri(p)).pow(2).mean().item()


# %% unusual: the standard library's normal distribution, number by number
def keeping_variance(activation, n_in):
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    z = torch.tensor([inverse((k + 0.5) / 20_000) for k in range(20_000)])
    return 1 / (n_in * float((activation(z) ** 2).mean()))
