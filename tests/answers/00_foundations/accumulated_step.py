# Answers to exercise 6: one step from the gradients of many small batches.

# %% wrong: clears the gradients before each batch, with the weights right
# loses: test_accumulated_step_batches, test_accumulated_step_more
# says: only the last batch counts
def accumulated_step(model, batches, rate):
    n, total = sum(len(y) for _, y in batches), 0.0
    for x, y in batches:
        model.zero_grad()
        loss = (model(x).squeeze(1) - y).square().sum() / n
        loss.backward()
        total += loss.item()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return total


# %% wrong: never clears the gradients
# loses: test_accumulated_step_more
# says: clear them first
def accumulated_step(model, batches, rate):
    n, total = sum(len(y) for _, y in batches), 0.0
    for x, y in batches:
        loss = (model(x).squeeze(1) - y).square().sum() / n
        loss.backward()
        total += loss.item()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return total


# %% wrong: a mean of means
# loses: test_accumulated_step_batches, test_accumulated_step_more
# says: a mean of means
def accumulated_step(model, batches, rate):
    model.zero_grad()
    total = 0.0
    for x, y in batches:
        loss = (model(x).squeeze(1) - y).square().mean() / len(batches)
        loss.backward()
        total += loss.item()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return total


# %% wrong: the sum of the means
# loses: test_accumulated_step_batches, test_accumulated_step_more
# says: the sum of the batches' means
def accumulated_step(model, batches, rate):
    model.zero_grad()
    total = 0.0
    for x, y in batches:
        loss = (model(x).squeeze(1) - y).square().mean()
        loss.backward()
        total += loss.item()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return total


# %% wrong: a step after each batch
# loses: test_accumulated_step_batches, test_accumulated_step_more
# says: ONE step
def accumulated_step(model, batches, rate):
    n, total = sum(len(y) for _, y in batches), 0.0
    for x, y in batches:
        loss = (model(x).squeeze(1) - y).square().mean()
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= rate * parameter.grad
        total += len(y) / n * loss.item()
    return total


# %% wrong: makes new parameters and forgets them
# loses: test_accumulated_step_one, test_accumulated_step_batches, test_accumulated_step_more
# says: did not change
def accumulated_step(model, batches, rate):
    n, total = sum(len(y) for _, y in batches), 0.0
    model.zero_grad()
    for x, y in batches:
        loss = (model(x).squeeze(1) - y).square().sum() / n
        loss.backward()
        total += loss.item()
    for parameter in model.parameters():
        parameter = parameter - rate * parameter.grad
    return total


# %% wrong: the error after the step
# loses: test_accumulated_step_one, test_accumulated_step_batches, test_accumulated_step_more
# says: before the step
def accumulated_step(model, batches, rate):
    n = sum(len(y) for _, y in batches)
    model.zero_grad()
    for x, y in batches:
        ((model(x).squeeze(1) - y).square().sum() / n).backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
        return sum((model(x).squeeze(1) - y).square().sum().item() / n for x, y in batches)


# %% wrong: a column minus a list
# loses: test_accumulated_step_one, test_accumulated_step_batches, test_accumulated_step_more
# says: a table (n, n)
def accumulated_step(model, batches, rate):
    n, total = sum(len(y) for _, y in batches), 0.0
    model.zero_grad()
    for x, y in batches:
        loss = (model(x) - y).square().sum() / n
        loss.backward()
        total += loss.item()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= rate * parameter.grad
    return total


# %% unusual: weighted means, and an optimizer
def accumulated_step(model, batches, rate):
    sgd = torch.optim.SGD(model.parameters(), lr=rate)
    sgd.zero_grad()
    n, total = sum(len(x) for x, _ in batches), 0.0
    for x, y in batches:
        loss = torch.nn.functional.mse_loss(model(x), y[:, None]) * (len(x) / n)
        loss.backward()
        total += loss.item()
    sgd.step()
    return total


# %% unusual: sums, divided at the end
def accumulated_step(model, batches, rate):
    parameters = list(model.parameters())
    sums, total, n = [torch.zeros_like(p) for p in parameters], 0.0, 0
    for x, y in batches:
        loss = (model(x).flatten() - y).pow(2).sum()
        for collected, slope in zip(sums, torch.autograd.grad(loss, parameters), strict=True):
            collected += slope
        total, n = total + loss.item(), n + len(y)
    for parameter, collected in zip(parameters, sums, strict=True):
        parameter.data -= rate * collected / n
    return total / n


# %% unusual: all at once
def accumulated_step(model, batches, rate):
    x, y = (torch.cat(part) for part in zip(*batches, strict=True))
    loss = (model(x)[:, 0] - y).square().mean()
    for parameter in model.parameters():
        parameter.grad = None
    loss.backward()
    for parameter in model.parameters():
        parameter.data.sub_(rate * parameter.grad)
    return loss.detach()
