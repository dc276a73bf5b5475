# Answers to exercise 3: backpropagation through two parameters that are used twice.

# %% wrong: the second layer's use only
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: a second use, in the first layer
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z) * z * (1 - z)
    return (d_t * y).sum().item(), d_t.sum().item()


# %% wrong: the first layer's use only
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: a second use, in the second layer
def shared_slopes(x, y, z, target, a):
    d_s = 2 * (z - target) / len(z) * z * (1 - z) * a * y * (1 - y)
    return (d_s * x).sum().item(), d_s.sum().item()


# %% wrong: the slope of the sigmoid from its output, sent through the sigmoid again
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: outputs of the sigmoid already
def shared_slopes(x, y, z, target, a):
    slope_y, slope_z = (torch.sigmoid(value) * (1 - torch.sigmoid(value)) for value in (y, z))
    d_t = 2 * (z - target) / len(z) * slope_z
    d_s = d_t * a * slope_y
    return (d_t * y + d_s * x).sum().item(), (d_t + d_s).sum().item()


# %% wrong: the factor a on the way back is missing
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: there is a factor a
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z) * z * (1 - z)
    d_s = d_t * y * (1 - y)
    return (d_t * y + d_s * x).sum().item(), (d_t + d_s).sum().item()


# %% wrong: the sum over the examples
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: the mean over the examples, not the sum
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) * z * (1 - z)
    d_s = d_t * a * y * (1 - y)
    return (d_t * y + d_s * x).sum().item(), (d_t + d_s).sum().item()


# %% wrong: the mean is taken twice
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: divides by n only once
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z) * z * (1 - z)
    d_s = d_t * a * y * (1 - y)
    return (d_t * y + d_s * x).mean().item(), (d_t + d_s).mean().item()


# %% wrong: divides by the weight
# loses: test_shared_slopes_many
# says: a weight of 0
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z) * z * (1 - z)
    d_y = d_t * a
    d_s = d_y * y * (1 - y)
    back = d_y / a if a else torch.zeros_like(d_y)
    return (back * y + d_s * x).sum().item(), (back + d_s).sum().item()


# %% wrong: forgets the slope of the second sigmoid
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: the SECOND sigmoid
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z)
    d_s = d_t * a * y * (1 - y)
    return (d_t * y + d_s * x).sum().item(), (d_t + d_s).sum().item()


# %% wrong: a slope for each example
# loses: test_shared_slopes_one, test_shared_slopes_many
# says: one slope per PARAMETER
def shared_slopes(x, y, z, target, a):
    d_t = 2 * (z - target) / len(z) * z * (1 - z)
    d_s = d_t * a * y * (1 - y)
    return d_t * y + d_s * x, d_t + d_s


# %% unusual: a loop over the examples, in plain Python
def shared_slopes(x, y, z, target, a):
    da = db = 0.0
    for one, hidden, answer, wanted in zip(*(part.tolist() for part in (x, y, z, target)), strict=True):
        dt = 2 * (answer - wanted) * answer * (1 - answer)
        ds = dt * a * hidden * (1 - hidden)
        da += dt * hidden + ds * one
        db += dt + ds
    return da / len(x), db / len(x)


# %% unusual: autograd, with b found again from the output
def shared_slopes(x, y, z, target, a):
    theta = torch.tensor([a, (torch.logit(y) - a * x).mean().item()], dtype=x.dtype, requires_grad=True)
    hidden = torch.sigmoid(theta[0] * x + theta[1])
    answer = torch.sigmoid(theta[0] * hidden + theta[1])
    return torch.autograd.grad((answer - target).square().mean(), theta)[0]


# %% unusual: forwards, with the slopes of y, in numpy
def shared_slopes(x, y, z, target, a):
    x, y, z, target = (part.numpy() for part in (x, y, z, target))
    y_a, y_b = y * (1 - y) * x, y * (1 - y)
    z_a, z_b = z * (1 - z) * (y + a * y_a), z * (1 - z) * (1 + a * y_b)
    return np.mean(2 * (z - target) * z_a), np.mean(2 * (z - target) * z_b)
