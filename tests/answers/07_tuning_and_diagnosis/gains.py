# Answers to exercise 5b: the gain of a method that is the baseline, measured in three ways.

# %% wrong: the baseline may choose on the test set, too
# loses: test_gains
# says: the baseline's trial is chosen on validation
announced = [max(mine[1]) - max(base[1]) for base, mine in zip(baseline, ours, strict=True)]
chosen = [expected_test(*mine, 32) - max(base[1]) for base, mine in zip(baseline, ours, strict=True)]
fair = [expected_test(*mine, 3) - max(base[1]) for base, mine in zip(baseline, ours, strict=True)]


# %% wrong: the best validation accuracy is announced
# loses: test_gains
# says: not the best validation accuracy
results = [expected_test(*base, 3) for base in baseline]
announced = [max(mine[0]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [expected_test(*mine, 32) - result for mine, result in zip(ours, results, strict=True)]
fair = [expected_test(*mine, 3) - result for mine, result in zip(ours, results, strict=True)]


# %% wrong: the first of several equals
# loses: test_gains
# says: each counts alike, not the first
results = [expected_test(*base, 3) for base in baseline]
announced = [max(mine[1]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [mine[1][int(np.argmax(mine[0]))] - result for mine, result in zip(ours, results, strict=True)]
fair = [expected_test(*mine, 3) - result for mine, result in zip(ours, results, strict=True)]


# %% wrong: fair takes the first three trials
# loses: test_gains
# says: not the first three
results = [expected_test(*base, 3) for base in baseline]
announced = [max(mine[1]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [expected_test(*mine, 32) - result for mine, result in zip(ours, results, strict=True)]
fair = [expected_test(mine[0][:3], mine[1][:3], 3) - result for mine, result in zip(ours, results, strict=True)]


# %% wrong: the baseline's mean trial
# loses: test_gains
# says: not their mean
results = [expected_test(*base, 1) for base in baseline]
announced = [max(mine[1]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [expected_test(*mine, 32) - result for mine, result in zip(ours, results, strict=True)]
fair = [expected_test(*mine, 3) - result for mine, result in zip(ours, results, strict=True)]


# %% wrong: fair takes the mean of single trials
# loses: test_gains
# says: not the mean of single trials
results = [expected_test(*base, 3) for base in baseline]
announced = [max(mine[1]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [expected_test(*mine, 32) - result for mine, result in zip(ours, results, strict=True)]
fair = [expected_test(*mine, 1) - result for mine, result in zip(ours, results, strict=True)]


# %% wrong: fair has 32 trials
# loses: test_gains
# says: as many as the baseline had
results = [expected_test(*base, 3) for base in baseline]
announced = [max(mine[1]) - result for mine, result in zip(ours, results, strict=True)]
chosen = [expected_test(*mine, 32) - result for mine, result in zip(ours, results, strict=True)]
fair = chosen


# %% unusual: arrays
results = np.array([expected_test(*base, 3) for base in baseline])
announced = np.array([mine[1] for mine in ours]).max(axis=1) - results
chosen, fair = (np.array([expected_test(*mine, n) for mine in ours]) - results for n in (32, 3))


# %% unusual: tensors, by index
announced, chosen, fair = torch.zeros(3, 40)
for i in range(40):
    result = expected_test(*baseline[i], 3)
    announced[i] = max(ours[i][1]) - result
    chosen[i] = expected_test(*ours[i], 32) - result
    fair[i] = expected_test(*ours[i], 3) - result
