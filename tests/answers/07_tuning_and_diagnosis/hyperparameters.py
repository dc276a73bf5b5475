# Answers to exercise 1: uniform numbers turned into hyperparameters, each on its scale.

# %% wrong: uniform for log
# loses: test_hyperparameters_scales, test_hyperparameters_more
# says: the logarithm is uniform, not the value
def hyperparameters(u, scale, low, high):
    if scale == "one minus":
        return 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
    if scale == "integer":
        return low + np.floor(u * (high - low + 1))
    return low + u * (high - low)


# %% wrong: the misprint
# loses: test_hyperparameters_scales, test_hyperparameters_more
# says: that is the misprint
def hyperparameters(u, scale, low, high):
    if scale == "log":
        return low * (high / low) ** u
    if scale == "one minus":
        return 1 - 10 ** (-4 * u + 1)
    if scale == "integer":
        return low + np.floor(u * (high - low + 1))
    return low + u * (high - low)


# %% wrong: rounded integers, half mass at the ends
# loses: test_hyperparameters_integers, test_hyperparameters_more
# says: both ends only half
def hyperparameters(u, scale, low, high):
    if scale == "log":
        return low * (high / low) ** u
    if scale == "one minus":
        return 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
    values = low + u * (high - low)
    return np.round(values) if scale == "integer" else values


# %% wrong: high is excluded
# loses: test_hyperparameters_integers, test_hyperparameters_more
# says: high is included, and it never came
def hyperparameters(u, scale, low, high):
    if scale == "log":
        return low * (high / low) ** u
    if scale == "one minus":
        return 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
    values = low + u * (high - low)
    return np.floor(values) if scale == "integer" else values


# %% wrong: int() cuts towards zero
# loses: test_hyperparameters_more
# says: int() cuts towards zero
def hyperparameters(u, scale, low, high):
    if scale == "log":
        return low * (high / low) ** u
    if scale == "one minus":
        return 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
    if scale == "integer":
        return np.array([int(low + v * (high - low + 1)) for v in u])
    return low + u * (high - low)


# %% wrong: the numbers of the example, always
# loses: test_hyperparameters_scales, test_hyperparameters_more
# says: the lecture's 1 - 10^-(2u + 1)
def hyperparameters(u, scale, low, high):
    if scale == "log":
        return low * (high / low) ** u
    if scale == "one minus":
        return 1 - 10 ** -(2 * u + 1)
    if scale == "integer":
        return low + np.floor(u * (high - low + 1))
    return low + u * (high - low)


# %% unusual: torch, and one minus by way of log
def hyperparameters(u, scale, low, high):
    u = torch.tensor(u)
    if scale == "one minus":
        return 1 - torch.as_tensor(hyperparameters(1 - u.numpy(), "log", 1 - high, 1 - low))
    if scale == "log":
        return torch.exp(torch.lerp(torch.tensor(low).double().log(), torch.tensor(high).double().log(), u))
    if scale == "integer":
        return torch.floor(low + u * (high - low + 1)).long()
    return low + (high - low) * u


# %% unusual: the integers from a table
def hyperparameters(u, scale, low, high):
    if scale == "integer":
        table = np.arange(low, high + 1)
        return table[(u * len(table)).astype(int)]
    there, back = {
        "linear": (lambda v: v, lambda v: v),
        "log": (np.log, np.exp),
        "one minus": (np.log1p, np.expm1),
    }[scale]
    if scale == "one minus":
        return -back(there(-low) + u * (there(-high) - there(-low)))
    return back(there(low) + u * (there(high) - there(low)))
