# Answers to exercise 3: after how many layers the root mean square has changed by a factor.

# %% wrong: counts with the mean square
# loses: test_layers_until_default, test_layers_until_other
# says: it takes twice as many layers
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    return math.inf if per_layer == 1 else math.ceil(math.log(factor) / abs(math.log(per_layer)))


# %% wrong: forgets the ReLU
# loses: test_layers_until_default, test_layers_until_other
# says: ReLU halves the mean square
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2)
    return math.inf if per_layer == 1 else math.ceil(2 * math.log(factor) / abs(math.log(per_layer)))


# %% wrong: rounds down
# loses: test_layers_until_default, test_layers_until_other
# says: round up
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    return math.inf if per_layer == 1 else math.floor(2 * math.log(factor) / abs(math.log(per_layer)))


# %% wrong: no word about growth
# loses: test_layers_until_default, test_layers_until_other
# says: the size doubles in each layer
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    return math.inf if per_layer == 1 else math.ceil(-2 * math.log(factor) / math.log(per_layer))


# %% wrong: divides by zero for He's variance
# loses: test_layers_until_other
# says: ZeroDivisionError
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    return math.ceil(2 * math.log(factor) / abs(math.log(per_layer)))


# %% wrong: the slope plays no role
# loses: test_layers_until_other
# says: the slope counts
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance / 2
    return math.inf if per_layer == 1 else math.ceil(2 * math.log(factor) / abs(math.log(per_layer)))


# %% wrong: gives up after a hundred layers
# loses: test_layers_until_other
# says: grows slowly
def layers_until(factor, weight_variance, n, negative_slope):
    size = 1.0
    for layer in range(1, 101):
        size *= math.sqrt(n * weight_variance * (1 + negative_slope**2) / 2)
        if size >= factor or size <= 1 / factor:
            return layer
    return math.inf


# %% wrong: the first layer is not counted
# loses: test_layers_until_default, test_layers_until_other
# says: round up
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    if math.isclose(per_layer, 1):
        return math.inf
    return math.ceil(2 * math.log(factor) / abs(math.log(per_layer))) - 1


# %% unusual: an exact comparison, which rounding makes miss
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    return math.inf if per_layer == 1 else math.ceil(2 * math.log(factor) / abs(math.log(per_layer)))


# %% unusual: a little is taken off before rounding up
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = n * weight_variance * (1 + negative_slope**2) / 2
    if abs(per_layer - 1) < 1e-6:
        return math.inf
    return math.ceil(2 * math.log(factor) / abs(math.log(per_layer)) - 1e-6)


# %% unusual: multiplies layer by layer
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = (n * weight_variance * (1 + negative_slope**2) / 2) ** 0.5
    if math.isclose(per_layer, 1):
        return float("inf")
    size, layers = 1.0, 0
    while 1 / factor < size < factor:
        size, layers = size * per_layer, layers + 1
    return layers


# %% unusual: numpy, in powers of two
def layers_until(factor, weight_variance, n, negative_slope):
    import numpy as np

    slope = 0.5 * np.log2(n * weight_variance * (1 + negative_slope**2) / 2)
    with np.errstate(divide="ignore"):
        return np.ceil(np.log2(factor) / np.abs(slope))


# %% unusual: a tensor
def layers_until(factor, weight_variance, n, negative_slope):
    per_layer = torch.tensor(n * weight_variance * (1 + negative_slope**2) / 2, dtype=torch.float64)
    return (2 * math.log(factor) / per_layer.log().abs()).ceil()
