# Answers to exercise 5a: the mean test accuracy of the trial that is best on validation.

# %% wrong: chosen on the test set
# loses: test_expected_test_ranks, test_expected_test_ties, test_expected_test_diverged, test_gains
# says: not on the test set
def expected_test(validation, test, n):
    ranked = sorted(test)
    return sum(math.comb(rank, n - 1) * t for rank, t in enumerate(ranked)) / math.comb(len(ranked), n)


# %% wrong: with repetition
# loses: test_expected_test_ranks, test_expected_test_ties, test_expected_test_diverged
# says: without repetition
def expected_test(validation, test, n):
    if n == len(test):
        scores = [-1.0 if math.isnan(v) else v for v in validation]
        best = [t for s, t in zip(scores, test, strict=True) if s == max(scores)]
        return sum(best) / len(best)
    pairs = sorted(((-1.0 if math.isnan(v) else v), t) for v, t in zip(validation, test, strict=True))
    size = len(pairs)
    return sum((((k + 1) / size) ** n - (k / size) ** n) * t for k, (_, t) in enumerate(pairs))


# %% wrong: of ties, the one with the higher test accuracy
# loses: test_expected_test_ties, test_expected_test_diverged, test_gains
# says: not the last, or better
def expected_test(validation, test, n):
    pairs = sorted(((-1.0 if math.isnan(v) else v), t) for v, t in zip(validation, test, strict=True))
    return sum(math.comb(rank, n - 1) * t for rank, (_, t) in enumerate(pairs)) / math.comb(len(pairs), n)


# %% wrong: of ties, the first of the list
# loses: test_expected_test_ties, test_expected_test_diverged, test_gains
# says: not the first
def expected_test(validation, test, n):
    order = sorted(range(len(test)), key=lambda i: (-1.0 if math.isnan(validation[i]) else validation[i], -i))
    return sum(math.comb(rank, n - 1) * test[i] for rank, i in enumerate(order)) / math.comb(len(order), n)


# %% wrong: trials that diverged are left out
# loses: test_expected_test_diverged
# says: it may be drawn like any other
def expected_test(validation, test, n):
    kept = [(v, t) for v, t in zip(validation, test, strict=True) if not math.isnan(v)]
    n = min(n, len(kept))
    mean = 0.0
    for value in {v for v, _ in kept}:
        below, tied = sum(v < value for v, _ in kept), [t for v, t in kept if v == value]
        chance = math.comb(below + len(tied), n) - math.comb(below, n)
        mean += chance * sum(tied) / len(tied) / math.comb(len(kept), n)
    return mean


# %% wrong: NaN comes out
# loses: test_expected_test_diverged
# says: the result is no NaN
def expected_test(validation, test, n):
    v, t = np.array(validation), np.array(test)
    total, mean = math.comb(len(v), n), 0.0
    for value in np.unique(v):
        below, tied = int((v < value).sum()), int((v == value).sum())
        mean += (math.comb(below + tied, n) - math.comb(below, n)) / total * t[v == value].mean()
    return mean if not np.isnan(v).any() else math.nan


# %% wrong: a thousand random draws
# loses: test_expected_test_ranks, test_expected_test_ties, test_expected_test_diverged
# says: compute it exactly
def expected_test(validation, test, n):
    stream, scores = np.random.default_rng(1), np.nan_to_num(np.array(validation), nan=-1.0)
    drawn = []
    for _ in range(1000):
        chosen = stream.permutation(len(scores))[:n]
        drawn.append(test[chosen[scores[chosen].argmax()]])
    return float(np.mean(drawn))


# %% unusual: from the worst to the best, with running chances
def expected_test(validation, test, n):
    groups = {}
    for v, t in zip(validation, test, strict=True):
        groups.setdefault(-1.0 if v != v else v, []).append(t)
    size, seen, before, mean = len(test), 0, 0, 0.0
    for value in sorted(groups):
        seen += len(groups[value])
        now = math.comb(seen, n)
        mean += (now - before) / math.comb(size, n) * float(np.mean(groups[value]))
        before = now
    return mean


# %% unusual: each trial's chance to be the best, ties broken by their mean rank weight
def expected_test(validation, test, n):
    scores = torch.tensor(validation, dtype=torch.float64).nan_to_num(-1.0)
    weights = torch.tensor([math.comb(k, n - 1) for k in range(len(test))], dtype=torch.float64)
    ordered, order = scores.sort()
    for value in ordered.unique():
        weights[ordered == value] = weights[ordered == value].mean()
    return (weights / weights.sum() @ torch.tensor(test, dtype=torch.float64)[order]).item()
