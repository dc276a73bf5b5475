# Answers to exercise 1: one step of gradient descent with a group lasso.

# %% wrong: the penalty is detached
# loses: test_group_step_penalty, test_group_step_loss, test_group_step_edges
# says: a detached penalty is a constant
def group_step(model, x, y, lr, alpha):
    penalty = sum(p.norm(dim=1).sum().item() for p in model.parameters() if p.ndim == 2)
    loss = F.mse_loss(model(x), y) + alpha * penalty
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= lr * p.grad
    return loss.item()


# %% wrong: weight decay, the root is missing
# loses: test_group_step_penalty, test_group_step_loss, test_group_step_edges
# says: this is weight decay
def group_step(model, x, y, lr, alpha):
    from helpers import penalties

    loss = F.mse_loss(model(x), y) + alpha * penalties.l2(penalties.weights(model))
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: squares without a root and without a half
# loses: test_group_step_penalty, test_group_step_loss, test_group_step_edges
# says: take the root
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y) + alpha * sum(p.square().sum() for p in model.parameters() if p.ndim == 2)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: L1
# loses: test_group_step_penalty, test_group_step_edges
# says: this is L1, entry by entry
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y) + alpha * sum(p.abs().sum() for p in model.parameters() if p.ndim == 2)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: one norm per matrix
# loses: test_group_step_penalty
# says: one norm per unit, not one over the whole matrix
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y) + alpha * sum(p.norm() for p in model.parameters() if p.ndim == 2)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: columns in place of rows
# loses: test_group_step_penalty, test_group_step_edges
# says: a row of its matrix, not a column
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y) + alpha * sum(p.norm(dim=0).sum() for p in model.parameters() if p.ndim == 2)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: biases are penalised
# loses: test_group_step_penalty, test_group_step_loss
# says: the penalty moved a bias
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y) + alpha * sum(
        p.norm(dim=1).sum() if p.ndim == 2 else p.abs().sum() for p in model.parameters()
    )
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: biases are not trained
# loses: test_group_step_loss
# says: biases are not penalised, but they are trained
def group_step(model, x, y, lr, alpha):
    weights = {p for p in model.parameters() if p.ndim == 2}
    loss = F.mse_loss(model(x), y) + alpha * sum(p.norm(dim=1).sum() for p in weights)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(weights, lr=lr).step()
    return loss.item()


# %% wrong: a shared matrix is penalised twice
# loses: test_group_step_edges
# says: a matrix that two layers share was penalised twice
def group_step(model, x, y, lr, alpha):
    layers = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    loss = F.mse_loss(model(x), y) + alpha * sum(layer.weight.norm(dim=1).sum() for layer in layers)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: NaN from a dead unit
# loses: test_group_step_edges
# says: mind the slope of the root at 0
def group_step(model, x, y, lr, alpha):
    weights = [p for p in model.parameters() if p.ndim == 2]
    loss = F.mse_loss(model(x), y) + alpha * sum(p.square().sum(dim=1).sqrt().sum() for p in weights)
    model.zero_grad()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% wrong: old gradients are not cleared
# loses: test_group_step_edges
# says: clear the old ones first
def group_step(model, x, y, lr, alpha):
    weights = [p for p in model.parameters() if p.ndim == 2]
    loss = F.mse_loss(model(x), y) + alpha * sum(p.norm(dim=1).sum() for p in weights)
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=lr).step()
    return loss.item()


# %% unusual: torch.autograd.grad, no optimizer, a tensor for the loss
def group_step(model, x, y, lr, alpha):
    parameters = list(model.parameters())
    weights = {id(m.weight): m.weight for m in model.modules() if isinstance(m, torch.nn.Linear)}.values()
    loss = ((model(x) - y) ** 2).mean() + alpha * sum(row.norm() for w in weights for row in w)
    for p, g in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        p.data -= lr * g
    return loss.detach()


# %% unusual: the penalty's gradient by hand
def group_step(model, x, y, lr, alpha):
    loss = F.mse_loss(model(x), y)
    model.zero_grad()
    loss.backward()
    total = loss.item()
    for p in model.parameters():
        if p.ndim == 2:
            norms = p.data.norm(dim=1, keepdim=True)
            total += alpha * norms.sum().item()
            p.grad += alpha * p.data / norms.clamp(min=1e-20)
        p.data -= lr * p.grad
    return total


# %% unusual: torch's optimizer and the helpers' selection
def group_step(model, x, y, lr, alpha):
    from helpers import penalties

    sgd = torch.optim.SGD(model.parameters(), lr=lr)
    rows = [row for weight in penalties.weights(model) for row in weight]
    loss = F.mse_loss(model(x), y) + alpha * torch.stack([torch.linalg.vector_norm(row) for row in rows]).sum()
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    return loss.item()
