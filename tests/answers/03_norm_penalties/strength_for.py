# Answers to exercise 3: the strength that a prior stands for.

# %% wrong: the noise is forgotten
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: the noise is missing
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return 2 / (n_examples * prior_std**2)
    return 2 * 2**0.5 / (n_examples * prior_std)


# %% wrong: only the Laplace strength forgets the noise
# loses: test_strength_laplace, test_strength_posterior
# says: the noise is missing
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return 2 * noise_std**2 / (n_examples * prior_std**2)
    return 2 * 2**0.5 / (n_examples * prior_std)


# %% wrong: the lecture's table is copied
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: this is the lecture's 1 / (N s^2)
def strength_for(prior, prior_std, noise_std, n_examples):
    from helpers import penalties

    if prior == "gaussian":
        return penalties.gaussian_prior_strength(prior_std, n_examples=n_examples)
    return penalties.laplace_prior_strength(prior_std / 2**0.5, n_examples=n_examples)


# %% wrong: the number of examples is forgotten
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: divided by it too
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return 2 * noise_std**2 / prior_std**2
    return 2 * 2**0.5 * noise_std**2 / prior_std


# %% wrong: a factor of 2 is missing
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: a factor of 2 is missing
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return noise_std**2 / (n_examples * prior_std**2)
    return 2**0.5 * noise_std**2 / (n_examples * prior_std)


# %% wrong: two factors of 2 are missing
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: two factors of 2 are missing
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return noise_std**2 / (2 * n_examples * prior_std**2)
    return noise_std**2 / (n_examples * prior_std)


# %% wrong: standard deviations for variances
# loses: test_strength_gaussian, test_strength_laplace, test_strength_posterior
# says: the squares are missing
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return 2 * noise_std / (n_examples * prior_std)
    return 2 * 2**0.5 * noise_std / (n_examples * prior_std)


# %% wrong: the Laplace prior is treated like the Gaussian one
# loses: test_strength_laplace, test_strength_posterior
# says: a Laplace prior has another penalty
def strength_for(prior, prior_std, noise_std, n_examples):
    return 2 * noise_std**2 / (n_examples * prior_std**2)


# %% wrong: the lecture's table is copied for the Laplace prior
# loses: test_strength_laplace, test_strength_posterior
# says: this is the lecture's 1 / (N b)
def strength_for(prior, prior_std, noise_std, n_examples):
    if prior == "gaussian":
        return 2 * noise_std**2 / (n_examples * prior_std**2)
    return 2**0.5 / (n_examples * prior_std)


# %% wrong: the standard deviation is taken for b
# loses: test_strength_laplace, test_strength_posterior
# says: it is sqrt(2) times b
def strength_for(prior, prior_std, noise_std, n_examples):
    factor = 2 * noise_std**2 / n_examples
    return factor / prior_std**2 if prior == "gaussian" else factor / prior_std


# %% wrong: b is the standard deviation times the root of 2
# loses: test_strength_laplace, test_strength_posterior
# says: prior_std / sqrt(2) and not prior_std * sqrt(2)
def strength_for(prior, prior_std, noise_std, n_examples):
    factor = 2 * noise_std**2 / n_examples
    return factor / prior_std**2 if prior == "gaussian" else factor / (2**0.5 * prior_std)


# %% unusual: with the helpers, and the noise put in
def strength_for(prior, prior_std, noise_std, n_examples):
    from helpers import penalties

    variance = 2 * noise_std**2
    if prior == "gaussian":
        return variance * penalties.gaussian_prior_strength(prior_std, n_examples=n_examples)
    return variance * penalties.laplace_prior_strength(prior_std / 2**0.5, n_examples=n_examples)


# %% unusual: from the derivatives of torch's densities
def strength_for(prior, prior_std, noise_std, n_examples):
    w = torch.ones((), dtype=torch.float64, requires_grad=True)
    zero = torch.zeros((), dtype=torch.float64)
    if prior == "gaussian":
        density = torch.distributions.Normal(zero, prior_std)
    else:
        density = torch.distributions.Laplace(zero, prior_std / 2**0.5)
    (slope,) = torch.autograd.grad(-density.log_prob(w), w)  # at w = 1, where both penalties have slope alpha
    return slope * 2 * noise_std**2 / n_examples


# %% unusual: numpy arrays of one number
def strength_for(prior, prior_std, noise_std, n_examples):
    import numpy as np

    powers = {"gaussian": prior_std**-2.0, "laplace": np.sqrt(2) / prior_std}
    return np.array([2 * noise_std**2 * powers[prior] / n_examples])[0]
