# Answers to exercise 3: inverted dropout for groups, forward and backward.

# %% wrong: keep is taken for the probability to drop
# loses: test_group_dropout_forward, test_group_dropout_backward, test_group_dropout_more
# says: to KEEP a group
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    stays = torch.rand(len(h), len(keep)) > keep
    factor = torch.where(stays, 1 / (1 - keep), 0.0)[:, groups]
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: scales in training and in evaluation
# loses: test_group_dropout_forward, test_group_dropout_more
# says: scaled twice
def group_forward(h, groups, keep, training):
    if not training:
        return h * keep[groups], keep[groups].expand(len(h), -1)
    factor = torch.where(torch.rand(len(h), len(keep)) < keep, 1 / keep, 0.0)[:, groups]
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: does not scale
# loses: test_group_dropout_forward, test_group_dropout_backward, test_group_dropout_more
# says: divides what stays
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = (torch.rand(len(h), len(keep)) < keep)[:, groups].float()
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: one mask for the batch
# loses: test_group_dropout_forward, test_group_dropout_more
# says: one mask for the whole batch
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = torch.where(torch.rand(len(keep)) < keep, 1 / keep, 0.0)[groups].expand(len(h), -1)
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: each unit by itself
# loses: test_group_dropout_forward, test_group_dropout_more
# says: stay or go together
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = torch.where(torch.rand(h.shape) < keep[groups], 1 / keep[groups], 0.0)
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: one random number for all groups of an example
# loses: test_group_dropout_forward, test_group_dropout_more
# says: each group has its own draw: both
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = torch.where(torch.rand(len(h), 1) < keep, 1 / keep, 0.0)[:, groups]
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: a new mask in the backward pass
# loses: test_group_dropout_backward, test_group_dropout_more
# says: another mask
def group_forward(h, groups, keep, training):
    if not training:
        return h, None
    factor = torch.where(torch.rand(len(h), len(keep)) < keep, 1 / keep, 0.0)[:, groups]
    return h * factor, (groups, keep)


def group_backward(gradient, cache):
    if cache is None:
        return gradient
    groups, keep = cache
    return gradient * torch.where(torch.rand(len(gradient), len(keep)) < keep, 1 / keep, 0.0)[:, groups]


# %% wrong: the mask alone in the backward pass
# loses: test_group_dropout_backward, test_group_dropout_more
# says: not by the mask alone
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = torch.where(torch.rand(len(h), len(keep)) < keep, 1 / keep, 0.0)[:, groups]
    return h * factor, factor > 0


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: the output in the backward pass
# loses: test_group_dropout_backward, test_group_dropout_more
# says: linear in it
def group_forward(h, groups, keep, training):
    if not training:
        return h, h
    factor = torch.where(torch.rand(len(h), len(keep)) < keep, 1 / keep, 0.0)[:, groups]
    return h * factor, h * factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: NaN for a group that is never kept
# loses: test_group_dropout_more
# says: not NaN
def group_forward(h, groups, keep, training):
    if not training:
        return h, torch.ones_like(h)
    factor = ((torch.rand(len(h), len(keep)) < keep) / keep)[:, groups]
    return h * factor, factor


def group_backward(gradient, cache):
    return gradient * cache


# %% wrong: remembers the last mask only
# loses: test_group_dropout_more
# says: whose cache it gets
LAST = {}


def group_forward(h, groups, keep, training):
    LAST["factor"] = torch.ones_like(h)
    if training:
        LAST["factor"] = torch.where(torch.rand(len(h), len(keep)) < keep, 1 / keep, 0.0)[:, groups]
    return h * LAST["factor"], None


def group_backward(gradient, cache):
    return gradient * LAST["factor"]


# %% unusual: group after group, in numpy, the cache is a dictionary
def group_forward(h, groups, keep, training):
    factors = {}
    out = h.numpy().copy()
    for g, chance in enumerate(keep.tolist()):
        kept = np.random.rand(len(h), 1) < chance if training else np.ones((len(h), 1), dtype=bool)
        units = np.flatnonzero(groups.numpy() == g)
        factors[g] = units, kept / (chance if training and chance else 1)
        out[:, units] *= factors[g][1].astype(np.float32)
    return out, factors


def group_backward(gradient, cache):
    result = gradient.numpy().copy()
    for units, factor in cache.values():
        result[:, units] *= factor.astype(np.float32)
    return result


# %% unusual: with the helpers, in double precision
STREAM = torch.Generator().manual_seed(3)


def group_forward(h, groups, keep, training):
    if not training:
        return h.clone(), None
    mask = dropout.draw_mask((len(h), len(keep)), keep, generator=STREAM)[:, groups]
    return dropout.apply_mask(h.double(), mask, keep[groups]), (mask, keep[groups])


def group_backward(gradient, cache):
    return gradient if cache is None else dropout.apply_mask(gradient, *cache)


# %% unusual: the backward pass by autograd
def group_forward(h, groups, keep, training):
    leaf = h.detach().clone().requires_grad_()
    out = leaf * 1.0
    if training:
        one_hot = torch.nn.functional.one_hot(groups, len(keep)).float()
        mask = (torch.bernoulli(keep.expand(len(h), -1)) / keep.clamp(min=1e-6)) @ one_hot.T
        out = leaf * mask
    return out.detach(), lambda gradient: torch.autograd.grad(out, leaf, gradient, retain_graph=True)[0]


def group_backward(gradient, cache):
    return cache(gradient)
