# Answers to exercise 4: the negative log-likelihood of labels that are sets, and its gradient.

# %% wrong: the mean of the losses of the allowed classes
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: ADD their probabilities first
def loss_of_sets(logits, allowed):
    target = allowed / allowed.sum(dim=1, keepdim=True)
    loss = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    return loss.item(), (logits.softmax(dim=1) - target) / len(logits)


# %% wrong: softmax twice
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: softmax is applied twice
def loss_of_sets(logits, allowed):
    logits = logits.detach().clone().requires_grad_()
    out = logits.softmax(dim=1)
    loss = (out.logsumexp(dim=1) - torch.where(allowed, out, -torch.inf).logsumexp(dim=1)).mean()
    return loss.item(), torch.autograd.grad(loss, logits)[0]


# %% wrong: the gradient has no 1/n
# loses: test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: its gradient has a factor of 1/2, too
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    return loss.item(), logits.softmax(dim=1) - among.softmax(dim=1)


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


# %% wrong: the right loss, and shares of 0 / 0
# loses: test_loss_of_sets_extremes
# says: 0 / 0 in the shares
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -torch.inf)
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    p = logits.softmax(dim=1)
    return loss.item(), (p - p * allowed / (p * allowed).sum(dim=1, keepdim=True)) / len(logits)


# %% wrong: a stable softmax, and the logarithm of a probability of 0
# loses: test_loss_of_sets_extremes
# says: not of a probability of 0
def loss_of_sets(logits, allowed):
    p = logits.softmax(dim=1)
    among = (p * allowed).sum(dim=1, keepdim=True)
    return -among.log().mean().item(), (p - p * allowed / among) / len(logits)


# %% wrong: the logits times 0 for the classes that are not allowed
# loses: test_loss_of_sets_value, test_loss_of_sets_gradient, test_loss_of_sets_extremes
# says: times 0 makes its LOGIT 0
def loss_of_sets(logits, allowed):
    among = logits * allowed
    loss = (logits.logsumexp(dim=1) - among.logsumexp(dim=1)).mean()
    return loss.item(), (logits.softmax(dim=1) - among.softmax(dim=1)) / len(logits)


# %% wrong: a logit of -10 000 for the classes that are not allowed
# loses: test_loss_of_sets_extremes
# says: as low as -10 000
def loss_of_sets(logits, allowed):
    among = torch.where(allowed, logits, -1e4)
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
