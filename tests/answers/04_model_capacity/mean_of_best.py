# Answers to exercise 2: the mean of the parameters of the k best epochs.

# %% wrong: keeps references
# loses: test_mean_of_best, test_mean_of_best_edges
# says: keep the best parameters by value, not by reference
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, model.state_dict()))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    if chosen:
        model.load_state_dict({name: sum(s[name] for _, _, s in chosen) / len(chosen) for name in chosen[0][2]})
    return [epoch for _, epoch, _ in chosen]


# %% wrong: the last epochs
# loses: test_mean_of_best, test_mean_of_best_edges
# says: the best epochs, not the last ones
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = seen[-k:]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, copies in chosen) / len(chosen))
    return [epoch for epoch, _ in chosen]


# %% wrong: the largest values
# loses: test_mean_of_best, test_mean_of_best_edges
# says: smaller is better
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((-value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: epochs counted from 0
# loses: test_mean_of_best, test_mean_of_best_edges
# says: epochs are counted from 1
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(n_epochs):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: in the order of time
# loses: test_mean_of_best_edges
# says: not in the order of time
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(sorted(seen, key=lambda entry: entry[:2])[:k], key=lambda entry: entry[1])
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: restores the best epoch alone
# loses: test_mean_of_best, test_mean_of_best_edges
# says: not the mean of the best k
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(chosen[0][2][index])
    return [epoch for _, epoch, _ in chosen]


# %% wrong: a sum
# loses: test_mean_of_best, test_mean_of_best_edges
# says: a mean is a sum divided by k
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: divides by k where there are fewer
# loses: test_mean_of_best_edges
# says: divide by how many there are, not by k
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen) / k)
    return [epoch for _, epoch, _ in chosen]


# %% wrong: no word about NaN
# loses: test_mean_of_best_edges
# says: NaN takes no part
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        seen.append((validate(model), epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: of equal epochs the later one
# loses: test_mean_of_best_edges
# says: of equal epochs the earlier one is better
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, -epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    with torch.no_grad():
        for index, p in enumerate(model.parameters()):
            if chosen:
                p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [-epoch for _, epoch, _ in chosen]


# %% wrong: the weights of the first layer only
# loses: test_mean_of_best_edges
# says: the mean is over all parameters, biases too
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    weight = next(model.parameters())
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, weight.detach().clone()))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    if chosen:
        weight.data.copy_(sum(copy for _, _, copy in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% wrong: the mean cannot be trained any more
# loses: test_mean_of_best_edges
# says: the parameters must stay trainable
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    seen = []
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        value = validate(model)
        if not math.isnan(value):
            seen.append((value, epoch, [p.detach().clone() for p in model.parameters()]))
    chosen = sorted(seen, key=lambda entry: entry[:2])[:k]
    for index, p in enumerate(model.parameters()):
        if chosen:
            p.requires_grad_(False)
            p.copy_(sum(copies[index] for _, _, copies in chosen) / len(chosen))
    return [epoch for _, epoch, _ in chosen]


# %% unusual: state dicts
from copy import deepcopy


def mean_of_best(model, train_epoch, validate, n_epochs, k):
    states, values = {}, {}
    for epoch in range(1, n_epochs + 1):
        train_epoch(model)
        values[epoch], states[epoch] = float(validate(model)), deepcopy(model.state_dict())
    chosen = sorted((epoch for epoch in values if values[epoch] == values[epoch]), key=values.get)[:k]
    if chosen:
        model.load_state_dict({name: sum(states[e][name] for e in chosen) / len(chosen) for name in model.state_dict()})
    return chosen


# %% unusual: one vector, and a torch tensor of epochs
def mean_of_best(model, train_epoch, validate, n_epochs, k):
    values, vectors = [], []
    for _ in range(n_epochs):
        train_epoch(model)
        values.append(validate(model))
        vectors.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach())
    values = torch.tensor(values)
    order = torch.argsort(values.nan_to_num(nan=math.inf), stable=True)
    order = order[~values[order].isnan()][:k]
    if len(order):
        torch.nn.utils.vector_to_parameters(torch.stack(vectors)[order].mean(dim=0), model.parameters())
    return order + 1


# %% unusual: numpy, and never more than k copies
import numpy as np


def mean_of_best(model, train_epoch, validate, n_epochs, k):
    best = []
    for epoch in range(n_epochs):
        train_epoch(model)
        value = validate(model)
        if np.isnan(value):
            continue
        best.append((value, epoch + 1, [p.detach().numpy().copy() for p in model.parameters()]))
        best.sort(key=lambda entry: (entry[0], entry[1]))
        del best[k:]
    for index, p in enumerate(model.parameters()):
        if best:
            p.data = torch.from_numpy(np.mean([copies[index] for _, _, copies in best], axis=0))
    return tuple(epoch for _, epoch, _ in best)
