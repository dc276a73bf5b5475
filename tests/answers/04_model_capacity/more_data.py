# Answers to exercise 7: when twice the data make a model worse.

# %% wrong: sums over the seeds
# loses: test_more_data_errors, test_more_data_reading
# says: a mean and no sum over the seeds
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[sum(test_error(n, p, seed) for seed in seeds) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0.1)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% wrong: features in the rows
# loses: test_more_data_errors
# says: a row per number of examples
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for n in examples] for p in n_features])
peaks = [n_features[row] for row in errors.argmax(axis=0)]
harmful = [(40, 80, 80), (80, 160, 160)]

# %% wrong: the best of the seeds
# loses: test_more_data_errors
# says: is it over all the seeds?
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[min(test_error(n, p, seed) for seed in seeds) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0.1)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% wrong: the columns from many features to few
# loses: test_more_data_errors, test_more_data_reading
# says: Which is in which row and column?
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features[::-1]] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0.1)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% wrong: the rows from many examples to few
# loses: test_more_data_errors, test_more_data_reading
# says: Which is in which row and column?
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples[::-1]])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0.1)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% wrong: examples and features exchanged
# loses: test_more_data_errors
# says: Which is in which row and column?
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(p, n, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0.1)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% wrong: positions of the peaks
# loses: test_more_data_reading
# says: not positions in the list
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = errors.argmax(axis=1)
harmful = [(40, 80, 80), (80, 160, 160)]

# %% wrong: where the error is smallest
# loses: test_more_data_reading
# says: as many features as examples
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmin(axis=1)]
harmful = [(40, 80, 80), (80, 160, 160)]

# %% wrong: compares columns in place of rows
# loses: test_more_data_reading
# says: each entry of harmful doubles the examples
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
harmful = [(examples[i], examples[i], n_features[j + 1]) for i, j in np.argwhere(np.diff(errors, axis=1) > 0.1)]

# %% wrong: more data never harm
# loses: test_more_data_reading
# says: there are settings in which twice the data make the error worse
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = [40, 80, 160]
harmful = []

# %% wrong: any difference counts
# loses: test_more_data_reading
# says: other settings than those worse by more than 0.1
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = np.array([[np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features] for n in examples])
peaks = [n_features[column] for column in errors.argmax(axis=1)]
worse = np.argwhere(np.diff(errors, axis=0) > 0)
harmful = [(examples[i], examples[i + 1], n_features[j]) for i, j in worse]

# %% unusual: nested lists
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
errors = [[sum(test_error(n, p, seed) for seed in seeds) / 10 for p in n_features] for n in examples]
peaks = [max(zip(row, n_features, strict=True))[1] for row in errors]
harmful = [
    (few, few * 2, p)
    for few, row, next_row in zip(examples, errors, errors[1:], strict=False)
    for p, before, after in zip(n_features, row, next_row, strict=True)
    if after - before > 0.1
]

# %% unusual: torch in single precision
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
every = [test_error(n, p, seed) for n in examples for p in n_features for seed in seeds]
errors = torch.tensor(every).reshape(3, 6, 10).mean(dim=2)
peaks = torch.tensor(n_features)[errors.argmax(dim=1)]
harmful = [[examples[i], examples[i + 1], n_features[j]] for i, j in (errors.diff(dim=0) > 0.1).nonzero().tolist()]

# %% unusual: a table in a dictionary, and an array of triples
examples, n_features, seeds = [40, 80, 160], [10, 20, 40, 80, 160, 320], range(10)
measured = {(n, p): np.mean([test_error(n, p, seed) for seed in seeds]) for p in n_features for n in examples}
errors = np.array([[measured[n, p] for p in n_features] for n in examples])
peaks = tuple(max(n_features, key=lambda p, n=n: measured[n, p]) for n in examples)
harmful = np.array([(n, 2 * n, p) for n in (80, 40) for p in n_features if measured[2 * n, p] > measured[n, p] + 0.1])
