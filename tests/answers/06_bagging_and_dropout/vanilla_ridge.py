# Answers to exercise 5: vanilla dropout on linear regression with an intercept.

# %% wrong: the weights of inverted dropout
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: inverted dropout
def vanilla_ridge(x, y, keep):
    design = torch.cat([x, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([(1 - keep) / keep * x.square().sum(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: least squares, scaled
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: the masks add a penalty
def vanilla_ridge(x, y, keep):
    design = torch.cat([x * keep, torch.ones(len(x), 1).to(x)], dim=1)
    solution = torch.linalg.solve(design.T @ design, design.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: the intercept is dropped like an input
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: no mask acts on the intercept
def vanilla_ridge(x, y, keep):
    design, keep = torch.cat([x, torch.ones(len(x), 1).to(x)], dim=1), torch.cat([keep, keep[:1]])
    mean, variance = design * keep, keep * (1 - keep) * design.square().sum(dim=0)
    solution = torch.linalg.solve(mean.T @ mean + variance.diag(), mean.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: centred first
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: not on x minus its mean
def vanilla_ridge(x, y, keep):
    centred = (x - x.mean(dim=0)) * keep
    penalty = keep * (1 - keep) * (x - x.mean(dim=0)).square().sum(dim=0)
    w = torch.linalg.solve(centred.T @ centred + penalty.diag(), centred.T @ (y - y.mean()))
    return w, (y.mean() - (x.mean(dim=0) * keep) @ w).item()


# %% wrong: the mean of the squares in the penalty
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: not its mean
def vanilla_ridge(x, y, keep):
    design = torch.cat([x * keep, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([keep * (1 - keep) * x.square().mean(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: the mean of a masked input is forgotten
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: is keep * x
def vanilla_ridge(x, y, keep):
    design = torch.cat([x, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([keep * (1 - keep) * x.square().sum(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: the penalty of inverted dropout
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: variance of a mask
def vanilla_ridge(x, y, keep):
    design = torch.cat([x * keep, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([(1 - keep) / keep * x.square().sum(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], solution[-1].item()


# %% wrong: an intercept for the inputs without masks
# loses: test_vanilla_ridge_line, test_vanilla_ridge_inputs
# says: mean of the masked inputs
def vanilla_ridge(x, y, keep):
    design = torch.cat([x * keep, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([keep * (1 - keep) * x.square().sum(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], (y.mean() - x.mean(dim=0) @ solution[:-1]).item()


# %% wrong: one probability for all inputs
# loses: test_vanilla_ridge_inputs
# says: probabilities of their own
def vanilla_ridge(x, y, keep):
    keep = keep.mean()
    design = torch.cat([x * keep, torch.ones(len(x), 1).to(x)], dim=1)
    penalty = torch.cat([keep * (1 - keep) * x.square().sum(dim=0), torch.zeros(1).to(x)])
    solution = torch.linalg.solve(design.T @ design + penalty.diag(), design.T @ y)
    return solution[:-1], solution[-1].item()


# %% unusual: least squares over all masks
def vanilla_ridge(x, y, keep):
    masks = dropout.all_masks(x.shape[1])
    root = dropout.mask_probabilities(masks, keep).sqrt()[:, None]
    design = torch.cat([x * masks[:, None], torch.ones(len(masks), len(x), 1).to(x)], dim=2) * root[:, :, None]
    solution = torch.linalg.lstsq(design.flatten(0, 1), (root * y).flatten()).solution
    return solution[:-1], solution[-1]


# %% unusual: rows that stand for the penalty, in numpy
def vanilla_ridge(x, y, keep):
    x, y, keep = x.numpy(), y.numpy(), keep.numpy()
    extra = np.diag(np.sqrt(keep * (1 - keep) * (x**2).sum(axis=0)))
    design = np.block([[x * keep, np.ones((len(x), 1))], [extra, np.zeros((len(keep), 1))]])
    solution = np.linalg.lstsq(design, np.concatenate([y, np.zeros(len(keep))]), rcond=None)[0]
    return solution[:-1], solution[-1]


# %% unusual: as a ridge of inverted dropout, then rescaled
def vanilla_ridge(x, y, keep):
    penalty = (1 - keep) / keep * (x**2).sum(dim=0)
    mean, target = x.mean(dim=0), y.mean()
    scaled = torch.linalg.inv((x - mean).T @ (x - mean) + torch.diag(penalty)) @ (x - mean).T @ (y - target)
    return (scaled / keep)[:, None], target - mean @ scaled
