# Answers to exercise 4: the largest distance that SGD with momentum and clipping can reach.

# %% wrong: forgets the momentum
# loses: test_farthest_momentum, test_farthest_tight
# says: the bound must hold with momentum
def farthest(lr, max_norm, n_steps, momentum):
    return lr * max_norm * n_steps


# %% wrong: the velocity is at its limit from the start
# loses: test_farthest_momentum, test_farthest_plain, test_farthest_tight
# says: so the bound is not tight
def farthest(lr, max_norm, n_steps, momentum):
    return lr * max_norm * n_steps / (1 - momentum)


# %% wrong: only the last velocity
# loses: test_farthest_momentum, test_farthest_plain, test_farthest_tight
# says: not only the last velocity
def farthest(lr, max_norm, n_steps, momentum):
    return lr * max_norm * (1 - momentum**n_steps) / (1 - momentum)


# %% wrong: the velocity is a running mean of gradients
# loses: test_farthest_plain, test_farthest_momentum, test_farthest_tight
# says: v_1 is g_1, without a factor
def farthest(lr, max_norm, n_steps, momentum):
    velocity, distance = 0.0, 0.0
    for _ in range(n_steps):
        velocity = momentum * velocity + (1 - momentum) * max_norm
        distance += lr * velocity
    return distance


# %% wrong: moves before the velocity has the gradient
# loses: test_farthest_plain, test_farthest_momentum, test_farthest_tight
# says: without momentum: 50 steps of at most 0.1 * 2 each reach 10
def farthest(lr, max_norm, n_steps, momentum):
    velocity, distance = 0.0, 0.0
    for _ in range(n_steps):
        distance += lr * velocity
        velocity = momentum * velocity + max_norm
    return distance


# %% wrong: Nesterov's momentum
# loses: test_farthest_plain, test_farthest_momentum, test_farthest_tight
# says: one step reaches 0.1 * 2 with any momentum
def farthest(lr, max_norm, n_steps, momentum):
    velocity, distance = 0.0, 0.0
    for _ in range(n_steps):
        velocity = momentum * velocity + max_norm
        distance += lr * (max_norm + momentum * velocity)
    return distance


# %% wrong: measures one run with random gradients and torch's clipping
# loses: test_farthest_plain, test_farthest_momentum, test_farthest_tight
# says: 50 steps of at most 0.1 * 2 each reach 10
def farthest(lr, max_norm, n_steps, momentum):
    stream = torch.Generator().manual_seed(0)
    place = torch.nn.Parameter(torch.zeros(5))
    sgd = torch.optim.SGD([place], lr=lr, momentum=momentum)
    for _ in range(n_steps):
        place.grad = torch.randn(5, generator=stream)
        torch.nn.utils.clip_grad_norm_([place], max_norm)
        sgd.step()
    return place.detach().norm().item()


# %% unusual: plays it with torch's optimizer in single precision
def farthest(lr, max_norm, n_steps, momentum):
    place = torch.zeros(1, requires_grad=True)
    sgd = torch.optim.SGD([place], lr=lr, momentum=momentum)
    for _ in range(n_steps):
        place.grad = torch.full((1,), -max_norm)
        sgd.step()
    return place.detach()


# %% unusual: a loop in plain Python
def farthest(lr, max_norm, n_steps, momentum):
    velocity, distance = 0, 0
    for _ in range(n_steps):
        velocity = momentum * velocity + max_norm
        distance += lr * velocity
    return distance


# %% unusual: each gradient's share, in numpy
def farthest(lr, max_norm, n_steps, momentum):
    import numpy as np

    # The gradient of step t is in the velocities of the steps t to n_steps, with the factors 1, mu, mu^2, ...
    left = np.arange(n_steps, 0, -1)
    return np.sum(lr * max_norm * (1 - momentum**left) / (1 - momentum))


# %% unusual: the closed form in single precision
def farthest(lr, max_norm, n_steps, momentum):
    mu = torch.tensor(momentum)
    return lr * max_norm * (n_steps - mu * (1 - mu**n_steps) / (1 - mu)) / (1 - mu)
