# Answers to exercise 4: mean and standard deviation of the training loss over all masks.

# %% wrong: all masks equally probable
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not equally probable
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    return losses.mean().item(), losses.var(dim=1, unbiased=False).sum().sqrt().item() / len(x)


# %% wrong: the loss of the mean probability
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not the loss of the mean probability
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    of_label = logits.softmax(dim=2)[torch.arange(len(x)), :, labels]
    losses, mean = -of_label.log(), of_label @ chances
    variances = losses.square() @ chances - (losses @ chances).square()
    return -mean.log().mean().item(), variances.sum().clamp(min=0).sqrt().item() / len(x)


# %% wrong: the loss without dropout
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not the loss without dropout
def loss_over_masks(weight, bias, x, labels, keep):
    return torch.nn.functional.cross_entropy(x @ weight.T + bias, labels).item(), 0.0


# %% wrong: vanilla dropout
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: divides what stays by keep
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    variances = losses.square() @ chances - (losses @ chances).square()
    return (losses @ chances).mean().item(), variances.sum().clamp(min=0).sqrt().item() / len(x)


# %% wrong: one mask for the whole batch
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: one mask for the whole batch
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels].mean(dim=0)
    mean = losses @ chances
    return mean.item(), ((losses - mean).square() @ chances).sqrt().item()


# %% wrong: the variance
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not the variance
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    variances = losses.square() @ chances - (losses @ chances).square()
    return (losses @ chances).mean().item(), variances.sum().item() / len(x) ** 2


# %% wrong: the sum of the cross-entropies
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not their sum
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    variances = losses.square() @ chances - (losses @ chances).square()
    return (losses @ chances).sum().item(), variances.sum().clamp(min=0).sqrt().item()


# %% wrong: standard deviations averaged in place of variances
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: not the deviations
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    means = losses @ chances
    stds = ((losses - means[:, None]).square() @ chances).sqrt()
    return means.mean().item(), stds.mean().item()


# %% wrong: all losses of all examples pooled
# loses: test_loss_over_masks_small, test_loss_over_masks_more
# says: is no jump
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep).to(x)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels]
    mean = (losses @ chances).mean()
    return mean.item(), ((losses - mean).square() @ chances).mean().sqrt().item()


# %% wrong: the difference of two rounded numbers under the root
# loses: test_loss_over_masks_more
# says: not NaN
def loss_over_masks(weight, bias, x, labels, keep):
    masks = dropout.all_masks(x.shape[1])
    chances = dropout.mask_probabilities(masks, keep)
    logits = (x[:, None] * masks / keep) @ weight.T + bias
    losses = -logits.log_softmax(dim=2)[torch.arange(len(x)), :, labels].double()
    variances = (losses.square() @ chances) - (losses @ chances).square() - 1e-12
    return (losses @ chances).mean().item(), variances.sum().sqrt().item() / len(x)


# %% unusual: plain loops over masks and examples
def loss_over_masks(weight, bias, x, labels, keep):
    import itertools

    total = variance = 0.0
    for row, label in zip(x, labels, strict=True):
        mean = square = 0.0
        for bits in itertools.product([0, 1], repeat=len(row)):
            chance = math.prod(keep if bit else 1 - keep for bit in bits)
            logits = weight @ (row * torch.tensor(bits, dtype=x.dtype) / keep) + bias
            loss = (logits.logsumexp(dim=0) - logits[label]).item()
            mean, square = mean + chance * loss, square + chance * loss**2
        total, variance = total + mean, variance + max(square - mean**2, 0.0)
    return total / len(x), math.sqrt(variance) / len(x)


# %% unusual: with the helper that runs all subnetworks
def loss_over_masks(weight, bias, x, labels, keep):
    from torch import nn

    linear = nn.Linear(weight.shape[1], weight.shape[0]).to(x)
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
        layer = dropout.Dropout(keep, generator=torch.Generator())
        everything = dropout.subnetwork_outputs(nn.Sequential(layer, linear), x)
        losses = nn.functional.cross_entropy(
            everything.outputs.flatten(0, 1), labels.repeat(len(everything.outputs)), reduction="none"
        ).reshape(-1, len(x))
        chances = everything.probabilities[:, None]
        means = (chances * losses).sum(dim=0)
        variances = (chances * (losses - means) ** 2).sum(dim=0)
    return means.mean(), variances.mean().sqrt() / len(x) ** 0.5


# %% unusual: numpy
def loss_over_masks(weight, bias, x, labels, keep):
    weight, bias, x, labels = weight.numpy(), bias.numpy(), x.numpy(), labels.numpy()
    d = x.shape[1]
    masks = (np.arange(2**d)[:, None] >> np.arange(d)) & 1
    chances = np.prod(np.where(masks == 1, keep, 1 - keep), axis=1)
    logits = np.einsum("nd,md,cd->nmc", x, masks / keep, weight) + bias
    losses = np.log(np.exp(logits).sum(axis=2)) - np.take_along_axis(logits, labels[:, None, None], axis=2)[:, :, 0]
    means = losses @ chances
    return means.mean(), np.sqrt(((losses - means[:, None]) ** 2 @ chances).sum()) / len(x)
