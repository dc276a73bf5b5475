# Answers to exercise 5: where a ball with momentum comes to rest.

# %% wrong: where it is after the last gradient
# loses: test_rest_point_two, test_rest_point_more
# says: it rolls on
def rest_point(start, gradients, rate, momentum):
    theta, v = start, torch.zeros_like(start)
    for g in gradients:
        v = momentum * v - rate * g
        theta = theta + v
    return theta


# %% wrong: with a factor (1 - mu)
# loses: test_rest_point_two, test_rest_point_more
# says: a factor (1 - mu)
def rest_point(start, gradients, rate, momentum):
    return start - rate * gradients.sum(dim=0)


# %% wrong: each push ends with the next one
# loses: test_rest_point_two, test_rest_point_more
# says: the first gradient counts as well
def rest_point(start, gradients, rate, momentum):
    return start - rate / (1 - momentum) * gradients[-1] if len(gradients) else start


# %% wrong: the mean of the gradients
# loses: test_rest_point_two, test_rest_point_more
# says: they are not averaged
def rest_point(start, gradients, rate, momentum):
    return start - rate / (1 - momentum) * gradients.mean(dim=0)


# %% wrong: the sum starts with mu
# loses: test_rest_point_two, test_rest_point_more
# says: the sum starts with 1
def rest_point(start, gradients, rate, momentum):
    return start - rate * momentum / (1 - momentum) * gradients.sum(dim=0)


# %% wrong: rolls on for a hundred steps only
# loses: test_rest_point_more
# says: many thousand steps
def rest_point(start, gradients, rate, momentum):
    theta, v = start, torch.zeros_like(start)
    for g in [*gradients, *[torch.zeros_like(start)] * 100]:
        v = momentum * v - rate * g
        theta = theta + v
    return theta


# %% wrong: NaN without gradients
# loses: test_rest_point_more
# says: without any gradient
def rest_point(start, gradients, rate, momentum):
    return start - rate / (1 - momentum) * len(gradients) * gradients.mean(dim=0)


# %% wrong: rolls the caller's start
# loses: test_rest_point_more
# says: the start that was given was changed
def rest_point(start, gradients, rate, momentum):
    kept = start.clone()
    start -= rate / (1 - momentum) * gradients.sum(dim=0)
    return kept - rate / (1 - momentum) * gradients.sum(dim=0)


# %% unusual: rolls until it hardly moves
def rest_point(start, gradients, rate, momentum):
    theta, v = start.numpy().copy(), np.zeros(len(start))
    for g in gradients.numpy():
        v = momentum * v - rate * g
        theta = theta + v
    while np.abs(v).max() > 1e-9:
        v = momentum * v
        theta = theta + v
    return theta


# %% unusual: steps to the last gradient, and the rest by the geometric series
def rest_point(start, gradients, rate, momentum):
    theta, v = start.double(), torch.zeros(len(start), dtype=torch.float64)
    for g in gradients.double():
        v = momentum * v - rate * g
        theta = theta + v
    return theta + momentum / (1 - momentum) * v


# %% unusual: in lists
def rest_point(start, gradients, rate, momentum):
    pushes = [sum(g[i] for g in gradients.tolist()) for i in range(len(start))]
    return [s - rate * push / (1 - momentum) for s, push in zip(start.tolist(), pushes, strict=True)]
