# Answers to exercise 1: fields whose ink-weighted root mean square length is given.

# %% wrong: the mean of x² and y² instead of their sum
# loses: test_scale_fields_strength, test_scale_fields_each, test_scale_fields_edges
# says: a sum and not a mean
def scale_fields(fields, ink, rms):
    squares = fields.square().mean(dim=1)
    strength = ((ink * squares).sum(dim=(1, 2)) / ink.sum(dim=(1, 2))).sqrt()
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: the ink plays no role
# loses: test_scale_fields_strength, test_scale_fields_edges
# says: pixels without ink do not count
def scale_fields(fields, ink, rms):
    strength = fields.square().sum(dim=1).mean(dim=(1, 2)).sqrt()
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: divides by the number of pixels
# loses: test_scale_fields_strength, test_scale_fields_each, test_scale_fields_edges
# says: divide by the sum of the ink, not by a number of pixels
def scale_fields(fields, ink, rms):
    strength = (ink * fields.square().sum(dim=1)).mean(dim=(1, 2)).sqrt()
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: one factor for the whole batch
# loses: test_scale_fields_each, test_scale_fields_edges
# says: divide each field by its own strength
def scale_fields(fields, ink, rms):
    squares = fields.square().sum(dim=1)
    strength = ((ink * squares).sum() / ink.sum()).sqrt()
    return fields * (rms / strength).reshape(-1, 1, 1, 1)


# %% wrong: scales the longest displacement
# loses: test_scale_fields_strength, test_scale_fields_edges
# says: the root mean square is asked for
def scale_fields(fields, ink, rms):
    longest = fields.square().sum(dim=1).sqrt().amax(dim=(1, 2))
    factor = torch.where(longest > 0, rms / longest, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: the mean length
# loses: test_scale_fields_strength, test_scale_fields_edges
# says: the mean of the lengths
def scale_fields(fields, ink, rms):
    lengths = fields.square().sum(dim=1).sqrt()
    strength = (ink * lengths).sum(dim=(1, 2)) / ink.sum(dim=(1, 2))
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: no root
# loses: test_scale_fields_strength, test_scale_fields_each, test_scale_fields_edges
# says: the root is missing
def scale_fields(fields, ink, rms):
    squares = fields.square().sum(dim=1)
    strength = (ink * squares).sum(dim=(1, 2)) / ink.sum(dim=(1, 2))
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% wrong: 0 / 0
# loses: test_scale_fields_edges
# says: must not give NaN
def scale_fields(fields, ink, rms):
    squares = fields.square().sum(dim=1)
    strength = ((ink * squares).sum(dim=(1, 2)) / ink.sum(dim=(1, 2))).sqrt()
    return fields * (rms / strength).reshape(-1, 1, 1, 1)


# %% wrong: changes the fields in place
# loses: test_scale_fields_edges
# says: the fields that were given were changed
def scale_fields(fields, ink, rms):
    squares = fields.square().sum(dim=1)
    strength = ((ink * squares).sum(dim=(1, 2)) / ink.sum(dim=(1, 2))).sqrt()
    factor = torch.where(strength > 0, rms / strength, 0.0)
    fields *= factor.reshape(-1, 1, 1, 1)
    return fields


# %% wrong: divides by the ink of the whole batch
# loses: test_scale_fields_each, test_scale_fields_edges
# says: the first field is to have the strength 1
def scale_fields(fields, ink, rms):
    strength = ((ink * fields.square().sum(dim=1)).sum(dim=(1, 2)) / ink.sum()).sqrt()
    factor = torch.where(strength > 0, rms / strength, 0.0)
    return fields * factor.reshape(-1, 1, 1, 1)


# %% unusual: a loop over the images, in numpy
def scale_fields(fields, ink, rms):
    fields, ink, scaled = fields.numpy(), ink.numpy(), []
    for field, weight, wanted in zip(fields, ink, rms.tolist(), strict=True):
        total = (weight * (field[0] ** 2 + field[1] ** 2)).sum()
        scaled.append(field * (wanted * np.sqrt(weight.sum() / total) if total > 0 else 0.0))
    return np.stack(scaled)


# %% unusual: einsum in double precision
def scale_fields(fields, ink, rms):
    fields, ink, rms = fields.double(), ink.double(), rms.double()
    energy = torch.einsum("bhw,bchw,bchw->b", ink, fields, fields)
    factor = rms * (ink.sum(dim=(1, 2)) / energy.clamp(min=1e-300)).sqrt()
    return torch.einsum("b,bchw->bchw", torch.where(energy > 0, factor, 0.0), fields)


# %% unusual: the field is first made to have the strength 1
def scale_fields(fields, ink, rms):
    share = torch.nan_to_num(ink / ink.sum(dim=(1, 2), keepdim=True))
    strength = torch.linalg.vector_norm(fields * share[:, None].sqrt(), dim=(1, 2, 3))
    unit = torch.nan_to_num(fields / strength[:, None, None, None], nan=0.0, posinf=0.0, neginf=0.0)
    return rms[:, None, None, None] * unit
