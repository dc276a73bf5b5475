# Answers to exercise 4a: relative and additive noise, in training only.

# %% wrong: noise in evaluation, too
# loses: test_noisy_inputs_modes
# says: noise is for training only
def noisy_inputs(x, relative_std, additive_std, training):
    return x * (1 + relative_std * torch.randn_like(x)) + additive_std * torch.randn_like(x)


# %% wrong: the other way round
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: noise is for training only
def noisy_inputs(x, relative_std, additive_std, training):
    if training:
        return x
    return x * (1 + relative_std * torch.randn_like(x)) + additive_std * torch.randn_like(x)


# %% wrong: changes the inputs in place
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: were changed
def noisy_inputs(x, relative_std, additive_std, training):
    if training:
        x *= 1 + relative_std * torch.randn_like(x)
        x += additive_std * torch.randn_like(x)
    return x


# %% wrong: one noise for the whole batch
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: each example has its own noise
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x * (1 + relative_std * torch.randn_like(x[:1])) + additive_std * torch.randn_like(x[:1])


# %% wrong: one noise for all features of an example
# loses: test_noisy_inputs_modes
# says: each feature has its own noise
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x * (1 + relative_std * torch.randn_like(x[:, :1])) + additive_std * torch.randn_like(x[:, :1])


# %% wrong: the variance for the standard deviation
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: not a variance
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x * (1 + relative_std**2 * torch.randn_like(x)) + additive_std**2 * torch.randn_like(x)


# %% wrong: relative noise that is not multiplied by the input
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: none at an input of 0
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x + relative_std * torch.randn_like(x) + additive_std * torch.randn_like(x)


# %% wrong: one draw for both noises
# loses: test_noisy_inputs_sizes
# says: drawn independently
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x + (relative_std * x + additive_std) * torch.randn_like(x)


# %% wrong: uniform noise from 0
# loses: test_noisy_inputs_modes, test_noisy_inputs_sizes
# says: at inputs of 0 the noise has
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    return x * (1 + relative_std * torch.rand_like(x)) + additive_std * torch.rand_like(x)


# %% wrong: the same noise at each call
# loses: test_noisy_inputs_modes
# says: new noise at each call
def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x
    stream = torch.Generator().manual_seed(17)
    delta, epsilon = torch.randn(2, *x.shape, generator=stream, dtype=x.dtype)
    return x * (1 + relative_std * delta) + additive_std * epsilon


# %% unusual: one draw of the right size
def noisy_inputs(x, relative_std, additive_std, training):
    std = (relative_std**2 * x**2 + additive_std**2) ** 0.5
    return x + float(training) * std * torch.randn(x.shape, dtype=x.dtype)


# %% unusual: numpy
def noisy_inputs(x, relative_std, additive_std, training):
    x = x.numpy().copy()
    if training:
        stream = np.random.default_rng()
        x = x * stream.normal(1.0, relative_std, x.shape) + stream.normal(0.0, additive_std, x.shape)
    return x


# %% unusual: torch.normal with a generator of its own
STREAM = torch.Generator().manual_seed(17)


def noisy_inputs(x, relative_std, additive_std, training):
    if not training:
        return x.clone()
    factor = torch.normal(torch.ones_like(x), torch.full_like(x, relative_std), generator=STREAM)
    return torch.normal(factor * x, torch.full_like(x, additive_std), generator=STREAM)
