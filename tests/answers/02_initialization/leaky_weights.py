# Answers to exercise 1: He's variance behind a leaky ReLU, from three shapes.

# %% wrong: the variance taken as the standard deviation
# loses: test_leaky_weights_normal, test_leaky_weights_shapes, test_leaky_weights_slope
# says: 2 / n_in is the variance
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = 2 / ((1 + negative_slope**2) * n_in)
    if shape == "uniform":
        return math.sqrt(3) * std * (2 * torch.rand(n_out, n_in, generator=stream) - 1)
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-2, b=2, generator=stream)
        values /= 0.8796
    return std * values


# %% wrong: the outputs are counted
# loses: test_leaky_weights_normal, test_leaky_weights_shapes, test_leaky_weights_slope
# says: it is n_in that counts
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_out))
    if shape == "uniform":
        return math.sqrt(3) * std * (2 * torch.rand(n_out, n_in, generator=stream) - 1)
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-2, b=2, generator=stream)
        values /= 0.8796
    return std * values


# %% wrong: the layout of x @ W
# loses: test_leaky_weights_normal
# says: weights (n_out, n_in)
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    if shape == "uniform":
        return math.sqrt(3) * std * (2 * torch.rand(n_in, n_out, generator=stream) - 1)
    values = torch.randn(n_in, n_out, generator=stream)
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-2, b=2, generator=stream)
        values /= 0.8796
    return std * values


# %% wrong: the uniform bound taken as the standard deviation
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: the bound of a uniform distribution is not its standard deviation
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    if shape == "uniform":
        return std * (2 * torch.rand(n_out, n_in, generator=stream) - 1)
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-2, b=2, generator=stream)
        values /= 0.8796
    return std * values


# %% wrong: truncated without a correction
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: cutting the ends makes the standard deviation smaller
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    weights = torch.empty(n_out, n_in)
    if shape == "uniform":
        return weights.uniform_(-(3**0.5) * std, 3**0.5 * std, generator=stream)
    if shape == "truncated":
        return torch.nn.init.trunc_normal_(weights, std=std, a=-2 * std, b=2 * std, generator=stream)
    return weights.normal_(0, std, generator=stream)


# %% wrong: clamps what exceeds the bound
# loses: test_leaky_weights_shapes
# says: the weights pile up at the bound
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    weights = torch.empty(n_out, n_in)
    if shape == "uniform":
        return weights.uniform_(-(3**0.5) * std, 3**0.5 * std, generator=stream)
    weights.normal_(0, std, generator=stream)
    return weights.clamp(-2 * std, 2 * std) / 0.9594 if shape == "truncated" else weights


# %% wrong: cut at two standard deviations of the result
# loses: test_leaky_weights_shapes
# says: the bound is two standard deviations of the normal that is cut
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "uniform":
        return math.sqrt(3) * std * (2 * torch.rand(n_out, n_in, generator=stream) - 1)
    if shape == "truncated":
        # The normal whose ends beyond 2 are cut and that has the standard deviation 1 then.
        torch.nn.init.trunc_normal_(values, std=1.38, a=-2, b=2, generator=stream)
    return std * values


# %% wrong: the slope plays no role
# loses: test_leaky_weights_slope
# says: a leaky ReLU lets more through
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    distribution = {
        "normal": initialization.normal,
        "uniform": initialization.uniform,
        "truncated": initialization.truncated_normal,
    }[shape]
    return distribution((n_out, n_in), 2 / n_in, generator=stream)


# %% wrong: the slope is not squared
# loses: test_leaky_weights_slope
# says: the slope is squared
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    distribution = {
        "normal": initialization.normal,
        "uniform": initialization.uniform,
        "truncated": initialization.truncated_normal,
    }[shape]
    return distribution((n_out, n_in), 2 / ((1 + negative_slope) * n_in), generator=stream)


# %% wrong: the seed plays no role
# loses: test_leaky_weights_slope
# says: another seed gives other weights
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(0)
    distribution = {
        "normal": initialization.normal,
        "uniform": initialization.uniform,
        "truncated": initialization.truncated_normal,
    }[shape]
    return distribution((n_out, n_in), 2 / ((1 + negative_slope**2) * n_in), generator=stream)


# %% unusual: the helpers put together
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    variance = initialization.he(initialization.Fans(n_in, n_out), negative_slope=negative_slope)
    distribution = {
        "normal": initialization.normal,
        "uniform": initialization.uniform,
        "truncated": initialization.truncated_normal,
    }[shape]
    return distribution((n_out, n_in), variance, generator=stream)


# %% unusual: scipy and numpy, in double precision
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    import numpy as np
    from scipy import stats

    std = np.sqrt(2 / (1 + negative_slope**2) / n_in)
    kinds = {"normal": stats.norm(), "uniform": stats.uniform(-1, 2), "truncated": stats.truncnorm(-2, 2)}
    kind = kinds[shape]
    return std / kind.std() * kind.rvs(size=(n_out, n_in), random_state=np.random.default_rng(seed))


# %% unusual: uniform numbers sent through the inverse distribution function
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    uniform = torch.rand(n_out, n_in, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    if shape == "uniform":
        return std * math.sqrt(12) * (uniform - 0.5)
    if shape == "normal":
        return std * torch.special.ndtri(uniform.clamp(1e-12, 1 - 1e-12))
    low = torch.special.ndtr(torch.tensor(-2.0, dtype=torch.float64))
    return std / 0.879626 * torch.special.ndtri(low + uniform * (1 - 2 * low))
