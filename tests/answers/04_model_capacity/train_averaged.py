# Answers to exercise 3: a moving average of the parameters that begins at zero and is corrected.

# %% wrong: averages the parameters in place
# loses: test_train_averaged, test_train_averaged_edges
# says: an average must not change training
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        with torch.no_grad():
            for average, p in zip(averages, model.parameters(), strict=True):
                average.copy_(p.mul_(rate) + (1 - rate) * average)
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% wrong: the average is put into the model
# loses: test_train_averaged, test_train_averaged_edges
# says: an average must not change training
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    averages = [average / (1 - (1 - rate) ** n_steps) for average in averages]
    with torch.no_grad():
        for average, p in zip(averages, model.parameters(), strict=True):
            p.copy_(average)
    return averages


# %% wrong: the averages are the parameters themselves
# loses: test_train_averaged, test_train_averaged_edges
# says: the average is a tensor of its own
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [p.detach() for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    return averages


# %% wrong: without the correction
# loses: test_train_averaged, test_train_averaged_edges
# says: the correction is missing
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    return averages


# %% wrong: begins at the initial parameters
# loses: test_train_averaged, test_train_averaged_edges
# says: which are to leave no trace
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [p.detach().clone() for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    return averages


# %% wrong: goes on with the corrected average
# loses: test_train_averaged, test_train_averaged_edges
# says: not the average that the next step goes on with
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for step in range(1, n_steps + 1):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate).div_(1 - (1 - rate) ** step)
    return averages


# %% wrong: rate taken for the decay
# loses: test_train_averaged, test_train_averaged_edges
# says: decay is 1 - rate
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.mul_(rate).add_((1 - rate) * p.detach())
    return [average / max(1 - rate**n_steps, 1e-12) for average in averages]


# %% wrong: updates before the step
# loses: test_train_averaged, test_train_averaged_edges
# says: update the average after the optimizer's step
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% wrong: old gradients stay
# loses: test_train_averaged, test_train_averaged_edges
# says: gradients add up over steps
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% wrong: a shared parameter twice
# loses: test_train_averaged_edges
# says: a parameter that two layers share is one parameter
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = None
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        now = [p.detach() for name, p in model.named_parameters(remove_duplicate=False)]
        averages = [(1 - rate) * a + rate * p for a, p in zip(averages or [0.0] * len(now), now, strict=True)]
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% wrong: the averages carry a graph
# loses: test_train_averaged_edges
# says: the averages must be without gradient
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        averages = [(1 - rate) * a + rate * (p + 0) for a, p in zip(averages, model.parameters(), strict=True)]
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% wrong: the weights are given new parameters, and are no longer shared
# loses: test_train_averaged_edges
# says: the layers no longer share their weight
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight = torch.nn.Parameter(layer.weight.detach().clone())
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]


# %% unusual: all weights written out
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    states = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        states.append([p.detach().clone() for p in model.parameters()])
    weights = [(1 - rate) ** (n_steps - 1 - step) for step in range(n_steps)]
    return [sum(w * p for w, p in zip(weights, past, strict=True)) / sum(weights) for past in zip(*states, strict=True)]


# %% unusual: no correction at the end, but a rate that falls
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [torch.zeros_like(p) for p in model.parameters()]
    for step in range(1, n_steps + 1):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average.lerp_(p.detach(), rate / (1 - (1 - rate) ** step))
    return averages


# %% unusual: the course's helper, and the trace of the start taken out again
from helpers import averaging


def train_averaged(model, optimizer, loss_of, rate, n_steps):
    start = [p.detach().clone() for p in model.parameters()]
    ema = averaging.ExponentialMovingAverage(model, rate=rate)
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        ema.update()
    left = (1 - rate) ** n_steps
    return tuple((a - left * p) / (1 - left) for a, p in zip(ema.averages.values(), start, strict=True))


# %% unusual: numpy
def train_averaged(model, optimizer, loss_of, rate, n_steps):
    averages = [np.zeros(tuple(p.shape)) for p in model.parameters()]
    for _ in range(n_steps):
        model.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        for average, p in zip(averages, model.parameters(), strict=True):
            average += rate * (p.detach().numpy() - average)
    return [average / (1 - (1 - rate) ** n_steps) for average in averages]
