# Answers to exercise 2: label smoothing in proportion to the confusions.

# %% wrong: evenly, as in the lecture
# loses: test_targets_towards_shares, test_targets_towards_rows, test_targets_towards_more
# says: not evenly
def targets_towards(labels, counts, epsilon):
    k = len(counts)
    targets = torch.full((len(labels), k), epsilon / (k - 1))
    targets[torch.arange(len(labels)), labels] = 1 - epsilon
    return targets


# %% wrong: the diagonal is among the shares
# loses: test_targets_towards_shares, test_targets_towards_rows, test_targets_towards_more
# says: leave it out of the shares
def targets_towards(labels, counts, epsilon):
    shares = counts / counts.sum(dim=1, keepdim=True)
    return (epsilon * shares + (1 - epsilon) * torch.eye(len(counts)))[labels]


# %% wrong: the diagonal is in the sum, so the targets do not sum to 1
# loses: test_targets_towards_shares, test_targets_towards_rows, test_targets_towards_more
# says: sums to 1
def targets_towards(labels, counts, epsilon):
    k = len(counts)
    shares = counts * (1 - torch.eye(k)) / counts.sum(dim=1, keepdim=True)
    return (epsilon * shares + (1 - epsilon) * torch.eye(k))[labels]


# %% wrong: epsilon for each of the others
# loses: test_targets_towards_shares, test_targets_towards_rows, test_targets_towards_more
# says: sums to 1
def targets_towards(labels, counts, epsilon):
    k = len(counts)
    targets = torch.full((len(labels), k), float(epsilon))
    targets[torch.arange(len(labels)), labels] = 1 - epsilon
    return targets


# %% wrong: epsilon at the label
# loses: test_targets_towards_shares, test_targets_towards_more
# says: the other way round
def targets_towards(labels, counts, epsilon):
    others = 1 - torch.eye(len(counts))
    weights = counts * others
    weights = torch.where(weights.sum(dim=1, keepdim=True) > 0, weights, others)
    shares = weights / weights.sum(dim=1, keepdim=True)
    return ((1 - epsilon) * shares + epsilon * torch.eye(len(counts)))[labels]


# %% wrong: a class that was never confused gives NaN
# loses: test_targets_towards_rows, test_targets_towards_more
# says: 0 / 0 is NaN
def targets_towards(labels, counts, epsilon):
    weights = counts * (1 - torch.eye(len(counts)))
    shares = weights / weights.sum(dim=1, keepdim=True)
    return (epsilon * shares + (1 - epsilon) * torch.eye(len(counts)))[labels]


# %% wrong: a class that was never confused stays hard
# loses: test_targets_towards_rows, test_targets_towards_more
# says: gives up epsilon, too
def targets_towards(labels, counts, epsilon):
    weights = counts * (1 - torch.eye(len(counts)))
    total = weights.sum(dim=1, keepdim=True)
    soft = epsilon * weights / total.clamp(min=1) + (1 - epsilon) * torch.eye(len(counts))
    return torch.where(total > 0, soft, torch.eye(len(counts)))[labels]


# %% wrong: columns for rows
# loses: test_targets_towards_more, test_targets_towards_rows, test_targets_towards_shares
# says: not the other way round
def targets_towards(labels, counts, epsilon):
    counts = counts.T
    others = 1 - torch.eye(len(counts))
    weights = counts * others
    weights = torch.where(weights.sum(dim=1, keepdim=True) > 0, weights, others)
    shares = weights / weights.sum(dim=1, keepdim=True)
    return (epsilon * shares + (1 - epsilon) * torch.eye(len(counts)))[labels]


# %% wrong: clears the caller's diagonal
# loses: test_targets_towards_more
# says: the counts that were given were changed
def targets_towards(labels, counts, epsilon):
    counts.fill_diagonal_(0)
    weights = torch.where(counts.sum(dim=1, keepdim=True) > 0, counts, 1 - torch.eye(len(counts)))
    shares = weights / weights.sum(dim=1, keepdim=True)
    return (epsilon * shares + (1 - epsilon) * torch.eye(len(counts)))[labels]


# %% unusual: a loop over the labels, in numpy
def targets_towards(labels, counts, epsilon):
    counts, rows = counts.numpy(), []
    for label in labels.tolist():
        weights = counts[label].astype(float).copy()
        weights[label] = 0
        if weights.sum() == 0:
            weights[np.arange(len(weights)) != label] = 1
        row = epsilon * weights / weights.sum()
        row[label] = 1 - epsilon
        rows.append(row)
    return np.array(rows)


# %% unusual: plain lists
def targets_towards(labels, counts, epsilon):
    rows = []
    for label in labels.tolist():
        others = {j: value for j, value in enumerate(counts[label].tolist()) if j != label}
        total = sum(others.values())
        share = {j: value / total if total else 1 / len(others) for j, value in others.items()}
        rows.append([1 - epsilon if j == label else epsilon * share[j] for j in range(len(counts))])
    return torch.tensor(rows)


# %% unusual: scatter, in double precision
def targets_towards(labels, counts, epsilon):
    rows = counts.double()[labels].scatter(1, labels[:, None], 0.0)
    even = torch.ones_like(rows).scatter(1, labels[:, None], 0.0)
    rows = torch.where(rows.sum(dim=1, keepdim=True) == 0, even, rows)
    rows = epsilon * torch.nn.functional.normalize(rows, p=1.0, dim=1)
    return rows.scatter(1, labels[:, None], 1 - epsilon)
