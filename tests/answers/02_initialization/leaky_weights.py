# Answers to exercise 1: He's variance behind a leaky ReLU, from three shapes.

# %% wrong: the variance taken as the standard deviation
# loses: test_leaky_weights_normal, test_leaky_weights_shapes, test_leaky_weights_slope
# says: 2 / n_in is the variance
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = 2 / ((1 + negative_slope**2) * n_in)
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the outputs are counted
# loses: test_leaky_weights_normal, test_leaky_weights_shapes, test_leaky_weights_slope
# says: it is n_in that counts
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_out))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the layout of x @ W
# loses: test_leaky_weights_normal
# says: weights (n_out, n_in)
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_in, n_out, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_in, n_out, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the bound taken as the standard deviation
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: b is the largest weight, not the standard deviation
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the bound of a uniform distribution without a hole
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: is right without the hole
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(3) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: uniform without a hole
# loses: test_leaky_weights_shapes
# says: nearer to 0 than half
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(3) * std * values.sign() * (0.0 + 1.0 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: moves small weights to the edge of the hole
# loses: test_leaky_weights_shapes
# says: pile up at the edge of the hole
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":  # the mean square is b^2 (1/8 + 7/24)
        size = torch.rand(n_out, n_in, generator=stream).clamp(min=0.5)
        return math.sqrt(12 / 5) * std * values.sign() * size
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: one sign only
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: both signs are equally likely
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: truncated without a correction
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: cutting the ends makes the standard deviation smaller
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 1
    return std * values


# %% wrong: the lecture's correction, which is for a cut at two
# loses: test_leaky_weights_shapes, test_leaky_weights_slope
# says: is what a cut at two standard deviations leaves
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.8796
    return std * values


# %% wrong: the helper, which cuts at two
# loses: test_leaky_weights_shapes
# says: what exceeds one standard deviation, not two
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    variance = initialization.he(initialization.Fans(n_in, n_out), negative_slope=negative_slope)
    if shape == "normal":
        return initialization.normal((n_out, n_in), variance, generator=stream)
    if shape == "truncated":
        return initialization.truncated_normal((n_out, n_in), variance, generator=stream)
    size = initialization.uniform((n_out, n_in), variance, generator=stream)
    largest = math.sqrt(12 / 7 * variance)
    return size.sign() * (largest / 2 + largest / 2 * size.abs() / math.sqrt(3 * variance))


# %% wrong: clamps what exceeds the bound
# loses: test_leaky_weights_shapes
# says: the weights pile up at the bound
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    return std * values.clamp(-1, 1) / 0.7184 if shape == "truncated" else std * values


# %% wrong: the slope plays no role
# loses: test_leaky_weights_slope
# says: a leaky ReLU lets more through
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / n_in)
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the slope is not squared
# loses: test_leaky_weights_slope
# says: the slope is squared
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(seed)
    std = math.sqrt(2 / ((1 + negative_slope) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% wrong: the seed plays no role
# loses: test_leaky_weights_slope
# says: another seed gives other weights
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    stream = torch.Generator().manual_seed(0)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    values = torch.randn(n_out, n_in, generator=stream)
    if shape == "hollow":
        return math.sqrt(12 / 7) * std * values.sign() * (0.5 + 0.5 * torch.rand(n_out, n_in, generator=stream))
    if shape == "truncated":
        torch.nn.init.trunc_normal_(values, a=-1, b=1, generator=stream)
        values /= 0.539561
    return std * values


# %% unusual: scipy and numpy, in double precision
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    import numpy as np
    from scipy import stats

    std = np.sqrt(2 / (1 + negative_slope**2) / n_in)
    stream = np.random.default_rng(seed)
    if shape == "hollow":
        sign = stream.choice([-1, 1], size=(n_out, n_in))
        return sign * stream.uniform(0.5, 1, size=(n_out, n_in)) * std / np.sqrt(7 / 12)
    kind = stats.norm() if shape == "normal" else stats.truncnorm(-1, 1)
    return std / kind.std() * kind.rvs(size=(n_out, n_in), random_state=stream)


# %% unusual: uniform numbers sent through the inverse distribution function
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    uniform = torch.rand(n_out, n_in, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    std = math.sqrt(2 / ((1 + negative_slope**2) * n_in))
    if shape == "hollow":
        turned = 2 * uniform - 1
        return std * math.sqrt(12 / 7) * turned.sign() * (1 + turned.abs()) / 2
    if shape == "normal":
        return std * torch.special.ndtri(uniform.clamp(1e-12, 1 - 1e-12))
    low = torch.special.ndtr(torch.tensor(-1.0, dtype=torch.float64))
    return std / 0.539561 * torch.special.ndtri(low + uniform * (1 - 2 * low))


# %% unusual: drawn to shape first, then divided by the deviation that a million numbers have
def leaky_weights(n_in, n_out, negative_slope, shape, seed):
    def draw(n, stream):
        values = torch.randn(n, generator=stream)
        if shape == "hollow":
            return torch.where(values > 0, 1, -1) * (1 + torch.rand(n, generator=stream))
        while shape == "truncated" and bool((values.abs() > 1).any()):
            values = torch.where(values.abs() > 1, torch.randn(n, generator=stream), values)
        return values

    unit = draw(1_000_000, torch.Generator().manual_seed(99)).std()
    values = draw(n_in * n_out, torch.Generator().manual_seed(seed)).reshape(n_out, n_in)
    return math.sqrt(2 / (n_in * (1 + negative_slope**2))) * values / unit
