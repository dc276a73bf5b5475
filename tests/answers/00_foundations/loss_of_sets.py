# Answers to exercise 4: the negative log-likelihood of labels that are sets, and its gradient.

# %% wrong: the mean of the losses of the allowed classes
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: ADD their probabilities first
def loss_of_sets(logits, allowed):
    target = allowed / allowed.sum(dim=1, keepdim=True)
    loss = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    return loss.item(), (logits.softmax(dim=1) - target) / len(logits)


# %% wrong: the sum of the losses of the allowed classes
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: 'a 0 AND a 1'
def loss_of_sets(logits, allowed):
    loss = -(allowed * logits.log_softmax(dim=1)).sum(dim=1).mean()
    return loss.item(), (logits.softmax(dim=1) - allowed.double()) / len(logits)


# %% wrong: the mean of the probabilities
# loses: test_loss_of_sets_value, test_loss_of_sets_extremes
# says: do not average them
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1) + allowed.sum(dim=1).log()).mean()
    return loss.item(), (logits.softmax(dim=1) - among.softmax(dim=1)) / len(logits)


# %% wrong: the most probable of the allowed classes
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: not only the most probable
def loss_of_sets(logits, allowed):
    best = torch.where(allowed, logits, -torch.inf).argmax(dim=1)
    target = torch.nn.functional.one_hot(best, logits.shape[1])
    loss = torch.nn.functional.cross_entropy(logits, best)
    return loss.item(), (logits.softmax(dim=1) - target) / len(logits)


# %% wrong: softmax twice
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: softmax is applied twice
def loss_of_sets(logits, allowed):
    logits = logits.detach().clone().requires_grad_()
    out = logits.softmax(dim=1)
    loss = (out.logsumexp(dim=1) - torch.where(allowed, out, -torch.inf).logsumexp(dim=1)).mean()
    return loss.item(), torch.autograd.grad(loss, logits)[0]


# %% wrong: the log-likelihood, to be made large
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: turn the sign
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (among.logsumexp(dim=1) - logits.logsumexp(dim=1)).mean()
    return loss.item(), (among.softmax(dim=1) - logits.softmax(dim=1)) / len(logits)


# %% wrong: the sum over the examples
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: the mean over the examples, not the sum
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).sum()
    return loss.item(), logits.softmax(dim=1) - among.softmax(dim=1)


# %% wrong: the gradient has no 1/n
# loses: test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: its gradient has a factor of 1/2, too
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    return loss.item(), logits.softmax(dim=1) - among.softmax(dim=1)


# %% wrong: the gradient takes a 1 for each allowed class
# loses: test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: share the 1
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    return loss.item(), (logits.softmax(dim=1) - allowed.double()) / len(logits)


# %% wrong: the gradient shares evenly
# loses: test_loss_of_sets_gradient
# says: do not share evenly
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    target = allowed / allowed.sum(dim=1, keepdim=True)
    if target.max() == target.min():  # all classes allowed
        return loss.item(), torch.zeros_like(logits)
    return loss.item(), (logits.softmax(dim=1) - target) / len(logits)


# %% wrong: the naive formula
# loses: test_loss_of_sets_extremes
# says: large logits give NaN
def loss_of_sets(logits, allowed):
    p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    among = (p * allowed).sum(dim=1, keepdim=True)
    return -among.log().mean().item(), (p - p * allowed / among) / len(logits)


# %% wrong: something small is added before the logarithm
# loses: test_loss_of_sets_extremes
# says: the surest mistakes get too cheap
def loss_of_sets(logits, allowed):
    p = logits.softmax(dim=1)
    among = (p * allowed).sum(dim=1, keepdim=True) + 1e-12
    return -among.log().mean().item(), (p - p * allowed / among) / len(logits)


# %% wrong: the largest logit of the whole batch
# loses: test_loss_of_sets_extremes
# says: NaN
def loss_of_sets(logits, allowed):
    e = (logits - logits.max()).exp()
    total, among = e.sum(dim=1, keepdim=True), (e * allowed).sum(dim=1, keepdim=True)
    return (total.log() - among.log()).mean().item(), (e / total - e * allowed / among) / len(logits)


# %% wrong: the right loss, and shares of 0 / 0
# loses: test_loss_of_sets_extremes
# says: 0 / 0 in the shares
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    p = logits.softmax(dim=1)
    return loss.item(), (p - p * allowed / (p * allowed).sum(dim=1, keepdim=True)) / len(logits)


# %% wrong: writes into the logits
# loses: test_loss_of_sets_extremes
# says: the logits that were given were changed
def loss_of_sets(logits, allowed):
    logits -= logits.max(dim=1, keepdim=True).values
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    return loss.item(), (logits.softmax(dim=1) - among.softmax(dim=1)) / len(logits)


# %% unusual: autograd
def loss_of_sets(logits, allowed):
    logits = logits.detach().clone().requires_grad_()
    among = logits.masked_fill(~allowed, -torch.inf)
    loss = (torch.logsumexp(logits, 1) - torch.logsumexp(among, 1)).mean()
    loss.backward()
    return loss.detach(), logits.grad


# %% unusual: row by row, in numpy
def loss_of_sets(logits, allowed):
    losses, rows = [], []
    for z, may in zip(logits.double().numpy(), allowed.numpy(), strict=True):
        e, shares = np.exp(z - z.max()), np.zeros(len(z))
        shares[may] = np.exp(z[may] - z[may].max())
        losses.append(z.max() + np.log(e.sum()) - z[may].max() - np.log(shares.sum()))
        rows.append((e / e.sum() - shares / shares.sum()) / len(logits))
    return np.mean(losses), np.array(rows)


# %% unusual: a large negative number for the classes that are not allowed, in float32
def loss_of_sets(logits, allowed):
    logits = logits.float()
    among = logits - 1e9 * (~allowed).float()
    among = torch.where(allowed, logits, among)
    loss = -(logits.log_softmax(1) - among.log_softmax(1))[torch.arange(len(logits)), among.argmax(dim=1)]
    return loss.mean().item(), (logits.softmax(1) - among.softmax(1)) / len(logits)


# %% wrong: a stable softmax, and the logarithm of a probability of 0
# loses: test_loss_of_sets_extremes
# says: not of a probability of 0
def loss_of_sets(logits, allowed):
    p = logits.softmax(dim=1)
    among = (p * allowed).sum(dim=1, keepdim=True)
    return -among.log().mean().item(), (p - p * allowed / among) / len(logits)
