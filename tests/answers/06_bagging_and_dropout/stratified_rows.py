# Answers to exercise 2a: a bootstrap within each class.

# %% wrong: an ordinary bootstrap
# loses: test_stratified_rows_sample, test_stratified_rows_more
# says: 20 examples of class 1
def stratified_rows(labels, n_members):
    return torch.randint(len(labels), (n_members, len(labels)))


# %% wrong: a permutation
# loses: test_stratified_rows_sample, test_stratified_rows_more
# says: that is a permutation
def stratified_rows(labels, n_members):
    return torch.stack([torch.randperm(len(labels)) for _ in range(n_members)])


# %% wrong: the same sample for all members
# loses: test_stratified_rows_sample, test_stratified_rows_more
# says: a sample of its own
def stratified_rows(labels, n_members):
    samples = []
    for label in labels.unique():
        (rows,) = torch.where(labels == label)
        samples.append(rows[torch.randint(len(rows), (len(rows),))])
    return torch.cat(samples).repeat(n_members, 1)


# %% wrong: positions within the class for rows of the data
# loses: test_stratified_rows_sample, test_stratified_rows_more
# says: 20 examples of class 1
def stratified_rows(labels, n_members):
    counts = labels.bincount().tolist()
    return torch.cat([torch.randint(n, (n_members, n)) for n in counts if n], dim=1)


# %% wrong: takes it that the classes are sorted
# loses: test_stratified_rows_more
# says: in any order
def stratified_rows(labels, n_members):
    samples, start = [], 0
    for n in labels.bincount().tolist():
        if n:
            samples.append(start + torch.randint(n, (n_members, n)))
        start += n
    return torch.cat(samples, dim=1)


# %% wrong: a seed in the function
# loses: test_stratified_rows_sample
# says: a new sample at each call
def stratified_rows(labels, n_members):
    stream, samples = np.random.default_rng(0), []
    for label in labels.unique():
        (rows,) = torch.where(labels == label)
        samples.append(stream.choice(rows.numpy(), (n_members, len(rows))))
    return np.concatenate(samples, axis=1)


# %% wrong: classes 0 to k - 1 without gaps
# loses: test_stratified_rows_more
# says: a row of eight numbers
def stratified_rows(labels, n_members):
    samples = []
    for label in range(len(labels.unique())):
        (rows,) = torch.where(labels == label)
        if len(rows):
            samples.append(rows[torch.randint(len(rows), (n_members, len(rows)))])
    return torch.cat(samples, dim=1)


# %% wrong: the last example of a class is never drawn
# loses: test_stratified_rows_more
# says: equally often
def stratified_rows(labels, n_members):
    samples = []
    for label in labels.unique():
        (rows,) = torch.where(labels == label)
        samples.append(rows[torch.randint(max(len(rows) - 1, 1), (n_members, len(rows)))])
    return torch.cat(samples, dim=1)


# %% unusual: numpy, member by member, then shuffled
def stratified_rows(labels, n_members):
    stream, labels = np.random.default_rng(), labels.numpy()
    drawn = []
    for _ in range(n_members):
        row = [
            stream.choice(np.flatnonzero(labels == label), (labels == label).sum()) for label in set(labels.tolist())
        ]
        drawn.append(stream.permutation(np.concatenate(row)))
    return np.array(drawn)


# %% unusual: each example is replaced by a random one of its class
def stratified_rows(labels, n_members):
    order = labels.argsort(stable=True)
    counts = labels.bincount()
    first = counts.cumsum(0) - counts
    draws = (torch.rand(n_members, len(labels)) * counts[labels]).long()
    return order[first[labels] + draws.minimum(counts[labels] - 1)]


# %% unusual: multinomial over the examples of the same class
def stratified_rows(labels, n_members):
    same = (labels[:, None] == labels).double()
    return torch.multinomial(same, n_members, replacement=True).T.int()
