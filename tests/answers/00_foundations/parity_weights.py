# Answers to exercise 2: the weights of a network for the parity of three bits.

# %% wrong: the lecture's XOR with a third input
# loses: test_parity_weights_sums, test_parity_weights_all
# says: that is XOR
def parity_weights():
    return torch.ones(3, 2), torch.tensor([0.0, -1.0]), torch.tensor([1.0, -2.0]), 0.0


# %% wrong: the last bend is too weak
# loses: test_parity_weights_sums, test_parity_weights_all
# says: that is XOR
def parity_weights():
    return torch.ones(3, 3), torch.tensor([0.0, -1.0, -2.0]), torch.tensor([1.0, -2.0, 1.0]), 0.0


# %% wrong: for units that jump
# loses: test_parity_weights_sums, test_parity_weights_all
# says: units that jump
def parity_weights():
    return torch.ones(3, 3), torch.tensor([-0.5, -1.5, -2.5]), torch.tensor([1.0, -1.0, 1.0]), 0.0


# %% wrong: the sign of b
# loses: test_parity_weights_sums, test_parity_weights_all
# says: b is ADDED
def parity_weights():
    return torch.ones(3, 3), torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, -2.0, 2.0]), 0.0


# %% wrong: four units
# loses: test_parity_weights_sums, test_parity_weights_all
# says: three hidden units are enough
def parity_weights():
    b = torch.tensor([0.0, -1.0, -2.0, -3.0])
    return torch.ones(3, 4), b, torch.tensor([1.0, -2.0, 2.0, -2.0]), 0.0


# %% wrong: one row per hidden unit
# loses: test_parity_weights_sums, test_parity_weights_all
# says: one ROW of W per input
def parity_weights():
    w = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    return w, torch.tensor([0.0, -1.0, -4.0]), torch.tensor([1.0, -2.0, 1.0]), 0.0


# %% wrong: one row per unit, with two units
# loses: test_parity_weights_sums, test_parity_weights_all
# says: one row per input
def parity_weights():
    return torch.ones(2, 3), torch.tensor([0.0, -1.0]), torch.tensor([1.0, -2.0]), 0.0


# %% wrong: made for the inputs of the test that is visible
# loses: test_parity_weights_all
# says: a single 1 counts alike
def parity_weights():
    w = torch.tensor([1.0, 2.0, 1.0])[:, None].repeat(1, 3)
    return w, torch.tensor([0.0, -1.0, -3.0]), torch.tensor([1.0, -1.5, 1.5]), 0.0


# %% unusual: seen from the other end, in numpy
def parity_weights():
    # From three ones downwards: 1, 0, 1, 0.
    return -np.ones((3, 3)), np.array([3.0, 2.0, 1.0]), np.array([-1.0, 2.0, -2.0]), 1.0


# %% unusual: nested lists, units of different size
def parity_weights():
    return [[1, 2, 2], [1, 2, 2], [1, 2, 2]], [0, -2, -4], [1, -1, 1], 0


# %% unusual: v as a column, c as a list
def parity_weights():
    return torch.ones(3, 3), torch.tensor([0.0, -1.0, -2.0]), torch.tensor([[1.0], [-2.0], [2.0]]), [0.0]
