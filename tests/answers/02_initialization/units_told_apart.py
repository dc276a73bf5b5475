# Answers to exercise 5: units that gradient descent can tell apart.

# %% wrong: the incoming weights only
# loses: test_units_equal, test_units_mirrored
# says: part with the first step
def units_told_apart(w_in, b, w_out):
    return len(torch.unique(w_in, dim=0))


# %% wrong: forgets the bias
# loses: test_units_equal, test_units_mirrored
# says: the bias belongs to the unit
def units_told_apart(w_in, b, w_out):
    units = torch.cat([w_in, w_out.T], dim=1)
    found = []
    for unit in units:
        if not any(torch.equal(unit, other) or torch.equal(unit, -other) for other in found):
            found.append(unit)
    return len(found)


# %% wrong: no mirror images
# loses: test_units_mirrored
# says: its mirror image
def units_told_apart(w_in, b, w_out):
    return len(torch.unique(torch.cat([w_in, b[:, None], w_out.T], dim=1), dim=0))


# %% wrong: absolute values
# loses: test_units_mirrored
# says: (-w, -b, v) is another unit
def units_told_apart(w_in, b, w_out):
    return len(torch.unique(torch.cat([w_in, b[:, None], w_out.T], dim=1).abs(), dim=0))


# %% wrong: the mirror image keeps its outgoing weights
# loses: test_units_mirrored
# says: its mirror image (-w, -b, -v)
def units_told_apart(w_in, b, w_out):
    found = []
    for w, bias, v in zip(w_in, b, w_out.T, strict=True):
        unit, mirror = torch.cat([w, bias[None], v]), torch.cat([-w, -bias[None], v])
        if not any(torch.equal(unit, other) or torch.equal(mirror, other) for other in found):
            found.append(unit)
    return len(found)


# %% wrong: the mirror image keeps its bias
# loses: test_units_mirrored
# says: its mirror image (-w, -b, -v)
def units_told_apart(w_in, b, w_out):
    found = []
    for w, bias, v in zip(w_in, b, w_out.T, strict=True):
        unit, mirror = torch.cat([w, bias[None], v]), torch.cat([-w, bias[None], -v])
        if not any(torch.equal(unit, other) or torch.equal(mirror, other) for other in found):
            found.append(unit)
    return len(found)


# %% wrong: units that are 0 do not count
# loses: test_units_equal
# says: are one unit
def units_told_apart(w_in, b, w_out):
    units = {tuple(unit) for unit in torch.cat([w_in, b[:, None], w_out.T], dim=1).tolist()}
    different = {max(unit, tuple(-number for number in unit)) for unit in units}
    return len([unit for unit in different if any(unit)])


# %% unusual: sets of tuples
def units_told_apart(w_in, b, w_out):
    units = [tuple(unit) for unit in torch.cat([w_in, b[:, None], w_out.T], dim=1).tolist()]
    return len({frozenset([unit, tuple(-number for number in unit)]) for unit in units})


# %% unusual: numpy, each unit turned to a first entry above 0
def units_told_apart(w_in, b, w_out):
    import numpy as np

    units = np.column_stack([np.asarray(w_in), np.asarray(b), np.asarray(w_out).T])
    first = (units != 0).argmax(axis=1)
    signs = np.sign(units[np.arange(len(units)), first])
    return len(np.unique(units * signs[:, None] + 0.0, axis=0))


# %% unusual: a table of who equals whom
def units_told_apart(w_in, b, w_out):
    units = torch.hstack([w_in, b.reshape(-1, 1), w_out.t()])
    same = (units[:, None] == units).all(dim=2) | (units[:, None] == -units).all(dim=2)  # (units, units)
    return (same.int().argmax(dim=1) == torch.arange(len(units))).sum()
