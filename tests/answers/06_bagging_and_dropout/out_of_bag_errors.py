# Answers to exercise 2b: the out-of-bag error of a growing ensemble.

# %% wrong: members judge what they have drawn
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: what it has NOT drawn
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.zeros(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, True)
    sums = (probabilities * judges[:, :, None]).cumsum(dim=0)
    judged = judges.cumsum(dim=0) > 0
    return ((sums.argmax(dim=2) != labels) & judged).sum(dim=1) / judged.sum(dim=1)


# %% wrong: all members judge everything
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: not all examples
def out_of_bag_errors(rows, probabilities, labels):
    return (probabilities.cumsum(dim=0).argmax(dim=2) != labels).double().mean(dim=1)


# %% wrong: an example without a judge counts as class 0
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: neither right nor wrong
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    sums = (probabilities * judges[:, :, None]).cumsum(dim=0)
    return (sums.argmax(dim=2) != labels).double().mean(dim=1)


# %% wrong: an example without a judge counts as wrong
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: neither right nor wrong
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    sums = (probabilities * judges[:, :, None]).cumsum(dim=0)
    judged = judges.cumsum(dim=0) > 0
    return ((sums.argmax(dim=2) != labels) | ~judged).double().mean(dim=1)


# %% wrong: divides by all examples
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: not by all
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    sums = (probabilities * judges[:, :, None]).cumsum(dim=0)
    judged = judges.cumsum(dim=0) > 0
    return ((sums.argmax(dim=2) != labels) & judged).double().mean(dim=1)


# %% wrong: each member by itself
# loses: test_out_of_bag_errors_growing, test_out_of_bag_errors_edges
# says: count together
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    return ((probabilities.argmax(dim=2) != labels) & judges).sum(dim=1) / judges.sum(dim=1)


# %% wrong: a vote
# loses: test_out_of_bag_errors_growing
# says: not a vote
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    votes = torch.nn.functional.one_hot(probabilities.argmax(dim=2), probabilities.shape[2])
    sums = (votes * judges[:, :, None]).cumsum(dim=0)
    judged = judges.cumsum(dim=0) > 0
    return ((sums.argmax(dim=2) != labels) & judged).sum(dim=1) / judged.sum(dim=1)


# %% wrong: 0 where nothing is judged
# loses: test_out_of_bag_errors_edges
# says: NaN is not 0
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    sums = (probabilities * judges[:, :, None]).cumsum(dim=0)
    judged = judges.cumsum(dim=0) > 0
    return ((sums.argmax(dim=2) != labels) & judged).sum(dim=1) / judged.sum(dim=1).clamp(min=1)


# %% wrong: clears the probabilities in place
# loses: test_out_of_bag_errors_edges
# says: what was given was changed
def out_of_bag_errors(rows, probabilities, labels):
    judges = torch.ones(probabilities.shape[:2], dtype=torch.bool).scatter_(1, rows, False)
    probabilities *= judges[:, :, None]
    judged = judges.cumsum(dim=0) > 0
    wrong = (probabilities.cumsum(dim=0).argmax(dim=2) != labels) & judged
    return wrong.sum(dim=1) / judged.sum(dim=1)


# %% unusual: plain loops
def out_of_bag_errors(rows, probabilities, labels):
    errors, drawn = [], [set(row) for row in rows.tolist()]
    says, labels = probabilities.tolist(), labels.tolist()
    for m in range(1, len(drawn) + 1):
        outcomes = []
        for i, label in enumerate(labels):
            judges = [k for k in range(m) if i not in drawn[k]]
            if judges:
                totals = [sum(says[k][i][c] for k in judges) for c in range(len(says[0][0]))]
                outcomes.append(totals.index(max(totals)) != label)
        errors.append(sum(outcomes) / len(outcomes) if outcomes else math.nan)
    return errors


# %% unusual: numpy, masked means
def out_of_bag_errors(rows, probabilities, labels):
    rows, chances, labels = rows.numpy(), probabilities.numpy(), labels.numpy()
    seen = np.array([np.isin(np.arange(len(labels)), row) for row in rows])
    errors = []
    for m in range(1, len(rows) + 1):
        judged = ~seen[:m].all(axis=0)
        mean = np.ma.array(chances[:m], mask=np.repeat(seen[:m, :, None], chances.shape[2], axis=2)).mean(axis=0)
        wrong = mean.filled(0).argmax(axis=1)[judged] != labels[judged]
        errors.append(wrong.mean() if judged.any() else np.nan)
    return np.array(errors)


# %% unusual: with the helpers
def out_of_bag_errors(rows, probabilities, labels):
    from helpers import ensembles

    left_out, errors = ensembles.out_of_bag(rows, len(labels)), []
    for m in range(1, len(rows) + 1):
        covered = left_out[:m].any(dim=0)
        mean = ensembles.out_of_bag_mean(probabilities[:m, covered], left_out[:m, covered])
        errors.append((mean.argmax(dim=1) != labels[covered]).double().mean())
    return torch.stack(errors)
